"""Rows for tests, each in one call; columns that a test does not name are plausible.

They write rows as they are told, past the services: for states that would take a long dialogue to
reach. `diagnostics.testing.bench` plays the dialogue.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.log_request import judge
from diagnostics.models import LogFile, LogRequest, OutboundCall, StationInfo
from diagnostics.storage import get_log_store, object_key


def make_station_info(station: Any, **columns: Any) -> StationInfo:
    """What is known of a station."""
    usual = {"vendor": "Nordlader", "model": "NL-22-Duo", "firmware_version": "3.8.2"}
    info, _ = StationInfo.objects.update_or_create(station=station, defaults=usual | columns)
    return info


def make_call(station: Any, **columns: Any) -> OutboundCall:
    """A call in the outbox; nobody is told that it waits."""
    now = timezone.now()
    usual = {
        "action": "GetVariables",
        "created_at": now,
        "expires_at": now + app_settings.call_lifetime,
    }
    return OutboundCall.objects.create(station=station, **usual | columns)


def make_log_request(station: Any, **columns: Any) -> LogRequest:
    """A log request with its call, judged by the columns given (see `LogRequest.facts`).

    `call` may be a call made before, or a dict of its columns.
    """
    call = columns.pop("call", {})
    now = timezone.now()
    usual = {
        "created_at": now,
        "expires_at": now + timedelta(hours=24),
        "address_expires_at": now + timedelta(hours=48),
        "location": f"{app_settings.public_url}{app_settings.upload_path}made-for-a-test/",
    }
    row = LogRequest.objects.create(station=station, **usual | columns)
    if isinstance(call, dict):
        call = make_call(station, action="GetLog", log_request=row, **call)
    row.call = call
    return _judged(row)


def make_log_file(row: LogRequest, content: bytes = b"08:00 boot\n", **columns: Any) -> LogFile:
    """A file of a log request, its bytes in the store; the request is judged anew."""
    key = object_key(get_gateway().identity(row.station), row.pk, uuid4().hex)
    upload = get_log_store().open_upload(key)
    upload.write(content)
    stored = upload.complete()
    usual = {"received_at": timezone.now(), "name": "station.log", "declared_size": stored.size}
    file = LogFile.objects.create(
        log_request=row, key=key, size=stored.size, sha256=stored.sha256, **usual | columns
    )
    row.take_figures(file)
    _judged(row)
    return file


def _judged(row: LogRequest) -> LogRequest:
    judgement = judge(row.facts())
    row.verdict, row.reason = judgement.verdict, judgement.reason
    row.save()
    return row
