"""Sizes and durations in human units."""

from __future__ import annotations

from datetime import timedelta

from django.template.defaultfilters import filesizeformat
from django.utils.translation import ngettext


def size(octets: int) -> str:
    """3145728 -> "3.0 MB", with ordinary spaces."""
    return filesizeformat(octets).replace("\xa0", " ")


def duration(span: timedelta) -> str:
    """The two largest units: "1 min 20 s", "2 h 5 min", "3 days 4 h"; never less than a second."""
    seconds = max(round(span.total_seconds()), 1)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min" + (f" {seconds} s" if seconds else "")
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h" + (f" {minutes} min" if minutes else "")
    days, hours = divmod(hours, 24)
    whole = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    return whole + (f" {hours} h" if hours else "")
