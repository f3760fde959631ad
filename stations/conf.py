"""The settings dict `STATIONS`; every key has a default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from diagnostics.conf import SettingsDict


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
    # The header in which a proxy hands over the client certificates of stations, and the one in
    # which it says whether it found them good; empty: no security profile 3, no such header.
    client_certificate_header: str = ""
    client_certificate_verdict_header: str = ""
    # The addresses and networks of these proxies; such headers of others count for nothing.
    client_certificate_proxies: tuple[str, ...] = ()
    # The operator's name, which must be the organization in the certificates; empty: any.
    client_certificate_operator: str = ""
    # How long it is kept when a station was connected, and that somebody was turned away; None:
    # for ever.
    connection_history: timedelta | None = timedelta(days=90)
    refused_history: timedelta | None = timedelta(days=90)


stations_settings = SettingsDict("STATIONS", StationsSettings)
