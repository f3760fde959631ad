"""What stations say about themselves: boots and connections."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from diagnostics.models import StationInfo
from diagnostics.ocpp.messages import BootFacts
from diagnostics.services.calls import delivery
from diagnostics.services.customer_information import certificates
from diagnostics.services.device_model import first_questions
from diagnostics.services.fleet import health
from diagnostics.services.logs import watch as log_watch
from diagnostics.services.monitors import watch as monitor_watch
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.reports import facts as report_facts
from diagnostics.services.timeline import Source, note


def record_boot(station: Any, boot: BootFacts, *, now: datetime | None = None) -> StationInfo:
    """Keep who the station says it is (BootNotification), and ask after interrupted uploads."""
    now = now or timezone.now()
    info, _ = StationInfo.objects.get_or_create(station=station)
    updated = info.firmware_version and info.firmware_version != boot.firmware_version
    StationInfo.objects.filter(pk=info.pk).update(
        vendor=boot.vendor,
        model=boot.model,
        serial_number=boot.serial_number,
        firmware_version=boot.firmware_version,
        iccid=boot.iccid,
        imsi=boot.imsi,
        boot_reason=boot.reason,
        booted_at=now,
    )
    if updated:
        note(
            station=station,
            kind="station.firmware",
            source=Source.STATION,
            now=now,
            before=info.firmware_version,
            after=boot.firmware_version,
        )
    note(
        station=station,
        kind="station.booted",
        source=Source.STATION,
        now=now,
        reason=boot.reason,
        firmware=boot.firmware_version,
    )
    log_watch.poll_after_boot(station, now)
    report_facts.end_by_boot(station)
    first_questions.after_boot(station)
    monitor_watch.after_boot(station)
    certificates.after_boot(station)
    profile_queue.mark(station)
    info.refresh_from_db()
    return info


def record_connected(station: Any, **data: Any) -> None:
    """The station has a new connection: whatever an older one carried has no outcome."""
    delivery.connection_lost(station)
    _seen(station)
    health.count(station.pk, "connections")
    note(station=station, kind="station.connected", source=Source.SYSTEM, **data)
    first_questions.after_connecting(station)
    profile_queue.mark(station)


def record_disconnected(station: Any, *, connection: str | None = None, **data: Any) -> None:
    """A connection of the station ended."""
    delivery.connection_lost(station, connection=connection)
    _seen(station)
    note(station=station, kind="station.disconnected", source=Source.SYSTEM, **data)


def _seen(station: Any) -> None:
    """Keep that the station came or went now; see `services.fleet` for who asks."""
    now = timezone.now()
    if not StationInfo.objects.filter(station=station).update(seen_at=now):  # nearly always there
        StationInfo.objects.update_or_create(station=station, defaults={"seen_at": now})


def record_unread_answer(station: Any, message_id: str, code: str, description: str) -> None:
    """The station said that it cannot read our answer to one of its calls."""
    note(
        station=station,
        kind="station.cannot_read",
        source=Source.STATION,
        message_id=message_id[:64],
        code=code[:64],
        info=description[:255],
    )
