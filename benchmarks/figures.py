"""From measurements to the tables that are printed."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement: answers per second, their latencies in ms, processor time of the server."""

    rate: float
    p50: float
    p99: float
    cpu_us: float = 0.0  # per answer


def measured(latencies: Sequence[float], seconds: float, cpu_seconds: float = 0.0) -> Measured:
    """Sum up the latencies (in seconds) of all answers that came within some seconds."""
    ordered = sorted(latencies)
    return Measured(
        rate=len(ordered) / seconds,
        p50=1000 * _quantile(ordered, 0.50),
        p99=1000 * _quantile(ordered, 0.99),
        cpu_us=1e6 * cpu_seconds / max(len(ordered), 1),
    )


def _quantile(ordered: Sequence[float], part: float) -> float:
    return ordered[min(int(part * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def median(rounds: Sequence[Measured]) -> Measured:
    """Each figure's median over the rounds."""
    return Measured(
        *(
            statistics.median(getattr(one, name) for one in rounds)
            for name in ("rate", "p50", "p99", "cpu_us")
        )
    )


def ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}" if theirs else ""


def number(value: float) -> str:
    """Three digits that matter, thousands apart: 8,210 and 0.52."""
    return f"{round(value, 3 - len(str(int(value)))):,.0f}" if value >= 100 else f"{value:.3g}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, aligned for reading as it is."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = [_line(line, widths) for line in lines]
    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    text.insert(1, f"| {' | '.join(rules)} |")
    return "\n".join(text)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    shown = [cells[0].ljust(widths[0])]
    shown += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join(shown)} |"
