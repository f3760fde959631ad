"""Calls on their way: order, one in flight, what may go out when, and every way to end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from diagnostics import inbound
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.models import OutboundCall, TimelineEntry
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls, logs
from diagnostics.services.calls import cancel_call, delivery, place_call
from diagnostics.signals import call_settled
from diagnostics.tasks import dispatch_calls, sweep
from tests.services.conftest import Dialogue, make_station


def heartbeat_trigger(station: Any, **more: Any) -> OutboundCall:
    return place_call(
        station=station,
        action="TriggerMessage",
        payload={"requestedMessage": "Heartbeat"},
        **more,
    )


def status(call: OutboundCall) -> tuple[str, str]:
    call.refresh_from_db()
    return call.status, call.error_code


def test_calls_go_out_in_order_one_at_a_time(dialogue: Dialogue) -> None:
    first, second = heartbeat_trigger(dialogue.station), heartbeat_trigger(dialogue.station)
    assert dialogue.takes() == first
    assert dialogue.takes() is None
    dialogue.taken.pop()
    dialogue.answers({"status": "Accepted"})
    assert status(first) == ("Answered", "")
    assert dialogue.takes() == second


def test_the_database_itself_allows_one_call_in_flight(dialogue: Dialogue) -> None:
    heartbeat_trigger(dialogue.station)
    waiting = heartbeat_trigger(dialogue.station)
    dialogue.takes()
    with pytest.raises(IntegrityError), transaction.atomic():
        OutboundCall.objects.filter(pk=waiting.pk).update(status="Sent")


def test_the_wire_gets_the_very_words_that_were_placed(dialogue: Dialogue) -> None:
    placed = heartbeat_trigger(dialogue.station)
    call = dialogue.takes()
    assert call.wire_action == "TriggerMessage"
    assert call.wire_payload == placed.payload
    assert call.sent_at is not None


def test_what_the_version_does_not_have_is_refused_before_any_row(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    with pytest.raises(RequestRefused, match=r"OCPP 1\.6 has no GetVariables"):
        place_call(station=dialogue.station, action="GetVariables", payload={})
    with pytest.raises(RequestRefused):
        place_call(station=dialogue.station, action="TriggerMessage", payload={"wrong": 1})
    assert not OutboundCall.objects.exists()


def test_a_call_placed_before_the_version_was_known_is_checked_when_sent(
    dialogue: Dialogue,
) -> None:
    dialogue.gateway.spoken = None
    call = place_call(station=dialogue.station, action="GetVariables", payload={})
    dialogue.gateway.spoken = OcppVersion.V201
    assert dialogue.takes() is None
    assert status(call) == ("Canceled", "Unsupported")
    assert call.error_description


def test_a_call_that_ends_unsent_does_not_hide_the_next(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = None
    place_call(station=dialogue.station, action="GetVariables", payload={})
    behind = heartbeat_trigger(dialogue.station)
    dialogue.gateway.spoken = OcppVersion.V201
    assert dialogue.takes() == behind


def test_in_pending_only_what_ocpp_allows_goes_out(dialogue: Dialogue) -> None:
    log = logs.request_log(station=dialogue.station)
    trigger = heartbeat_trigger(dialogue.station)
    assert dialogue.takes("Rejected") is None
    assert dialogue.takes("Pending") == trigger
    dialogue.answers({"status": "Accepted"})
    assert dialogue.takes("Pending") is None
    assert dialogue.takes("Accepted").log_request_id == log.pk


def test_what_is_held_back_in_pending_holds_up_nothing(dialogue: Dialogue) -> None:
    """However much it is: without the boot that is triggered behind it, none of it ever goes."""
    for _ in range(delivery.LOOK_AHEAD + 2):
        calls.add_call(station=dialogue.station, action="ClearCache", raw=True)
    trigger = heartbeat_trigger(dialogue.station)
    assert dialogue.takes("Pending") == trigger


def test_an_error_is_kept_with_its_words(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station)
    dialogue.takes()
    dialogue.refuses("OccurenceConstraintViolation", "x" * 400)
    assert status(call) == ("Refused", "OccurenceConstraintViolation")
    assert len(call.error_description) == 255


def test_a_late_answer_is_recorded_as_late(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station)
    dialogue.takes()
    dialogue.is_silent()
    assert status(call) == ("TimedOut", "NoAnswer")
    assert dialogue.answers({"status": "Accepted"})
    assert status(call) == ("Answered", "")
    assert call.late


def test_a_second_answer_changes_nothing(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station)
    dialogue.takes()
    dialogue.answers({"status": "Accepted"})
    assert not dialogue.answers({"status": "Rejected"})
    assert not dialogue.refuses("InternalError")
    call.refresh_from_db()
    assert call.answer == {"status": "Accepted"}


def test_an_answer_to_somebody_elses_call_is_left_to_the_host(dialogue: Dialogue) -> None:
    assert not inbound.receive_result(dialogue.station, "nobody", {})
    assert not inbound.receive_error(dialogue.station, "nobody", "InternalError")
    assert not TimelineEntry.objects.exists()


def test_an_answer_that_nobody_waits_for_is_noted_once_with_its_count(dialogue: Dialogue) -> None:
    for _ in range(2):
        delivery.note_unmatched(dialogue.station, "nobody")
    assert TimelineEntry.objects.get().count == 2


def test_stations_with_calls_waiting_are_named_once(dialogue: Dialogue) -> None:
    for _ in range(2):
        heartbeat_trigger(dialogue.station)
    assert delivery.stations_waiting() == [dialogue.station.pk]


def test_another_station_cannot_answer_for_this_one(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station)
    dialogue.takes()
    assert not inbound.receive_result(make_station("CS-2"), call.message_id, {"status": "Accepted"})
    assert status(call)[0] == "Sent"


def test_an_answer_that_is_no_object_is_an_error(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station)
    dialogue.takes()
    delivery.record_answer(dialogue.station, call.message_id, ["odd"])
    assert status(call) == ("Refused", "InvalidAnswer")


def test_a_sweep_ends_what_no_process_reported(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station, timeout=timedelta(seconds=30))
    dialogue.takes()
    delivery.expire_calls(timezone.now() + timedelta(seconds=31))
    assert status(call)[0] == "Sent"
    delivery.expire_calls(timezone.now() + timedelta(seconds=46))
    assert status(call) == ("TimedOut", "NoAnswer")


def test_a_new_connection_ends_what_the_old_one_carried(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station)
    dialogue.takes()
    inbound.station_connected(dialogue.station)
    assert status(call) == ("TimedOut", "ConnectionLost")


def test_what_was_sent_cannot_be_canceled(dialogue: Dialogue) -> None:
    first, second = heartbeat_trigger(dialogue.station), heartbeat_trigger(dialogue.station)
    dialogue.takes()
    with pytest.raises(RequestClosed):
        cancel_call(first)
    cancel_call(second)
    assert status(second)[0] == "Canceled"


def test_the_sweep_rings_for_connected_stations_with_calls_waiting(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station)
    heartbeat_trigger(dialogue.station)
    dialogue.gateway.is_here = False
    sweep()
    assert dialogue.gateway.rung == []
    dialogue.gateway.is_here = True
    sweep()
    assert dialogue.gateway.rung == [call.pk]
    dialogue.takes()
    sweep()
    assert dialogue.gateway.rung == [call.pk]


def test_a_dispatch_that_comes_twice_or_late_does_no_harm(dialogue: Dialogue) -> None:
    call = heartbeat_trigger(dialogue.station)
    dispatch_calls([call.pk])
    dialogue.takes()
    dispatch_calls([call.pk, 10**9])
    assert dialogue.gateway.rung == [call.pk]


def test_an_id_that_was_chosen_by_hand_is_not_given_out_again(dialogue: Dialogue) -> None:
    log = {"remoteLocation": "https://example.org/u/x"}
    place_call(
        station=dialogue.station,
        action="GetLog",
        payload={"requestId": 41, "logType": "DiagnosticsLog", "log": log},
    )
    assert calls.allocate_request_id(dialogue.station) == 42


def test_settled_calls_are_announced_to_the_host(
    dialogue: Dialogue, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[Any] = []

    def listen(call: OutboundCall, **_: Any) -> None:
        heard.append((call.pk, call.status))

    call_settled.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            call = heartbeat_trigger(dialogue.station)
            dialogue.takes()
            dialogue.answers({"status": "Accepted"})
    finally:
        call_settled.disconnect(listen)
    assert heard == [(call.pk, "Answered")]
