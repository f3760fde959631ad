"""Monitor profiles end to end, with a scripted station that has the quirks of real ones."""

from __future__ import annotations

import pytest

from diagnostics.models import Monitor, MonitorProfile, ProfileRun, StationProfile
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.profiles.document import Document, Wanted
from diagnostics.services import profiles
from diagnostics.services.fleet import selections
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.profiles import runs as profile_runs
from diagnostics.services.profiles import states as profile_states
from diagnostics.testing import Quirk
from tests.testing.benches import bench_of

Q = Quirk

pytestmark = pytest.mark.django_db

DOCUMENT = Document(
    enabled=True,
    base="All",
    level=8,
    monitors=(
        Wanted(component="TemperatureSensor", instance="*", variable="Temperature",
               type="UpperThreshold", value=75, severity=4),
        Wanted(component="Connector", evse="*", connector="*", variable="AvailabilityState",
               type="Delta", severity=7),
        *(Wanted(component="TemperatureSensor", instance="Cabinet", variable="Temperature",
                 type="LowerThreshold", value=-10 - severity, severity=severity)
          for severity in range(10)),
        Wanted(component="Gearbox", variable="Speed", type="Delta", optional=True),
    ),
)  # fmt: skip
SET = {("UpperThreshold", 75.0, 4), ("Delta", 1.0, 7)} | {
    ("LowerThreshold", -10.0 - severity, severity) for severity in range(10)
}


def made(station, document=DOCUMENT, **given):
    profile = MonitorProfile.objects.create(name="Bench", **given)
    profile.selections.add(selections.select_stations(name="Bench", stations=[station]))
    profiles.save_document(profile=profile, document=document)
    profiles.assign_profiles()
    return profile


def worked_off(bench):
    """Let workers and station take turns until neither has anything to do."""
    profile_queue.mark(bench.station)
    while profile_states.compare_due():
        bench.run()
    return profiles.profile_of(bench.station)


def applied(bench):
    profile_runs.start_runs(stations=StationProfile.objects.all())
    return worked_off(bench)


def set_here(bench):
    """What the station itself says it runs, of what a CSMS set: (type, value, severity)."""
    found = bench.scripted.desks.monitors.monitors.values()
    return {(each.type, each.limit, each.severity) for each in found
            if each.origin == "CustomMonitor"}  # fmt: skip


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
@pytest.mark.parametrize("quirks", [(), (Q.MONITORING_OFF_BY_DEFAULT, Q.BASE_FILTERS_CUSTOM)])
def test_a_station_of_which_nothing_was_known_is_in_step_at_last(station, version, quirks):
    bench = bench_of(station, *quirks, version=version)
    made(station)
    assert worked_off(bench).state == "Unknown"
    row = applied(bench)
    assert (row.state, row.why) == ("InStep", "")
    assert set_here(bench) == SET
    desk = bench.scripted.desks.monitors
    assert desk.base == "All" and desk.level == 8
    assert bench.scripted.device.read("MonitoringCtrlr", "Enabled") == "true"


def test_a_station_that_never_reports_anything_whole_gets_what_is_named(station):
    bench = bench_of(station, Q.EMPTY_REPORT_PARTS)
    named = [each for each in DOCUMENT.monitors if not each.stars]
    made(station, Document(monitors=named))
    assert applied(bench).state == "InStep"
    assert len(set_here(bench)) == 10  # the gearbox is optional, and not there


def test_a_second_application_asks_nothing(station):
    bench = bench_of(station)
    made(station)
    applied(bench)
    before = Monitor.objects.count()
    assert applied(bench).state == "InStep"
    assert Monitor.objects.count() == before and ProfileRun.objects.latest("pk").tries == {}


def test_ids_that_change_in_a_reboot_are_no_drift(station):
    """N04.FR.19."""
    bench = bench_of(station, Q.MONITOR_IDS_CHANGE)
    made(station)
    applied(bench)
    bench.scripted.reboot("PowerUp")
    bench.advance(60)
    row = worked_off(bench)
    assert row.state == "InStep" and ProfileRun.objects.count() == 1


def test_what_was_lost_behind_our_back_is_found_after_a_reboot_and_repaired(station):
    bench = bench_of(station)
    made(station, repair="Automatic")
    assert worked_off(bench).state == "InStep"
    bench.scripted.desks.monitors.set_base({"monitoringBase": "FactoryDefault"})
    assert set_here(bench) == set()
    bench.scripted.reboot("PowerUp")
    bench.advance(60)
    assert worked_off(bench).state == "InStep"
    assert set_here(bench) == SET


def test_a_smaller_profile_clears_its_own_and_leaves_what_the_factory_set(station):
    bench = bench_of(station)
    profile = made(station)
    applied(bench)
    factory = [each for each in bench.scripted.desks.monitors.monitors.values()
               if each.origin != "CustomMonitor"]  # fmt: skip
    profiles.save_document(profile=profile, document=Document())
    assert applied(bench).state == "InStep"
    assert list(bench.scripted.desks.monitors.monitors.values()) == factory


def test_an_old_station_is_asked_nothing(station):
    bench = bench_of(station, version=OcppVersion.V16)
    made(station, repair="Automatic")
    row = worked_off(bench)
    assert (row.state, row.why) == ("NoMonitors", "Version")
    assert not ProfileRun.objects.exists()
