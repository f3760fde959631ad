"""What of a frame may be kept: the text itself where it is harmless, else what is left of it.

Most frames hold nothing of which anything must be hidden. That is found out for many at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from diagnostics.message_log.entry import Entry, Exchange
from diagnostics.ocpp.frames import load_json
from diagnostics.redaction import redact, redact_text, which_may_need_redaction

# Longer frames leave their beginning, and texts that are no frames so much of it.
LONGEST_KEPT = 100_000
LONGEST_TEXT = 1_000


def harmless(
    entries: Sequence[Entry | Exchange], *, upload_path: str
) -> Iterator[tuple[Entry, Any] | Exchange]:
    """Each frame with what of it may be kept: its text, its elements, or a tuple with a bit of a
    text. Exchanges with nothing to hide stay what they are.
    """
    texts = [entry.text for entry in entries]
    suspects = which_may_need_redaction(texts, upload_path=upload_path)
    for index, entry in enumerate(entries):
        is_suspect = index in suspects
        if isinstance(entry, Exchange):
            if is_suspect:
                call, answer = entry.entries()
                yield call, _kept(call, True, upload_path)
                yield answer, answer.text
            else:
                yield entry
        elif entry.checked and not is_suspect:
            yield entry, entry.text
        else:
            yield entry, _kept(entry, is_suspect, upload_path)


def _kept(entry: Entry, is_suspect: bool, upload_path: str) -> Any:
    if entry.size > LONGEST_KEPT:
        return (redact_text(entry.text, limit=LONGEST_TEXT, upload_path=upload_path),)
    try:
        elements = load_json(entry.text)
    except ValueError:
        elements = None
    if not isinstance(elements, list):
        return (redact_text(entry.text, limit=LONGEST_TEXT, upload_path=upload_path),)
    return _redacted(elements, upload_path) if is_suspect else elements


def _redacted(elements: list[Any], upload_path: str) -> list[Any]:
    head = redact("", elements[:3], upload_path=upload_path)
    action = head[2] if len(head) == 3 and isinstance(head[2], str) else ""
    return [*head, *(redact(action, each, upload_path=upload_path) for each in elements[3:])]
