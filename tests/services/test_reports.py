"""A report from the click to the known set: parts in any order, lost, late, empty, twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from diagnostics import inbound
from diagnostics.exceptions import RequestRefused
from diagnostics.models import (
    OutboundCall,
    Report,
    ReportedVariable,
    StationInfo,
    TimelineEntry,
    VariableAttribute,
)
from diagnostics.ocpp.messages import BootFacts
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import reports
from diagnostics.services.device_model.limits import get_limits
from diagnostics.services.fleet import station_facts
from diagnostics.services.reports import facts as report_facts
from diagnostics.wording.reports import report_sentence
from tests.services.conftest import Dialogue, TellingGateway

TEMPERATURE = ComponentVariable(Component("Sensor"), Variable("Temperature"))


def entry(name: str, value: str = "1", component: str = "Sensor", **more: Any) -> dict[str, Any]:
    return {
        "component": {"name": component},
        "variable": {"name": name},
        "variableAttribute": [{"value": value, **more}],
    }


def says(row: Report, seq_no: int, *items: Any, tbc: bool = False, **more: Any) -> Report:
    monitoring = row.kind == "Monitoring"
    payload: dict[str, Any] = {
        "requestId": row.request_id,
        "seqNo": seq_no,
        "generatedAt": "2026-03-02T08:00:00Z",
        **({"tbc": True} if tbc else {}),
        **({"monitor" if monitoring else "reportData": list(items)} if items else {}),
        **more,
    }
    action = "NotifyMonitoringReport" if monitoring else "NotifyReport"
    assert inbound.receive_call(row.station, "2.0.1", action, payload) == {}
    return fresh(row)


def fresh(row: Report) -> Report:
    row.refresh_from_db()
    assert report_sentence(row)
    return row


def names(dialogue: Dialogue) -> list[str]:
    known = ReportedVariable.objects.filter(station=dialogue.station)
    return sorted(known.values_list("variable", flat=True))


def full(dialogue: Dialogue, status: str = "Accepted") -> Report:
    row = reports.request_base_report(station=dialogue.station)
    dialogue.takes()
    dialogue.answers({"status": status})
    return fresh(row)


def test_a_full_report_in_three_parts_replaces_what_was_known(dialogue: Dialogue) -> None:
    ReportedVariable.objects.create(
        station=dialogue.station, component="Old", variable="Gone", updated_at=timezone.now()
    )
    row = full(dialogue)
    call = dialogue.taken[-1]
    assert (call.wire_action, call.wire_payload) == (
        "GetBaseReport",
        {"requestId": row.request_id, "reportBase": "FullInventory"},
    )
    assert row.status == "Accepted"
    assert says(row, 0, entry("A"), tbc=True).status == "Receiving"
    says(row, 1, entry("B"), tbc=True)
    assert names(dialogue) == ["Gone"]
    assert says(row, 2, entry("C", mutability="ReadOnly")).status == "Complete"
    assert names(dialogue) == ["A", "B", "C"]
    assert row.settled_at is not None
    assert VariableAttribute.objects.get(variable__variable="C").mutability == "ReadOnly"


def test_settings_and_custom_reports_add_and_forget_nothing(dialogue: Dialogue) -> None:
    says(full(dialogue), 0, entry("A", "1"), entry("B", "1"))
    row = reports.request_base_report(
        station=dialogue.station, report_base="ConfigurationInventory"
    )
    dialogue.takes()
    dialogue.answers({"status": "Accepted"})
    says(row, 0, entry("b", "2"))
    assert names(dialogue) == ["A", "b"]  # in the newest spelling
    row = reports.request_report(station=dialogue.station, named=[TEMPERATURE])
    dialogue.takes()
    assert dialogue.taken[-1].wire_payload["componentVariable"] == [TEMPERATURE.to_wire()]
    dialogue.answers({"status": "Accepted"})
    says(row, 0, entry("Temperature", "20"))
    assert names(dialogue) == ["A", "Temperature", "b"]


def test_parts_before_the_answer_and_in_the_wrong_order_are_complete(dialogue: Dialogue) -> None:
    row = reports.request_base_report(station=dialogue.station)
    dialogue.takes()
    assert says(row, 1, entry("B")).status == "Receiving"
    assert says(row, 0, entry("A"), tbc=True).status == "Complete"
    dialogue.answers({"status": "Accepted"})
    assert fresh(row).status == "Complete"
    assert names(dialogue) == ["A", "B"]


def test_a_part_that_comes_twice_counts_once(dialogue: Dialogue) -> None:
    row = full(dialogue)
    says(row, 0, entry("A"), tbc=True)
    says(row, 0, entry("Z"), tbc=True)
    assert says(row, 1, entry("B")).status == "Complete"
    assert row.parts.get(seq_no=0).times_received == 2
    assert names(dialogue) == ["A", "B"]


def test_an_incomplete_report_forgets_nothing(dialogue: Dialogue) -> None:
    says(full(dialogue), 0, entry("Known"))
    row = full(dialogue)
    says(row, 0, entry("A"), tbc=True)
    assert says(row, 2, entry("C")).status == "Receiving"
    report_facts.expire_reports(timezone.now())
    assert fresh(row).status == "Receiving"
    report_facts.expire_reports(timezone.now() + timedelta(minutes=3))
    assert (fresh(row).status, row.reason) == ("Incomplete", "TimeOut")
    assert "Missing: part 1. What came was added" in report_sentence(row)
    assert names(dialogue) == ["A", "C", "Known"]
    # What was missing comes after all.
    assert says(row, 1, entry("B"), tbc=True).status == "Complete"
    assert names(dialogue) == ["A", "B", "C"]


def test_a_station_that_never_says_that_more_is_to_come_is_heard_out(dialogue: Dialogue) -> None:
    """Without `tbc` each part claims to be the last."""
    says(full(dialogue), 0, entry("Old"))
    row = full(dialogue)
    for number, name in enumerate("ABC"):
        assert says(row, number, entry(name)).status == "Complete"
    assert names(dialogue) == ["A", "B", "C"]


def test_a_report_whose_parts_count_from_1_is_incomplete_and_not_lost(dialogue: Dialogue) -> None:
    row = full(dialogue)
    says(row, 1, entry("A"), tbc=True)
    says(row, 2, entry("B"))
    report_facts.expire_reports(timezone.now() + timedelta(minutes=3))
    assert (fresh(row).status, row.reason) == ("Incomplete", "TimeOut")
    assert names(dialogue) == ["A", "B"]


def test_the_time_out_is_a_setting(dialogue: Dialogue) -> None:
    row = full(dialogue)
    with override_settings(
        DIAGNOSTICS={**settings.DIAGNOSTICS, "REPORT_PART_TIMEOUT": timedelta(hours=1)}
    ):
        report_facts.expire_reports(timezone.now() + timedelta(minutes=59))
        assert fresh(row).status == "Accepted"
        report_facts.expire_reports(timezone.now() + timedelta(minutes=61))
    assert (fresh(row).status, row.reason) == ("Incomplete", "TimeOut")


def test_a_reboot_between_parts_ends_the_report_at_once(dialogue: Dialogue) -> None:
    row = full(dialogue)
    waiting = reports.request_base_report(station=dialogue.station)
    says(row, 0, entry("A"), tbc=True)
    station_facts.record_boots([(dialogue.station, BootFacts(vendor="V"))])
    assert (fresh(row).status, row.reason) == ("Incomplete", "Reboot")
    assert fresh(waiting).status == "Queued"


def test_an_incomplete_report_is_asked_for_again(dialogue: Dialogue) -> None:
    row = reports.request_monitoring_report(
        station=dialogue.station, criteria=["DeltaMonitoring"], named=[TEMPERATURE]
    )
    again = reports.request_again(row)
    assert (again.kind, again.criteria) == (row.kind, row.criteria)
    assert again.request_id != row.request_id


@pytest.mark.parametrize("seq_no", [1, 2])
def test_an_empty_part_makes_the_report_incomplete(dialogue: Dialogue, seq_no: int) -> None:
    """EVerest sends `monitor: []` from the second part on."""
    row = reports.request_monitoring_report(station=dialogue.station)
    dialogue.takes()
    dialogue.answers({"status": "Accepted"})
    monitored = {"component": {"name": "A"}, "variable": {"name": "B"}, "variableMonitoring": [
        {"id": 1, "transaction": False, "value": 1, "type": "Delta", "severity": 5}]}  # fmt: skip
    for number in range(seq_no):
        says(row, number, monitored, tbc=True)
    assert says(row, seq_no, monitor=[]).status == "Incomplete"
    assert row.reason == "Damaged"
    assert "empty" in report_sentence(row)
    # The same part again, whole this time.
    assert says(row, seq_no, monitored).status == "Complete"


UNNAMED = {"component": {"name": "Safe"}, "variableAttribute": [{"value": "hunter2"}]}
MISFIT = {
    "component": {"name": "Sensor"},
    "variable": {"name": "B"},
    "variableAttribute": "hunter2",
}


@pytest.mark.parametrize("bad", [UNNAMED, MISFIT, 7])
def test_what_cannot_be_read_of_a_report_makes_it_incomplete_and_is_shown(
    dialogue: Dialogue, bad: Any
) -> None:
    """Nothing known is forgotten for it, and what can be read is not lost either."""
    says(full(dialogue), 0, entry("A", "old"), entry("B", "old"))
    first_read = StationInfo.objects.get(station=dialogue.station).inventory_at
    row = full(dialogue)
    says(row, 0, entry("A", "new"), bad, tbc=True)
    assert says(row, 1, entry("C", "new")).status == "Incomplete"
    assert row.reason == "Damaged"
    assert "1 entry could not be read" in report_sentence(row)
    part = row.parts.get(seq_no=0)
    assert (part.count, part.unread_count, part.damaged) == (1 + (bad is MISFIT), 1, True)
    assert "hunter2" not in str(list(row.parts.values()))
    found = VariableAttribute.objects.filter(variable__station=dialogue.station)
    assert dict(found.values_list("variable__variable", "value")) == {
        "A": "new",
        "B": "old",
        "C": "new",
    }
    info = StationInfo.objects.get(station=dialogue.station)
    assert info.inventory_at == first_read  # the inventory is not whole


def test_a_damaged_part_that_comes_again_whole_completes_the_report(dialogue: Dialogue) -> None:
    says(full(dialogue), 0, entry("Old"))
    row = full(dialogue)
    assert says(row, 0, entry("A"), UNNAMED).status == "Incomplete"
    assert names(dialogue) == ["A", "Old"]
    assert says(row, 0, entry("A"), entry("B")).status == "Complete"
    assert names(dialogue) == ["A", "B"]


def test_an_entry_without_characteristics_leaves_those_that_are_known(dialogue: Dialogue) -> None:
    known = {"dataType": "decimal", "unit": "Celsius", "supportsMonitoring": True}
    says(full(dialogue), 0, entry("A") | {"variableCharacteristics": known})
    row = reports.request_report(station=dialogue.station, named=[TEMPERATURE])
    dialogue.takes()
    says(row, 0, entry("A", "9"))
    variable = ReportedVariable.objects.get(station=dialogue.station)
    assert (variable.data_type, variable.unit, variable.supports_monitoring) == (
        "decimal",
        "Celsius",
        True,
    )
    assert variable.attributes.get().value == "9"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("EmptyResultSet", "EmptyResultSet"),
        ("Rejected", "Rejected"),
        ("NotSupported", "NotSupported"),
        ("Nonsense", "Rejected"),
    ],
)
def test_every_answer_has_its_outcome(dialogue: Dialogue, answer: str, status: str) -> None:
    says(full(dialogue), 0, entry("Known"))
    assert full(dialogue, answer).status == status
    assert names(dialogue) == ["Known"]


def test_an_error_and_silence_end_a_report(dialogue: Dialogue) -> None:
    row = reports.request_base_report(station=dialogue.station)
    dialogue.takes()
    dialogue.refuses("SecurityError", "not yet")
    assert (fresh(row).status, row.reason) == ("Rejected", "SecurityError")
    row = reports.request_base_report(station=dialogue.station)
    dialogue.takes()
    dialogue.is_silent()
    assert fresh(row).status == "Unanswered"
    dialogue.answers({"status": "Accepted"})  # late
    assert fresh(row).status == "Accepted"


def test_a_part_that_nobody_asked_for_is_noted_and_answered(dialogue: Dialogue) -> None:
    monitors = reports.request_monitoring_report(station=dialogue.station)
    queued = reports.request_base_report(station=dialogue.station)
    dialogue.takes()
    base = Report(station=dialogue.station, kind="Base")
    for request_id in (0, 99999, queued.request_id, monitors.request_id):
        base.request_id = request_id
        payload = {"requestId": request_id, "seqNo": 0, "generatedAt": "2026-03-02T08:00:00Z"}
        assert inbound.receive_call(dialogue.station, "2.1", "NotifyReport", payload) == {}
    assert TimelineEntry.objects.filter(kind="report.unmatched").count() == 4
    assert not names(dialogue)


def test_strange_numbers_of_parts_do_no_harm(dialogue: Dialogue) -> None:
    row = full(dialogue)
    for seq_no in (-1, 2**31 - 1, 2**40):
        assert says(row, seq_no, entry("A")).status == "Accepted"
    assert not row.parts.exists()


def test_secrets_in_reports_are_not_kept(dialogue: Dialogue) -> None:
    row = full(dialogue)
    says(row, 0, entry("BasicAuthPassword", "hunter2", "SecurityCtrlr", mutability="WriteOnly"))
    assert row.status == "Complete"
    assert "hunter2" not in str(list(row.parts.values()))
    assert VariableAttribute.objects.get().value is None


def test_the_same_variable_in_two_entries_has_all_its_attributes(dialogue: Dialogue) -> None:
    row = full(dialogue)
    says(row, 0, entry("A", "1"), tbc=True)
    says(row, 1, entry("A", "9", type="MaxSet"))
    found = VariableAttribute.objects.filter(variable__variable="A").order_by("type")
    assert list(found.values_list("type", "value")) == [("Actual", "1"), ("MaxSet", "9")]


def test_limits_are_learnt_from_reports_and_obeyed(dialogue: Dialogue) -> None:
    item = entry("ItemsPerMessage", "2", "DeviceDataCtrlr")
    item["variable"]["instance"] = "GetReport"
    says(full(dialogue), 0, item)
    assert get_limits(dialogue.station).items_per_message == {"GetReport": 2}
    named = [ComponentVariable(Component(f"C{n}")) for n in range(3)]
    for ask in (reports.request_report, reports.request_monitoring_report):
        with pytest.raises(RequestRefused, match="takes 2"):
            ask(station=dialogue.station, named=named)
        ask(station=dialogue.station, named=named[:2])


def test_what_cannot_be_asked_leaves_no_row(dialogue: Dialogue) -> None:
    for ask, wanted in (
        (reports.request_report, {}),
        (reports.request_report, {"criteria": ["Broken"]}),
        (reports.request_monitoring_report, {"criteria": ["Problem"]}),
        (reports.request_base_report, {"report_base": "Everything"}),
    ):
        with pytest.raises(RequestRefused):
            ask(station=dialogue.station, **wanted)
    dialogue.gateway.spoken = OcppVersion.V16
    with pytest.raises(RequestRefused, match=r"1\.6"):
        reports.request_base_report(station=dialogue.station)
    assert not Report.objects.exists()
    assert not OutboundCall.objects.exists()


def test_a_station_that_returns_with_16_cannot_report(dialogue: Dialogue) -> None:
    row = reports.request_base_report(station=dialogue.station)
    dialogue.gateway.spoken = OcppVersion.V16
    assert dialogue.takes() is None
    assert (fresh(row).status, row.reason) == ("NotSupported", "Unsupported")


@pytest.mark.parametrize("criteria", [[], ["ThresholdMonitoring", "PeriodicMonitoring"]])
@pytest.mark.parametrize(
    "named", [[], [TEMPERATURE], [ComponentVariable(Component("EVSE", "", 1))]]
)
def test_every_combination_of_filters_goes_out(
    dialogue: Dialogue, criteria: list[str], named: list[ComponentVariable]
) -> None:
    reports.request_monitoring_report(station=dialogue.station, criteria=criteria, named=named)
    payload = dialogue.takes().wire_payload
    assert payload.get("monitoringCriteria", []) == criteria
    assert payload.get("componentVariable", []) == [each.to_wire() for each in named]
    assert [] not in payload.values()


@hypothesis_settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(1, 6).flatmap(lambda n: st.permutations([*range(n), *range(0, n, 2)])))
def test_any_order_and_repetition_of_parts_gives_the_same_set(
    dialogue: Dialogue, order: list[int]
) -> None:
    count = max(order) + 1
    row = full(dialogue)
    for heard, seq_no in enumerate(order, 1):
        says(row, seq_no, entry(f"V{seq_no}"), tbc=seq_no < count - 1)
        assert (row.status == "Complete") == (set(order[:heard]) == set(range(count)))
    assert names(dialogue) == [f"V{n}" for n in range(count)]
    Report.objects.all().delete()


@pytest.fixture
def curious(gateway: TellingGateway) -> Any:
    changed = {**settings.DIAGNOSTICS, "READ_LIMITS": True, "READ_DEVICE_MODEL": True}
    with override_settings(DIAGNOSTICS=changed):
        yield


def waiting(dialogue: Dialogue) -> list[str]:
    calls = OutboundCall.objects.pending().filter(station=dialogue.station).order_by("pk")
    return list(calls.values_list("action", flat=True))


def test_everything_is_read_once_for_each_firmware(dialogue: Dialogue, curious: None) -> None:
    boot = BootFacts(vendor="V", firmware_version="1")
    station_facts.record_boots([(dialogue.station, boot)])
    asked = ["GetVariables", "GetVariables", "GetBaseReport", "GetMonitoringReport"]
    assert waiting(dialogue) == asked
    station_facts.record_boots([(dialogue.station, boot)])
    assert waiting(dialogue) == asked
    OutboundCall.objects.filter(action="GetVariables").delete()
    row = Report.objects.get(kind="Base")
    dialogue.takes()
    dialogue.answers({"status": "Accepted"})
    says(row, 0, entry("A"))
    assert StationInfo.objects.get(station=dialogue.station).inventory_firmware == "1"
    station_facts.record_boots([(dialogue.station, boot)])
    assert "GetBaseReport" not in waiting(dialogue)
    station_facts.record_boots([(dialogue.station, BootFacts(vendor="V", firmware_version="2"))])
    assert "GetBaseReport" in waiting(dialogue)
