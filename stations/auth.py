"""Who may connect: identity, credentials and security profile, before the handshake is answered.

In this order: a readable identity (else 400), a station that has it (404), its password (401) or
certificate (403), leave to connect with this profile (403), and an OCPP version in common (400).
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
from django.db import transaction
from django.utils import timezone

from diagnostics.ocpp.versions import OcppVersion, choose_subprotocol
from stations.certificate_rules import (
    CertificateRefused,
    check_certificate,
    good_certificate,
    keep_certificates,
)
from stations.certificates import Certificate
from stations.conf import stations_settings
from stations.identity import identity_in
from stations.models import ChargingStation, RefusalReason, SecurityProfile
from stations.passwords import matches
from stations.presence import Opened, Opening, Peer, open_connections
from stations.proxies import NOTHING, Presented

STATUSES = {
    RefusalReason.BAD_IDENTITY: 400,
    RefusalReason.UNKNOWN_STATION: 404,
    RefusalReason.NO_CREDENTIALS: 401,
    RefusalReason.WRONG_PASSWORD: 401,
    RefusalReason.NO_SUBPROTOCOL: 400,
}
FORBIDDEN = 403  # for all other reasons

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
    presented: Presented = NOTHING


class Busy(Exception):
    """So many stations arrive that this one has waited too long to be let in."""


class Refused(Exception):
    """The connection is turned away, with `status` as the HTTP status.

    `certificate` is the one that it was refused for, or that a stranger came with.
    """

    def __init__(
        self,
        reason: RefusalReason,
        station: ChargingStation | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        super().__init__(str(reason.label))
        self.reason = reason
        self.status = STATUSES.get(reason, FORBIDDEN)
        self.station = station
        self.certificate = certificate


class Arrival(NamedTuple):
    """A station at the door of a server process."""

    handshake: Handshake
    server_id: UUID


class _LetIn(NamedTuple):
    """A station that may come in; `certificate` is what it has shown instead of a password."""

    opening: Opening
    certificate: Certificate | None


class Admission(NamedTuple):
    """A station that was let in, and its connection.

    `certified` is the name in the certificate that it came in with, if it did.
    """

    station: ChargingStation
    version: OcppVersion
    opened: Opened
    certified: str


@transaction.atomic
def admit(arrivals: Sequence[Arrival]) -> list[Admission | Refused | Busy]:
    """Let stations in, by few statements for all; one that is not has the reason instead."""
    stations = _stations_of(arrivals)
    checked = [_checked(each, stations) for each in arrivals]
    let_in = [each for each in checked if isinstance(each, _LetIn)]
    openings = [each.opening for each in let_in]
    opened = iter([one for some in _each_once(openings) for one in open_connections(some)])
    certified = {each.opening.station: each.certificate for each in let_in if each.certificate}
    if certified:
        keep_certificates(certified, timezone.now())
    return [
        _admission(each, next(opened)) if isinstance(each, _LetIn) else each for each in checked
    ]


def _admission(let_in: _LetIn, opened: Opened) -> Admission:
    (station, _, version, _), certificate = let_in
    return Admission(station, version, opened, certificate.name if certificate else "")


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


def _checked(arrival: Arrival, stations: dict[str, ChargingStation]) -> _LetIn | Refused | Busy:
    if time.monotonic() > arrival.handshake.arrived_at + LONGEST_AT_THE_DOOR:
        return Busy()
    try:
        return _let_in(arrival, stations)
    except Refused as refused:
        return refused


def _let_in(arrival: Arrival, stations: dict[str, ChargingStation]) -> _LetIn:
    handshake = arrival.handshake
    try:
        identity = identity_in(handshake.raw_path)
    except ValidationError as error:
        raise Refused(RefusalReason.BAD_IDENTITY) from error
    station = stations.get(identity) or stations.get(identity.lower())
    if station is None:
        raise Refused(RefusalReason.UNKNOWN_STATION, certificate=_strangers(handshake.presented))
    certificate = _check_credentials(station, handshake)
    _check_leave(station, handshake.peer, certificate)
    version = choose_subprotocol(handshake.subprotocols)
    if version is None:
        raise Refused(RefusalReason.NO_SUBPROTOCOL, station)
    return _LetIn(Opening(station, arrival.server_id, version, handshake.peer), certificate)


def _strangers(presented: Presented) -> Certificate | None:
    """What a station comes with that nobody has registered yet, if it is good for anything."""
    with suppress(CertificateRefused):
        return good_certificate(presented)
    return None


def _check_credentials(station: ChargingStation, handshake: Handshake) -> Certificate | None:
    """What its profile asks for; returns the certificate that it was let in with."""
    if station.security_profile in (SecurityProfile.BASIC, SecurityProfile.TLS):
        _check_password(station, handshake.authorization)
    elif station.security_profile == SecurityProfile.CLIENT_CERTIFICATE:
        return _check_certificate(station, handshake)
    return None


def _check_certificate(station: ChargingStation, handshake: Handshake) -> Certificate | None:
    """The password will do where the station has not come with a certificate yet, and may."""
    if not stations_settings().client_certificate_header:
        raise Refused(RefusalReason.NOT_SERVED, station)
    try:
        return check_certificate(station, handshake.presented)
    except CertificateRefused as refused:
        if not (station.takes_password_meanwhile and handshake.authorization):
            raise Refused(refused.reason, station, refused.certificate) from refused
    _check_password(station, handshake.authorization)
    return None


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


def _check_leave(station: ChargingStation, peer: Peer, certificate: Certificate | None) -> None:
    """A certificate on a plain line was not asked for by a proxy: somebody wrote the header."""
    if not station.is_active:
        raise Refused(RefusalReason.BLOCKED, station)
    needs_tls = certificate is not None or station.security_profile == SecurityProfile.TLS
    if needs_tls and not peer.is_encrypted:
        raise Refused(RefusalReason.NOT_ENCRYPTED, station)
