"""Ask stations for their logs (N01). What comes back is recorded by `facts`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import CallEvent
from diagnostics.lifecycles.log_request import LogType, UploadRoute
from diagnostics.models import LogRequest, OutboundCall, StationInfo
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.messages import GetLogRequest, WireCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.progress import publish_on_commit
from diagnostics.services import calls
from diagnostics.services.fleet import capabilities
from diagnostics.services.logs import facts as log_facts
from diagnostics.services.timeline import Source, note
from diagnostics.services.uploads import routes as upload_routes

GET_LOG = "GetLog"

# LogParametersType.remoteLocation before 2.1, and the PLC library that keeps STRING(255).
LONGEST_LOCATION = 255


def request_log(
    *,
    station: Any,
    log_type: str = LogType.DIAGNOSTICS,
    oldest: datetime | None = None,
    latest: datetime | None = None,
    retries: int | None = None,
    retry_interval: int | None = None,
    expires_in: timedelta | None = None,
    requested_by: Any = None,
) -> LogRequest:
    """Ask `station` for one log of the given span; absent stations are asked when they return.

    `retry_interval` is in seconds. The row, its upload address and the call are one transaction,
    committed before anything is sent: an upload may start before the answer is here.
    Raises RequestRefused, with a sentence for the operator, before any row is written.
    """
    check_request(station=station, log_type=log_type, oldest=oldest, latest=latest)
    now = timezone.now()
    lifetime = expires_in or app_settings.call_lifetime
    with transaction.atomic():
        row = LogRequest(
            station=station,
            log_type=log_type,
            oldest=oldest,
            latest=latest,
            retries=retries or None,  # never 0: some stations then make no attempt at all
            retry_interval=retry_interval or None,
            requested_by=requested_by,
            created_at=now,
            expires_at=now + lifetime,
            address_expires_at=now + lifetime + app_settings.upload_lifetime,
        )
        row.save()
        _plan(row)
        _ask(row)
        source = Source.OPERATOR if requested_by else Source.SYSTEM
        note(
            station=station,
            log_request=row,
            kind="log.requested",
            source=source,
            user=requested_by,
            log_type=log_type,
        )
        publish_on_commit("logrequest", row.pk, state=row.verdict)
    return row


@dataclass(slots=True)
class Asked:
    """What asking many stations came to: the requests made, and who cannot be asked and why."""

    requests: list[LogRequest] = field(default_factory=list)
    refused: list[tuple[Any, str]] = field(default_factory=list)


def request_logs(*, stations: Iterable[Any], requested_by: Any = None, **wanted: Any) -> Asked:
    """`request_log` for each station; one that cannot be asked does not stop the others."""
    asked = Asked()
    for station in stations:
        try:
            row = request_log(station=station, requested_by=requested_by, **wanted)
        except RequestRefused as error:
            asked.refused.append((station, str(error)))
            note(
                station=station,
                kind="log.refused_here",
                source=Source.SYSTEM,
                user=requested_by,
                info=str(error),
            )
        else:
            asked.requests.append(row)
    return asked


def check_request(
    *, station: Any, log_type: str, oldest: datetime | None = None, latest: datetime | None = None
) -> None:
    """Raise RequestRefused where this log cannot be asked of this station, and say why."""
    if log_type not in LogType.values:
        raise RequestRefused(f"There is no log called {log_type}. Known: {', '.join(LogType)}.")
    if oldest and latest and oldest >= latest:
        raise RequestRefused("The span ends before it begins: swap “from” and “to”.")
    if oldest and oldest > timezone.now():
        raise RequestRefused("The span begins in the future: there is no log of it yet.")
    version = get_gateway().version(station)
    if version is not None and log_type not in codec_for(version).log_types:
        raise RequestRefused(f"OCPP {version}, which this station speaks, has no {log_type}.")
    if version is not None:
        _check_capability(station, version, log_type)


def _check_capability(station: Any, version: OcppVersion, log_type: str) -> None:
    """Whether the station knows the message that would ask for this log."""
    codec, extension = codec_for(version), capabilities.knows(station, GET_LOG)
    if version is OcppVersion.V16 and log_type == LogType.SECURITY and extension is False:
        raise RequestRefused(
            "This station refused GetLog: without the security extension of OCPP 1.6 it has "
            "no security log. A firmware update may bring it."
        )
    capabilities.check(station, codec.log_action(extension=extension))


def _plan(row: LogRequest) -> None:
    """The way and the address as they look now. Raises RequestRefused where ours is too long."""
    route = upload_routes.plan_route(row)
    if route.kind == UploadRoute.RELAY and len(route.location) > LONGEST_LOCATION:
        raise RequestRefused(
            f"The upload address would have {len(route.location)} characters, and stations take "
            f"{LONGEST_LOCATION}: shorten PUBLIC_URL."
        )
    row.route, row.route_reason, row.location = route.kind, route.reason, route.location


def _ask(row: LogRequest) -> None:
    """Put GetLog into the outbox; what it becomes on the wire is decided when it is sent."""
    row.call = calls.add_call(
        station=row.station,
        action=GET_LOG,
        log_request=row,
        request_id=calls.allocate_request_id(row.station),
        expires_at=row.expires_at,
        timeout=app_settings.log_response_timeout,
        placed_by=row.requested_by,
    )
    row.request_id = row.call.request_id
    row.save(update_fields=["call", "request_id", "route", "route_reason", "location"])


def cancel_log(row: LogRequest, *, canceled_by: Any = None) -> None:
    """End a request that is not wanted any more. Raises RequestClosed when it has ended.

    OCPP has no message that stops an upload: a station that was already asked goes on, and a file
    that still arrives is kept.
    """
    with log_facts.locked(row) as row:
        if not row.is_open:
            raise RequestClosed("This request has ended already.")
        if row.call:
            calls.move(row.call, CallEvent.CANCEL, settled_at=timezone.now())
        row.canceled_at, row.canceled_by = timezone.now(), canceled_by
        note(
            station=row.station,
            log_request=row,
            kind="log.canceled",
            source=Source.OPERATOR,
            user=canceled_by,
        )


def request_again(row: LogRequest, *, requested_by: Any = None) -> LogRequest:
    """A new request for the same log of the same span; the old one keeps its history."""
    return request_log(
        station=row.station,
        log_type=row.log_type,
        oldest=row.oldest,
        latest=row.latest,
        retries=row.retries,
        retry_interval=row.retry_interval,
        requested_by=requested_by,
    )


def encode_call(call: OutboundCall, version: OcppVersion) -> WireCall:
    """GetLog in the words of the version that the station speaks now.

    Raises UnsupportedAction when that version has no such log.
    """
    row = call.log_request
    if row is None or call.request_id is None:
        raise ValueError(f"call {call.pk} asks for no log")
    info = StationInfo.objects.filter(station=call.station).first() or StationInfo()
    extension = False if call.payload.get("legacy") else capabilities.knows(call.station, GET_LOG)
    route = upload_routes.decide_route(row, info, version, extension=extension)
    return codec_for(version).encode_get_log(
        GetLogRequest(
            log_type=row.log_type,
            request_id=call.request_id,
            remote_location=route.location,
            oldest=row.oldest,
            latest=row.latest,
            retries=row.retries,
            retry_interval=row.retry_interval,
        ),
        extension=extension,
    )
