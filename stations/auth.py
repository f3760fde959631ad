"""Who may connect: identity, password and security profile, before the handshake is answered.

In this order: a readable identity (else 400), a station that has it (404), its credentials (401),
leave to connect with this profile (403), and an OCPP version in common (400).
"""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass, field
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
from stations.presence import Peer, open_connection

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


@dataclass(frozen=True, slots=True)
class Admission:
    """A station that was let in, and its connection; `replaced` as of `open_connection`."""

    station: ChargingStation
    version: OcppVersion
    connection_id: int
    replaced: list[tuple[UUID, int]]


def admit(handshake: Handshake, server_id: UUID) -> Admission:
    """Let a station in, on a socket that the server process holds.

    Raises Refused; a refusal is kept for the operator to see. Raises Busy.
    """
    if time.monotonic() > handshake.arrived_at + LONGEST_AT_THE_DOOR:
        raise Busy
    try:
        station, version = _checked(handshake)
    except Refused as refused:
        record_refusal(handshake, refused)
        raise
    opened = open_connection(station, server_id, version, handshake.peer)
    return Admission(station, version, *opened)


def _checked(handshake: Handshake) -> tuple[ChargingStation, OcppVersion]:
    try:
        identity = identity_in(handshake.raw_path)
    except ValidationError as error:
        raise Refused(RefusalReason.BAD_IDENTITY) from error
    station = ChargingStation.objects.with_identity(identity).first()
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
    """Keep that somebody knocked: one row for an identity and a reason, however often."""
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
