"""What became of a request for customer information, as a sentence that names no customer."""

from __future__ import annotations

from django.utils.translation import gettext as _

from diagnostics.lifecycles.call import UNSUPPORTED
from diagnostics.lifecycles.customer_information import (
    NOTHING_SAID,
    OPEN,
    CustomerStatus,
)
from diagnostics.models import CustomerInformation

S = CustomerStatus


def customer_tone(row: CustomerInformation) -> str:
    """Which of four looks a request has: good, busy, quiet or bad."""
    if row.status in OPEN:
        return "busy"
    if row.status == S.COMPLETE:
        return "good"
    return "quiet" if row.status == S.CANCELED else "bad"


def customer_wish(row: CustomerInformation) -> str:
    """What was asked for, in a few words."""
    if row.report and row.clear:
        return _("Report and clear")
    return _("Report") if row.report else _("Clear")


def customer_sentence(row: CustomerInformation) -> str:
    """What became of it so far, why as far as known, and what to do."""
    if row.status == S.COMPLETE:
        return _complete(row)
    if row.reason == UNSUPPORTED and row.call is not None:  # our own words, not the station's
        return _("The station was not asked. %(why)s") % {"why": row.call.error_description}
    words = _words()[CustomerStatus(row.status)]
    return f"{words} ({row.reason})" if row.reason and row.status == S.FAILED else words


def _complete(row: CustomerInformation) -> str:
    if row.reason == NOTHING_SAID:
        return _("The station agreed to clear the data, and said nothing more about it.")
    if row.purged_at:
        return _("The station answered. The text has been deleted: its time was over.")
    if row.clear:
        return _("The station agreed to clear the data. What it said is masked until it is read.")
    return _("The station has answered. Nobody sees the text until it is opened.")


def _words() -> dict[CustomerStatus, str]:
    return {
        S.QUEUED: _("Waiting: the request goes out when the station can take it."),
        S.SENT: _("Asked. The station has not answered yet."),
        S.ACCEPTED: _("The station accepted; what it knows is to come."),
        S.RECEIVING: _("Parts of the answer are here, more are to come."),
        S.INCOMPLETE: _("Parts of the answer are missing, and nothing more came. Ask again."),
        S.REJECTED: _("The station cannot do it now. Try again later."),
        S.INVALID: _("The station did not understand which customer is meant."),
        S.FAILED: _("The station could not be asked, or gave no answer."),
        S.CANCELED: _("Canceled before the station was asked."),
        S.EXPIRED: _("The station did not return in time, so it was never asked."),
    }
