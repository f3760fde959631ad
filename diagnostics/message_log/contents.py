"""What of a frame may be kept: the text itself where it is harmless, else what is left of it.

Most frames hold nothing of which anything must be hidden. That is found out for many at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diagnostics.message_log.entry import Entry
from diagnostics.ocpp.frames import load_json
from diagnostics.redaction import redact, redact_text, which_may_need_redaction

# Longer frames leave their beginning, and texts that are no frames so much of it.
LONGEST_KEPT = 100_000
LONGEST_TEXT = 1_000


def contents(entries: Sequence[Entry], *, upload_path: str) -> list[Any]:
    """Of each entry its text, the elements of its frame, or a tuple with a bit of a text."""
    texts = [entry.text for entry in entries]
    suspects = which_may_need_redaction(texts, upload_path=upload_path)
    return [
        entry.text
        if entry.checked and index not in suspects
        else _kept(entry, index in suspects, upload_path)
        for index, entry in enumerate(entries)
    ]


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
