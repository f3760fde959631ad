"""Where this site sends to: http and https only, and no private address if it says so.

A name is looked up once, and what was looked up is what is connected to: a name that answers
differently the second time leads nowhere.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

from diagnostics.conf import app_settings
from diagnostics.notify.message import Problem, SendFailed

DEFAULT_PORTS = {"http": 80, "https": 443}


def read_address(url: str) -> SplitResult:
    """The parts of an http(s) address. Raises SendFailed where it is none."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError as error:
        raise SendFailed(Problem.BAD_ADDRESS, again=False) from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise SendFailed(Problem.BAD_ADDRESS, again=False)
    return parts


def allowed_ip(host: str, port: int) -> str:
    """The first IP address of a host that may be sent to. Raises SendFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SendFailed(Problem.UNKNOWN_HOST, again=True) from error
    addresses = [str(each[4][0]) for each in found]
    allowed = [each for each in addresses if is_allowed(each)]
    if not allowed:
        raise SendFailed(Problem.NOT_ALLOWED, again=False)
    return allowed[0]


def is_allowed(address: str) -> bool:
    """Whether an IP address may be sent to: any, or those of the open internet only."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if ip.is_multicast or ip.is_unspecified:
        return False
    return bool(app_settings.notify_private_addresses or ip.is_global)


class _Here(threading.local):
    """What this thread may connect to."""

    is_confined = False
    was_refused = False


_here = _Here()


@contextmanager
def confined() -> Iterator[None]:
    """Inside, this thread connects only to what may be sent to, whatever a package makes of an
    address: a mail server named behind it, a redirect, a name that leads elsewhere by now.

    Raises SendFailed at the end where it tried.
    """
    if app_settings.notify_private_addresses:
        yield
        return
    _watch_connections()
    _here.is_confined, _here.was_refused = True, False
    try:
        yield
    finally:
        _here.is_confined = False
    if _here.was_refused:
        raise SendFailed(Problem.NOT_ALLOWED, again=False)


@cache
def _watch_connections() -> None:
    """From the first need on: what is watched cannot be unwatched."""
    sys.addaudithook(_look)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _here.is_confined and not _may_connect(arguments[1]):
        _here.was_refused = True
        raise ConnectionRefusedError("this site does not send there")


def _may_connect(address: Any) -> bool:
    """Whether the address of a socket is one of the internet, and may be sent to."""
    try:
        return isinstance(address, tuple) and is_allowed(str(address[0]))
    except ValueError:  # a name: nobody knows where it leads
        return False
