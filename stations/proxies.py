"""What the proxies in front say of a station's certificate, and whether it is they who say it.

Anybody can send a header. It counts only on connections from the addresses of the proxies that the
settings name; `PEER` in the ASGI scope has the address that a connection really came from, where
`client` has become the one that a proxy names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, NamedTuple

from stations.conf import stations_settings

PEER = "stations.peer"


class Presented(NamedTuple):
    """The headers about a certificate, each as often as it came.

    `verdicts` is None where no header is to say whether the certificate was found good.
    """

    certificates: tuple[bytes, ...] = ()
    verdicts: tuple[bytes, ...] | None = None
    is_from_proxy: bool = False

    @property
    def is_anything(self) -> bool:
        """Whether a certificate was shown; proxies send an empty header where none was."""
        return any(self.certificates)


NOTHING = Presented()


def presented(scope: dict[str, Any]) -> Presented:
    """What came with a handshake, from whomever."""
    settings = stations_settings()
    if not settings.client_certificate_header:
        return NOTHING
    headers, verdict = scope["headers"], settings.client_certificate_verdict_header
    client = scope.get("client") or ("", 0)
    return Presented(
        certificates=_values(headers, settings.client_certificate_header),
        verdicts=_values(headers, verdict) if verdict else None,
        is_from_proxy=is_proxy(scope.get(PEER, client[0]), settings.client_certificate_proxies),
    )


def _values(headers: Iterable[tuple[bytes, bytes]], name: str) -> tuple[bytes, ...]:
    """Header names are lower case in ASGI."""
    wanted = name.lower().encode()
    return tuple(value.strip() for key, value in headers if key == wanted)


def is_proxy(address: str, proxies: Sequence[str]) -> bool:
    """Whether the address is among those of the proxies: addresses, or networks (10.0.0.0/24)."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    if isinstance(peer, IPv6Address) and peer.ipv4_mapped:
        peer = peer.ipv4_mapped
    return any(peer in network for network in _networks(tuple(proxies)))


def unusable_proxies(proxies: Sequence[str]) -> list[str]:
    """Those that name no address, or every address: nobody is believed for them."""
    return [each for each in proxies if not _networks((each,))]


@lru_cache(maxsize=64)
def _networks(proxies: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    networks: list[IPv4Network | IPv6Network] = []
    for each in proxies:
        with suppress(ValueError):
            networks.append(ip_network(each, strict=False))
    return tuple(network for network in networks if network.prefixlen)
