"""Reading what stations know of a customer leaves a trace; forgetting it leaves the proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from diagnostics.exceptions import RequestClosed
from diagnostics.lifecycles.call import OPEN as OPEN_CALLS
from diagnostics.lifecycles.customer_information import TERMINAL
from diagnostics.models import CustomerInformation, CustomerInformationAccess
from diagnostics.services.customer_information import answers as customer_answers
from diagnostics.services.timeline import Source

BATCH = 500


def open_information(row: CustomerInformation, *, opened_by: Any) -> str:
    """The text, its parts joined in order; that `opened_by` read it is recorded with it.

    The caller checks the permission `diagnostics.read_customer_information`. "" is an answer
    too: the station knows nothing. Raises RequestClosed when the text is gone, or never came.
    """
    with customer_answers.locked(row) as held:
        if held.purged_at is not None:
            raise RequestClosed("The text has been deleted: its time was over.")
        text = "".join(held.parts.order_by("seq_no").values_list("data", flat=True))
        if not held.parts.exists():
            raise RequestClosed("The station has sent no text.")
        CustomerInformationAccess.objects.create(
            information=held, user=opened_by, user_name=str(opened_by)[:150], at=timezone.now()
        )
        customer_answers.note_row(held, "customer.opened", Source.OPERATOR, user=opened_by)
    return text


def purge_information(row: CustomerInformation, *, purged_by: Any = None) -> None:
    """Delete the text and the last letters of the identifier, now; the record of it stays.

    Raises RequestClosed while the request still runs.
    """
    with customer_answers.locked(row) as held:
        if held.status not in TERMINAL:
            raise RequestClosed("The request still runs.")
        _purge(held, purged_by)


def _purge(row: CustomerInformation, purged_by: Any = None) -> None:
    row.parts.all().delete()
    row.identifier, row.identifier_masked = None, ""
    row.purged_at = timezone.now()
    source = Source.OPERATOR if purged_by else Source.SYSTEM
    customer_answers.note_row(row, "customer.purged", source, user=purged_by)


def purge_rows(rows: QuerySet[CustomerInformation]) -> int:
    """Purge what has been kept long enough; housekeeping asks. Returns how many there were."""
    found = list(rows)
    for row in found:
        with customer_answers.locked(row) as held:
            _purge(held)
    return len(found)


def forget_identifiers() -> None:
    """Forget the identifiers whose calls ended without being sent, whoever ended them."""
    kept = CustomerInformation.objects.filter(identifier__isnull=False)
    for found in kept.exclude(call__status__in=OPEN_CALLS)[:BATCH]:
        with transaction.atomic(), customer_answers.locked(found) as row:
            row.identifier = None


def sweep_customer_information(now: datetime) -> None:
    """What time does to requests: silence, forgotten identifiers."""
    customer_answers.expire_silent(now)
    forget_identifiers()
