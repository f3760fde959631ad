"""Who may connect: identity, password and security profile, before the handshake is answered.

In this order: a readable identity (else 400), a station that has it (404), its credentials (401),
leave to connect with this profile (403), and an OCPP version in common (400).
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from diagnostics import inbound
from diagnostics.ocpp.versions import OcppVersion, choose_subprotocol
from stations.identity import identity_in, shown
from stations.models import ChargingStation, RefusalReason, RefusedConnection, SecurityProfile
from stations.passwords import matches
from stations.presence import Opened, Opening, Peer, open_connections

STATUSES = {
    RefusalReason.BAD_IDENTITY: 400,
    RefusalReason.UNKNOWN_STATION: 404,
    RefusalReason.NO_CREDENTIALS: 401,
    RefusalReason.WRONG_PASSWORD: 401,
    RefusalReason.BLOCKED: 403,
    RefusalReason.NOT_ENCRYPTED: 403,
    RefusalReason.NOT_SERVED: 403,
    RefusalReason.NO_SUBPROTOCOL: 400,
}

# What the password of a station is at fault for.
CREDENTIALS = frozenset({RefusalReason.NO_CREDENTIALS, RefusalReason.WRONG_PASSWORD})

# Kinds of refusals kept; whoever tries one identity after the other pushes out the oldest.
MOST_REFUSALS = 1000

# Seconds that a station is kept at the door. Later it is turned away at once: it is about to give
# up, and letting it in would take the time from those who still wait.
LONGEST_AT_THE_DOOR = 8.0


@dataclass(frozen=True, slots=True)
class Handshake:
    """What a station shows before it is let in. `authorization` is the header as it came;
    `arrived_at` in the clock of `time.monotonic`."""

    raw_path: bytes
    subprotocols: tuple[str, ...]
    authorization: bytes
    peer: Peer
    arrived_at: float = field(default_factory=time.monotonic)


class Busy(Exception):
    """So many stations arrive that this one has waited too long to be let in."""


class Refused(Exception):
    """The connection is turned away, with `status` as the HTTP status."""

    def __init__(self, reason: RefusalReason, station: ChargingStation | None = None) -> None:
        super().__init__(str(reason.label))
        self.reason = reason
        self.status = STATUSES[reason]
        self.station = station


class Arrival(NamedTuple):
    """A station at the door of a server process."""

    handshake: Handshake
    server_id: UUID


class Admission(NamedTuple):
    """A station that was let in, and its connection."""

    station: ChargingStation
    version: OcppVersion
    opened: Opened


@transaction.atomic
def admit(arrivals: Sequence[Arrival]) -> list[Admission | Refused | Busy]:
    """Let stations in, by few statements for all; one that is not has the reason instead."""
    stations = _stations_of(arrivals)
    checked = [_checked(each, stations) for each in arrivals]
    openings = [each for each in checked if isinstance(each, Opening)]
    opened = iter([one for some in _each_once(openings) for one in open_connections(some)])
    return [
        Admission(each.station, each.version, next(opened)) if isinstance(each, Opening) else each
        for each in checked
    ]


def _stations_of(arrivals: Sequence[Arrival]) -> dict[str, ChargingStation]:
    """By identity, as each is written and in lower case."""
    identities = set()
    for each in arrivals:
        with suppress(ValidationError):
            identities.add(identity_in(each.handshake.raw_path))
    found = list(ChargingStation.objects.with_identity(*identities)) if identities else []
    lowered = {station.identity.lower(): station for station in found}
    return lowered | {station.identity: station for station in found}


def _each_once(openings: Sequence[Opening]) -> Iterator[list[Opening]]:
    """In groups in which no station is twice: the later one takes the place of the earlier."""
    group: dict[int, Opening] = {}
    for opening in openings:
        if opening.station.pk in group:
            yield list(group.values())
            group = {}
        group[opening.station.pk] = opening
    if group:
        yield list(group.values())


def _checked(arrival: Arrival, stations: dict[str, ChargingStation]) -> Opening | Refused | Busy:
    handshake, server_id = arrival
    if time.monotonic() > handshake.arrived_at + LONGEST_AT_THE_DOOR:
        return Busy()
    try:
        station, version = _let_in(handshake, stations)
    except Refused as refused:
        return refused
    return Opening(station, server_id, version, handshake.peer)


def _let_in(
    handshake: Handshake, stations: dict[str, ChargingStation]
) -> tuple[ChargingStation, OcppVersion]:
    try:
        identity = identity_in(handshake.raw_path)
    except ValidationError as error:
        raise Refused(RefusalReason.BAD_IDENTITY) from error
    station = stations.get(identity) or stations.get(identity.lower())
    if station is None:
        raise Refused(RefusalReason.UNKNOWN_STATION)
    if station.security_profile in (SecurityProfile.BASIC, SecurityProfile.TLS):
        _check_password(station, handshake.authorization)
    _check_leave(station, handshake.peer)
    version = choose_subprotocol(handshake.subprotocols)
    if version is None:
        raise Refused(RefusalReason.NO_SUBPROTOCOL, station)
    return station, version


def _check_password(station: ChargingStation, authorization: bytes) -> None:
    """HTTP Basic: the user is the identity, the password any bytes (A00.FR.204, .207)."""
    credentials = _basic(authorization)
    if credentials is None:
        raise Refused(RefusalReason.NO_CREDENTIALS, station)
    user, password = credentials
    if user.decode(errors="replace").lower() != station.identity.lower():
        raise Refused(RefusalReason.WRONG_PASSWORD, station)
    if matches(password, station.password_hash):
        _forget_previous(station)
    elif not _previous_matches(station, password):
        raise Refused(RefusalReason.WRONG_PASSWORD, station)


def _basic(authorization: bytes) -> tuple[bytes, bytes] | None:
    scheme, _, encoded = authorization.strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error:
        return None
    return (user, password) if colon else None


def _previous_matches(station: ChargingStation, password: bytes) -> bool:
    until = station.previous_password_until
    in_time = until is not None and timezone.now() < until
    return in_time and matches(password, station.previous_password_hash)


def _forget_previous(station: ChargingStation) -> None:
    """The station knows its new password: the old one must not be accepted again (A01.FR.03)."""
    if station.previous_password_hash:
        mine = ChargingStation.objects.filter(pk=station.pk, password_hash=station.password_hash)
        mine.update(previous_password_hash="", previous_password_until=None)


def _check_leave(station: ChargingStation, peer: Peer) -> None:
    if not station.is_active:
        raise Refused(RefusalReason.BLOCKED, station)
    if station.security_profile == SecurityProfile.CLIENT_CERTIFICATE:
        raise Refused(RefusalReason.NOT_SERVED, station)
    if station.security_profile == SecurityProfile.TLS and not peer.is_encrypted:
        raise Refused(RefusalReason.NOT_ENCRYPTED, station)


def record_refusal(handshake: Handshake, refused: Refused) -> None:
    """Keep for the operator that somebody knocked: one row for an identity and a reason, however
    often."""
    now = timezone.now()
    station = refused.station
    if station is not None and refused.reason in CREDENTIALS:
        inbound.station_refused(station)
    kind = {
        "identity": station.identity if station else shown(handshake.raw_path),
        "reason": refused.reason,
    }
    newest = {
        "http_status": refused.status,
        "station": station,
        "remote_address": handshake.peer.remote_address,
        "subprotocols": ", ".join(handshake.subprotocols)[:100],
        "last_at": now,
    }
    known = RefusedConnection.objects.filter(**kind)
    if known.update(count=F("count") + 1, **newest):
        return
    try:
        with transaction.atomic():
            RefusedConnection.objects.create(first_at=now, **kind, **newest)
    except IntegrityError:  # the same from another thread, just now
        known.update(count=F("count") + 1, **newest)
    _forget_oldest()


def _forget_oldest() -> None:
    by_age = RefusedConnection.objects.order_by("-last_at").values_list("last_at", flat=True)
    oldest_kept = by_age[MOST_REFUSALS : MOST_REFUSALS + 1].first()
    if oldest_kept is not None:
        RefusedConnection.objects.filter(last_at__lte=oldest_kept).delete()
