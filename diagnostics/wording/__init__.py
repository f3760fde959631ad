"""How rows speak to operators.

`verdicts` makes the sentence of a log request, `entries` the line of a timeline entry, `values`
human sizes and durations. Codes stand beside the words, never instead of them.
"""

from diagnostics.wording.entries import entry_sentence
from diagnostics.wording.values import duration, size
from diagnostics.wording.verdicts import reason_words, verdict_sentence, verdict_tone

__all__ = [
    "duration",
    "entry_sentence",
    "reason_words",
    "size",
    "verdict_sentence",
    "verdict_tone",
]
