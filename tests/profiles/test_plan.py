"""What is to be done so that a station has what its profile says: the comparison, without I/O."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.ocpp.monitoring import StreamParams, Watchable
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.profiles.document import Document, Wanted
from diagnostics.profiles.plan import plan
from diagnostics.profiles.station import Present, Station
from diagnostics.profiles.steps import Action, Plan, State, Why, refusal_key, setting_key

V16, V201, V21 = OcppVersion

CABINET = ComponentVariable(Component("TemperatureSensor", "Cabinet"), Variable("Temperature"))
COOLANT = ComponentVariable(Component("TemperatureSensor", "Coolant"), Variable("Temperature"))
STATES = [
    ComponentVariable(Component("Connector", "", evse, 1), Variable("AvailabilityState"))
    for evse in (1, 2)
]
DECIMAL = Watchable("decimal", "Celsius", -40, 120)
OPTIONS = Watchable("OptionList")

HOT = Wanted(component="TemperatureSensor", instance="Cabinet", variable="Temperature",
             type="UpperThreshold", value=75, severity=4)  # fmt: skip
ANY_HOT = Wanted(component="temperaturesensor", instance="*", variable="Temperature",
                 type="UpperThreshold", value=70, severity=4)  # fmt: skip
STATE = Wanted(component="Connector", evse="*", connector="*", variable="AvailabilityState",
               type="Delta", severity=6)  # fmt: skip


def station(*present: Present, **given: Any) -> Station:
    variables = {CABINET: DECIMAL, COOLANT: DECIMAL, **dict.fromkeys(STATES, OPTIONS)}
    usual: dict[str, Any] = {
        "version": V201,
        "variables": {each.key(): (each, known) for each, known in variables.items()},
        "components": {"temperaturesensor", "connector"},
        "present": present,
    }
    return Station(**{**usual, **given})


def runs(wanted: Wanted = HOT, number: int = 101, **given: Any) -> Present:
    spec = wanted.spec(given.pop("target", None))
    usual: dict[str, Any] = {
        "monitor_id": number, "target": spec.target, "type": spec.type, "value": spec.value,
        "severity": spec.severity, "transaction": spec.transaction, "stream": spec.stream,
    }  # fmt: skip
    return Present(**{**usual, **given})


def planned(*monitors: Wanted, at: Station | None = None, **options: Any) -> Plan:
    return plan(Document(monitors=monitors), at or station(), **options)


def said(found: Plan) -> list[tuple[str, Any]]:
    """Each step as (action, the id that it replaces or clears, or the reason)."""
    return [
        (
            step.action.value,
            step.why or (step.present.monitor_id if step.present else None),
        )
        for step in found.steps
    ]


# Setting and replacing


def test_what_is_missing_is_set_and_what_is_there_stays() -> None:
    found = planned(HOT, STATE, at=station(runs()))
    assert said(found) == [("Keep", 101), ("Set", None), ("Set", None)]
    assert found.state is State.DRIFTED
    assert planned(HOT, at=station(runs())).state is State.IN_STEP


@pytest.mark.parametrize(
    "other", [{"value": 70}, {"transaction": True}], ids=["value", "transaction"]
)
def test_what_differs_is_replaced_under_its_id(other: dict[str, Any]) -> None:
    """N04.FR.12; a second one of the kind would be a Duplicate (N04.FR.10)."""
    found = planned(HOT, at=station(runs(**other)))
    assert said(found) == [("Replace", 101)]
    assert found.steps[0].spec and found.steps[0].spec.monitor_id == 101


def test_names_are_compared_without_regard_to_case_and_values_with_a_little() -> None:
    shouting = ComponentVariable(Component("TEMPERATURESENSOR", "CABINET"), Variable("temperature"))
    assert planned(HOT, at=station(runs(target=shouting, value=75.00001))).state is State.IN_STEP


def test_ours_of_another_severity_takes_the_new_one_and_foreign_ones_are_left() -> None:
    assert said(planned(HOT, at=station(runs(severity=2, ours=True)))) == [("Replace", 101)]
    assert said(planned(HOT, at=station(runs(severity=2)))) == [("Set", None)]


def test_a_factory_monitor_is_replaced_only_where_a_second_one_would_be_refused() -> None:
    factory = {"origin": "PreconfiguredMonitor"}
    assert said(planned(HOT, at=station(runs(severity=2, **factory)))) == [("Set", None)]
    assert said(planned(HOT, at=station(runs(value=60, **factory)))) == [("Replace", 101)]


def test_the_value_of_a_change_means_nothing_where_nothing_is_a_number() -> None:
    """N04.FR.17."""
    there = [runs(STATE, i, target=each, value=9) for i, each in enumerate(STATES)]
    assert planned(STATE, at=station(*there)).state is State.IN_STEP


def test_a_stream_that_is_wanted_and_not_known_is_set_anew() -> None:
    streamed = Wanted(component="TemperatureSensor", instance="Cabinet", variable="Temperature",
                      type="Periodic", value=60, stream=StreamParams(10, None))  # fmt: skip
    at = station(runs(streamed, stream=None), version=V21)
    assert said(planned(streamed, at=at)) == [("Replace", 101)]
    assert planned(streamed, at=station(runs(streamed), version=V21)).state is State.IN_STEP


# Stars


def test_a_star_stands_for_what_the_station_has_and_can_monitor() -> None:
    found = planned(STATE)
    targets = [step.spec.target for step in found.steps if step.spec]
    assert targets == STATES and [step.entry for step in found.steps] == [0, 0]
    deaf = {CABINET.key(): (CABINET, Watchable("decimal", supports_monitoring=False)),
            COOLANT.key(): (COOLANT, DECIMAL)}  # fmt: skip
    (step,) = planned(ANY_HOT, at=station(variables=deaf)).steps
    assert step.spec and step.spec.target == COOLANT


def test_what_is_named_outright_counts_more_than_a_star() -> None:
    for order in ((ANY_HOT, HOT), (HOT, ANY_HOT)):
        values = {step.spec.target: step.spec.value for step in planned(*order).steps if step.spec}
        assert values == {CABINET: 75, COOLANT: 70}


def test_without_a_device_model_stars_say_nothing_and_names_are_tried() -> None:
    blind = station(variables={}, components=(), model_read=False)
    found = planned(STATE, at=blind)
    assert (found.state, found.why, list(found.steps)) == (State.UNKNOWN, Why.NO_MODEL, [])
    assert said(planned(HOT, at=blind)) == [("Set", None)]


# Clearing


def test_only_what_a_profile_set_is_cleared_unless_told_otherwise() -> None:
    there = [
        runs(number=1, severity=1, ours=True),
        runs(number=2, severity=2, origin="CustomMonitor"),
        runs(number=3, severity=3),  # of 2.0.1: nobody knows who made it
        runs(number=5, severity=5, origin="PreconfiguredMonitor"),
        runs(number=6, severity=6, origin="HardWiredMonitor"),
    ]
    assert said(planned(at=station(*there))) == [("Clear", 1)]
    cleared = said(planned(at=station(*there), clears_custom=True))
    assert cleared == [("Clear", 1), ("Clear", 2)]


def test_what_the_station_would_not_clear_is_not_asked_for_again() -> None:
    found = planned(at=station(runs(ours=True, kept="Rejected")))
    assert said(found) == [("Cannot", Why.REFUSED)]
    assert found.state is State.CANNOT


# What cannot be had


@pytest.mark.parametrize(
    ("wanted", "at", "why"),
    [
        ({"component": "Gearbox"}, {}, Why.UNKNOWN_COMPONENT),
        ({"variable": "Humour"}, {}, Why.UNKNOWN_VARIABLE),
        ({"evse": 9}, {}, Why.UNKNOWN_VARIABLE),
        ({"variable": "Humour", "instance": "*"}, {}, Why.NO_MATCH),
        ({"value": 121}, {}, Why.LIMITS),
        ({"component": "Connector", "instance": "", "evse": 1, "connector": 1,
          "variable": "AvailabilityState"}, {}, Why.DATA_TYPE),
        ({"type": "TargetDelta"}, {}, Why.NOT_IN_VERSION),
        ({"type": "Periodic", "stream": StreamParams(1)}, {}, Why.NOT_IN_VERSION),
        ({"type": "Periodic", "stream": StreamParams(1)}, {"version": V21}, None),
        ({}, {"variables": {CABINET.key(): (CABINET, Watchable(supports_monitoring=False))}},
         Why.NOT_MONITORABLE),
        ({}, {"refused": {refusal_key(HOT.spec()): "ValueOutOfRange"}}, Why.REFUSED),
        ({"value": 76}, {"refused": {refusal_key(HOT.spec()): "ValueOutOfRange"}}, None),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_named_and_stops_nothing(
    wanted: dict[str, Any], at: dict[str, Any], why: Why | None
) -> None:
    entry = Wanted(**{**{name: getattr(HOT, name) for name in HOT.__slots__}, **wanted})
    (step,) = planned(entry, at=station(**at)).steps
    assert step.why == why and (step.action is Action.CANNOT) == (why is not None)


def test_what_is_optional_is_not_missed() -> None:
    gearbox = Wanted(component="Gearbox", variable="Speed", type="Delta", optional=True)
    assert planned(gearbox).state is State.IN_STEP


def test_what_runs_already_needs_no_leave_and_what_is_built_in_gives_none() -> None:
    refused = {refusal_key(HOT.spec()): "Rejected"}
    assert planned(HOT, at=station(runs(), refused=refused)).state is State.IN_STEP
    built_in = {"origin": "HardWiredMonitor"}
    assert planned(HOT, at=station(runs(**built_in))).state is State.IN_STEP
    found = planned(HOT, at=station(runs(value=1, **built_in)))
    assert said(found) == [("Cannot", Why.BUILT_IN)] and found.state is State.CANNOT


def test_what_could_not_be_replaced_is_not_cleared_instead() -> None:
    at = station(runs(value=1, ours=True), refused={refusal_key(HOT.spec()): "Rejected"})
    assert said(planned(HOT, at=at)) == [("Cannot", Why.REFUSED)]


# Stations as a whole


@pytest.mark.parametrize(
    ("at", "state", "why"),
    [
        ({"version": V16}, State.NO_MONITORS, Why.VERSION),
        ({"lacks_monitors": True}, State.NO_MONITORS, Why.SAID_SO),
        ({"version": None}, State.UNKNOWN, Why.NEVER_CONNECTED),
        ({"monitors_read": False}, State.UNKNOWN, Why.NOT_READ),
    ],
)
def test_a_station_without_monitors_is_named_as_such(
    at: dict[str, Any], state: State, why: Why
) -> None:
    found = planned(HOT, at=station(**at))
    assert (found.state, found.why, list(found.steps)) == (state, why, [])


# Enabled, base, level


def settings_of(document: Document, **at: Any) -> list[tuple[str, str]]:
    return [(each.name, each.action.value) for each in plan(document, station(**at)).settings]


def test_settings_are_changed_where_they_differ_or_nobody_knows() -> None:
    document = Document(enabled=True, base="All", level=7)
    names = ["enabled", "base", "level"]
    assert settings_of(document) == [(name, "Set") for name in names]
    known = {"enabled": True, "base": "all", "level": 7}
    assert settings_of(document, **known) == [(name, "Keep") for name in names]
    assert settings_of(document, **known | {"level": 0})[2] == ("level", "Set")
    assert settings_of(document, has_switch=False)[0] == ("base", "Set")
    refused = {setting_key("base", "All"): "Rejected"}
    assert settings_of(document, refused=refused)[1] == ("base", "Cannot")
    assert settings_of(Document()) == []


@pytest.mark.parametrize(
    ("base", "actions"),
    [("FactoryDefault", ["Set", "Keep"]), ("HardWiredOnly", ["Set", "Set"]), ("All", ["Keep"] * 2)],
)
def test_what_a_new_base_wipes_is_set_again(base: str, actions: list[str]) -> None:
    """N03.FR.03 to .05."""
    other = Wanted(component="TemperatureSensor", instance="Coolant", variable="Temperature",
                   type="UpperThreshold", value=75)  # fmt: skip
    there = [runs(origin="CustomMonitor"), runs(other, 5, origin="PreconfiguredMonitor")]
    document = Document(base=base, monitors=(HOT, other))
    found = plan(document, station(*there))
    assert [step.action.value for step in found.steps] == actions
    assert plan(document, station(*there, base=base)).steps[0].action is Action.KEEP
