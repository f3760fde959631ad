"""The doorbell: tells the gateway that calls were placed, many at once, once they are committed.

A thread of the process that placed them rings; nobody waits for it. Where the gateway cannot be
reached from here, a worker is asked to ring; and where no worker is reached either, the sweep will.
The rows are the truth, and all of this only hurries them.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Sequence

from django.db import connections, transaction

from diagnostics.gateway import get_gateway
from diagnostics.gathering import Gathering
from diagnostics.jobs import enqueue
from diagnostics.models import OutboundCall

logger = logging.getLogger(__name__)

DISPATCH_TASK = "diagnostics.tasks.dispatch_calls"


def ring_on_commit(*calls: OutboundCall) -> None:
    """Ring for the calls as soon as their rows are durable."""
    transaction.on_commit(lambda: _placed.put(*calls))


def ring(calls: Sequence[OutboundCall]) -> bool:
    """Ring now. False where the gateway failed; the reason is in the log."""
    try:
        _tell_gateway(calls)
    except Exception as error:  # whatever a gateway raises
        logger.warning("The doorbell did not ring for %s calls: %s", len(calls), error)
        return False
    return True


def _tell_gateway(calls: Sequence[OutboundCall]) -> None:
    gateway = get_gateway()
    if send_all := getattr(gateway, "send_all", None):
        send_all(calls)
        return
    for call in calls:
        if gateway.is_online(call.station):
            gateway.send(call)


def _ring(calls: list[OutboundCall]) -> None:
    if not ring(calls):
        connections.close_all()  # the database may be what failed
        enqueue(DISPATCH_TASK, [call.pk for call in calls])


_placed: Gathering[OutboundCall] = Gathering(_ring, name="doorbell")
# Who ends soon calls it: at exit a gateway's own sending may find no threads any more.
flush = _placed.close
atexit.register(flush)
