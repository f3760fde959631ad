"""What time does to log requests: grace after a claim, questions into silence, giving up (N01)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.log_request import GivenUp, UploadStatus
from diagnostics.models import LogRequest, OutboundCall
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.fleet import capabilities
from diagnostics.services.logs.facts import locked
from diagnostics.services.timeline import Source, note
from diagnostics.services.uploads import direct as direct_uploads
from diagnostics.services.uploads.direct import Sighting

POLL = "LogStatusPoll"

# Rows handled by one sweep; the next one takes the rest.
BATCH = 200


def watch_log_requests(now: datetime) -> None:
    """End the waiting that has lasted too long, and ask stations that went quiet."""
    sighting = direct_uploads.look_for_uploads(now)
    _judge_claims(now, sighting)
    _ask_the_quiet(now)
    _give_up_the_silent(now)


def _judge_claims(now: datetime, sighting: Sighting) -> None:
    """ "Uploaded" is a claim: common stations send it after an HTTP 404.

    No judgement where the file lies in the store, or where the store cannot say.
    """
    claimed = LogRequest.objects.claimed_since(now - app_settings.upload_grace)
    claimed = claimed.exclude(pk__in=sighting.found)
    if sighting.is_blind:
        claimed = claimed.filter(signed_until__isnull=True)
    for found in claimed.order_by("pk")[:BATCH]:
        with locked(found) as row:
            if not row.is_receiving(now):
                row.grace_over = True


def _unheard_since(moment: datetime) -> Any:
    return (
        LogRequest.objects.with_upload_expected()
        .exclude(station_status=UploadStatus.UPLOADED)
        .filter(Q(answered_at__isnull=True) | Q(answered_at__lt=moment))
        .filter(Q(station_status_at__isnull=True) | Q(station_status_at__lt=moment))
        .filter(Q(receiving_at__isnull=True) | Q(receiving_at__lt=moment))
        .order_by("pk")
    )


def _ask_the_quiet(now: datetime) -> None:
    quiet = _unheard_since(now - app_settings.upload_silence).filter(polled_at__isnull=True)
    gateway = get_gateway()
    for row in quiet.select_related("station")[:BATCH]:
        if gateway.is_online(row.station):
            poll(row, now)


def _give_up_the_silent(now: datetime) -> None:
    for found in _unheard_since(now - 2 * app_settings.upload_silence)[:BATCH]:
        with locked(found) as row:
            row.given_up = GivenUp.SILENT
            note(station=row.station, log_request=row, kind="log.given_up", source=Source.SYSTEM)


def poll(row: LogRequest, now: datetime) -> None:
    """Have the station say how its upload stands (F06.FR.14: Uploading or Idle)."""
    with locked(row) as held:
        held.polled_at = now
        calls.add_call(station=held.station, action=POLL, log_request=held)
        note(station=held.station, log_request=held, kind="log.polled", source=Source.SYSTEM)


def poll_after_boot(stations: Sequence[Any], now: datetime) -> None:
    """A reboot during an upload leaves no final status: ask (N01, corner case)."""
    interrupted = LogRequest.objects.filter(station__in=stations).with_upload_expected()
    for row in interrupted.order_by("pk"):
        poll(row, now)


def encode_poll(call: OutboundCall, version: OcppVersion) -> WireCall:
    """TriggerMessage or ExtendedTriggerMessage, whichever the station can answer."""
    extension = capabilities.knows(call.station, "GetLog")
    return codec_for(version).encode_log_status_poll(extension=extension)
