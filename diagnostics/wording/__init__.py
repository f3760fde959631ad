"""How rows speak to operators.

`verdicts` makes the sentence of a log request, `entries` the line of a timeline entry, `routes`
tells which way a file comes in, `values` human sizes and durations. Codes stand beside the words,
never instead of them.
"""

from diagnostics.wording.entries import entry_sentence
from diagnostics.wording.routes import route_sentence
from diagnostics.wording.values import duration, size
from diagnostics.wording.verdicts import reason_words, verdict_sentence, verdict_tone

__all__ = [
    "duration",
    "entry_sentence",
    "reason_words",
    "route_sentence",
    "size",
    "verdict_sentence",
    "verdict_tone",
]
