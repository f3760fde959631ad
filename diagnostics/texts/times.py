"""The time that a line of a log carries near its beginning, in the formats that stations write."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from diagnostics.texts.encodings import decode, newline_of

# Characters of a line in which its time is looked for.
WITHIN = 200

_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_MONTHS = _MONTH.split("|")
_CLOCK = r"(?P<{0}H>\d\d):(?P<{0}M>\d\d):(?P<{0}S>\d\d)(?:[.,](?P<{0}f>\d{{1,9}}))?"
_ZONE = r"(?:\s?(?P<{0}z>Z\b|UTC\b|GMT\b|[+-]\d\d(?::?\d\d)?\b))?"

_FORMATS = {
    # 2026-03-02T08:00:07.123+01:00, 2026/03/02 08:00:07,123, 2026-03-02_08:00:07
    "iso": r"(?<!\d)(?P<isoY>\d{{4}})[-/.](?P<isom>\d\d)[-/.](?P<isod>\d\d)(?:[T_:]|\s+)"
    + _CLOCK
    + _ZONE,
    # 20260302T080007Z
    "basic": r"(?<!\d)(?P<basicY>\d{{4}})(?P<basicm>\d\d)(?P<basicd>\d\d)[T_ -]"
    r"(?P<basicH>\d\d)(?P<basicM>\d\d)(?P<basicS>\d\d)(?:[.,](?P<basicf>\d{{1,9}}))?" + _ZONE,
    # 02.03.2026 08:00:07
    "day": r"(?<!\d)(?P<dayd>\d\d)\.(?P<daym>\d\d)\.(?P<dayY>\d{{4}})[, T]+" + _CLOCK + _ZONE,
    # 02/Mar/2026:08:00:07 +0100, Mon, 02 Mar 2026 08:00:07 GMT
    "named": rf"(?<!\d)(?P<namedd>\d\d?)[/ -](?P<namedb>{_MONTH})[/ -](?P<namedY>\d{{{{4}}}})[: ]"
    + _CLOCK
    + _ZONE,
    # Mon Mar  2 08:00:07 2026, and without the year as syslog has it
    "syslog": rf"\b(?P<syslogb>{_MONTH})\s+(?P<syslogd>\d\d?)\s+" + _CLOCK
    + r"(?:\s(?P<syslogY>(?:19|20)\d\d)\b)?",
    # 03-02 08:00:07.123 as Android has it
    "android": r"^(?P<androidm>\d\d)-(?P<androidd>\d\d)\s" + _CLOCK,
    # 1772438407, 1772438407.123, 1772438407123: at the beginning, or as a field of JSON
    "epoch": r"(?:^\W{{0,2}}|\"(?:ts|time|timestamp|t)\"\s?:\s?)"
    r"(?P<epochs>[1-3]\d{{9}})(?:\.?(?P<epochf>\d{{1,9}}))?(?![\d.-])",
}  # fmt: skip
_TIME = re.compile(
    "|".join(f"(?P<{name}>{form.format(name)})" for name, form in _FORMATS.items()), re.ASCII
)
_LATEST_EPOCH = 4_102_444_800  # 2100-01-01


def time_of(text: str, reference: datetime) -> datetime | None:
    """The first time in the first 200 characters of a line; UTC where it names no zone.

    `reference` is when the file arrived: a time without a year is of the year before it.
    """
    found = _TIME.search(text, 0, WITHIN)
    if found is None:
        return None
    name = found.lastgroup or ""
    try:
        return _epoch(found) if name == "epoch" else _date(found, name, reference)
    except (ValueError, OverflowError):
        return None


def milliseconds(moment: datetime) -> int:
    """Since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


def head_of(line: bytes, encoding: str) -> str:
    """The first characters of a line, in which its time and its level are looked for."""
    return decode(line[: WITHIN * len(newline_of(encoding))], encoding).lstrip("\ufeff")


def _epoch(found: re.Match[str]) -> datetime | None:
    seconds, digits = int(found["epochs"]), found["epochf"] or ""
    if seconds > _LATEST_EPOCH:
        return None
    return datetime.fromtimestamp(seconds, UTC) + _fraction(digits)


def _date(found: re.Match[str], name: str, reference: datetime) -> datetime:
    parts = found.groupdict()

    def number(field: str) -> int:
        return int(parts[f"{name}{field}"])

    month_name = parts.get(f"{name}b")
    month = _MONTHS.index(month_name) + 1 if month_name else number("m")
    year = parts.get(f"{name}Y")
    clock = number("H"), number("M"), min(number("S"), 59)  # 60 is a leap second
    zone = _zone(parts.get(f"{name}z") or "")
    fraction = _fraction(parts.get(f"{name}f") or "")
    if year:
        return datetime(int(year), month, number("d"), *clock, tzinfo=zone) + fraction
    for candidate in (reference.year + 1, reference.year, reference.year - 1):
        moment = datetime(candidate, month, number("d"), *clock, tzinfo=zone) + fraction
        if moment <= reference + timedelta(days=2):
            return moment
    raise ValueError("no year fits")


def _zone(text: str) -> timezone:
    if text[:1] not in ("+", "-"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _fraction(digits: str) -> timedelta:
    return timedelta(microseconds=int(digits[:6].ljust(6, "0")))


def without_time(text: str) -> str:
    """The line without the time that `time_of` finds in it."""
    return _TIME.sub("", text[:WITHIN], count=1) + text[WITHIN:]
