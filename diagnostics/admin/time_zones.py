"""A choice of all time zones, for forms."""

from __future__ import annotations

import zoneinfo

from django import forms


def zone_select(none: str) -> forms.Select:
    """A widget; `none` is what choosing no zone means."""
    names = sorted(zoneinfo.available_timezones())
    return forms.Select(choices=[("", none), *((name, name) for name in names)])
