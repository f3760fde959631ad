"""Keeps out addresses that give too many wrong passwords. For threads of one process."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Lock

logger = logging.getLogger(__name__)

# Wrong passwords from one address within WINDOW, after which it is kept out for BAN (seconds).
MOST = 10
WINDOW = 600.0
BAN = 600.0
# Addresses remembered: whoever has more of them than this is no station.
REMEMBERED = 10_000


class Guard:
    """Counts wrong passwords by address; a whole /64 counts as one address of IPv6.

    Passwords are too long to be guessed. This spares the database, and the logs.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._banned: OrderedDict[str, float] = OrderedDict()

    def keeps_out(self, address: str) -> bool:
        """Whether connections from the address are refused now."""
        who = _who(address)
        with self._lock:
            until = self._banned.get(who)
            if until is not None and until <= self._clock():
                del self._banned[who]
                until = None
            return until is not None

    def wrong_password(self, address: str) -> None:
        """Count one; the last of too many begins a ban, which the log tells."""
        who, now = _who(address), self._clock()
        with self._lock:
            times = self._wrong.setdefault(who, deque(maxlen=MOST))
            self._wrong.move_to_end(who)
            times.append(now)
            if len(times) == MOST and times[0] > now - WINDOW:
                del self._wrong[who]
                self._banned[who] = now + BAN
                logger.warning(
                    "%s wrong passwords from %s: it is kept out for %g minutes", MOST, who, BAN / 60
                )
            for kept in (self._wrong, self._banned):
                while len(kept) > REMEMBERED:
                    kept.popitem(last=False)

    def right_password(self, address: str) -> None:
        """Forget the wrong ones: behind the address is a station, perhaps among others."""
        with self._lock:
            self._wrong.pop(_who(address), None)


def plain_address(address: str) -> str:
    """An address without the IPv6 clothes that a server for both kinds gives IPv4."""
    return address.removeprefix("::ffff:") if "." in address else address


def _who(address: str) -> str:
    try:
        known = ip_address(plain_address(address).partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, IPv6Address):
        return str(IPv6Network((known, 64), strict=False))
    return str(known)
