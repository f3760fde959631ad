"""What stations report of their security: kept once, and told (A04; 1.6 security extension)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from diagnostics.models import SecurityEvent
from diagnostics.ocpp.event_data import SECURITY, EventReport, event_of_security
from diagnostics.ocpp.messages import SecurityEventFacts
from diagnostics.services.events import record_reports
from diagnostics.services.events.rows import Received
from diagnostics.services.timeline import Source, note_for_many


class ReceivedSecurityEvent(NamedTuple):
    """One SecurityEventNotification, as it came in; critical ones go into the inbox too."""

    station_id: Any
    event: SecurityEventFacts
    is_critical: bool
    at: datetime

    @property
    def fingerprint(self) -> str:
        """What makes one that is sent again after a reconnect the same: all that it says."""
        event = self.event
        text = f"{self.station_id}\0{event.type}\0{event.timestamp_text}\0{event.tech_info}"
        return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def record_security_events(batch: Sequence[ReceivedSecurityEvent]) -> None:
    """Keep some messages, each once, and what follows of them, in one transaction.

    All or nothing. Raises what the database raises, IntegrityError for a station that is gone.
    """
    received = {each.fingerprint: each for each in batch}
    try:
        _record(received)
    except IntegrityError:  # another process kept one of them in the same moment
        _record(received)


@transaction.atomic
def _record(received: dict[str, ReceivedSecurityEvent]) -> None:
    known = SecurityEvent.objects.filter(fingerprint__in=received)
    kept = {each.hex for each in known.values_list("fingerprint", flat=True) if each}
    new = {mark: each for mark, each in received.items() if mark not in kept}
    if not new:
        return
    SecurityEvent.objects.bulk_create(_row(mark, each) for mark, each in new.items())
    note_for_many(
        [
            (each.station_id, each.at, {"type": each.event.type, "info": each.event.tech_info})
            for each in new.values()
        ],
        kind="station.security_event",
        source=Source.STATION,
    )
    record_reports([_report(each) for each in new.values() if each.is_critical])


def _row(fingerprint: str, received: ReceivedSecurityEvent) -> SecurityEvent:
    event = received.event
    return SecurityEvent(
        station_id=received.station_id,
        fingerprint=fingerprint,
        type=event.type,
        timestamp=event.timestamp,
        timestamp_text=event.timestamp_text,
        tech_info=event.tech_info,
        received_at=received.at,
    )


def _report(received: ReceivedSecurityEvent) -> Received:
    facts = event_of_security(received.event, received.at)
    return Received(received.station_id, EventReport(SECURITY, None, None, (facts,)), received.at)
