"""System checks of the dict `STATIONS`: a misconfigured project hears of it at start."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from stations.conf import StationsSettings, stations_settings
from stations.proxies import unusable_proxies


@register
def check_settings(**_: Any) -> list[CheckMessage]:
    """stations.E001: a mistake must not be silent. E002: nor must certificates that nobody hands
    over be."""
    if problems := stations_settings.problems():
        return [Error(problem, id="stations.E001") for problem in problems]
    settings = stations_settings()
    return _unusable(settings) if settings.client_certificate_header else []


def _unusable(settings: StationsSettings) -> list[CheckMessage]:
    proxies = settings.client_certificate_proxies
    if not proxies:
        return [
            Error("CLIENT_CERTIFICATE_HEADER needs CLIENT_CERTIFICATE_PROXIES.", id="stations.E002")
        ]
    return [
        Error(
            f"CLIENT_CERTIFICATE_PROXIES has {each!r}, which is no address and no network.",
            hint="Client certificates are never believed from everywhere: name the proxies.",
            id="stations.E002",
        )
        for each in unusable_proxies(proxies)
    ]
