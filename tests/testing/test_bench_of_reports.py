"""What the services make of the scripted station's reports, monitors and customers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics.models import (
    CustomerInformation,
    Monitor,
    Report,
    ReportedVariable,
    VariableRequest,
)
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.monitoring import MonitorSpec
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.services import customer_information, monitors, reports
from diagnostics.services.device_model import variables
from diagnostics.services.reports import facts as report_facts
from diagnostics.testing import Quirk, VariableName
from diagnostics.testing.inventory import CABINET
from tests.testing.benches import TEMPERATURE, bench_of, refreshed

Q = Quirk

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("quirks", "status"),
    [
        ((), "Complete"),
        ((Q.REPORT_OUT_OF_ORDER,), "Complete"),
        ((Q.REPORT_DUPLICATE_PARTS,), "Complete"),
        ((Q.EMPTY_REPORT_PARTS,), "Incomplete"),
        ((Q.UNREADABLE_ENTRIES,), "Incomplete"),
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
    # Of an incomplete report what came and can be read is taken.
    shown = len(bench.scripted.device.variables)
    if status == "Incomplete":
        shown = sum(report.parts.values_list("count", flat=True))
        assert shown > 0
    assert known == shown


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
