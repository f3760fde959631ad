"""How serious a line is: E, W, I or D, by the words that logs use near its beginning."""

from __future__ import annotations

import re

LEVELS = "EWID"

# Characters of a line in which its level is looked for.
WITHIN = 160

_WORDS = {
    "E": "emerg(?:ency)?|(?-i:ALERT)|crit(?:ical)?|fatal|err(?:or)?|panic|severe",
    "W": "warn(?:ing)?",
    "I": "info(?:rmation(?:al)?)?|notice",
    "D": "debug|trace|verbose|(?-i:FINE(?:R|ST)?)",
}
# A letter alone is a level where logs put one: [E], <W>, "I/tag", " D " after the time.
_LETTERS = {"E": "EFC", "W": "W", "I": "IN", "D": "DVT"}
_PRIORITY = re.compile(r"<(\d{1,3})>")
# The eight severities of syslog, which a priority holds in its last three bits.
_SEVERITIES = "EEEEWIID"


def _pattern(level: str) -> str:
    letters = _LETTERS[level]
    return (
        rf"\b(?:{_WORDS[level]})\b|(?<=[\[<|])(?-i:[{letters}])(?=[\]>|])"
        rf"|(?:(?<=\d )|^)(?-i:[{letters}])(?=[ /])"
    )


_LEVEL = re.compile(
    "|".join(f"(?P<{level}>{_pattern(level)})" for level in LEVELS), re.IGNORECASE | re.ASCII
)


def level_of(text: str) -> str:
    """E (error and worse), W (warning), I (information), D (debug), or "" where none is said."""
    if text.startswith("<") and (priority := _PRIORITY.match(text)):
        return _SEVERITIES[int(priority[1]) % 8]
    found = _LEVEL.search(text, 0, WITHIN)
    return (found.lastgroup or "") if found else ""


def sign_of(levels: str) -> str:
    """An expression for RE2 that is in every line of these levels, and in few others."""
    words = "|".join(_WORDS[level] for level in levels)
    letters = "".join(_LETTERS[level] for level in levels)
    return (
        rf"(?m)(?i:\b(?:{words})\b)|[\[<|][{letters}][\]>|]|(?:\d |^)[{letters}][ /]|^<\d{{1,3}}>"
    )
