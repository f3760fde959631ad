"""What became of many log requests, in words."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.services.logs.outcomes import Figures
from diagnostics.wording.values import duration, size


def make_words(make: Sequence[str]) -> tuple[str, str]:
    """A make as its vendor and model, and its firmware; "" for what it is not told apart by."""
    named = " ".join(filter(None, make[:2])) or _("make not known")
    if len(make) < 3:
        return named, ""
    return named, _("firmware %(name)s") % {"name": make[2]} if make[2] else _("firmware not known")


def share_words(figures: Figures) -> str:
    """ "92 %"; "" where none has come to an end. Never 100 where one failed, nor 0 where not."""
    share = figures.share
    if share is None:
        return ""
    rounded = round(100 * share)
    if figures.failed:
        rounded = min(rounded, 99)
    return f"{max(rounded, 1) if figures.received else rounded} %"


def time_words(figures: Figures) -> list[str]:
    """How long after asking the files were here: half of them, and 95 of 100."""
    if figures.median is None or figures.slow is None:
        return []
    return [
        _("half within %(time)s") % {"time": duration(figures.median)},
        _("95 of 100 within %(time)s") % {"time": duration(figures.slow)},
    ]


def size_words(figures: Figures) -> str:
    return "" if figures.size is None else size(figures.size)


def total_sentence(figures: Figures, days: int) -> str:
    """What became of all requests of so many days."""
    asked = ngettext(
        "%(asked)s log was asked for in the last %(days)s days.",
        "%(asked)s logs were asked for in the last %(days)s days.",
        figures.asked,
    ) % {"asked": f"{figures.asked:,}", "days": days}
    share = share_words(figures)
    if not share:
        return f"{asked} " + _("None of these requests has come to an end yet.")
    return f"{asked} " + _("Of those that came to an end, %(share)s brought a file.") % {
        "share": share
    }
