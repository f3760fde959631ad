"""The line of a timeline entry. Each kind has one sentence; what is missing leaves no gap."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from diagnostics.lifecycles.log_request import LogType, UploadRoute
from diagnostics.lifecycles.report import ReportBase, ReportKind
from diagnostics.models import TimelineEntry
from diagnostics.wording.values import size

SENTENCES: dict[str, str] = {
    "alert.acknowledged": gettext_noop("Alert acknowledged: %(name)s"),
    "alert.cleared": gettext_noop("Alert cleared: %(name)s"),
    "alert.opened": gettext_noop("Alert: %(name)s"),
    "automation.fired": gettext_noop("Automation %(automation)s acted"),
    "automation.refused": gettext_noop("Automation %(automation)s could do nothing"),
    "call.placed": gettext_noop("%(action)s written by hand"),
    "call.triggered": gettext_noop("Told to send %(message)s"),
    "call.unmatched": gettext_noop("Answered a call that nobody here had placed (%(message_id)s)"),
    "capability.forgotten": gettext_noop(
        "%(subject)s may be asked for again, although the station said that it does not know it"
    ),
    "certificates.read": gettext_noop("Told which certificates it has installed: %(count)s"),
    "certificates.requested": gettext_noop("Asked which certificates are installed"),
    "customer.answered": gettext_noop(
        "Answered %(status)s to the request for customer information #%(customer_request)s"
    ),
    "customer.canceled": gettext_noop(
        "Request for customer information #%(customer_request)s canceled"
    ),
    "customer.complete": gettext_noop("Customer information #%(customer_request)s is complete"),
    "customer.list_answered": gettext_noop(
        "Answered %(status)s to the removal of a token from its local list"
    ),
    "customer.list_requested": gettext_noop(
        "A token is to be removed from the local list (#%(customer_request)s)"
    ),
    "customer.not_kept": gettext_noop(
        "Sent more customer information, which was not kept (#%(customer_request)s)"
    ),
    "customer.opened": gettext_noop("Customer information #%(customer_request)s was opened"),
    "customer.purged": gettext_noop(
        "The text of customer information #%(customer_request)s was deleted"
    ),
    "customer.refused": gettext_noop(
        "Answered the request for customer information with the error %(code)s"
    ),
    "customer.requested": gettext_noop("Customer information #%(customer_request)s requested"),
    "customer.sent": gettext_noop("Asked for customer information #%(customer_request)s"),
    "customer.silent": gettext_noop(
        "Nothing more came of customer information #%(customer_request)s"
    ),
    "customer.unanswered": gettext_noop(
        "No answer came to the request for customer information (%(why)s)"
    ),
    "customer.unmatched": gettext_noop(
        "Sent customer information that nobody here had asked for; it was not kept"
    ),
    "hold.placed": gettext_noop("Legal hold placed on %(called)s: %(reason)s"),
    "hold.released": gettext_noop("Legal hold on %(called)s released (%(reason)s)"),
    "log.answered": gettext_noop("Answered %(status)s"),
    "log.asked_again": gettext_noop("Put into the queue again"),
    "log.canceled": gettext_noop("Canceled"),
    "log.expired": gettext_noop("Expired before the station could be asked"),
    "log.given_up": gettext_noop("Given up: nothing was heard and no file came"),
    "log.idle": gettext_noop("Says that no upload is running"),
    "log.polled": gettext_noop("Asking the station how its upload stands"),
    "log.refused": gettext_noop("Answered with the error %(code)s"),
    "log.refused_here": gettext_noop("A log was not asked for"),
    "log.requested": gettext_noop("%(log_type)s requested"),
    "log.sent": gettext_noop("%(action)s sent"),
    "log.status": gettext_noop("Says %(status)s"),
    "log.superseded": gettext_noop("Canceled by the station for request #%(by)s"),
    "log.unanswered": gettext_noop("No answer came (%(why)s)"),
    "log.unmatched": gettext_noop("Says %(status)s of an upload that nobody here had asked for"),
    "log.unsupported": gettext_noop("Could not be asked"),
    "log.watched": gettext_noop("Read while it arrived"),
    "messages.exported": gettext_noop("Messages downloaded"),
    "monitor.base": gettext_noop("Answered %(status)s to the monitoring base %(base)s"),
    "monitor.base_requested": gettext_noop("Monitoring base %(base)s requested"),
    "monitor.clear_requested": gettext_noop("Monitors to be cleared: %(ids)s"),
    "monitor.clear_result": gettext_noop(
        "Answered %(status)s to the clearing of monitor %(monitor_id)s"
    ),
    "monitor.failed": gettext_noop("%(action)s brought no answer (%(why)s)"),
    "monitor.halved": gettext_noop(
        "%(action)s was too long for the station: its %(count)s parts are asked for in two"
    ),
    "monitor.level": gettext_noop("Answered %(status)s to the monitoring level %(level)s"),
    "monitor.level_requested": gettext_noop("Monitoring level %(level)s requested"),
    "monitor.not_read": gettext_noop("Its monitors could not be asked for"),
    "monitor.read": gettext_noop("Reported %(count)s monitors"),
    "monitor.read_partly": gettext_noop("Reported %(count)s monitors, and what cannot be read"),
    "monitor.requested": gettext_noop("Monitor requested: %(monitor)s"),
    "monitor.result": gettext_noop("Answered %(status)s to the monitor %(monitor)s"),
    "profile.applied": gettext_noop("Monitor profile %(profile)s applied: %(status)s"),
    "profile.canceled": gettext_noop("The application of a monitor profile was canceled"),
    "profile.drifted": gettext_noop("Runs other monitors than its profile %(profile)s says"),
    "report.requested": gettext_noop("Report requested: %(report)s"),
    "report.settled": gettext_noop("Report %(report)s: %(status)s"),
    "report.unmatched": gettext_noop("Sent a part of a report that nobody here had asked for"),
    "station.booted": gettext_noop("Booted"),
    "station.connected": gettext_noop("Connected"),
    "station.disconnected": gettext_noop("Disconnected"),
    "station.firmware": gettext_noop("Firmware changed from %(before)s to %(after)s"),
    "station.security_event": gettext_noop("Security event %(type)s"),
    "station.cannot_read": gettext_noop(
        "Could not read an answer of ours: %(code)s (%(message_id)s)"
    ),
    "station.uploads_changed": gettext_noop("How its log files come in was changed: %(route)s"),
    "stream.adjusted": gettext_noop("Answered %(status)s to a new pace of stream %(stream)s"),
    "stream.behind": gettext_noop(
        "Falls behind on stream %(stream)s, and no faster pace is left to ask for"
    ),
    "stream.catching_up": gettext_noop(
        "Falls behind on stream %(stream)s, and is asked for another pace"
    ),
    "stream.closed": gettext_noop("Closed event stream %(stream)s"),
    "stream.gone": gettext_noop("Does not have some event streams any more"),
    "stream.nameless": gettext_noop("Could not be asked about its event streams"),
    "stream.opened": gettext_noop("Opened event stream %(stream)s"),
    "stream.refused": gettext_noop("Wanted to open event stream %(stream)s, and has too many open"),
    "stream.unknown": gettext_noop("Sends values on stream %(stream)s, which it never opened"),
    "stream.unread": gettext_noop("Sent values on stream %(stream)s that cannot be read"),
    "upload.expired": gettext_noop("Came to upload, but the address was no longer valid"),
    "upload.failed": gettext_noop("An upload could not be kept"),
    "upload.partial": gettext_noop("A part of a file arrived"),
    "upload.received": gettext_noop("File arrived"),
    "upload.started": gettext_noop("A file begins to arrive"),
    "upload.too_many": gettext_noop("Came to upload again, but enough files were kept"),
    "upload.wrong_password": gettext_noop("Somebody came to upload with a wrong password"),
    "variables.get": gettext_noop("Variables asked for (#%(request)s)"),
    "variables.set": gettext_noop("Variables set (#%(request)s)"),
    "variables.settled": gettext_noop("%(good)s of %(count)s variables done (#%(request)s)"),
}

# What follows the sentence, in this order, where the entry has it.
DETAILS = ("name", "value", "filename", "size", "declared", "continued", "reason", "firmware",
           "version", "info", "interval", "values", "address", "request_id", "legacy", "late",
           "again", "variables", "fresh", "lost")  # fmt: skip


def entry_sentence(entry: TimelineEntry) -> str:
    """An entry in words; a kind this version does not know is shown by its name."""
    data = {key: _word(key, value) for key, value in entry.data.items()}
    sentence = SENTENCES.get(entry.kind)
    head = _(sentence) % _Gapless(data) if sentence else entry.kind
    details = [data[key] for key in DETAILS if key in data and f"%({key})s" not in (sentence or "")]
    return f"{head}: {', '.join(details)}" if details else head


class _Gapless(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _word(key: str, value: Any) -> str:
    if key == "size":
        return size(value)
    if key == "route":
        return str(dict(UploadRoute.choices).get(value, _("Automatic")))
    if key == "log_type":
        return str(dict(LogType.choices).get(value, value))
    if key == "report":
        return _report(str(value))
    if key == "firmware":
        return _("firmware %(version)s") % {"version": value}
    if key == "version":
        return f"OCPP {value}"
    if key == "declared":
        return _("announced as %(size)s") % {"size": size(value)}
    if key == "continued":
        return _("continued after %(size)s") % {"size": size(value)}
    if key == "request_id":
        return _("request id %(id)s") % {"id": value}
    if key == "interval":
        return _("every %(count)s s") % {"count": value}
    if key == "values":
        return _("%(count)s values at once") % {"count": value}
    if key == "fresh":
        return _("%(count)s new") % {"count": value}
    if key == "lost":
        return _("%(count)s not listed any more") % {"count": value}
    if key in ("legacy", "late", "again"):
        words = {
            "legacy": _("with GetDiagnostics this time"),
            "late": _("late"),
            "again": _("the same contents as before"),
        }
        return words[key]
    return str(value)


def _report(named: str) -> str:
    """ "FullInventory #3" as its page calls it, and the number."""
    what, _sign, number = named.rpartition(" #")
    words = dict([*ReportBase.choices, *ReportKind.choices])
    return f"{words.get(what, what)} #{number}"
