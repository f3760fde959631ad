"""A profile from its first saving to stations in step, their drift and its repair."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diagnostics import inbound
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.models import (
    Monitor,
    MonitoringInfo,
    MonitorProfile,
    OutboundCall,
    ProfileRun,
    ReportedVariable,
    StationInfo,
    StationProfile,
    StationSelection,
    TimelineEntry,
)
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.profiles.document import Document, Wanted
from diagnostics.profiles.steps import Action
from diagnostics.services import monitors, profiles
from diagnostics.services.fleet import selections
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.profiles import runs as profile_runs
from diagnostics.services.profiles import states as profile_states
from diagnostics.wording import entry_sentence
from diagnostics.wording.profiles import run_sentence, state_sentence, version_words
from tests.services.conftest import Dialogue, TellingGateway, make_station
from tests.services.test_monitors import CABINET, POWER, active, reported, reports, result, spec

HOT = Wanted(component="TemperatureSensor", instance="Cabinet", variable="Temperature",
             type="UpperThreshold", value=75, severity=4)  # fmt: skip
BUSY = Wanted(component="EVSE", evse="*", variable="Power", type="Periodic", value=60, severity=8)


def make_profile(
    *stations: Any, monitors: tuple[Wanted, ...] = (HOT, BUSY), **given: Any
) -> MonitorProfile:
    """A profile of exactly these stations, assigned and not compared yet."""
    said = {name: given.pop(name) for name in ("base", "level", "enabled") if name in given}
    number = MonitorProfile.objects.count()
    profile = MonitorProfile.objects.create(**{"name": f"Profile {number}", **given})
    profile.selections.add(selections.select_stations(name=f"S{number}", stations=stations))
    profiles.save_document(profile=profile, document=Document(monitors=monitors, **said))
    profiles.assign_profiles()
    return profile


def known(station: Any) -> None:
    """Its device model and its monitors have been read: it runs none."""
    now = timezone.now()
    StationInfo.objects.update_or_create(
        station=station, defaults={"inventory_at": now, "firmware_version": "1.0"}
    )
    MonitoringInfo.objects.update_or_create(station=station, defaults={"read_at": now})
    for target, facts in (
        (CABINET, {"data_type": "decimal", "max_limit": 120}),
        (POWER, {"data_type": "decimal"}),
    ):
        ReportedVariable.objects.create(
            station=station, **ReportedVariable.columns(target), supports_monitoring=True,
            updated_at=now, **facts,
        )  # fmt: skip


def standing(station: Any) -> StationProfile:
    """How the station stands to its profile, once everything due is done."""
    profile_states.compare_due()
    row = profiles.profile_of(station)
    assert row is not None
    assert isinstance(state_sentence(row), str) and isinstance(version_words(row), str)
    return row


def apply(station: Any) -> ProfileRun:
    assert profile_runs.start_runs(stations=StationProfile.objects.filter(station=station)) == 1
    profile_states.compare_due()
    return ProfileRun.objects.latest("pk")


def again(run: ProfileRun) -> ProfileRun:
    profile_states.compare_due()
    run.refresh_from_db()
    assert isinstance(run_sentence(run), str)
    return run


def takes_all(dialogue: Dialogue, **words: str) -> list[str]:
    """The station takes whatever it is asked, and the queue is worked off; returns the actions."""
    actions = []
    while call := dialogue.takes():
        actions.append(call.wire_action)
        wanted = call.wire_payload
        if call.wire_action == "SetVariableMonitoring":
            dialogue.answers({"setMonitoringResult": [
                {"status": words.get(each["component"]["name"], "Accepted"), "id": 200 + i,
                 **{k: each[k] for k in ("type", "severity", "component", "variable")}}
                for i, each in enumerate(wanted["setMonitoringData"])]})  # fmt: skip
        elif call.wire_action == "ClearVariableMonitoring":
            results = [{"id": number, "status": "Accepted"} for number in wanted["id"]]
            dialogue.answers({"clearMonitoringResult": results})
        elif call.wire_action == "SetVariables":
            dialogue.answers({"setVariableResult": [
                {"attributeStatus": "Accepted", **{k: each[k] for k in ("component", "variable")}}
                for each in wanted["setVariableData"]]})  # fmt: skip
        elif call.wire_action == "GetMonitoringReport":
            dialogue.answers({"status": "EmptyResultSet"})
        else:
            dialogue.answers({"status": words.get(call.wire_action, "Accepted")})
        profile_states.compare_due()
    return actions


def kinds() -> list[str]:
    entries = TimelineEntry.objects.filter(kind__startswith="profile.").order_by("pk")
    assert all(entry_sentence(entry) != entry.kind for entry in entries)
    return [entry.kind for entry in entries]


# Saying what


def test_each_saving_is_a_version_and_what_has_not_changed_is_none(dialogue: Dialogue) -> None:
    profile = make_profile(dialogue.station)
    same = profiles.save_document(profile=profile, document=Document(monitors=(HOT, BUSY)))
    assert same.number == 1
    second = profiles.save_document(
        profile=profile, document=Document(monitors=(HOT,)), note="no power"
    )
    assert (second.number, second.note, profile.current) == (2, "no power", second)
    assert [each.number for each in profile.versions.all()] == [2, 1]
    with pytest.raises(RequestRefused, match="no such base"):
        profiles.save_document(profile=profile, document=Document(base="Some"))


# Who has which


def test_the_lowest_number_wins_then_the_older_profile(db: None, gateway: TellingGateway) -> None:
    one, two, three = (make_station(f"CS-{i}") for i in range(3))
    usual = make_profile(one, two)
    special = make_profile(two, position=10)
    late = make_profile(one, three)
    has = dict(StationProfile.objects.values_list("station", "profile"))
    assert has == {one.pk: usual.pk, two.pk: special.pk, three.pk: late.pk}
    assert profiles.matching_profiles(two) == [special, usual]


def test_a_station_that_leaves_the_selection_is_left_as_it_is(dialogue: Dialogue) -> None:
    known(dialogue.station)
    profile = make_profile(dialogue.station)
    run = apply(dialogue.station)
    profile.selections.clear()
    profiles.assign_profiles()
    assert standing(dialogue.station).profile is None
    assert (again(run).status, run.reason) == ("Canceled", "NotForIt")
    assert profile_states.compare_due() == 0


def test_a_profile_that_is_deleted_leaves_its_stations_as_they_are(dialogue: Dialogue) -> None:
    known(dialogue.station)
    profile = make_profile(dialogue.station, monitors=(HOT,))
    apply(dialogue.station)
    takes_all(dialogue)
    profile.delete()
    profiles.assign_profiles()
    row = standing(dialogue.station)
    assert (row.profile, row.state, row.applied) == (None, "", None)
    assert Monitor.objects.live().count() == 1 and dialogue.takes() is None


def test_a_selection_that_changes_by_the_hour_is_for_no_profile(db: None) -> None:
    profiles.check_selection(StationSelection(name="All of a make", vendor="Acme"))
    for wanted in ({"connectivity": "Connected"}, {"alerts": "Some"}):
        with pytest.raises(RequestRefused, match="by the hour"):
            profiles.check_selection(StationSelection(name="Now", **wanted))


# Comparing


def test_a_station_is_compared_when_it_gets_a_profile_and_with_each_version(
    dialogue: Dialogue,
) -> None:
    known(dialogue.station)
    profile = make_profile(dialogue.station)
    row = standing(dialogue.station)
    assert (row.state, row.to_set, row.unchanged) == ("Drifted", 2, 0)
    profiles.save_document(profile=profile, document=Document(monitors=(HOT,)))
    row = standing(dialogue.station)
    assert row.to_set == 1 and row.compared == profile.current


def test_many_stations_are_compared_by_as_many_queries_as_one(
    db: None, gateway: TellingGateway
) -> None:
    stations = [make_station(f"CS-{i}") for i in range(40)]
    for station in stations:
        known(station)
    make_profile(*stations[:1])
    make_profile(*stations[1:])
    rows = StationProfile.objects.filter(station=stations[0])
    counts = []
    for some in (rows, StationProfile.objects.exclude(station=stations[0])):
        found = list(some.select_related("station", "profile__current"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            plans = profile_states.plans_of(found)
        assert all(each.count(Action.SET) == 2 for each in plans.values())
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("version", "state", "why"),
    [(OcppVersion.V16, "NoMonitors", "Version"), (None, "Unknown", "NeverConnected")],
)
def test_stations_that_cannot_are_named_and_not_failed(
    dialogue: Dialogue, version: OcppVersion | None, state: str, why: str
) -> None:
    dialogue.gateway.spoken = version
    make_profile(dialogue.station)
    row = standing(dialogue.station)
    assert (row.state, row.why) == (state, why)


def test_a_worker_that_dies_leaves_its_stations_due_again(dialogue: Dialogue) -> None:
    make_profile(dialogue.station)
    now = timezone.now()
    (row,) = profile_queue.take(10, now)
    assert profile_queue.take(10, now) == []
    assert profile_queue.take(10, now + timedelta(minutes=3)) == [row]


def test_what_is_marked_while_it_is_compared_stays_due(dialogue: Dialogue) -> None:
    make_profile(dialogue.station)
    rows = profile_queue.take(10, timezone.now())
    profile_queue.mark(dialogue.station)
    profile_queue.give_back(rows)
    assert StationProfile.objects.get().due_at is not None


# Applying


def test_from_nothing_to_in_step(dialogue: Dialogue) -> None:
    known(dialogue.station)
    switch = ComponentVariable(Component("MonitoringCtrlr"), Variable("Enabled"))
    ReportedVariable.objects.create(
        station=dialogue.station, **ReportedVariable.columns(switch), updated_at=timezone.now()
    )
    profile = make_profile(dialogue.station, base="All", level=7, enabled=True)
    run = apply(dialogue.station)
    assert takes_all(dialogue) == [
        "SetVariables", "SetMonitoringBase", "SetMonitoringLevel", "GetMonitoringReport",
        "SetVariableMonitoring",
    ]  # fmt: skip
    assert again(run).status == "Done"
    row = standing(dialogue.station)
    assert (row.state, row.unchanged, row.applied) == ("InStep", 2, profile.current)
    assert set(Monitor.objects.values_list("status", "by_profile", "run")) == {
        ("Active", True, run.pk)
    }
    assert kinds() == ["profile.applied"]


def test_an_absent_station_gets_it_when_it_returns(dialogue: Dialogue) -> None:
    known(dialogue.station)
    dialogue.gateway.is_here = False
    make_profile(dialogue.station)
    run = apply(dialogue.station)
    assert run.status == "Waiting" and dialogue.takes() is None
    assert "goes on when the station returns" in run_sentence(run, online=False)
    dialogue.gateway.is_here = True
    inbound.station_connected(dialogue.station)
    profile_states.compare_due()
    assert takes_all(dialogue) == ["SetVariableMonitoring"]
    assert again(run).status == "Done"


def test_what_is_not_known_is_read_first(dialogue: Dialogue) -> None:
    make_profile(dialogue.station, monitors=(HOT,))
    assert standing(dialogue.station).why == "NotRead"
    run = apply(dialogue.station)
    assert takes_all(dialogue) == ["GetMonitoringReport", "SetVariableMonitoring"]
    assert again(run).status == "Done"


def test_old_ones_are_cleared_and_changed_ones_replaced(dialogue: Dialogue) -> None:
    known(dialogue.station)
    profile = make_profile(dialogue.station)
    apply(dialogue.station)
    takes_all(dialogue)
    (mine,) = active(dialogue, spec(severity=1), first=300)
    hotter = Wanted(**{**{name: getattr(HOT, name) for name in HOT.__slots__}, "value": 80})
    profiles.save_document(profile=profile, document=Document(monitors=(hotter,)))
    row = standing(dialogue.station)
    assert (row.to_replace, row.to_clear, row.unchanged) == (1, 1, 0)
    run = apply(dialogue.station)
    assert takes_all(dialogue) == ["ClearVariableMonitoring", "SetVariableMonitoring"]
    assert again(run).status == "Done"
    assert {(row.monitor_id, row.value) for row in Monitor.objects.live()} == {
        (200, 80), (300, mine.value),
    }  # fmt: skip


def test_what_the_station_refuses_is_named_and_asked_again_only_by_hand(
    dialogue: Dialogue,
) -> None:
    known(dialogue.station)
    make_profile(dialogue.station, base="All", repair="Automatic")
    profile_states.compare_due()
    refuses = {"EVSE": "Rejected", "SetMonitoringBase": "NotSupported"}
    assert takes_all(dialogue, **refuses) == ["SetMonitoringBase", "SetVariableMonitoring"]
    row = standing(dialogue.station)
    assert (row.state, row.cannot, row.unchanged) == ("Cannot", 2, 1)
    assert ProfileRun.objects.get().status == "Partly"
    run = apply(dialogue.station)
    assert "SetMonitoringBase" in takes_all(dialogue)
    assert again(run).status == "Done"


def test_of_a_fleet_some_are_brought_into_step_at_once_and_the_others_in_their_turn(
    gateway: TellingGateway, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DIAGNOSTICS = {**settings.DIAGNOSTICS, "PROFILES_AT_ONCE": 2}
    monkeypatch.setattr(profile_queue, "enqueue", lambda *_task: None)
    stations = [make_station(f"CS-{number}") for number in range(4)]
    for station in stations:
        known(station)
    make_profile(*stations)

    def statuses() -> list[str]:
        """Of the applications in their order, when all that is due is done and time has passed."""
        profile_states.compare_due()
        profile_queue.wake(timezone.now())
        profile_states.compare_due()
        return list(ProfileRun.objects.order_by("pk").values_list("status", flat=True))

    profile_runs.start_runs(stations=StationProfile.objects.all())
    assert sorted(statuses()) == ["Running", "Running", "Waiting", "Waiting"]
    begun = ProfileRun.objects.running()
    asked = OutboundCall.objects.values_list("station", flat=True)
    assert set(asked) == set(begun.values_list("station", flat=True))
    canceled = begun.earliest("pk")
    profile_runs.cancel_run(canceled)
    for _turn in range(2):
        assert sorted(statuses()) == ["Canceled", "Running", "Running", "Waiting"]
    assert canceled.station_id not in begun.values_list("station", flat=True)


def test_a_new_firmware_is_asked_again(dialogue: Dialogue) -> None:
    known(dialogue.station)
    make_profile(dialogue.station)
    apply(dialogue.station)
    takes_all(dialogue, EVSE="Rejected")
    assert standing(dialogue.station).state == "Cannot"
    StationInfo.objects.update(firmware_version="2.0")
    profile_queue.mark(dialogue.station)
    assert standing(dialogue.station).state == "Drifted"


def test_a_duplicate_that_nobody_had_heard_of_is_read_and_replaced(dialogue: Dialogue) -> None:
    known(dialogue.station)
    make_profile(dialogue.station, monitors=(HOT,))
    run = apply(dialogue.station)
    dialogue.takes()
    dialogue.answers({"setMonitoringResult": [result(HOT.spec(), "Duplicate")]})
    profile_states.compare_due()
    reports(dialogue, reported(7, HOT.spec(), value=60))
    profile_states.compare_due()
    call = dialogue.takes()
    assert call.wire_payload["setMonitoringData"][0]["id"] == 7
    dialogue.answers({"setMonitoringResult": [result(HOT.spec(), id=7)]})
    assert again(run).status == "Done"


def test_a_station_that_does_not_answer_is_asked_some_times_and_no_more(
    dialogue: Dialogue,
) -> None:
    known(dialogue.station)
    make_profile(dialogue.station, monitors=(HOT,))
    run = apply(dialogue.station)
    asked = 0
    while dialogue.takes():
        asked += 1
        dialogue.is_silent()
        profile_states.compare_due()
    assert (asked, again(run).status) == (3, "Failed")
    assert standing(dialogue.station).state == "Drifted"


def test_an_operators_own_request_is_waited_for(dialogue: Dialogue) -> None:
    known(dialogue.station)
    make_profile(dialogue.station, monitors=(HOT,))
    monitors.set_monitors(station=dialogue.station, wanted=[spec(POWER)])
    run = apply(dialogue.station)
    assert run.status == "Waiting"
    assert takes_all(dialogue) == ["SetVariableMonitoring"] * 2
    assert again(run).status == "Done"


def test_an_application_can_be_canceled_and_takes_back_what_was_not_sent(
    dialogue: Dialogue,
) -> None:
    known(dialogue.station)
    make_profile(dialogue.station, base="All")
    run = apply(dialogue.station)
    profile_runs.cancel_run(run)
    assert dialogue.takes() is None
    assert (again(run).status, run.reason) == ("Canceled", "ByOperator")
    with pytest.raises(RequestClosed):
        profile_runs.cancel_run(run)
    assert profile_runs.start_runs(stations=StationProfile.objects.all()) == 1


def test_a_station_without_monitors_is_asked_nothing(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    make_profile(dialogue.station)
    run = apply(dialogue.station)
    assert (run.status, run.reason) == ("Canceled", "NoMonitors")
    assert dialogue.takes() is None


# Drift and repair


def drifted(dialogue: Dialogue, **options: Any) -> StationProfile:
    """A station that was in step, and whose complete report lacks a monitor."""
    known(dialogue.station)
    make_profile(dialogue.station, monitors=(HOT,), **options)
    apply(dialogue.station)
    takes_all(dialogue)
    assert standing(dialogue.station).state == "InStep"
    inbound.receive_call(dialogue.station, "2.0.1", "BootNotification", {
        "reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}})  # fmt: skip
    reports(dialogue)  # N04.FR.19: asked again after the boot; it has forgotten everything
    return standing(dialogue.station)


def test_a_reboot_that_lost_monitors_is_drift_and_repaired_by_hand(dialogue: Dialogue) -> None:
    row = drifted(dialogue)
    assert (row.state, row.to_set) == ("Drifted", 1)
    assert dialogue.takes() is None
    assert "profile.drifted" in kinds()
    apply(dialogue.station)
    takes_all(dialogue)
    assert standing(dialogue.station).state == "InStep"


def test_a_reboot_that_lost_monitors_is_repaired_by_itself(dialogue: Dialogue) -> None:
    drifted(dialogue, repair="Automatic")
    assert takes_all(dialogue) == ["SetVariableMonitoring"]
    assert standing(dialogue.station).state == "InStep"
    assert ProfileRun.objects.latest("pk").cause == "Repair"


def test_a_station_that_fights_is_left_alone_for_the_day(dialogue: Dialogue) -> None:
    row = drifted(dialogue, repair="Automatic", repairs_per_day=2)
    for _round in range(4):  # whatever is set is gone a moment later
        takes_all(dialogue)
        Monitor.objects.live().update(status="Lost")
        profile_queue.mark(dialogue.station)
        profile_states.compare_due()
    assert profile_states.repairs_lately([row.station_id]) == {row.station_id: 2}
    row = standing(dialogue.station)
    assert row.state == "Drifted" and row.due_at and row.due_at > timezone.now()
    ProfileRun.objects.update(created_at=timezone.now() - timedelta(days=2))
    profile_queue.mark(dialogue.station)
    profile_states.compare_due()
    assert dialogue.takes() is not None


def test_a_base_set_by_hand_is_drift(dialogue: Dialogue) -> None:
    known(dialogue.station)
    make_profile(dialogue.station, base="All")
    apply(dialogue.station)
    takes_all(dialogue)
    monitors.set_monitoring_base(station=dialogue.station, base="FactoryDefault")
    takes_all(dialogue)
    row = standing(dialogue.station)
    assert (row.state, row.to_switch, row.to_set) == ("Drifted", 1, 2)
