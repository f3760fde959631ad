"""Which way a file shall come in, and why: decided for each request when its call is sent.

A way is a row of `MAKERS`: its kind, and a function that makes the station's upload address or
says why it cannot (`NotThisWay`). Whether the address fits the station's message, what the station
announces and what failed before is looked at here, for all ways alike. Reasons are codes with
parameters; `wording.routes` has their sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.log_request import (
    FAILURES,
    SUCCEEDED,
    GivenUp,
    LogType,
    LogVerdict,
    UploadRoute,
)
from diagnostics.lifecycles.log_request import UploadStatus as Word
from diagnostics.models import LogRequest, StationInfo
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.device_model.limits import read_limits
from diagnostics.services.fleet import capabilities
from diagnostics.services.timeline import Source, note
from diagnostics.services.uploads.addresses import (
    Address,
    Asking,
    NotThisWay,
    direct_address,
    ftp_address,
    ftps_address,
    relay_address,
    sftp_address,
)


@dataclass(frozen=True, slots=True)
class Route:
    """The way a file shall come in. `reason`: `code` and what its sentence needs, as stored."""

    kind: UploadRoute
    address: Address
    reason: dict[str, Any] = field(default_factory=dict)

    @property
    def location(self) -> str:
        """The upload address."""
        return self.address.location


def plan_route(row: LogRequest) -> Route:
    """The way as it looks when a log is asked for; decided again when the call is sent."""
    info = StationInfo.objects.filter(station=row.station).first() or StationInfo()
    version = get_gateway().version(row.station) or OcppVersion.V201
    return _choose(_asking(row, info, version, capabilities.knows(row.station, "GetLog")))


def preview_route(station: Any) -> tuple[str, dict[str, Any]]:
    """The kind, and the reason, of the way that a request of now would take."""
    until = timezone.now() + app_settings.call_lifetime + app_settings.upload_lifetime
    route = plan_route(LogRequest(station=station, address_expires_at=until))
    return route.kind, route.reason


def offered() -> list[tuple[str, Any]]:
    """The ways that an operator can choose, with their labels."""
    return [(value, label) for value, label in UploadRoute.choices if value in MAKERS]


def decide_route(
    row: LogRequest, info: StationInfo, version: OcppVersion, *, extension: bool | None
) -> Route:
    """The way a request takes, now that its call is sent; the row keeps it, and for which firmware.

    `extension` says whether a 1.6 station has the security extension, as for `encode_get_log`.
    """
    route = _choose(_asking(row, info, version, extension))
    changes: dict[str, Any] = {
        "route": route.kind,
        "route_reason": route.reason,
        "location": route.location,
        "firmware_version": info.firmware_version,
    }
    if route.address.signed_until:
        changes["signed_until"] = route.address.signed_until
    if any(getattr(row, column) != value for column, value in changes.items()):
        LogRequest.objects.filter(pk=row.pk).update(**changes)
        for column, value in changes.items():
            setattr(row, column, value)
    return route


def _asking(
    row: LogRequest, info: StationInfo, version: OcppVersion, extension: bool | None
) -> Asking:
    codec = codec_for(version)
    return Asking(
        row=row,
        info=info,
        codec=codec,
        action=codec.log_action(extension=extension),
        protocols=tuple(name.upper() for name in read_limits(info.limits).file_transfer_protocols),
    )


def _choose(asking: Asking) -> Route:
    """The first way that is open. Why the preferred one is not, is the reason to tell."""
    first: dict[str, Any] = {}
    for kind in _candidates(asking):
        is_chosen = kind == asking.info.upload_route
        try:
            address = _open(kind, asking, is_chosen)
        except NotThisWay as closed:
            first = first or {**closed.reason, "instead_of": kind}
        else:
            return Route(kind, address, first or {"code": "chosen" if is_chosen else "usual"})
    return Route(UploadRoute.RELAY, relay_address(asking), first)


def _candidates(asking: Asking) -> Iterator[UploadRoute]:
    """What is wanted, then what is left for a station that cannot take it."""
    wanted = [asking.info.upload_route, *app_settings.upload_routes, UploadRoute.RELAY, *_LEFT]
    yield from (UploadRoute(kind) for kind in dict.fromkeys(wanted) if kind)


def _open(kind: UploadRoute, asking: Asking, is_chosen: bool) -> Address:
    """The address of this way. Raises NotThisWay. A choice outweighs what is only a hint."""
    maker = MAKERS.get(kind)
    if maker is None:
        raise NotThisWay("not_served")
    failed = failure_of(asking.info, kind)
    if failed and not (is_chosen and kind not in _ENDING):
        raise NotThisWay("failed", word=failed["word"], at=failed["at"])
    address = maker(asking)
    _check_fit(asking, address.location)
    protocol = urlsplit(address.location).scheme.upper()
    if asking.protocols and protocol not in asking.protocols and not is_chosen:
        raise NotThisWay("announced", protocols=", ".join(asking.protocols))
    return address


def _check_fit(asking: Asking, location: str) -> None:
    """Raise NotThisWay for an address that the station cannot be given in its version's message."""
    limit = asking.codec.location_limit(asking.action)
    if limit is not None and len(location) > limit:
        raise NotThisWay("too_long", length=len(location), limit=limit)
    try:
        asking.codec.check_location(asking.action, location)
    except OcppError as error:
        raise NotThisWay("unfit", info=str(error)) from error


# Where one of these servers runs, it runs for stations that know nothing else. The safest is first.
_LEFT = (UploadRoute.FTPS, UploadRoute.FTP, UploadRoute.SFTP)

# What failed before

# A scheme that a station does not know: its status, or its answer to the call (Zaptec's firmware).
_NO_SUCH_THING = "NotSupported"
_UNKNOWN_SCHEME = frozenset({Word.NOT_SUPPORTED, _NO_SUCH_THING})

# The word of a station that ends a way for it, until its firmware changes. An upload past this
# server fails without a trace here, so any failure counts.
_ENDING: dict[str, frozenset[str]] = {
    UploadRoute.DIRECT: frozenset({*FAILURES, *GivenUp, LogVerdict.CLAIMED})
}


def failure_of(info: StationInfo, kind: str) -> dict[str, Any] | None:
    """How this way failed with the station's present firmware: its `word`, and `at`."""
    failed: dict[str, Any] | None = info.route_failures.get(kind)
    return failed if failed and failed["firmware"] == info.firmware_version else None


def learn_from(row: LogRequest) -> None:
    """A request has ended: remember a way that failed, forget that one did which works."""
    word = row.verdict if row.verdict == LogVerdict.CLAIMED else row.reason
    if row.verdict in SUCCEEDED:
        _remember(row, None)
    elif word == _NO_SUCH_THING and row.log_type == LogType.SECURITY:
        return  # it is as likely the log that the station does not know
    elif word in _ENDING.get(row.route, _UNKNOWN_SCHEME):
        _remember(row, word)


def _remember(row: LogRequest, word: str | None) -> None:
    info = StationInfo.objects.select_for_update().filter(station=row.station).first()
    if info is None or (word is None and row.route not in info.route_failures):
        return
    failures = {kind: each for kind, each in info.route_failures.items() if kind != row.route}
    if word:
        failures[row.route] = {
            "word": word,
            "firmware": info.firmware_version,
            "at": timezone.now().isoformat(),
        }
    StationInfo.objects.filter(pk=info.pk).update(route_failures=failures)


def record_choice(info: StationInfo, *, chosen_by: Any) -> None:
    """An operator has changed how files of a station come in: every way gets another try."""
    StationInfo.objects.filter(pk=info.pk).update(route_failures={})
    note(
        station=info.station,
        kind="station.uploads_changed",
        source=Source.OPERATOR,
        user=chosen_by,
        route=info.upload_route or "automatic",
        address=info.upload_base_url,
    )


# How each way makes its address; a way that is not here is not served.
MAKERS: dict[str, Callable[[Asking], Address]] = {
    UploadRoute.RELAY: relay_address,
    UploadRoute.DIRECT: direct_address,
    UploadRoute.FTPS: ftps_address,
    UploadRoute.FTP: ftp_address,
    UploadRoute.SFTP: sftp_address,
}
