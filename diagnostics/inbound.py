"""The door for any transport: a host hands over what its stations send, in one line each.

Synchronous, and committed when it returns: answer the station afterwards, and an answered
notification is never lost. `station` is an instance of DIAGNOSTICS_STATION_MODEL, `version` an
`OcppVersion` or its text ("1.6", "2.0.1", "2.1").
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from diagnostics.handlers.registry import CALLS, SENDS, Handler
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.requests import Requests, Side
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.calls import delivery
from diagnostics.services.fleet import health, station_facts

logger = logging.getLogger(__name__)


def receive_call(
    station: Any, version: OcppVersion | str, action: str, payload: dict[str, Any]
) -> dict[str, Any] | None:
    """A CALL from the station. Returns the payload to answer with, or None.

    None means that the answer is the host's: for a BootNotification, whose facts were kept, and
    for every action that diagnostics has no part in. Checked here too, whatever the transport did
    before: raises OcppError, to be answered as a CALLERROR, where nothing can be made of it.
    """
    return _handle(CALLS, station, version, action, payload)


def receive_result(station: Any, message_id: str, payload: Any) -> bool:
    """A CALLRESULT. False when it answers no call placed by diagnostics."""
    return delivery.record_answer(station, message_id, payload)


def receive_error(
    station: Any, message_id: str, code: str, description: str = "", details: Any = None
) -> bool:
    """A CALLERROR. False when it answers no call placed by diagnostics."""
    return delivery.record_refusal(station, message_id, code, description, details)


def receive_result_error(
    station: Any, message_id: str, code: str, description: str = "", details: Any = None
) -> None:
    """A CALLRESULTERROR (2.1): the station cannot read an answer that it was given."""
    station_facts.record_unread_answer(station, message_id, code, description)


def receive_timeout(station: Any, message_id: str) -> bool:
    """The host gave up waiting for the answer to a call it took from diagnostics."""
    return delivery.record_timeout(station, message_id)


def receive_send(
    station: Any, version: OcppVersion | str, action: str, payload: dict[str, Any]
) -> None:
    """A SEND (2.1), which is never answered: one that cannot be read is left, and logged."""
    try:
        _handle(SENDS, station, version, action, payload)
    except OcppError as error:
        logger.info("A SEND of %s cannot be read: %s", action[:50], error)


def station_connected(station: Any, **details: Any) -> None:
    """A new connection of the station is open; calls in flight on an older one have no outcome."""
    station_facts.record_connected([(station, details)])


def stations_connected(connected: Sequence[tuple[Any, dict[str, Any]]]) -> None:
    """`station_connected` for many stations, each once, with its details: by few statements."""
    station_facts.record_connected(connected)


def stations_booted(booted: Sequence[tuple[Any, OcppVersion | str, dict[str, Any]]]) -> None:
    """BootNotifications of many stations: each station once, with its version and the payload.

    By few statements, all or none; the answers are the host's. Raises OcppError where one cannot
    be read.
    """
    read = [_read(version, "BootNotification", payload) for _, version, payload in booted]
    station_facts.record_boots(
        [
            (station, codec_for(spoken).decode_boot(readable))
            for (station, _, _), (spoken, readable) in zip(booted, read, strict=True)
        ]
    )


def station_disconnected(station: Any, *, connection: str | None = None, **details: Any) -> None:
    """A connection of the station ended; `connection` as given to `delivery.next_call`."""
    station_facts.record_disconnected([(station, connection, details)])


def stations_disconnected(ended: Sequence[tuple[Any, str | None, dict[str, Any]]]) -> None:
    """`station_disconnected` for many stations: each with its connection and its details."""
    station_facts.record_disconnected(ended)


def station_refused(station: Any) -> None:
    """The station was turned away: its password was wrong, or it gave none."""
    health.count("turned_away", station.pk)


def _handle(
    handlers: dict[str, Handler],
    station: Any,
    version: OcppVersion | str,
    action: str,
    payload: dict[str, Any],
) -> dict[str, Any] | None:
    handler = handlers.get(action)
    if handler is None:
        return None
    spoken, readable = _read(version, action, payload)
    return handler(station, spoken, action, readable)


def _read(
    version: OcppVersion | str, action: str, payload: dict[str, Any]
) -> tuple[OcppVersion, dict[str, Any]]:
    spoken = OcppVersion(version)
    _, readable, _ = Requests(spoken, Side.CSMS).read(action, payload)
    return spoken, readable
