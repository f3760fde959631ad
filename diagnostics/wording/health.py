"""What is wrong with the connection of a station, in sentences: what, how much, what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from diagnostics.models import HealthProblem
from diagnostics.models.health import LATENCIES
from diagnostics.wording.values import duration

Kind = HealthProblem.Kind
Figures = dict[str, Any]


def problem_sentence(row: HealthProblem) -> str:
    """What is wrong, and what to look at."""
    make = _SENTENCES.get(row.kind)
    return make(row.figures) if make and row.figures else row.get_kind_display()


def slow_words(milliseconds: int | None) -> str:
    """A step of the counted latencies: "within 250 ms", "more than 30 s"; "" for none."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return _("within %(n)s ms") % {"n": milliseconds}
    words = _("%(span)s or more") if milliseconds == LATENCIES[-1] else _("within %(span)s")
    return words % {"span": duration(timedelta(milliseconds=milliseconds))}


def _flapping(figures: Figures) -> str:
    return _(
        "It connected %(count)s times in this hour and the last one. Its network may be weak, or "
        "two stations may use one identity: look at where it connects from, under Connections."
    ) % {"count": figures["count"]}


def _credentials(figures: Figures) -> str:
    return _(
        "It was turned away %(count)s times in this hour and the last one, for a wrong password or "
        "none. Give it the right one, or a new one from its settings here."
    ) % {"count": figures["count"]}


def _silent(figures: Figures) -> str:
    heard = parse_datetime(figures.get("heard_at") or "")
    when = date_format(localtime(heard), "Y-m-d H:i T") if heard else ""
    since = (
        _("nothing was heard of it since %(when)s") % {"when": when}
        if when
        else _("nothing was heard of it yet")
    )
    return _(
        "It is connected, and %(since)s, not even a heartbeat. The line may be dead without either "
        "side knowing: a triggered heartbeat shows it."
    ) % {"since": since}


def _clock(figures: Figures) -> str:
    seconds = figures["seconds"]
    words = _("%(span)s fast") if seconds > 0 else _("%(span)s slow")
    return _(
        "Its clock is %(skew)s: the times in its events and logs are wrong by as much. It should "
        "take the time from heartbeats; look at its time source."
    ) % {"skew": words % {"span": duration(timedelta(seconds=abs(seconds)))}}


def _errors(figures: Figures) -> str:
    return _(
        "%(count)s of the last %(of)s exchanges ended with an error, on either side. The tab "
        "Messages shows them."
    ) % {"count": figures["count"], "of": figures["of"]}


def _unreadable(figures: Figures) -> str:
    return _(
        "%(count)s messages in this hour and the last one broke the standard, or answered nothing. "
        "What could be read of them was taken; the tab Messages shows them."
    ) % {"count": figures["count"]}


def _unanswered(figures: Figures) -> str:
    return _(
        "It left %(count)s calls without an answer in this hour and the last one. It may have done "
        "what was asked all the same."
    ) % {"count": figures["count"]}


def _slow(figures: Figures) -> str:
    return _(
        "95 of 100 answers came %(time)s, of %(answers)s. Calls wait for each other: one is sent "
        "when the one before was answered."
    ) % {"time": slow_words(figures["milliseconds"]), "answers": figures["answers"]}


_SENTENCES: dict[str, Callable[[Figures], str]] = {
    Kind.FLAPPING: _flapping,
    Kind.CREDENTIALS: _credentials,
    Kind.SILENT: _silent,
    Kind.CLOCK: _clock,
    Kind.ERRORS: _errors,
    Kind.UNREADABLE: _unreadable,
    Kind.UNANSWERED: _unanswered,
    Kind.SLOW: _slow,
}
