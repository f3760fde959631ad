"""The settings dict `STATIONS`; every key has a default."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.signals import setting_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class StationsSettings:
    """Every key of `STATIONS`, in lower case, with its default."""

    # Seconds between heartbeats, told to the station when its boot is accepted.
    heartbeat_interval: int = 300
    # Seconds until the station should boot again, told when its boot is Pending or Rejected.
    boot_retry_interval: int = 60
    # OCPP has every message before an accepted boot refused (B01.FR.10, B02.FR.09). Some stations
    # send StatusNotification and SecurityEventNotification all the same; True keeps those.
    lenient_before_accepted: bool = False
    # What Authorize and transactions are answered with: this is no charging backend.
    id_token_status: str = "Accepted"  # noqa: S105  a status, no secret
    # The longest message in characters; the ASGI server has a limit of its own.
    max_message_size: int = 4 * 1024**2
    # How long it is kept when a station was connected.
    connection_history: timedelta = timedelta(days=90)


@cache
def stations_settings() -> StationsSettings:
    given: dict[str, Any] = getattr(settings, "STATIONS", {})
    known = {field.name for field in fields(StationsSettings)}
    lowered = {key.lower(): value for key, value in given.items()}
    return StationsSettings(**{key: lowered[key] for key in known & lowered.keys()})


@register
def check_settings(**_: Any) -> list[CheckMessage]:
    """stations.E001: a typo in `STATIONS` must not be silent."""
    known = {field.name.upper() for field in fields(StationsSettings)}
    unknown = sorted(set(getattr(settings, "STATIONS", {})) - known)
    return [Error(f"STATIONS has an unknown key {key}.", id="stations.E001") for key in unknown]


def _forget(*, setting: str, **_: object) -> None:
    if setting == "STATIONS":
        stations_settings.cache_clear()


setting_changed.connect(_forget)
