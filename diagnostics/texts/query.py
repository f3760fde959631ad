"""What an operator looks for in a text, and the sentence that refuses it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from diagnostics.exceptions import DiagnosticsError

# Where a match begins and ends.
Span = tuple[int, int]

LONGEST_PATTERN = 1000
# Matches told of one line.
MOST_SPANS = 50


class PatternRefused(DiagnosticsError):
    """What was written is no pattern, or none that is known here.

    The message is a sentence for whoever wrote it, and says at which character.
    """


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: a text, or an expression. Operators look for names too: never logged.

    An empty `text` is in every line; `levels` (of "EWID", "" for all) leaves out the others.
    """

    text: str = field(default="", repr=False)
    regex: bool = False
    case: bool = False
    levels: str = ""

    def encoded(self) -> bytes:
        """The text as it lies in UTF-8. Raises PatternRefused."""
        if len(self.text) > LONGEST_PATTERN:
            raise PatternRefused(
                _("What is looked for may have %(most)d characters.") % {"most": LONGEST_PATTERN}
            )
        try:
            return self.text.encode()
        except UnicodeEncodeError as error:
            raise PatternRefused(_("This holds half a character, which no text has.")) from error
