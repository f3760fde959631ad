"""Small pieces of HTML that the pages of messages share."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from diagnostics.admin import parts
from diagnostics.models import MessageRecord
from diagnostics.models.message import OK, REPEATED, Direction
from diagnostics.wording.call_errors import error_words


def outcome_badge(row: MessageRecord) -> SafeString:
    """How it went, in a word; a call that was taken has none, its answer does."""
    if not row.outcome:
        return SafeString("")
    if row.outcome in (OK, REPEATED):
        return parts.badge(_("good") if row.outcome == OK else _("repeated"), "good")
    return format_html(
        '{} <span class="dx-sentence">{}</span>',
        parts.badge(row.outcome, "bad"),
        row.error_description or error_words(row.outcome),
    )


def way(row: MessageRecord) -> SafeString:
    """An arrow and words: → is up, from the station."""
    arrow = "→" if row.direction == Direction.FROM_STATION else "←"
    return format_html('<span aria-hidden="true">{}</span> {}', arrow, row.get_direction_display())


def latency(row: MessageRecord) -> str:
    if row.latency is None:
        return ""
    return f"{row.latency:.0f} ms" if row.latency < 10_000 else f"{row.latency / 1000:.0f} s"
