"""Monitors from the operator's wish to the station's word, and back through its reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics import inbound
from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.models import (
    Alert,
    Monitor,
    MonitoringInfo,
    OutboundCall,
    Report,
    ReportedVariable,
    StationInfo,
    TimelineEntry,
)
from diagnostics.ocpp.monitoring import MonitorSpec, StreamParams
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls, monitors
from diagnostics.services import reports as report_service
from diagnostics.services.calls import delivery
from diagnostics.services.monitors import setup as monitor_setup
from diagnostics.wording import entry_sentence
from diagnostics.wording.monitors import monitor_sentence
from tests.services.conftest import Dialogue

CABINET = ComponentVariable(Component("TemperatureSensor", "Cabinet"), Variable("Temperature"))
POWER = ComponentVariable(Component("EVSE", evse_id=1), Variable("Power"))
STATE = ComponentVariable(Component("Connector", "", 1, 1), Variable("AvailabilityState"))


def spec(target: ComponentVariable = CABINET, **given: Any) -> MonitorSpec:
    usual: dict[str, Any] = {"type": "UpperThreshold", "value": 75.5}
    return MonitorSpec(target=target, **{**usual, **given})


def result(wanted: MonitorSpec, status: str = "Accepted", **more: Any) -> dict[str, Any]:
    echo = {"type": wanted.type, "severity": wanted.severity, **wanted.target.to_wire()}
    return {"status": status, **echo, **more}


def answered(dialogue: Dialogue, *results: dict[str, Any]) -> None:
    assert dialogue.answers({"setMonitoringResult": list(results)})


def active(dialogue: Dialogue, *wanted: MonitorSpec, first: int = 101) -> list[Monitor]:
    """Monitors that the station took, with ids from `first` on."""
    rows = monitors.set_monitors(station=dialogue.station, wanted=wanted)
    dialogue.takes()
    answered(dialogue, *(result(each, id=first + i) for i, each in enumerate(wanted)))
    return [again(row) for row in rows]


def again(row: Monitor) -> Monitor:
    row.refresh_from_db()
    return row


def states(rows: Sequence[Monitor]) -> list[str]:
    for row in rows:
        assert isinstance(monitor_sentence(again(row)), str)
    return [row.status for row in rows]


def reported(monitor_id: int, wanted: MonitorSpec, **more: Any) -> dict[str, Any]:
    each = {
        "id": monitor_id,
        "transaction": False,
        "value": wanted.value,
        "type": wanted.type,
        "severity": wanted.severity,
        **more,
    }
    return {**wanted.target.to_wire(), "variableMonitoring": [each]}


def reports(dialogue: Dialogue, *entries: dict[str, Any]) -> Report:
    """The station is asked for its monitors (already, or now) and tells these."""
    call = dialogue.takes()
    assert call.action == "GetMonitoringReport"
    if not entries:
        dialogue.answers({"status": "EmptyResultSet"})
    else:
        dialogue.answers({"status": "Accepted"})
        inbound.receive_call(
            dialogue.station,
            "2.1",
            "NotifyMonitoringReport",
            {
                "requestId": call.request_id,
                "seqNo": 0,
                "generatedAt": "2026-03-02T08:05:00Z",
                "monitor": list(entries),
            },
        )
    return Report.objects.get(pk=call.report_id)


def reads(dialogue: Dialogue, *entries: dict[str, Any], **criteria: Any) -> Report:
    report_service.request_monitoring_report(station=dialogue.station, **criteria)
    return reports(dialogue, *entries)


def kinds() -> list[str]:
    entries = TimelineEntry.objects.filter(kind__startswith="monitor.").order_by("pk")
    assert all(entry_sentence(entry) != entry.kind for entry in entries)
    return [entry.kind for entry in entries]


# Setting (N04)


def test_a_monitor_from_click_to_active(dialogue: Dialogue) -> None:
    """N04.FR.11: the station chooses the id."""
    row = monitors.set_monitors(station=dialogue.station, wanted=[spec(severity=4)])[0]
    assert (row.status, row.monitor_id) == ("Pending", None)
    call = dialogue.takes()
    assert call.wire_action == "SetVariableMonitoring"
    assert call.wire_payload["setMonitoringData"][0]["severity"] == 4
    answered(dialogue, result(spec(severity=4), id=101))
    assert again(row).status == "Active"
    assert (row.monitor_id, row.event_notification_type) == (101, "CustomMonitor")
    assert kinds() == ["monitor.requested", "monitor.result"]


def test_results_are_matched_by_what_they_name_not_by_their_order(dialogue: Dialogue) -> None:
    """N04.FR.01, .02: several monitors of one variable, several of others; any order."""
    wanted = [
        spec(severity=4),
        spec(severity=2, value=90),
        spec(type="LowerThreshold", severity=4, value=-20),
        spec(POWER, type="Periodic", value=60),
    ]
    rows = monitors.set_monitors(station=dialogue.station, wanted=wanted)
    dialogue.takes()
    echoes = [result(each, id=10 + i) for i, each in enumerate(wanted)]
    echoes[3]["component"]["name"] = "evse"  # names are case-insensitive
    answered(dialogue, *reversed(echoes))
    assert [again(row).monitor_id for row in rows] == [10, 11, 12, 13]


def test_partial_success_gives_each_row_its_own_word(dialogue: Dialogue) -> None:
    words = [
        "Accepted",
        "UnknownComponent",
        "UnknownVariable",
        "UnsupportedMonitorType",
        "Rejected",
        "Duplicate",
    ]
    wanted = [spec(severity=i) for i in range(6)]
    rows = monitors.set_monitors(station=dialogue.station, wanted=wanted)
    dialogue.takes()
    why = {"statusInfo": {"reasonCode": "ValueOutOfRange", "additionalInfo": "max 70"}}
    answered(
        dialogue,
        *(result(each, word, **why) for each, word in zip(wanted, words, strict=True)),
    )
    assert states(rows) == ["Active", *words[1:]]
    assert rows[4].reason_code == "ValueOutOfRange"
    assert "max 70" in monitor_sentence(rows[4])
    assert rows[1].monitor_id is None


def test_a_station_that_echoes_badly_is_understood_as_far_as_the_names_tell(
    dialogue: Dialogue,
) -> None:
    rows = monitors.set_monitors(
        station=dialogue.station, wanted=[spec(severity=3), spec(POWER), spec(STATE, type="Delta")]
    )
    dialogue.takes()
    sloppy = result(spec(severity=9), id=7)
    answered(dialogue, sloppy, result(spec(POWER), id=8))
    assert states(rows) == ["Active", "Active", "Unanswered"]
    assert (rows[0].monitor_id, rows[2].reason_code) == (7, "NoResult")


def test_a_call_that_is_refused_or_unanswered_names_it_at_each_monitor(dialogue: Dialogue) -> None:
    refused = monitors.set_monitors(station=dialogue.station, wanted=[spec()])
    dialogue.takes()
    dialogue.refuses("InternalError", "out of memory")
    assert states(refused) == ["Refused"]
    assert "InternalError – out of memory" in monitor_sentence(refused[0])
    silent = monitors.set_monitors(station=dialogue.station, wanted=[spec(severity=1)])
    dialogue.takes()
    dialogue.is_silent()
    assert states(silent) == ["Unanswered"]
    answered(dialogue, result(spec(severity=1), id=5))  # late, and a fact all the same
    assert states(silent) == ["Active"]


def test_what_was_never_asked_is_told_from_what_was_refused(dialogue: Dialogue) -> None:
    rows = monitors.set_monitors(station=dialogue.station, wanted=[spec()])
    delivery.withdraw(OutboundCall.objects.get())
    assert states(rows) == ["NotAsked"]
    expired = monitors.set_monitors(station=dialogue.station, wanted=[spec(severity=1)])
    delivery.expire_calls(timezone.now() + timedelta(days=2))
    assert states(expired) == ["NotAsked"]


def test_limits_of_items_and_bytes_are_kept(dialogue: Dialogue) -> None:
    """N04.FR.09."""
    StationInfo.objects.create(
        station=dialogue.station,
        limits={"items_per_message": {"SetVariableMonitoring": 2}},
    )
    wanted = [spec(severity=i) for i in range(5)]
    rows = monitors.set_monitors(station=dialogue.station, wanted=wanted)
    sent = []
    while call := dialogue.takes():
        data = call.wire_payload["setMonitoringData"]
        sent.append([each["severity"] for each in data])
        answered(
            dialogue, *(result(wanted[each["severity"]], id=each["severity"]) for each in data)
        )
    assert sent == [[0, 1], [2, 3], [4]]
    assert states(rows) == ["Active"] * 5


def test_without_a_known_limit_ten_go_at_once(dialogue: Dialogue) -> None:
    wanted = [spec(CABINET if i < 10 else POWER, severity=i % 10) for i in range(12)]
    monitors.set_monitors(station=dialogue.station, wanted=wanted)
    assert OutboundCall.objects.count() == 2


def test_a_message_that_was_too_long_all_the_same_is_asked_in_halves(dialogue: Dialogue) -> None:
    wanted = [spec(severity=i) for i in range(3)]
    rows = monitors.set_monitors(station=dialogue.station, wanted=wanted)
    dialogue.takes()
    dialogue.refuses("OccurenceConstraintViolation", "too many")  # one r: EVerest, and 1.6
    for part in ([wanted[0]], wanted[1:]):
        assert len(dialogue.takes().wire_payload["setMonitoringData"]) == len(part)
        answered(dialogue, *(result(each, id=each.severity) for each in part))
    assert states(rows) == ["Active"] * 3


def test_replacing_keeps_the_id_and_the_old_row_as_history(dialogue: Dialogue) -> None:
    """N04.FR.12."""
    (old,) = active(dialogue, spec())
    wanted = spec(value=80, monitor_id=101)
    (new,) = monitors.set_monitors(station=dialogue.station, wanted=[wanted])
    assert new.replaces == old
    assert dialogue.takes().wire_payload["setMonitoringData"][0]["id"] == 101
    answered(dialogue, result(wanted, id=101))
    assert states([old, new]) == ["Replaced", "Active"]
    assert Monitor.objects.live().get() == new


def test_a_refused_replacement_leaves_the_old_one_active(dialogue: Dialogue) -> None:
    (old,) = active(dialogue, spec())
    wanted = spec(value=80, monitor_id=101)
    (new,) = monitors.set_monitors(station=dialogue.station, wanted=[wanted])
    dialogue.takes()
    answered(dialogue, result(wanted, "Rejected"))
    assert states([old, new]) == ["Active", "Rejected"]


def test_an_id_used_again_ends_the_monitor_that_had_it(dialogue: Dialogue) -> None:
    (old,) = active(dialogue, spec(), first=7)
    (new,) = active(dialogue, spec(POWER), first=7)
    assert states([old, new]) == ["Lost", "Active"]
    assert old.reason_code == "IdReused"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([], "at least one"),
        ([spec(), spec(value=3)], "twice"),
        ([spec(type="Delta", value=-1)], "no direction"),
        ([spec(type="TargetDelta")], "OCPP 2.0.1 has no monitor type TargetDelta"),
        ([spec(type="Periodic", stream=StreamParams(5))], "no periodic event streams"),
        ([spec(value=200)], "never goes above 120 Celsius"),
        ([spec(POWER, monitor_id=101)], "same variable only"),
        ([spec(severity=11)], "Severity goes from 0"),
    ],
)
def test_what_cannot_be_is_refused_before_any_row_exists(
    dialogue: Dialogue, wanted: list[MonitorSpec], words: str
) -> None:
    active(dialogue, spec(severity=1))
    known(dialogue, CABINET, data_type="decimal", unit="Celsius", max_limit=120)
    with pytest.raises(RequestRefused, match=words):
        monitors.set_monitors(station=dialogue.station, wanted=wanted)
    assert Monitor.objects.count() == 1


def known(dialogue: Dialogue, target: ComponentVariable, **facts: Any) -> ReportedVariable:
    return ReportedVariable.objects.create(
        station=dialogue.station,
        **ReportedVariable.columns(target),
        **{"supports_monitoring": True, "updated_at": timezone.now(), **facts},
    )


def test_a_delta_of_what_is_no_number_is_sent_with_1(dialogue: Dialogue) -> None:
    """N04.FR.17; OCTT N_08 with AvailabilityState."""
    known(dialogue, STATE, data_type="OptionList")
    monitors.set_monitors(station=dialogue.station, wanted=[spec(STATE, type="Delta", value=5)])
    assert dialogue.takes().wire_payload["setMonitoringData"][0]["value"] == 1


def test_a_station_of_1_6_is_not_asked(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    for ask in (
        lambda: monitors.set_monitors(station=dialogue.station, wanted=[spec()]),
        lambda: monitors.clear_monitors(station=dialogue.station, ids=[1]),
        lambda: monitors.set_monitoring_base(station=dialogue.station, base="All"),
        lambda: monitors.set_monitoring_level(station=dialogue.station, severity=3),
    ):
        with pytest.raises(RequestRefused, match=r"OCPP 1\.6 has no monitors"):
            ask()
    assert not Monitor.objects.exists() and not OutboundCall.objects.exists()


def test_a_station_that_comes_back_with_1_6_ends_what_waited(dialogue: Dialogue) -> None:
    rows = monitors.set_monitors(station=dialogue.station, wanted=[spec()])
    dialogue.gateway.spoken = OcppVersion.V16
    assert dialogue.takes() is None
    assert states(rows) == ["NotAsked"]
    assert "OCPP 1.6 has no monitors" in monitor_sentence(rows[0])


def test_2_1_can_have_target_deltas_and_streams(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V21
    stream = spec(POWER, type="Periodic", value=1, stream=StreamParams(10, 20))
    rows = active(dialogue, spec(type="TargetDeltaRelative", value=0.1), stream)
    sent = dialogue.taken[-1].wire_payload["setMonitoringData"]
    assert sent[1]["periodicEventStream"] == {"interval": 10, "values": 20}
    assert rows[1].stream == StreamParams(10, 20)


def test_a_monitor_set_by_hand_is_known_too(dialogue: Dialogue) -> None:
    payload = {
        "setMonitoringData": [{"value": 1, "type": "Delta", "severity": 2, **POWER.to_wire()}]
    }
    calls.place_call(station=dialogue.station, action="SetVariableMonitoring", payload=payload)
    dialogue.takes()
    answered(dialogue, result(spec(POWER, type="Delta", severity=2), id=0))
    row = Monitor.objects.get()
    assert (row.status, row.monitor_id, row.reference.key()) == ("Active", 0, POWER.key())


# Clearing (N06)


def cleared(dialogue: Dialogue, **results: str) -> None:
    words = [{"id": int(key[1:]), "status": word} for key, word in results.items()]
    assert dialogue.answers({"clearMonitoringResult": words})


def test_each_id_has_its_own_result(dialogue: Dialogue) -> None:
    """12.5, N06.FR.01 to .03; the order of results is free."""
    rows = active(dialogue, spec(severity=1), spec(severity=2), spec(severity=3))
    monitors.clear_monitors(station=dialogue.station, monitors=rows)
    assert states(rows) == ["Clearing"] * 3
    assert dialogue.takes().wire_payload == {"id": [101, 102, 103]}
    cleared(dialogue, m103="NotFound", m101="Accepted", m102="Rejected")
    assert states(rows) == ["Cleared", "Active", "NotFound"]
    assert "may be built in" in monitor_sentence(rows[1])


def test_ids_nobody_knows_are_asked_for_all_the_same(dialogue: Dialogue) -> None:
    (row,) = active(dialogue, spec())
    monitors.clear_monitors(station=dialogue.station, ids=[999, 101])
    assert sorted(dialogue.takes().wire_payload["id"]) == [101, 999]
    cleared(dialogue, m101="Accepted", m999="NotFound")
    assert states([row]) == ["Cleared"]
    entry = TimelineEntry.objects.filter(kind="monitor.clear_result").latest("pk")
    assert entry_sentence(entry) == "Answered NotFound to the clearing of monitor 999"


def test_clearing_is_split_by_what_the_station_takes(dialogue: Dialogue) -> None:
    """OCTT TC_N_18, N06.FR.04."""
    limits = {"items_per_message": {"ClearVariableMonitoring": 2}}
    StationInfo.objects.create(station=dialogue.station, limits=limits)
    rows = active(dialogue, *(spec(severity=i) for i in range(5)), first=0)
    monitors.clear_monitors(station=dialogue.station, monitors=rows)
    sent = []
    while call := dialogue.takes():
        sent.append(call.wire_payload["id"])
        cleared(dialogue, **{f"m{number}": "Accepted" for number in sent[-1]})
    assert sent == [[0, 1], [2, 3], [4]]
    assert states(rows) == ["Cleared"] * 5


@pytest.mark.parametrize("code", ["OccurrenceConstraintViolation", "FormatViolation"])
def test_too_many_ids_all_the_same_are_asked_in_halves(dialogue: Dialogue, code: str) -> None:
    """12.12; N06.FR.06 (items), N06.FR.07 (bytes)."""
    rows = active(dialogue, spec(severity=1), spec(severity=2))
    monitors.clear_monitors(station=dialogue.station, monitors=rows, ids=[999])
    dialogue.takes()
    dialogue.refuses(code, "max 2 ids")
    sent = []
    while call := dialogue.takes():
        sent.append(call.wire_payload["id"])
        cleared(dialogue, **{f"m{number}": "Accepted" for number in sent[-1]})
    assert sent == [[101], [102, 999]]
    assert states(rows) == ["Cleared", "Cleared"]


def test_a_clearing_without_an_answer_leaves_the_monitor_and_reads_again(
    dialogue: Dialogue,
) -> None:
    (row,) = active(dialogue, spec())
    monitors.clear_monitors(station=dialogue.station, monitors=[row])
    dialogue.takes()
    dialogue.is_silent()
    assert states([row]) == ["Active"]
    assert "did not answer" in monitor_sentence(row)
    assert Report.objects.get().kind == "Monitoring"
    cleared_call = OutboundCall.objects.get(action="ClearVariableMonitoring")
    late = {"clearMonitoringResult": [{"id": 101, "status": "Accepted"}]}
    delivery.record_answer(dialogue.station, cleared_call.message_id, late)
    assert states([row]) == ["Cleared"]


def test_a_result_that_is_missing_leaves_the_monitor_active(dialogue: Dialogue) -> None:
    (row,) = active(dialogue, spec())
    monitors.clear_monitors(station=dialogue.station, monitors=[row])
    dialogue.takes()
    cleared(dialogue, m5="Accepted")
    assert states([row]) == ["Active"]
    assert row.reason_code == "NoResult"


def test_nothing_to_clear_is_a_sentence(dialogue: Dialogue) -> None:
    rows = monitors.set_monitors(station=dialogue.station, wanted=[spec()])
    with pytest.raises(RequestRefused, match="nothing to clear"):
        monitors.clear_monitors(station=dialogue.station, monitors=rows)


def test_clearing_a_monitor_closes_its_alert(dialogue: Dialogue) -> None:
    """N07.FR.12: the station sends no cleared event."""
    (row,) = active(dialogue, spec())
    inbound.receive_call(
        dialogue.station,
        "2.0.1",
        "NotifyEvent",
        {
            "generatedAt": "2026-03-02T09:10:02Z",
            "seqNo": 0,
            "eventData": [
                {
                    "eventId": 880,
                    "timestamp": "2026-03-02T09:10:01Z",
                    "trigger": "Alerting",
                    "actualValue": "78.0",
                    "variableMonitoringId": 101,
                    "eventNotificationType": "CustomMonitor",
                    **CABINET.to_wire(),
                }
            ],
        },
    )
    assert Alert.objects.open().count() == 1
    monitors.clear_monitors(station=dialogue.station, monitors=[row])
    dialogue.takes()
    cleared(dialogue, m101="Accepted")
    assert not Alert.objects.open().exists()


# Base and level (N03, N05)


@pytest.mark.parametrize(
    ("base", "left"),
    [
        ("All", ["Active", "Active", "Active"]),
        ("FactoryDefault", ["Cleared", "Active", "Active"]),
        ("HardWiredOnly", ["Cleared", "Cleared", "Active"]),
    ],
)
def test_a_base_wipes_what_the_standard_says_and_reads_again(
    dialogue: Dialogue, base: str, left: list[str]
) -> None:
    """N03.FR.03 to .05; OCTT N_05."""
    rows = active(dialogue, spec(severity=1), spec(severity=2), spec(severity=3))
    for row, origin in zip(rows[1:], ["PreconfiguredMonitor", "HardWiredMonitor"], strict=True):
        Monitor.objects.filter(pk=row.pk).update(event_notification_type=origin)
    monitors.set_monitoring_base(station=dialogue.station, base=base)
    assert dialogue.takes().wire_payload == {"monitoringBase": base}
    dialogue.answers({"status": "Accepted"})
    assert states(rows) == left
    assert MonitoringInfo.objects.get().base == base
    assert dialogue.takes().wire_action == "GetMonitoringReport"


@pytest.mark.parametrize("word", ["Rejected", "NotSupported", "EmptyResultSet"])
def test_a_base_that_was_refused_changes_nothing(dialogue: Dialogue, word: str) -> None:
    """N03.FR.02."""
    (row,) = active(dialogue, spec())
    monitors.set_monitoring_base(station=dialogue.station, base="HardWiredOnly")
    dialogue.takes()
    dialogue.answers({"status": word})
    assert states([row]) == ["Active"]
    assert not Report.objects.exists()
    assert MonitoringInfo.objects.get().base == ""


def test_a_level_is_remembered_when_it_was_accepted(dialogue: Dialogue) -> None:
    """N05; OCTT N_16, N_17. 0 is a level."""
    for severity, word, level in ((0, "Accepted", 0), (7, "Rejected", 0)):
        monitors.set_monitoring_level(station=dialogue.station, severity=severity)
        assert dialogue.takes().wire_payload == {"severity": severity}
        dialogue.answers({"status": word})
        assert MonitoringInfo.objects.get().level == level


def test_bases_and_levels_that_do_not_exist_are_refused(dialogue: Dialogue) -> None:
    with pytest.raises(RequestRefused, match="no base called Some"):
        monitors.set_monitoring_base(station=dialogue.station, base="Some")
    with pytest.raises(RequestRefused, match="from 0"):
        monitors.set_monitoring_level(station=dialogue.station, severity=10)


def test_switching_on_is_three_calls(dialogue: Dialogue) -> None:
    monitor_setup.switch_on(station=dialogue.station)
    assert dialogue.takes().wire_payload["setVariableData"][0]["attributeValue"] == "true"
    assert list(OutboundCall.objects.order_by("pk").values_list("action", flat=True)) == [
        "SetVariables",
        "SetMonitoringBase",
        "SetMonitoringLevel",
    ]


# Reports (N02)


def test_a_report_adds_what_was_not_known_and_learns_who_made_it(dialogue: Dialogue) -> None:
    """N02.FR.22 (2.1)."""
    dialogue.gateway.spoken = OcppVersion.V21
    entry = reported(60, spec(), eventNotificationType="HardWiredMonitor")
    assert reads(dialogue, entry).status == "Complete"
    row = Monitor.objects.get()
    assert (row.status, row.monitor_id, row.event_notification_type) == (
        "Active",
        60,
        "HardWiredMonitor",
    )
    assert not row.asked_here
    assert MonitoringInfo.objects.get().read_at is not None
    with pytest.raises(RequestRefused, match="built into the station"):
        monitors.set_monitors(station=dialogue.station, wanted=[spec(monitor_id=60)])


def test_what_a_complete_report_lacks_is_lost_and_what_it_has_is_confirmed(
    dialogue: Dialogue,
) -> None:
    kept, gone = active(dialogue, spec(), spec(POWER))
    reads(dialogue, reported(101, spec(value=70, severity=3)))
    assert states([kept, gone]) == ["Active", "Lost"]
    assert (kept.value, kept.severity) == (70, 3)
    assert kept.reported_at is not None
    reads(dialogue)  # EmptyResultSet is a successful, empty report
    assert states([kept]) == ["Lost"]


def test_a_monitor_set_after_the_report_was_asked_for_is_not_lost(dialogue: Dialogue) -> None:
    report_service.request_monitoring_report(station=dialogue.station)
    rows = monitors.set_monitors(station=dialogue.station, wanted=[spec()])
    asked = dialogue.takes()
    dialogue.answers({"status": "Accepted"})
    dialogue.takes()
    answered(dialogue, result(spec(), id=101))
    inbound.receive_call(
        dialogue.station,
        "2.0.1",
        "NotifyMonitoringReport",
        {
            "requestId": asked.request_id,
            "seqNo": 0,
            "generatedAt": "2026-03-02T08:05:00Z",
            "monitor": [reported(5, spec(POWER))],
        },
    )
    assert states(rows) == ["Active"]
    assert Monitor.objects.live().count() == 2


def test_ids_that_changed_in_a_reboot_are_followed(dialogue: Dialogue) -> None:
    """N04.FR.19: two monitors that swapped their ids, and one with a new one."""
    one, two, three = active(dialogue, spec(severity=1), spec(severity=2), spec(POWER))
    reads(
        dialogue,
        reported(102, spec(severity=1)),
        reported(101, spec(POWER)),
        reported(7, spec(severity=2)),
    )
    assert states([one, two, three]) == ["Active"] * 3
    assert [one.monitor_id, two.monitor_id, three.monitor_id] == [102, 7, 101]
    assert Monitor.objects.count() == 3


def test_an_id_that_now_names_something_else_is_another_monitor(dialogue: Dialogue) -> None:
    (old,) = active(dialogue, spec())
    reads(dialogue, reported(101, spec(POWER, type="Delta")))
    assert states([old]) == ["Lost"]
    assert Monitor.objects.live().get().reference.key() == POWER.key()


def test_a_report_shows_what_an_unanswered_call_came_to(dialogue: Dialogue) -> None:
    rows = monitors.set_monitors(station=dialogue.station, wanted=[spec(), spec(POWER)])
    dialogue.takes()
    dialogue.is_silent()
    reads(dialogue, reported(3, spec()))
    assert states(rows) == ["Active", "Unanswered"]
    assert rows[0].monitor_id == 3


@pytest.mark.parametrize(
    ("asked", "states_after"),
    [
        ({"criteria": ["ThresholdMonitoring"]}, ["Lost", "Active", "Lost"]),
        ({"criteria": ["PeriodicMonitoring", "DeltaMonitoring"]}, ["Active", "Lost", "Active"]),
        (
            {"named": [ComponentVariable(Component("temperaturesensor"))]},
            ["Lost", "Lost", "Active"],
        ),
        ({"named": [POWER]}, ["Active", "Active", "Lost"]),
        (
            {"criteria": ["DeltaMonitoring"], "named": [CABINET]},
            ["Active", "Lost", "Active"],
        ),
        ({}, ["Lost", "Lost", "Lost"]),
    ],
)
def test_a_report_speaks_only_for_what_it_was_asked_about(
    dialogue: Dialogue, asked: dict[str, Any], states_after: list[str]
) -> None:
    """N02.FR.05 to .08, .12 to .21."""
    rows = active(dialogue, spec(), spec(type="Delta", value=1), spec(POWER))
    assert reads(dialogue, **asked).status == "EmptyResultSet"
    assert states(rows) == states_after


def sends_parts(dialogue: Dialogue, *parts: list[Any]) -> Report:
    row = report_service.request_monitoring_report(station=dialogue.station)
    call = dialogue.takes()
    dialogue.answers({"status": "Accepted"})
    for seq_no, entries in enumerate(parts):
        payload = {
            "requestId": call.request_id,
            "seqNo": seq_no,
            "tbc": seq_no + 1 < len(parts),
            "generatedAt": "2026-03-02T08:05:00Z",
            "monitor": entries,
        }
        inbound.receive_call(dialogue.station, "2.0.1", "NotifyMonitoringReport", payload)
    row.refresh_from_db()
    return row


@pytest.mark.parametrize(
    "damage",
    [
        {"variableMonitoring": [{"id": 101}]},
        {"variableMonitoring": [{"id": 2**40, "type": "Delta"}]},
        {"variableMonitoring": {"id": 101}},
    ],
)
def test_a_report_with_a_monitor_that_cannot_be_read_loses_none(
    dialogue: Dialogue, damage: dict[str, Any]
) -> None:
    """What it does show is added: some stations never send a whole report."""
    (row,) = active(dialogue, spec())
    bad = {**reported(101, spec()), **damage}
    report = sends_parts(dialogue, [reported(5, spec(POWER)), bad])
    assert (report.status, report.reason) == ("Incomplete", "Damaged")
    assert "Temperature" in report.parts.get().unread[0]
    assert states([row]) == ["Active"]
    assert set(Monitor.objects.values_list("monitor_id", "status")) == {
        (101, "Active"),
        (5, "Active"),
    }
    assert MonitoringInfo.objects.get().read_at is None
    assert "cannot be read" in entry_sentence(TimelineEntry.objects.get(kind="monitor.read_partly"))


def test_an_incomplete_report_loses_nothing(dialogue: Dialogue) -> None:
    """13.3: EVerest sends its later parts empty."""
    (row,) = active(dialogue, spec())
    assert sends_parts(dialogue, [reported(5, spec(POWER))], []).status == "Incomplete"
    assert states([row]) == ["Active"]
    assert Monitor.objects.filter(monitor_id=5, status="Active").exists()


# Boots


def boots(dialogue: Dialogue, firmware: str = "1.0") -> None:
    station = {"model": "M", "vendorName": "V", "firmwareVersion": firmware}
    payload = {"chargingStation": station, "reason": "PowerUp"}
    inbound.receive_call(dialogue.station, "2.0.1", "BootNotification", payload)


def monitoring_reports() -> int:
    return Report.objects.filter(kind="Monitoring").count()


def test_after_a_boot_the_monitors_are_read_again_where_there_were_some(
    dialogue: Dialogue,
) -> None:
    """N04.FR.19."""
    boots(dialogue)
    assert monitoring_reports() == 0
    OutboundCall.objects.all().delete()
    active(dialogue, spec())
    boots(dialogue)
    assert monitoring_reports() == 1
    boots(dialogue)  # again, before it was asked
    assert monitoring_reports() == 1


def test_a_station_without_monitoring_is_remembered_until_its_firmware_changes(
    dialogue: Dialogue,
) -> None:
    boots(dialogue)
    OutboundCall.objects.all().delete()
    active(dialogue, spec())
    report_service.request_monitoring_report(station=dialogue.station)
    dialogue.takes()
    dialogue.refuses("NotImplemented")
    assert MonitoringInfo.objects.get().supported is False
    boots(dialogue)
    assert monitoring_reports() == 1
    boots(dialogue, firmware="2.0")
    assert monitoring_reports() == 2


def fires(dialogue: Dialogue, monitor_id: int) -> None:
    """An event of 2.0.1, which has no severity."""
    event = {
        "eventId": 1,
        "timestamp": "2026-03-02T09:10:01Z",
        "trigger": "Alerting",
        "actualValue": "78",
        "variableMonitoringId": monitor_id,
        "eventNotificationType": "PreconfiguredMonitor",
        **CABINET.to_wire(),
    }
    message = {"generatedAt": "2026-03-02T09:10:02Z", "seqNo": 0, "eventData": [event]}
    inbound.receive_call(dialogue.station, "2.0.1", "NotifyEvent", message)
    assert Alert.objects.get().severity == 5


def test_a_monitor_that_fires_before_it_is_answered_has_its_severity(dialogue: Dialogue) -> None:
    monitors.set_monitors(station=dialogue.station, wanted=[spec(severity=1)])
    dialogue.takes()
    fires(dialogue, 7)
    answered(dialogue, result(spec(severity=1), id=7))
    assert Alert.objects.get().severity == 1


def test_the_monitors_of_every_station_are_read_once(dialogue: Dialogue) -> None:
    """The factory's own are told by nothing else, and events of 2.0.1 have no severity."""
    fires(dialogue, 2)
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "READ_DEVICE_MODEL": True}):
        boots(dialogue)
        Report.objects.exclude(kind="Monitoring").delete()
        OutboundCall.objects.exclude(action="GetMonitoringReport").delete()
        reports(dialogue, reported(2, spec(severity=1)))
        boots(dialogue)
    assert Alert.objects.get().severity == 1
    # Those that are known are read after each boot.
    assert monitoring_reports() == 2


@pytest.mark.parametrize("spoken", [OcppVersion.V16, OcppVersion.V201])
def test_a_station_is_not_asked_for_monitors_that_it_cannot_have_or_need_not_tell(
    dialogue: Dialogue, spoken: OcppVersion
) -> None:
    asks = {"READ_DEVICE_MODEL": spoken is OcppVersion.V16}
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **asks}):
        get_gateway().spoken = spoken  # type: ignore[attr-defined]
        boots(dialogue)
    assert monitoring_reports() == 0
    assert "monitor.not_read" not in kinds()


def test_a_refused_action_tells_it_too_and_an_answer_takes_it_back(dialogue: Dialogue) -> None:
    monitors.set_monitoring_level(station=dialogue.station, severity=3)
    dialogue.takes()
    dialogue.refuses("NotSupported")
    assert MonitoringInfo.objects.get().supported is False
    active(dialogue, spec())
    assert MonitoringInfo.objects.get().supported is True
