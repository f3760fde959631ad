"""Monitors on the wire of each version, and the rules on setting them (N02 to N06)."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.ocpp.batches import split
from diagnostics.ocpp.codecs.monitoring import monitoring_codec
from diagnostics.ocpp.errors import InvalidPayload, UnsupportedAction
from diagnostics.ocpp.monitoring import (
    ALL_TYPES,
    MonitorSpec,
    StreamParams,
    Watchable,
    mistake,
    settled,
    suits,
    warning,
)
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion

CABINET = ComponentVariable(Component("TemperatureSensor", "Cabinet"), Variable("Temperature"))
VOLTAGE = ComponentVariable(Component("EVSE", evse_id=1), Variable("ACVoltage", "L1"))

V201, V21 = monitoring_codec("2.0.1"), monitoring_codec("2.1")


def spec(**given: Any) -> MonitorSpec:
    usual: dict[str, Any] = {"target": CABINET, "type": "UpperThreshold", "value": 75.5}
    return MonitorSpec(**{**usual, **given})


def test_a_monitor_is_written_with_only_the_fields_that_have_a_value() -> None:
    wire = V201.encode_set([spec(severity=4)])
    assert wire.action == "SetVariableMonitoring"
    assert wire.payload == {
        "setMonitoringData": [
            {
                "value": 75.5,
                "type": "UpperThreshold",
                "severity": 4,
                "component": {"name": "TemperatureSensor", "instance": "Cabinet"},
                "variable": {"name": "Temperature"},
            }
        ]
    }


def test_a_replacement_names_the_id_and_0_is_one() -> None:
    item = V201.encode_set([spec(monitor_id=0, transaction=True)]).payload["setMonitoringData"][0]
    assert item["id"] == 0
    assert item["transaction"] is True


def test_a_stream_of_2_1_is_written_as_the_example_of_12_7() -> None:
    wanted = spec(target=VOLTAGE, type="Periodic", value=1, severity=8, stream=StreamParams(10, 20))
    assert V21.encode_set([wanted]).payload == {
        "setMonitoringData": [
            {
                "type": "Periodic",
                "value": 1,
                "severity": 8,
                "component": {"name": "EVSE", "evse": {"id": 1}},
                "variable": {"name": "ACVoltage", "instance": "L1"},
                "periodicEventStream": {"interval": 10, "values": 20},
            }
        ]
    }


@pytest.mark.parametrize("kind", sorted(ALL_TYPES))
def test_2_1_can_set_every_type(kind: str) -> None:
    V21.encode_set([spec(type=kind)])


@pytest.mark.parametrize("kind", ["TargetDelta", "TargetDeltaRelative"])
def test_deltas_from_a_target_are_new_in_2_1(kind: str) -> None:
    with pytest.raises(UnsupportedAction, match=f"OCPP 2.0.1 has no monitor type {kind}"):
        V201.encode_set([spec(type=kind)])


def test_streams_are_new_in_2_1() -> None:
    with pytest.raises(UnsupportedAction, match="no periodic event streams"):
        V201.check_spec(spec(type="Periodic", stream=StreamParams(10)))


def test_1_6_says_why_it_has_no_monitors() -> None:
    old = monitoring_codec(OcppVersion.V16)
    for act in (
        lambda: old.encode_set([spec()]),
        lambda: old.encode_clear([1]),
        lambda: old.encode_base("All"),
        lambda: old.encode_level(3),
    ):
        with pytest.raises(UnsupportedAction, match=r"OCPP 1\.6 has no monitors"):
            act()


def test_clearing_base_and_level_are_written() -> None:
    assert V201.encode_clear([101, 3]).payload == {"id": [101, 3]}
    assert V201.encode_base("HardWiredOnly").payload == {"monitoringBase": "HardWiredOnly"}
    assert V21.encode_level(0).payload == {"severity": 0}
    with pytest.raises(InvalidPayload):
        V201.encode_clear([])


def test_results_are_read_with_their_reasons_and_foreign_words_are_rejections() -> None:
    read = V201.decode_set(
        {
            "setMonitoringResult": [
                {
                    "id": 44,
                    "status": "Accepted",
                    "type": "Delta",
                    "severity": 8,
                    **CABINET.to_wire(),
                },
                {"status": "Nonsense", "statusInfo": {"reasonCode": "X" * 99}},
                "no object",
            ]
        }
    )
    assert [(r.status, r.monitor_id) for r in read] == [("Accepted", 44), ("Rejected", None)]
    assert read[0].key() == spec(type="Delta", severity=8).key()
    assert read[1].reason_code == "X" * 20


def test_clear_results_are_read_by_id() -> None:
    read = V201.decode_clear(
        {"clearMonitoringResult": [{"id": 0, "status": "NotFound"}, {"status": "Accepted"}]}
    )
    assert [(r.monitor_id, r.status) for r in read] == [(0, "NotFound")]


@pytest.mark.parametrize("broken", [None, 5, [], {}, [None], [{"variableMonitoring": 7}]])
def test_unreadable_reports_are_empty(broken: Any) -> None:
    assert V21.decode_report(broken) == []


def test_a_report_is_read_with_what_it_tells_of_each_monitor() -> None:
    """12.8: 2.1 adds who made a monitor."""
    monitor = {
        "id": 60,
        "transaction": False,
        "value": 0.1,
        "type": "TargetDeltaRelative",
        "severity": 5,
        "eventNotificationType": "CustomMonitor",
    }
    bad = [{"id": 1, "type": "Delta", "value": 10**400}, {"id": "x", "type": "Delta"}, {"id": 2}]
    items = [{**CABINET.to_wire(), "variableMonitoring": [monitor, *bad]}]
    first, second = V21.decode_report(items)
    assert (first.monitor_id, first.value, first.event_notification_type) == (
        60,
        0.1,
        "CustomMonitor",
    )
    assert (second.monitor_id, second.value, second.severity) == (1, 0.0, 5)


def test_what_was_sent_by_hand_is_read_back() -> None:
    sent = V201.encode_set([spec(severity=4)]).payload
    assert V201.decode_specs(sent) == [spec(severity=4)]


@pytest.mark.parametrize(
    ("kind", "data_type", "fits"),
    [
        ("UpperThreshold", "decimal", True),
        ("LowerThreshold", "integer", True),
        ("UpperThreshold", "boolean", False),
        ("Delta", "OptionList", True),
        ("Delta", "dateTime", True),
        ("Periodic", "dateTime", False),
        ("PeriodicClockAligned", "string", True),
        ("TargetDelta", "dateTime", False),
        ("UpperThreshold", "", True),
    ],
)
def test_which_type_can_watch_which_data(kind: str, data_type: str, fits: bool) -> None:
    assert suits(kind, data_type) is fits


def test_delta_on_what_is_no_number_has_the_value_1() -> None:
    """N04.FR.17."""
    delta = spec(type="Delta", value=7)
    assert settled(delta, Watchable("OptionList")).value == 1
    assert settled(delta, Watchable("decimal")).value == 7
    assert settled(delta, Watchable("dateTime")).value == 7
    assert settled(delta).value == 7


@pytest.mark.parametrize(
    ("given", "known", "field"),
    [
        ({"type": "Delta", "value": -1}, {}, "value"),  # N04.FR.14
        ({"value": 121}, {"data_type": "decimal", "max_limit": 120}, "value"),  # N04.FR.06
        ({"value": -41}, {"data_type": "decimal", "min_limit": -40}, "value"),
        ({"type": "Periodic", "value": 0}, {}, "value"),
        ({"severity": 10}, {}, "severity"),
        ({}, {"data_type": "string"}, "type"),
        ({}, {"supports_monitoring": False}, "variable"),
        ({"type": "Periodic", "stream": StreamParams()}, {}, "stream_interval"),  # N11.FR.09
        ({"stream": StreamParams(5)}, {}, "stream_interval"),
        ({"target": ComponentVariable(Component("EVSE"))}, {}, "variable"),
    ],
)
def test_what_a_station_would_refuse_is_found_before(
    given: dict[str, Any], known: dict[str, Any], field: str
) -> None:
    found = mistake(spec(**given), Watchable(**known))
    assert found is not None and found.field == field and found.sentence


def test_a_threshold_at_the_limit_is_allowed_with_a_warning() -> None:
    known = Watchable("decimal", max_limit=120, min_limit=-40)
    assert mistake(spec(value=120), known) is None
    assert "never fires" in warning(spec(value=120), known)
    assert "never fires" in warning(spec(type="LowerThreshold", value=-40), known)
    assert warning(spec(value=-40), known) == ""


def test_lists_are_cut_by_items_and_by_bytes() -> None:
    def payload(part: Any) -> Any:
        return {"id": list(part)}

    assert split(range(25), action="Clear", payload=payload) == [
        list(range(10)), list(range(10, 20)), list(range(20, 25)),
    ]  # fmt: skip
    assert [len(b) for b in split(range(5), action="Clear", payload=payload, most_items=2)] == [
        2, 2, 1,
    ]  # fmt: skip
    # [2,"36 characters","Clear",{"id":[1,2]}] has 63 characters.
    batches = split([1, 2, 3], action="Clear", payload=payload, most_bytes=63)
    assert batches == [[1, 2], [3]]
    assert split([1, 2], action="Clear", payload=payload, most_bytes=5) == [[1], [2]]
