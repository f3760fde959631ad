"""What commands that ask a station have in common: finding it, waiting, reading times."""

from __future__ import annotations

import re
import time
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from diagnostics.gateway import get_gateway
from diagnostics.ocpp.times import parse_time

# Exit codes; argparse ends with 2 as well.
DONE, FAILED, USAGE, STILL_WAITING, REFUSED, CANCELED, EXPIRED, INTERRUPTED = (
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    130,
)

POLL = 0.25  # seconds between two looks at a row

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"(\d{1,6})([mhdw])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def find_station(identity: str) -> Any:
    """The station of the host's with this identity; ends the command where there is none."""
    station = get_gateway().find(identity)
    if station is None:
        raise CommandError(f"There is no station {identity}.", returncode=USAGE)
    return station


def moment(text: str) -> datetime:
    """Read a time for argparse: `2h` ago (m, h, d, w), an ISO date, or an ISO time (UTC)."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return timezone.now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    found = parse_time(f"{text}T00:00:00Z" if _DATE.fullmatch(text) else text)
    if found is None:
        raise ArgumentTypeError(
            f"{text} is no time: write 30m, 2h, 3d or 1w ago, or 2026-03-01T08:00:00Z."
        )
    return found


def span(text: str) -> timedelta:
    """Read a length of time for argparse: 30m, 24h, 7d or 1w."""
    found = _AGO.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"{text} is no length of time: write 30m, 24h, 7d or 1w.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def at_least(least: int) -> Callable[[str], int]:
    """Read a whole number for argparse."""

    def number(text: str) -> int:
        found = int(text)
        if found < least:
            raise ArgumentTypeError(f"{text} is too small: it takes {least} or more.")
        return found

    return number


def seconds(text: str) -> float:
    """Read a length of time in seconds for argparse."""
    found = float(text)
    if not 0 < found < float("inf"):
        raise ArgumentTypeError(f"{text} is no length of time: write seconds, as 30.")
    return found


def wait_until(is_over: Callable[[], bool], timeout: float | None) -> bool:
    """Look again and again; False when `timeout` (seconds, None for ever) is over first."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while not is_over():
        if deadline is not None and time.monotonic() >= deadline:
            return False
        time.sleep(POLL)
    return True


class ProgressLine:
    """One line that changes on a terminal, and a line per change elsewhere."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._shown = ""

    def show(self, text: str) -> None:
        """Show the text, unless it is there already."""
        if text == self._shown:
            return
        if self._stream.isatty():
            self._stream.write(f"\r\x1b[K{text}", ending="")
            self._stream.flush()
        else:
            self._stream.write(text)
        self._shown = text

    def end(self) -> None:
        """Leave the line as it is, and begin a new one."""
        if self._shown and self._stream.isatty():
            self._stream.write("")
        self._shown = ""
