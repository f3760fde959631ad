"""What stations say about themselves: boots and connections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from diagnostics.gateway import get_gateway
from diagnostics.models import StationInfo
from diagnostics.ocpp.messages import BootFacts
from diagnostics.services.calls import delivery
from diagnostics.services.customer_information import certificates
from diagnostics.services.device_model import first_questions, limits
from diagnostics.services.fleet import capabilities, health
from diagnostics.services.logs import watch as log_watch
from diagnostics.services.monitors import watch as monitor_watch
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.reports import facts as report_facts
from diagnostics.services.timeline import Source, note, note_for_many


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


def record_connected(connected: Sequence[tuple[Any, dict[str, Any]]]) -> None:
    """Each of these stations has a new connection: what an older one carried has no outcome.

    With what the timeline is to say of it. By few statements for all.
    """
    now, stations = timezone.now(), [station for station, _ in connected]
    delivery.connections_lost((station, None) for station in stations)
    _seen(stations, now)
    _start_over_in_other_versions(stations)
    health.count("connections", *(station.pk for station in stations))
    note_for_many(
        [(station.pk, now, data) for station, data in connected],
        kind="station.connected",
        source=Source.SYSTEM,
    )
    first_questions.after_connecting(stations)
    profile_queue.mark(*stations)


def record_disconnected(ended: Sequence[tuple[Any, str | None, dict[str, Any]]]) -> None:
    """Connections ended, each (station, connection), with what the timeline is to say of it."""
    now = timezone.now()
    delivery.connections_lost((station, connection) for station, connection, _ in ended)
    _seen([station for station, _, _ in ended], now)
    note_for_many(
        [(station.pk, now, data) for station, _, data in ended],
        kind="station.disconnected",
        source=Source.SYSTEM,
    )


def _seen(stations: Sequence[Any], now: datetime) -> None:
    """Keep that the stations came or went now; see `services.fleet` for who asks."""
    keys = {station.pk for station in stations}
    known = StationInfo.objects.filter(station__in=keys)
    if known.update(seen_at=now) < len(keys):  # seldom
        StationInfo.objects.bulk_create(
            (StationInfo(station_id=key, seen_at=now) for key in keys),
            update_conflicts=True,
            unique_fields=["station"],
            update_fields=["seen_at"],
        )


def _start_over_in_other_versions(stations: Sequence[Any]) -> None:
    """What a station told, and what it did not know, holds for the version that it spoke then."""
    gateway = get_gateway()
    spoken = {station.pk: gateway.version(station) for station in stations}
    infos = StationInfo.objects.filter(station__in=spoken)
    before = dict(infos.values_list("station", "ocpp_version"))
    news = {key: now for key, now in spoken.items() if now and now != before.get(key)}
    for version in set(news.values()):
        speak = [key for key, now in news.items() if now == version]
        infos.filter(station__in=speak).update(ocpp_version=version)
    if others := [key for key in news if before.get(key)]:
        capabilities.forget(others)
        limits.forget(others)


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
