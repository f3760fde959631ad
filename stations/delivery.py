"""Units of database work between a socket and the outbox of diagnostics."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from diagnostics import inbound
from diagnostics.lifecycles.call import INVALID_ANSWER
from diagnostics.models import OutboundCall
from diagnostics.ocpp import events, frames
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.calls import delivery
from stations.models import ChargingStation, CloseReason, StationConnection


class ConnectionEnded(Exception):
    """The connection's row was closed, or its station blocked: its socket is to be closed."""

    def __init__(self, reason: CloseReason) -> None:
        super().__init__(str(reason.label))
        self.reason = reason


def check_open(connection_id: int) -> StationConnection:
    """The connection, whose row is open and whose station may connect. Raises ConnectionEnded."""
    rows = StationConnection.objects.select_related("station")
    connection = rows.filter(pk=connection_id).first()
    if connection is None:
        raise ConnectionEnded(CloseReason.BLOCKED)  # the station was deleted
    if connection.closed_at is not None:
        raise ConnectionEnded(CloseReason(connection.close_reason))
    if not connection.station.is_active:
        raise ConnectionEnded(CloseReason.BLOCKED)
    return connection


def stations_of(connection_ids: Collection[int]) -> dict[int, Any]:
    """The station's primary key for each connection; for one that has ended, the ConnectionEnded.

    As `check_open`, for many.
    """
    rows = StationConnection.objects.filter(pk__in=connection_ids)
    found: dict[int, Any] = dict.fromkeys(connection_ids, ConnectionEnded(CloseReason.BLOCKED))
    for pk, station_id, is_closed, reason, is_active in rows.values_list(
        "pk", "station_id", "closed_at", "close_reason", "station__is_active"
    ):
        if is_closed:
            found[pk] = ConnectionEnded(CloseReason(reason))
        elif is_active:
            found[pk] = station_id
    return found


def take_call(connection_id: int, version: OcppVersion, registration: str) -> OutboundCall | None:
    """The call to send now, marked Sent. Raises ConnectionEnded."""
    connection = check_open(connection_id)
    return delivery.next_call(
        connection.station,
        version=version,
        connection=str(connection_id),
        registration=registration,
    )


def ask_for_boot(station: ChargingStation) -> None:
    """Have a station that never booted here do so (F06; 1.6: trigger feature profile)."""
    calls.place_call(
        station=station,
        action="TriggerMessage",
        payload={"requestedMessage": "BootNotification"},
        expires_in=timedelta(minutes=10),
    )


def record(station: ChargingStation, version: OcppVersion, event: events.Event) -> None:
    """Keep what an event of the protocol says.

    Calls of the station are answered elsewhere, and answers to ours are recorded by `outbox`.
    """
    match event:
        case events.SendReceived():
            inbound.receive_send(station, version, event.action, event.payload)
        case events.CallRefused():
            inbound.receive_error(
                station, event.message_id, event.code, event.description, event.details
            )
        case events.AnswerInvalid():
            _record_invalid(station, event)
        case events.AnswerRejected():
            inbound.receive_result_error(
                station, event.message_id, event.code, event.description, event.details
            )
        case events.CallTimedOut():
            inbound.receive_timeout(station, event.message_id)
        case events.AnswerUnmatched():
            _record_unmatched(station, event.frame)


def _record_invalid(station: ChargingStation, event: events.AnswerInvalid) -> None:
    broken = "; ".join(f"{each.path}: {each.message}" for each in event.violations)
    details = event.payload if isinstance(event.payload, dict) else {"answer": event.payload}
    inbound.receive_error(station, event.message_id, INVALID_ANSWER, broken, details)


def _record_unmatched(station: ChargingStation, frame: Any) -> None:
    """An answer from before this connection: the call it belongs to may still be known."""
    message_id = str(frame.message_id)
    match frame:
        case frames.CallResult():
            known = inbound.receive_result(station, message_id, frame.payload)
        case frames.CallError():
            known = inbound.receive_error(
                station, message_id, frame.code, frame.description, frame.details
            )
        case _:
            return
    if not known:
        delivery.note_unmatched(station, message_id)
