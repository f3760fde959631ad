"""What a text is: JSON, CSV, or lines as they come."""

from __future__ import annotations

import json

TEXT, JSON, CSV = "text", "json", "csv"

_SAMPLED = 20  # lines


def kind_of_text(head: str) -> str:
    """json for a document or for one object a line, csv for a table, else text."""
    lines = [line for line in head.lstrip("\ufeff").splitlines() if line.strip()][:_SAMPLED]
    if not lines:
        return TEXT
    if _is_json(lines):
        return JSON
    return CSV if _is_csv(lines) else TEXT


def _is_json(lines: list[str]) -> bool:
    first = lines[0].strip()
    if first[0] not in "[{":
        return False
    if first in ("[", "{"):
        return lines[1:2] == [] or lines[1].strip()[0] in '"{}[]'
    try:
        json.loads(first)
    except ValueError:
        return first.startswith(('{"', '[{"', '["')) and len(lines) == 1  # cut within the sample
    except RecursionError:
        return False
    return True


def _is_csv(lines: list[str]) -> bool:
    """The same number of separators in the first lines, which a running text never has."""
    whole = lines[:-1] if len(lines) > 2 else lines
    counts = {whole[0].count(separator): separator for separator in ",;\t"}
    most = max(counts)
    same = all(line.count(counts[most]) == most for line in whole)
    return most > 0 and len(whole) > 1 and same and not whole[0][0].isdigit()
