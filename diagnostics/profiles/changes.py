"""What differs between two versions of a profile, line by line of their YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff

from diagnostics.profiles.document import Document
from diagnostics.profiles.yaml_text import dump


@dataclass(frozen=True, slots=True)
class Change:
    """A line: ``sign`` is + where it came, - where it went, a blank where it stayed."""

    sign: str
    line: str


def changes(old: Document, new: Document) -> Iterator[Change]:
    """Yield the lines that differ, with three around them; a gap is a change without a line."""
    lines = unified_diff(dump(old).splitlines(), dump(new).splitlines(), lineterm="")
    for number, line in enumerate(lines):
        if line.startswith("@@"):
            if number > 2:
                yield Change("", "")
        elif number > 1:  # the names of two files come first
            yield Change(line[0], line[1:])
