"""Searches over many logs as sentences."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from diagnostics.lifecycles.log_request import LogType
from diagnostics.lifecycles.log_search import SearchScope, SearchStatus
from diagnostics.models import LogSearch

LEVEL_WORDS = {"E": _("errors"), "W": _("warnings"), "I": _("information"), "D": _("debugging")}


def search_tone(row: LogSearch) -> str:
    """Which look a search has: busy, good, quiet, or warn: not everything was read."""
    if row.status == SearchStatus.RUNNING:
        return "busy"
    if row.status == SearchStatus.CANCELED:
        return "quiet"
    return "warn" if row.unread else "good"


def search_sentence(row: LogSearch) -> str:
    """How far a search is, what it found, and what it could not read."""
    if row.status == SearchStatus.RUNNING:
        head = _("%(done)s of %(files)s files are searched.") % _counts(row)
    elif row.status == SearchStatus.CANCELED:
        head = _("Canceled after %(done)s of %(files)s files.") % _counts(row)
    else:
        head = ngettext(
            "One file is searched.", "All %(files)s files are searched.", row.files
        ) % _counts(row)
    return " ".join(filter(None, [head, _found(row), _unread(row)]))


def _found(row: LogSearch) -> str:
    if not row.hits:
        return _("Nothing was found.") if row.status != SearchStatus.RUNNING else ""
    return ngettext(
        "%(hits)s line was found in %(files_hit)s of them.",
        "%(hits)s lines were found in %(files_hit)s of them.",
        row.hits,
    ) % _counts(row)


def _unread(row: LogSearch) -> str:
    if not row.unread:
        return ""
    return ngettext(
        "%(unread)s could not be read.", "%(unread)s could not be read.", row.unread
    ) % _counts(row)


def _counts(row: LogSearch) -> dict[str, str]:
    names = ("done", "files", "hits", "files_hit", "unread")
    return {name: f"{getattr(row, name):,}" for name in names}


def how_words(row: LogSearch) -> str:
    """How the pattern was read: "plain text, capital and small letters alike, only errors"."""
    words = [_("regular expression") if row.regex else _("plain text")]
    if row.case:
        words.append(_("capital letters matter"))
    if row.levels:
        levels = ", ".join(LEVEL_WORDS[level] for level in row.levels)
        words.append(_("only %(levels)s") % {"levels": levels})
    return ", ".join(words)


def where_words(row: LogSearch) -> str:
    """Whose logs, which, and from when."""
    whose = {
        SearchScope.ALL: _("all stations"),
        SearchScope.GROUP: _("the group %(name)s"),
        SearchScope.SELECTION: _("the selection %(name)s"),
        SearchScope.STATIONS: _("chosen stations"),
        SearchScope.REQUESTS: _("chosen log requests"),
    }[SearchScope(row.scope)] % {"name": row.scope_name}
    if row.scope == SearchScope.STATIONS and row.scope_name:
        whose = row.scope_name
    words = [whose]
    if row.log_type:
        words.append(str(LogType(row.log_type).label))
    if row.days:
        words.append(
            ngettext("of the last day", "of the last %(days)d days", row.days) % {"days": row.days}
        )
    return ", ".join(words)
