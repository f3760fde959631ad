"""Counts by the hour as bars, for a glance; the table beside them has the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from diagnostics.admin.parts import clock

WIDTH, HEIGHT, MARGIN, TOP = 640, 110, 12, 20
HOURS = 48


@dataclass(frozen=True, slots=True)
class Bar:
    """How many there were in the hour that begins at `at`."""

    at: datetime
    value: int


def bar_chart(bars: Sequence[Bar], *, until: datetime, label: str) -> SafeString:
    """The last HOURS hours up to the one that begins at `until`; hours without a bar are empty."""
    first, highest = until - timedelta(hours=HOURS - 1), max(bar.value for bar in bars)
    step, base = (WIDTH - 2 * MARGIN) / HOURS, HEIGHT - TOP
    drawn = [
        (
            round(MARGIN + step * round((bar.at - first) / timedelta(hours=1)), 1),
            round(base - (base - TOP) * bar.value / highest, 1),
            round(step * 0.8, 1),
            round((base - TOP) * bar.value / highest, 1),
            f"{clock(bar.at)}: {bar.value:,}",
        )
        for bar in bars
        if bar.value and bar.at >= first
    ]
    columns = format_html_join(
        "",
        '<rect class="dx-bar" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        drawn,
    )
    return format_html(
        '<svg class="dx-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<line class="dx-axis" x1="{}" y1="{}" x2="{}" y2="{}"></line>{}'
        '<text x="{}" y="12" text-anchor="start">{}</text>'
        '<text x="{}" y="{}" text-anchor="start">{}</text>'
        '<text x="{}" y="{}" text-anchor="end">{}</text></svg>',
        WIDTH,
        HEIGHT,
        _("%(label)s, at most %(highest)s") % {"label": label, "highest": f"{highest:,}"},
        MARGIN, base, WIDTH - MARGIN, base,
        columns,
        MARGIN, f"{highest:,}",
        MARGIN, HEIGHT - 4, clock(first),
        WIDTH - MARGIN, HEIGHT - 4, clock(until),
    )  # fmt: skip
