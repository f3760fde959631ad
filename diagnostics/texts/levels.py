"""How serious a line is: E, W, I or D, by the words that logs use near its beginning."""

from __future__ import annotations

import re

LEVELS = "EWID"

# Characters of a line in which its level is looked for.
WITHIN = 160

_WORDS = {
    "E": "emerg(?:ency)?|alert|crit(?:ical)?|fatal|err(?:or)?|panic|severe",
    "W": "warn(?:ing)?",
    "I": "info(?:rmation(?:al)?)?|notice",
    "D": "debug|trace|verbose|fine(?:r|st)?",
}
# A letter alone is a level where logs put one: [E], <W>, "I/tag", " D " after the time.
_LETTERS = {"E": "EFC", "W": "W", "I": "I", "D": "DVT"}
_LEVEL = re.compile(
    "|".join(
        rf"(?P<{level}>\b(?:{words})\b|(?<=[\[<|(])[{_LETTERS[level]}](?=[\]>|)])"
        rf"|(?:(?<=\d )|^)[{_LETTERS[level]}](?=[ /]))"
        for level, words in _WORDS.items()
    ),
    re.IGNORECASE | re.ASCII,
)


def level_of(text: str) -> str:
    """E (error and worse), W (warning), I (information), D (debug), or "" where none is said."""
    found = _LEVEL.search(text, 0, WITHIN)
    return (found.lastgroup or "") if found else ""


def sign_of(levels: str) -> str:
    """An expression for RE2 that is in every line of these levels, and in few others."""
    words = "|".join(_WORDS[level] for level in levels)
    letters = "".join(_LETTERS[level] for level in levels)
    return rf"(?im)\b(?:{words})\b|[\[<|(][{letters}][\]>|)]|(?:\d |^)[{letters}][ /]"
