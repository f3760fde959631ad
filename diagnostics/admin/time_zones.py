"""A choice of all time zones, for forms."""

from __future__ import annotations

from django import forms

from diagnostics.models.group import time_zones


def zone_select(none: str) -> forms.Select:
    """A widget; `none` is what choosing no zone means."""
    return forms.Select(choices=[("", none), *((name, name) for name in sorted(time_zones()))])
