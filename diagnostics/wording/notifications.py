"""What people outside are told: one message, made when it is sent, with links to the pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib.admin.utils import quote
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.notification import DeliveryState, Kind, TargetKind
from diagnostics.models import Delivery, Notification, NotificationRoute, NotificationTarget
from diagnostics.notify import Message, Problem
from diagnostics.wording.alerts import alert_name
from diagnostics.wording.automations import happened_words

# Notifications that one message spells out.
MOST_LISTED = 50

_SENTENCES = {
    Kind.ALERT_OPENED: gettext_noop("%(what)s"),
    Kind.ALERT_CLEARED: gettext_noop("All is well again: %(what)s"),
    Kind.SECURITY_EVENT: gettext_noop("%(what)s"),
    Kind.LOG_FAILED: gettext_noop("%(what)s"),
    Kind.AWAY: gettext_noop("The station is away, and does not come back"),
    Kind.AUTOMATION: gettext_noop("Automation %(name)s acted: %(what)s"),
    Kind.CAMPAIGN: gettext_noop("Campaign %(name)s is over"),
}

_COUNTED = gettext_noop("Campaign %(name)s is over: %(good)s of %(count)s stations succeeded")

TONES = {
    DeliveryState.COLLECTING: "busy",
    DeliveryState.WAITING: "busy",
    DeliveryState.DELIVERED: "good",
    DeliveryState.REFUSED: "bad",
    DeliveryState.EXPIRED: "bad",
}


def compose(delivery: Delivery) -> Message:
    """The message of a delivery, in words and as data."""
    if delivery.is_test:
        subject, text, told = _test(delivery)
    else:
        told = list(delivery.notifications.select_related("station", "alert").order_by("at", "pk"))
        single = len(told) == 1 and not delivery.is_digest
        subject = headline(told[0]) if single else _many(told)
        text = "\n\n".join(paragraph(each) for each in told[:MOST_LISTED])
        if len(told) > MOST_LISTED:
            text += "\n\n" + _("And %(more)d more.") % {"more": len(told) - MOST_LISTED}
    data = {
        "at": delivery.created_at.isoformat(),
        "test": delivery.is_test,
        "notifications": [_as_data(each) for each in told],
    }
    return Message(str(delivery.uuid), subject, text, delivery.created_at, data)


def _test(delivery: Delivery) -> tuple[str, str, list[Notification]]:
    text = _("This is a test of the notification target %(name)s. It works.")
    where = _address("admin:index")
    body = text % {"name": delivery.target.name}
    return _("A test"), f"{body}\n{where}" if where else body, []


def _many(told: list[Notification]) -> str:
    stations = len({each.station_id for each in told if each.station_id is not None})
    words = ngettext("%(n)d message", "%(n)d messages", len(told)) % {"n": len(told)}
    if not stations:
        return words
    where = ngettext("from one station", "from %(n)d stations", stations) % {"n": stations}
    return f"{words} {where}"


def headline(told: Notification) -> str:
    """ "CS-1: TemperatureSensor · Temperature (1 Hardware failure)"."""
    sentence = what_words(told)
    if told.severity is not None and told.severity in Severity.values:
        sentence += f" ({told.severity} {Severity(told.severity).label})"
    if told.station is None:
        return sentence
    return f"{get_gateway().identity(told.station)}: {sentence}"


def what_words(told: Notification) -> str:
    """What happened, in a sentence."""
    sentence = _SENTENCES.get(Kind(told.kind), "%(what)s")
    if "good" in told.what:
        sentence = _COUNTED
    what = alert_name(told.alert) if told.alert is not None else ""
    name = told.what.get("automation") or told.what.get("name", "")
    words = {**told.what, "name": name, "what": what or _happened(told)}
    return _(sentence) % words


def _happened(told: Notification) -> str:
    trigger = told.what.get("trigger", told.kind)
    return happened_words(trigger, told.what)


def paragraph(told: Notification) -> str:
    """The headline, the value, when, and where to see more."""
    moment = date_format(timezone.localtime(told.at), "Y-m-d H:i:s T")
    value = told.what.get("value", "")
    lines = [
        headline(told),
        _("Value: %(value)s") % {"value": value} if value else "",
        moment,
        link(told),
    ]
    return "\n".join(line for line in lines if line)


def link(told: Notification) -> str:
    """The page about it, else that of the station; "" where the host has neither."""
    if told.alert_id is not None:
        return _address("admin:diagnostics_alert_change", told.alert_id)
    own = _address(f"admin:diagnostics_{told.source}_change", told.source_id)
    if own or told.station is None:
        return own
    meta = told.station._meta
    return _address(f"admin:{meta.app_label}_{meta.model_name}_change", quote(told.station.pk))


def _address(name: str, *keys: Any) -> str:
    """PUBLIC_URL may have the project's prefix already, which a page's own path begins with too."""
    base = app_settings.public_url
    prefix = urlsplit(base).path
    try:
        path = reverse(name, args=keys)
    except NoReverseMatch:
        return ""
    return base + (path[len(prefix) :] if path.startswith(f"{prefix}/") else path)


def _as_data(told: Notification) -> dict[str, Any]:
    station = told.station
    return {
        "id": told.pk,
        "kind": told.kind,
        "station": get_gateway().identity(station) if station is not None else None,
        "severity": told.severity,
        "at": told.at.isoformat(),
        "text": what_words(told),
        "what": told.what,
        "url": link(told),
    }


# For the operators' own pages


def answer_words(answer: str, kind: str) -> str:
    """What the receiver said: a code, or why there is none."""
    if answer in Problem.values:
        return str(Problem(answer).label)
    if answer == "InternalError":
        return _("an error here; the log of the server says more")
    if not answer.isdecimal():
        return ""
    what = _("HTTP status") if kind == TargetKind.WEBHOOK else _("code")
    return f"{what} {answer}"


def delivery_sentence(row: Delivery) -> str:
    """What became of a delivery."""
    why = answer_words(row.answer, row.target.kind)
    if row.state == DeliveryState.COLLECTING:
        return _("More is collected until it goes out.")
    if row.state == DeliveryState.DELIVERED:
        return _("Delivered (%(why)s).") % {"why": why} if why else _("Delivered.")
    if row.state == DeliveryState.REFUSED:
        return _("Not delivered, and not tried again: %(why)s.") % {"why": why}
    if row.state == DeliveryState.EXPIRED:
        return _("Not delivered in time: %(why)s.") % {"why": why or _("never tried")}
    if row.attempts:
        return _("Not delivered yet: %(why)s.") % {"why": why}
    return _("On its way.")


def target_sentence(row: NotificationTarget) -> str:
    """Whether a target can be reached."""
    if not row.enabled:
        return _("Switched off: nothing is sent to it.")
    if row.is_paused:
        return _("It cannot be reached: it is tried once an hour, and messages wait for a day.")
    if row.failures:
        return _("The last message did not get through; it is tried again.")
    return "" if row.delivered_at else _("Nothing was sent to it yet.")


def route_words(row: NotificationRoute) -> str:
    """What a route tells of: "an alert opens, a station stays away; severity 3 or worse"."""
    words = [str(Kind(kind).label) for kind in row.kinds if kind in Kind.values]
    text = ", ".join(words)
    if row.severity is not None:
        text += "; " + _("severity %(n)d or worse") % {"n": row.severity}
    return text
