"""How alerts speak: severities and states in words, and what an alert is in a sentence."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from diagnostics.lifecycles.alert import AlertSource, AlertState, ClosedBy, Severity
from diagnostics.models import Alert

# The worst look worst; what needs no action is quiet.
_TONES = {
    Severity.DANGER: "bad",
    Severity.HARDWARE_FAILURE: "bad",
    Severity.SYSTEM_FAILURE: "bad",
    Severity.CRITICAL: "bad",
    Severity.ERROR: "warn",
    Severity.ALERT: "warn",
    Severity.WARNING: "warn",
}

_ENDS = {
    ClosedBy.STATION: gettext_noop("Cleared by the station."),
    ClosedBy.MONITOR: gettext_noop("Closed, since its monitor is gone."),
    ClosedBy.UNSEEN: gettext_noop("Cleared by the station, before it was heard of here."),
}


def severity_tone(severity: int) -> str:
    """bad, warn or quiet: the colour and the shape of a severity's badge."""
    return _TONES.get(Severity(severity), "quiet") if severity in Severity.values else "quiet"


def alert_name(alert: Alert) -> str:
    """What is wrong, in words: a fault of a connector, a security event, or a variable."""
    if alert.source == AlertSource.SECURITY:
        return _("Security event %(type)s") % {"type": alert.last_value}
    place = str(alert.reference.component)
    if alert.source == AlertSource.STATUS:
        return _("%(place)s is faulty") % {"place": place}
    if alert.variable.lower() == "problem":
        return _("%(place)s has a problem") % {"place": place}
    return str(alert)


def alert_value(alert: Alert) -> str:
    """The last value and the station's code for it."""
    value = "" if alert.source == AlertSource.SECURITY else alert.last_value[:100]
    if alert.tech_code and alert.tech_code != alert.last_value:
        return f"{value} ({alert.tech_code})" if value else alert.tech_code
    return value


def alert_state(alert: Alert) -> str:
    """What has become of it, in a sentence."""
    if alert.state == AlertState.CLEARED:
        return _(_ENDS.get(ClosedBy(alert.closed_by), _ENDS[ClosedBy.STATION]))
    if alert.state == AlertState.ACKNOWLEDGED:
        who = alert.acknowledged_by or _("somebody")
        return _("Open, and %(who)s knows of it.") % {"who": who}
    return _("Open, and nobody has acknowledged it.")
