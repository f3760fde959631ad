"""Lines that a search found, as HTML, and the way from them into the reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from diagnostics.admin.reading.reader import visible
from diagnostics.models import LogFile
from diagnostics.texts.query import Query


def marked(text: str, spans: Iterable[Sequence[int]]) -> SafeString:
    """The text with <mark> around the spans, which are in order."""
    return format_html_join("", "{}", ((piece,) for piece in _pieces(text, spans)))


def _pieces(text: str, spans: Iterable[Sequence[int]]) -> Iterator[str | SafeString]:
    past = 0
    for start, end in spans:
        yield visible(text[past:start])
        yield format_html("<mark>{}</mark>", visible(text[start:end]))
        past = end
    yield visible(text[past:])


def reader_url(
    file: LogFile, query: Query | None = None, *, member: int | None = None, line: int | None = None
) -> str:
    """The reader at a line (from 0), with the query to look for there.

    The query stands behind the #, which browsers keep to themselves: no server logs it.
    """
    url = reverse("admin:diagnostics_logfile_read", args=[file.log_request_id, file.pk])
    if member is not None:
        url += f"?member={member}"
    place = f"L{line + 1}" if line is not None else ""
    behind = "&".join(filter(None, [place, fragment(query) if query else ""]))
    return f"{url}#{behind}"


def fragment(query: Query) -> str:
    """A query as it stands behind the # of an address; `reader_search.js` reads it."""
    options = {"re": query.regex, "case": query.case}
    given = {"q": query.text, **{name: "1" for name, on in options.items() if on}}
    return urlencode({**given, "levels": query.levels} if query.levels else given)
