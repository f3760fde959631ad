"""How websockets end: the codes, and what they say."""

from __future__ import annotations

from stations.models import CloseReason

# RFC 6455, 7.4.1, and how the server says that it goes away.
NORMAL, GOING_AWAY, UNSUPPORTED_DATA, POLICY, TOO_BIG = 1000, 1001, 1003, 1008, 1009
SERVICE_RESTART = 1012


def reason_of(code: int | None) -> CloseReason:
    """Why the socket ended, from the code the server gives; None or 1006: without a word."""
    if code in (NORMAL, GOING_AWAY):
        return CloseReason.STATION
    if code == SERVICE_RESTART:
        return CloseReason.SERVER_STOPPED
    if code == TOO_BIG:  # the server's own limit
        return CloseReason.TOO_LARGE
    return CloseReason.LOST
