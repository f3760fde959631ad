"""A line of values over time as SVG, for a glance; the table beside it has the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from diagnostics.admin.parts import clock

WIDTH, HEIGHT, MARGIN = 640, 160, 12


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a moment; `wrong` marks those that belong to an alert."""

    at: datetime
    value: float
    wrong: bool = False


def line_chart(points: Sequence[Point], *, label: str) -> SafeString:
    """The chart of two or more points, or nothing where a line would say nothing."""
    if len(points) < 2:
        return SafeString("")
    ordered = sorted(points, key=lambda point: point.at)
    places = _places(ordered)
    low, high = min(each.value for each in ordered), max(each.value for each in ordered)
    dots = format_html_join(
        "",
        '<circle class="dx-dot-{}" cx="{}" cy="{}" r="{}"><title>{}: {}</title></circle>',
        (
            ("bad" if point.wrong else "plain", x, y, 4 if point.wrong else 2.5,
             point.at.isoformat(timespec="seconds"), f"{point.value:g}")
            for point, (x, y) in zip(ordered, places, strict=True)
        ),
    )  # fmt: skip
    return format_html(
        '<svg class="dx-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        '<polyline class="dx-chart-line" fill="none" points="{}"></polyline>{}{}</svg>',
        WIDTH,
        HEIGHT,
        _("%(label)s, from %(low)s to %(high)s")
        % {"label": label, "low": f"{low:g}", "high": f"{high:g}"},
        " ".join(f"{x},{y}" for x, y in places),
        dots,
        _words(ordered, low, high),
    )


def _words(points: Sequence[Point], low: float, high: float) -> SafeString:
    """What the edges stand for: the largest and the smallest value, the first and the last time."""
    above, below = 12, HEIGHT - 2
    words = [(MARGIN, above, "start", f"{high:g}")]
    if low != high:
        words.append((MARGIN, below - MARGIN, "start", f"{low:g}"))
    words.append((MARGIN, below, "start", clock(points[0].at)))
    words.append((WIDTH - MARGIN, below, "end", clock(points[-1].at)))
    return format_html_join("", '<text x="{}" y="{}" text-anchor="{}">{}</text>', words)


def _places(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Where the points are, oldest on the left and the largest on top."""
    first, low = points[0].at, min(point.value for point in points)
    seconds = (points[-1].at - first).total_seconds() or 1.0
    span = max(point.value for point in points) - low
    wide, high = WIDTH - 2 * MARGIN, HEIGHT - 5 * MARGIN
    return [
        (
            round(MARGIN + wide * (point.at - first).total_seconds() / seconds, 1),
            # A value that never changes is drawn in the middle.
            round(HEIGHT - 3 * MARGIN - high * ((point.value - low) / span if span else 0.5), 1),
        )
        for point in points
    ]
