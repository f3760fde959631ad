"""What stations say about customers, and what became of the calls that asked (N09, N10).

The text goes into the parts and nowhere else: not into the timeline, not into a log line.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.customer_information import TERMINAL, CustomerStatus, judge
from diagnostics.models import CustomerInformation, CustomerInformationPart, OutboundCall
from diagnostics.ocpp.codecs.customer_information import CustomerPart, decode_answer
from diagnostics.ocpp.personal import without_personal_data
from diagnostics.progress import publish_on_commit
from diagnostics.services.timeline import Source, note

# Parts kept of one answer: 512 KB of text about one person is a mistake.
MOST_PARTS = 1000

# Silence after which no further part is expected.
SILENCE = timedelta(minutes=10)

BATCH = 500


@contextmanager
def locked(row: CustomerInformation) -> Iterator[CustomerInformation]:
    """Hold the row, let the caller set facts on it, then judge, save and announce it.

    Always locked after its call: two processes never wait for each other.
    """
    with transaction.atomic():
        held = (
            CustomerInformation.objects.select_for_update(of=("self",))
            .select_related("call", "station")
            .get(pk=row.pk)
        )
        yield held
        _judge(held)
        held.save()


def _judge(row: CustomerInformation) -> None:
    if row.purged_at is not None:
        return  # its parts are gone: what it came to stands
    was = row.status
    judgement = judge(row.facts())
    row.status, row.reason = judgement.status, judgement.reason[:64]
    if row.status != was:
        row.settled_at = timezone.now() if row.status in TERMINAL else None
        publish_on_commit("customerinformation", row.pk, state=row.status)


def note_row(row: CustomerInformation, kind: str, source: str, **data: Any) -> None:
    """An entry in the station's timeline, which names the request and never the customer."""
    note(station=row.station, kind=kind, source=source, customer_request=row.pk, **data)


def call_moved(call: OutboundCall) -> None:
    """A call was sent or settled: forget whom it named, and draw the consequences.

    The transport has the payload in hand (`next_call` returned it); the row keeps a masked copy.
    """
    redact(call)
    if call.customer_information is None:
        return
    with locked(call.customer_information) as row:
        row.identifier = None
        _CONSEQUENCES[CallStatus(call.status)](row, call)


def redact(call: OutboundCall) -> None:
    """Mask what the stored call says of a person; the call in hand stays as it is."""
    action = call.wire_action or call.action
    OutboundCall.objects.filter(pk=call.pk).update(
        payload=without_personal_data(action, call.payload),
        wire_payload=without_personal_data(action, call.wire_payload),
    )


def _sent(row: CustomerInformation, call: OutboundCall) -> None:
    note_row(row, "customer.sent", Source.SYSTEM)


def _answered(row: CustomerInformation, call: OutboundCall) -> None:
    answer = decode_answer(call.answer or {})
    row.answer, row.reason_code = answer.status, answer.reason_code
    row.answered_at = row.heard_at = call.settled_at or timezone.now()
    note_row(
        row,
        "customer.answered",
        Source.STATION,
        status=answer.status,
        reason=answer.reason_code,
        late=call.late or None,
    )


def _refused(row: CustomerInformation, call: OutboundCall) -> None:
    note_row(row, "customer.refused", Source.STATION, code=call.error_code)


def _ended(row: CustomerInformation, call: OutboundCall) -> None:
    note_row(row, "customer.unanswered", Source.SYSTEM, why=call.error_code or call.status)


def _pending(row: CustomerInformation, call: OutboundCall) -> None:
    """Nothing follows from waiting."""


_CONSEQUENCES = {
    CallStatus.PENDING: _pending,
    CallStatus.SENT: _sent,
    CallStatus.ANSWERED: _answered,
    CallStatus.REFUSED: _refused,
    CallStatus.TIMED_OUT: _ended,
    CallStatus.EXPIRED: _ended,
    CallStatus.CANCELED: _ended,
}


def receive_part(station: Any, part: CustomerPart) -> CustomerInformation | None:
    """Keep one NotifyCustomerInformation. Returns the request it belongs to, if any.

    A part that comes twice counts once. What nobody asked for, or what comes after the purge, is
    noted without its text and not kept.
    """
    found = None
    if part.request_id is not None:  # 0 is a legal id
        ours = CustomerInformation.objects.filter(station=station)
        found = ours.filter(request_id=part.request_id).first()
    if found is None:
        note(
            station=station,
            kind="customer.unmatched",
            source=Source.STATION,
            request_id=part.request_id,
        )
        return None
    with locked(found) as row:
        _keep(row, part)
    return row


def _keep(row: CustomerInformation, part: CustomerPart) -> None:
    if row.purged_at is not None or row.parts.count() >= MOST_PARTS:
        note_row(row, "customer.not_kept", Source.STATION)
        return
    now = timezone.now()
    CustomerInformationPart.objects.get_or_create(
        information=row,
        seq_no=part.seq_no,
        defaults={"tbc": part.tbc, "data": part.data.replace("\0", ""), "received_at": now},
    )
    row.heard_at, row.silent = now, False
    if row.parts_state().is_closed and row.status != CustomerStatus.COMPLETE:
        note_row(row, "customer.complete", Source.STATION)


def expire_silent(now: datetime) -> None:
    """End the requests whose parts stopped coming; what still comes is taken (N10.FR.06)."""
    for found in CustomerInformation.objects.silent_since(now - SILENCE)[:BATCH]:
        with locked(found) as row:
            row.silent = True
            note_row(row, "customer.silent", Source.SYSTEM)
