"""What is kept out of the log."""

from logging import LogRecord

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
