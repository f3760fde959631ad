"""Dates and times on the wire: read nearly anything, write one form."""

import re
from datetime import UTC, datetime, timedelta, timezone

# RFC 3339 with what the field adds: a blank for the T, no zone, "+02", "+0200", any fraction.
_TIME = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?"
    r"\s*(?:([Zz])|([+-])(\d\d):?(\d\d)?)?\s*",
    re.ASCII,
)


def parse_time(text: object) -> datetime | None:
    """Read a date-time from a station as an aware UTC datetime, ``None`` when it is unreadable.

    No zone means UTC; digits beyond microseconds are cut; second 60 is read as 59.
    """
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = (
        match.groups()
    )
    microsecond = int((fraction or "")[:6].ljust(6, "0"))
    try:
        offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        return datetime(
            int(year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            59 if second == "60" else int(second or 0),
            microsecond,
            tzinfo=zone,
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_time(moment: datetime) -> str:
    """Write an aware datetime as ``2026-03-02T08:00:00Z``; a naive one raises ValueError.

    Always UTC with ``Z`` and without fraction: the form that no known station misreads.
    """
    if moment.tzinfo is None:
        raise ValueError("a time for a station needs a time zone")
    utc = moment.astimezone(UTC)
    return utc.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
