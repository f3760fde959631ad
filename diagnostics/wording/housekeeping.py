"""What housekeeping keeps and did, in words."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.models import Housekeeping
from diagnostics.wording.values import duration


def kept_words(lifetime: timedelta | None) -> str:
    """How long rows are kept: "365 days", "for ever"."""
    if lifetime is None:
        return _("for ever")
    return duration(lifetime) if lifetime else _("until their time is over")


def run_words(row: Housekeeping | None) -> str:
    """What the last run came to."""
    if row is None or row.started_at is None:
        return _("It has not run yet.")
    count = ngettext("%(rows)s row went", "%(rows)s rows went", row.deleted)
    words = (count if row.deleted else _("Nothing went")) % {"rows": f"{row.deleted:,}"}
    took = _("%(words)s, in %(time)s.") if row.seconds >= 1 else _("%(words)s.")
    said = [took % {"words": words, "time": duration(timedelta(seconds=row.seconds))}]
    if row.unfinished:
        said.append(_("There is more: it goes on by itself."))
    if row.problem:
        said.append(_("Not all could go: %(problem)s") % {"problem": row.problem})
    return " ".join(said)


def run_tone(row: Housekeeping | None) -> str:
    if row is None or row.started_at is None:
        return "quiet"
    if row.problem:
        return "bad"
    return "busy" if row.unfinished else "good"
