"""What is kept out of the log, and what stations cannot do to it."""

from logging import Formatter, LogRecord
from typing import Any

# What uvicorn says of each websocket. The stations' consumer says it with more sense; and the last
# is no error: uvicorn counts a refusal with an HTTP status as no answer, after having sent it.
PER_SOCKET = (
    '%s - "WebSocket ',
    "connection open",
    "connection closed",
    "connection rejected",
    "ASGI callable returned without completing handshake",
)


def is_not_per_socket(record: LogRecord) -> bool:
    """Return whether a line of uvicorn's is about more than one websocket coming or going."""
    return not str(record.msg).startswith(PER_SOCKET)


def _written_out(*kept: str) -> dict[int, str]:
    """For `str.translate`: characters that end a line or move a terminal, as escapes."""
    codes = (*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029)
    return {code: ascii(chr(code))[1:-1] for code in codes if chr(code) not in kept}


_IN_A_LINE, _IN_A_TRACEBACK = _written_out("\t"), _written_out("\t", "\n")


class OneLine(Formatter):
    """A message is one line, whatever words of stations are in it."""

    def formatMessage(self, record: LogRecord) -> str:  # noqa: N802
        return super().formatMessage(record).translate(_IN_A_LINE)

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return super().formatException(ei).translate(_IN_A_TRACEBACK)
