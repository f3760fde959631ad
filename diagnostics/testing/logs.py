"""Makes logs as a station might write them, of any size, reproducibly from a seed."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from io import BytesIO
from itertools import count
from zipfile import ZIP_DEFLATED, ZipFile

#: A text that is in every diagnostics log made here, for tests that search it.
KNOWN_LINE = "self-check passed, 0 faults, marker 7f3a91"

#: The span of a log when none was asked for.
USUAL_SPAN = timedelta(hours=24)


class LogForm(StrEnum):
    """How a log is packed; the value is the ending of its file name."""

    TEXT = "log"
    GZIP = "log.gz"
    ZIP = "zip"


_LINE_LENGTH = 80  # on average, for spreading the lines over the span

_MESSAGES = (
    ("INFO", "ocpp", "heartbeat answered in {a} ms"),
    ("INFO", "evse{e}", "state changed to Available"),
    ("INFO", "evse{e}", "plug connected, control pilot {a} mV"),
    ("INFO", "meter", "energy register {b} Wh, voltage 23{e}.{e} V"),
    ("DEBUG", "modem", "signal strength -{a} dBm, cell {b}"),
    ("DEBUG", "thermal", "cabinet {e}{e}.{e} degrees, fan at {a} percent"),
    ("WARN", "network", "name lookup took {a} ms"),
    ("WARN", "evse{e}", "contactor answered after {a} ms"),
    ("ERROR", "rfid", "reader did not answer, attempt {e}"),
    ("ERROR", "ocpp", "connection closed by peer, code 100{e}"),
)

_SECURITY_EVENTS = (
    ("StartupOfTheDevice", "power-on"),
    ("SettingSystemTime", "set by CSMS"),
    ("TamperDetectionActivated", "door switch"),
    ("InvalidMessages", "schema violation"),
    ("ResetOrReboot", "requested remotely"),
    ("FailedToAuthenticateAtCsms", "HTTP 401"),
)


def make_diagnostics_log(
    *, oldest: datetime, latest: datetime, size: int, seed: int | str = 0, name: str = "station"
) -> bytes:
    """Return a text log of exactly `size` bytes whose lines lie between the two moments.

    Each line has an ISO time, a level, a module and a message; KNOWN_LINE is the second one.
    """
    rng = random.Random(f"{seed}")  # noqa: S311  a made-up log needs no secrets
    lines = _lines(oldest, latest, size, rng, name)
    return _filled(lines, size)


def _lines(
    oldest: datetime, latest: datetime, size: int, rng: random.Random, name: str
) -> Iterator[str]:
    yield f"{_stamp(oldest)} INFO  system   {name} log opened"
    yield f"{_stamp(oldest)} INFO  system   {KNOWN_LINE}"
    step = (latest - oldest) / max(size // _LINE_LENGTH, 1)
    for number in count(1):
        level, module, message = rng.choice(_MESSAGES)
        evse = rng.randint(1, 4)
        text = message.format(a=rng.randint(10, 99), b=rng.randint(10_000, 99_999), e=evse)
        moment = _stamp(min(oldest + number * step, latest))
        yield f"{moment} {level:<5} {module.format(e=evse):<8} {text}"


def _filled(lines: Iterator[str], size: int) -> bytes:
    """Join lines into exactly `size` bytes; a line that is cut keeps its line end."""
    written: list[bytes] = []
    left = size
    for line in lines:
        encoded = line.encode() + b"\n"
        if len(encoded) >= left:
            written.append(encoded[: left - 1] + b"\n" if left else b"")
            break
        written.append(encoded)
        left -= len(encoded)
    return b"".join(written)


def make_security_log(
    *, oldest: datetime, latest: datetime, size: int, seed: int | str = 0
) -> bytes:
    """Return a CSV of security events, with a header, of exactly `size` bytes."""
    rng = random.Random(f"{seed}")  # noqa: S311

    def lines() -> Iterator[str]:
        yield "timestamp,type,techInfo"
        step = (latest - oldest) / max(size // 55, 1)
        for number in count(1):
            event, information = rng.choice(_SECURITY_EVENTS)
            moment = _stamp(min(oldest + number * step, latest))
            yield f"{moment},{event},{information}"

    return _filled(lines(), size)


def pack(content: bytes, form: LogForm, name: str) -> bytes:
    """Return the content in this form; `name` is that of the file inside a zip."""
    if form is LogForm.GZIP:
        return gzip.compress(content, mtime=0)
    if form is LogForm.ZIP:
        packed = BytesIO()
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return packed.getvalue()
    return content


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
