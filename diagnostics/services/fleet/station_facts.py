"""What stations say about themselves: boots and connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.gateway import get_gateway
from diagnostics.models import StationInfo
from diagnostics.ocpp.messages import BootFacts
from diagnostics.services.calls import delivery
from diagnostics.services.customer_information import certificates
from diagnostics.services.device_model import first_questions, limits
from diagnostics.services.fleet import capabilities, health
from diagnostics.services.logs import watch as log_watch
from diagnostics.services.many_rows import update_each
from diagnostics.services.monitors import watch as monitor_watch
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.reports import facts as report_facts
from diagnostics.services.timeline import Source, note, note_for_many

Booted = Sequence[tuple[Any, BootFacts]]


@transaction.atomic
def record_boots(booted: Booted, *, now: datetime | None = None) -> None:
    """Keep who these stations say they are (BootNotification), and ask what a boot leaves open.

    Each station once. By few statements for all: after a power cut whole regions boot at once.
    """
    now, stations = now or timezone.now(), [station for station, _ in booted]
    infos = _infos_of(stations)
    _note_boots(booted, infos, now)
    # Logs and reports first: whoever holds one of these takes what is known of its station after.
    log_watch.poll_after_boot(stations, now)
    report_facts.end_by_boot(stations)
    _keep_boots(booted, infos, now)
    known = [infos[station.pk] for station in stations]
    first_questions.after_boot(known)
    monitor_watch.after_boot(known)
    certificates.after_boot(known)
    profile_queue.mark(*stations)


def _infos_of(stations: Sequence[Any]) -> dict[Any, StationInfo]:
    """What is known of each station, by its key; made where nothing is."""
    rows = StationInfo.objects.filter(station__in=[station.pk for station in stations])
    found = {row.station_id: row for row in rows}
    if missing := [station for station in stations if station.pk not in found]:
        StationInfo.objects.bulk_create(
            (StationInfo(station=station) for station in missing), ignore_conflicts=True
        )
        found = {row.station_id: row for row in rows.all()}
    for station in stations:
        found[station.pk].station = station
    return found


def _note_boots(booted: Booted, infos: Mapping[Any, StationInfo], now: datetime) -> None:
    versions = {station.pk: boot.firmware_version for station, boot in booted}
    before = {key: infos[key].firmware_version for key in versions}
    note_for_many(
        [
            (key, now, {"before": before[key], "after": after})
            for key, after in versions.items()
            if before[key] and before[key] != after
        ],
        kind="station.firmware",
        source=Source.STATION,
    )
    note_for_many(
        [
            (station.pk, now, {"reason": boot.reason, "firmware": boot.firmware_version})
            for station, boot in booted
        ],
        kind="station.booted",
        source=Source.STATION,
    )


def _keep_boots(booted: Booted, infos: Mapping[Any, StationInfo], now: datetime) -> None:
    changes = {}
    for station, boot in booted:
        info = infos[station.pk]
        changes[info.pk] = told = {
            "vendor": boot.vendor,
            "model": boot.model,
            "serial_number": boot.serial_number,
            "firmware_version": boot.firmware_version,
            "iccid": boot.iccid,
            "imsi": boot.imsi,
            "boot_reason": boot.reason,
            "booted_at": now,
        }
        for column, value in told.items():
            setattr(info, column, value)
    update_each(StationInfo, changes)


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
