"""What the services make of the scripted station's reports, monitors, events and streams."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics.gateway import get_gateway
from diagnostics.models import (
    Alert,
    CustomerInformation,
    EventStream,
    LogRequest,
    Monitor,
    Report,
    ReportedVariable,
    StationEvent,
    VariableRequest,
)
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.monitoring import MonitorSpec, StreamParams
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import (
    customer_information,
    monitors,
    report_facts,
    reports,
    variables,
)
from diagnostics.testing import Quirk, ScriptedStation, VariableName
from diagnostics.testing.bench import Bench
from diagnostics.testing.inventory import CABINET

V16, V201, V21 = OcppVersion
Q = Quirk
TEMPERATURE = ComponentVariable(Component("TemperatureSensor", "Cabinet"), Variable("Temperature"))
VOLTAGE = ComponentVariable(Component("EVSE", evse_id=1), Variable("ACVoltage", "L1"))
ENABLED = ComponentVariable(Component("MonitoringCtrlr"), Variable("Enabled"))

pytestmark = pytest.mark.django_db


@pytest.fixture
def station(tmp_path):
    faked = {
        "GATEWAY": "diagnostics.testing.fakes.FakeGateway",
        "LOG_STORE_URL": f"file://{tmp_path}",
        "READ_LIMITS": False,
        "READ_DEVICE_MODEL": False,
    }
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **faked}):
        model = LogRequest._meta.get_field("station").related_model
        row = model.objects.create(**{model._meta.fields[1].name: "CS1"})
        get_gateway().put(row, identity="CS1")
        yield row


def bench_of(station, *quirks, version=V201):
    get_gateway().put(station, identity="CS1", version=version)
    return Bench(station, ScriptedStation(version, quirks=quirks))


def refreshed(row):
    row.refresh_from_db()
    return row


def alerts():
    """All but those of security events: every boot makes one."""
    return Alert.objects.exclude(source="Security")


def warm(bench, value):
    """Change the temperature of the cabinet, and have the project hear of it."""
    told = bench.scripted.desks.events.change({CABINET: value})
    bench.run()
    return told


@pytest.mark.parametrize(
    ("quirks", "status"),
    [
        ((), "Complete"),
        ((Q.REPORT_OUT_OF_ORDER,), "Complete"),
        ((Q.REPORT_DUPLICATE_PARTS,), "Complete"),
        ((Q.EMPTY_REPORT_PARTS,), "Incomplete"),
        ((Q.REPORT_LAST_PART_MISSING,), "Incomplete"),
        ((Q.REBOOTS_BETWEEN_PARTS,), "Incomplete"),
    ],
)
def test_a_full_inventory(station, quirks, status):
    bench = bench_of(station, *quirks)
    report = reports.request_base_report(station=station)
    bench.run()
    report_facts.expire_reports(timezone.now() + timedelta(days=1))
    assert refreshed(report).status == status
    known = ReportedVariable.objects.filter(station=station).count()
    assert known == (len(bench.scripted.device.variables) if status == "Complete" else 0)


def test_no_password_is_kept_of_what_is_reported_or_set(station):
    bench = bench_of(station)
    password = ComponentVariable(Component("SecurityCtrlr"), Variable("BasicAuthPassword"))
    row = variables.set_variables(
        station=station, asked=[VariableAsked(password, value="sixteen-letters-")]
    )
    bench.run()
    assert refreshed(row).status == "Done"
    assert bench.scripted.device.read("SecurityCtrlr", "BasicAuthPassword") == "sixteen-letters-"
    assert "sixteen-letters-" not in str(VariableRequest.objects.values())


def test_the_stations_limits_are_read_and_kept(station):
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "READ_LIMITS": True}):
        bench = bench_of(station)
    limits = variables.get_limits(station)
    assert limits.items_per_message["SetVariableMonitoring"] == 8
    specs = [MonitorSpec(TEMPERATURE, "Periodic", 60, severity) for severity in range(9)]
    rows = monitors.set_monitors(station=station, wanted=specs)
    bench.run()
    assert [refreshed(row).status for row in rows] == ["Active"] * 9


def test_a_monitor_alerts_and_is_cleared_and_its_alert_with_it(station):
    bench = bench_of(station)
    (row,) = monitors.set_monitors(
        station=station, wanted=[MonitorSpec(TEMPERATURE, "UpperThreshold", 50, 2)]
    )
    bench.run()
    warm(bench, "55.5")
    alert = alerts().get()
    assert (alert.severity, alert.variable_monitoring_id) == (2, refreshed(row).monitor_id)
    monitors.clear_monitors(station=station, monitors=[row])
    bench.run()
    assert refreshed(row).status == "Cleared"
    assert not alerts().filter(cleared_at=None).exists()


def test_words_for_monitors_that_cannot_be(station):
    bench = bench_of(station)
    wanted = [
        MonitorSpec(ComponentVariable(Component("Gearbox"), Variable("Oil")), "Delta", 1),
        MonitorSpec(TEMPERATURE, "UpperThreshold", 121, 5),
        MonitorSpec(TEMPERATURE, "UpperThreshold", 60, 4),
    ]
    rows = monitors.set_monitors(station=station, wanted=wanted)
    bench.run()
    assert [refreshed(row).status for row in rows] == ["UnknownComponent", "Rejected", "Duplicate"]
    assert rows[1].reason_code == "ValueOutOfRange"


@pytest.mark.parametrize("quirks", [(), (Q.MONITOR_IDS_CHANGE,)])
def test_monitors_are_followed_through_a_reboot(station, quirks):
    """N04.FR.19."""
    bench = bench_of(station, *quirks)
    (row,) = monitors.set_monitors(station=station, wanted=[MonitorSpec(TEMPERATURE, "Delta", 2)])
    bench.run()
    bench.scripted.reboot("PowerUp")
    bench.run()
    assert refreshed(row).status == "Active"
    assert row.monitor_id in bench.scripted.desks.monitors.monitors
    assert Monitor.objects.live().count() == 5


@pytest.mark.parametrize("quirks", [(), (Q.MISSPELLED_ERROR_CODES,)])
def test_what_is_too_much_all_the_same_is_asked_in_halves(station, quirks):
    """The limit is not known here: ten are asked for, eight are taken."""
    bench = bench_of(station, *quirks)
    specs = [MonitorSpec(TEMPERATURE, "Periodic", 60, severity) for severity in range(10)]
    rows = monitors.set_monitors(station=station, wanted=specs)
    bench.run()
    assert {refreshed(row).status for row in rows} == {"Active"}


@pytest.mark.parametrize(
    "quirks",
    [
        (),
        (Q.SEQ_NO_ALWAYS_ZERO,),
        (Q.EVENT_IDS_COLLIDE,),
        (Q.RETRIES_SAME_MESSAGE_ID,),
        (Q.ODD_DATES,),
        (Q.EVENT_IDS_RESTART,),
    ],
)
def test_a_course_of_events_leaves_nothing_open(station, quirks):
    bench = bench_of(station, *quirks)
    course = bench.scripted.desks.course
    for _ in range(3):
        course.step()
    bench.run()
    assert alerts().filter(cleared_at=None).count() == 2
    for _ in range(3):
        course.step()
    bench.run()
    assert StationEvent.objects.filter(source="NotifyEvent").count() == 6
    assert alerts().filter(cleared_at=None).count() == 0 and alerts().count() == 2


def test_events_of_a_station_that_counts_from_zero_again_are_kept(station):
    bench = bench_of(station, Q.EVENT_IDS_RESTART)
    warm(bench, "78")
    bench.scripted.reboot("Watchdog")
    bench.run()
    bench.advance(60)
    warm(bench, "65")
    events = StationEvent.objects.filter(source="NotifyEvent")
    assert sorted(events.values_list("event_id", flat=True)) == [0, 0]
    assert not alerts().filter(cleared_at=None).exists()


def test_a_station_whose_monitoring_is_off_tells_once_it_is_on(station):
    bench = bench_of(station, Q.MONITORING_OFF_BY_DEFAULT)
    assert warm(bench, "78") == []
    variables.set_variables(station=station, asked=[VariableAsked(ENABLED, value="true")])
    bench.run()
    assert warm(bench, "79") != []
    assert alerts().filter(cleared_at=None).count() == 1


def test_a_base_that_filters_is_set_to_all(station):
    bench = bench_of(station, Q.BASE_FILTERS_CUSTOM)
    monitors.set_monitors(station=station, wanted=[MonitorSpec(TEMPERATURE, "Delta", 2, 6)])
    bench.run()
    assert warm(bench, "40") == []
    monitors.set_monitoring_base(station=station, base="All")
    bench.run()
    assert warm(bench, "50") != []


def test_what_happened_offline_comes_later(station):
    bench = bench_of(station)
    bench.disconnect()
    bench.scripted.desks.events.change({CABINET: "78"})
    bench.scripted.desks.events.change({VariableName("EVSE", "AvailabilityState", evse=1): "x"})
    bench.connect()
    assert [event.event_id for event in StationEvent.objects.filter(source="NotifyEvent")] == [0]


def test_an_event_that_is_said_again_on_the_next_connection_is_one(station):
    bench = bench_of(station, Q.RETRIES_SAME_MESSAGE_ID)
    bench.scripted.desks.events.change({CABINET: "78"})
    (text,) = bench.scripted.data_to_send()
    for event in bench._csms.receive_text(text, bench.now):
        bench._take(event)
    bench.connect()  # the answer was lost with the connection
    assert StationEvent.objects.filter(source="NotifyEvent").count() == 1


@pytest.mark.parametrize(
    ("quirks", "status", "text"),
    [
        ((), "Complete", "cache entry 04A2B3C4D5E680"),
        ((Q.REPORT_OUT_OF_ORDER,), "Complete", "cache entry 04A2B3C4D5E680"),
        ((Q.REJECTS_CUSTOMER_INFORMATION,), "Rejected", ""),
    ],
)
def test_customer_information(station, quirks, status, text):
    bench = bench_of(station, *quirks)
    row = customer_information.request_customer_information(
        station=station,
        report=True,
        clear=True,
        purpose="access request",
        id_token="04A2B3C4D5E680",
        id_token_type="ISO14443",
    )
    bench.run()
    assert refreshed(row).status == status
    parts = row.parts.order_by("seq_no").values_list("data", flat=True)
    assert "".join(parts).startswith(text)
    assert ("04A2B3C4D5E680" in bench.scripted.desks.customers.records) == (status == "Rejected")
    assert CustomerInformation.objects.get().identifier is None


@pytest.mark.parametrize("quirks", [(), (Q.STREAM_AS_CALL,)])
def test_a_stream_from_its_monitor_to_its_end(station, quirks):
    bench = bench_of(station, *quirks, version=V21)
    spec = MonitorSpec(VOLTAGE, "Periodic", 1, 8, stream=StreamParams(values=3))
    (row,) = monitors.set_monitors(station=station, wanted=[spec])
    bench.run()
    stream = EventStream.objects.get()
    for _ in range(6):
        bench.advance(1)
    assert stream.samples.count() == 6
    monitors.clear_monitors(station=station, monitors=[row])
    bench.run()
    assert not bench.scripted.desks.streams.get({})
    assert refreshed(stream).closed_at is not None


def test_faults_of_16_are_alerts(station):
    bench = bench_of(station, version=V16)
    bench.scripted.desks.faults.fault(1, info="fan 1 stalled", vendor_code="F017")
    bench.run()
    assert alerts().filter(cleared_at=None).count() == 1
    bench.scripted.desks.faults.recover(1)
    bench.run()
    assert alerts().filter(cleared_at=None).count() == 0


def test_monitoring_reports_with_quirks(station):
    bench = bench_of(station, Q.EMPTY_REPORT_PARTS)
    for number in range(12):
        place = VariableName("Extra", "Reading", evse=number)
        bench.scripted.device.variables[place] = bench.scripted.device.variables[CABINET]
    rows = []
    for number in range(12):
        target = ComponentVariable(Component("Extra", evse_id=number), Variable("Reading"))
        rows += monitors.set_monitors(station=station, wanted=[MonitorSpec(target, "Delta", 1)])
    bench.run()
    report = reports.request_monitoring_report(station=station)
    bench.run()
    report_facts.expire_reports(timezone.now() + timedelta(days=1))
    assert Report.objects.get(pk=report.pk).status == "Incomplete"
    assert {refreshed(row).status for row in rows} == {"Active"}
