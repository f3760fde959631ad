"""A line of values over time as SVG, for a glance; the table beside it has the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

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
        '<polyline class="dx-chart-line" fill="none" points="{}"></polyline>{}'
        '<text x="{}" y="12">{}</text><text x="{}" y="{}">{}</text></svg>',
        WIDTH,
        HEIGHT,
        _("%(label)s, from %(low)s to %(high)s")
        % {"label": label, "low": f"{low:g}", "high": f"{high:g}"},
        " ".join(f"{x},{y}" for x, y in places),
        dots,
        MARGIN,
        f"{high:g}",
        MARGIN,
        HEIGHT - 2,
        f"{low:g}",
    )


def _places(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Where the points are, oldest on the left and the largest on top."""
    first, low = points[0].at, min(point.value for point in points)
    seconds = (points[-1].at - first).total_seconds() or 1.0
    span = max(point.value for point in points) - low or 1.0
    wide, high = WIDTH - 2 * MARGIN, HEIGHT - 4 * MARGIN
    return [
        (
            round(MARGIN + wide * (point.at - first).total_seconds() / seconds, 1),
            round(HEIGHT - 2 * MARGIN - high * (point.value - low) / span, 1),
        )
        for point in points
    ]
