"""The form of an automation, and what fills it when it begins at an alert."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.device_model.forms import ReportFields, fields_of
from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.automation import NARROWED_BY, Narrowing, Trigger
from diagnostics.models import Alert, Automation, NotificationTarget
from diagnostics.services import access
from diagnostics.wording.alerts import alert_name

# What each action takes of whoever has it done, whoever presses the button.
NEEDED = {
    "pull_log": ("diagnostics.request_log", gettext_lazy("You may not ask stations for logs.")),
    "report": ("diagnostics.request_report", gettext_lazy("You may not ask stations for reports.")),
    "targets": ("diagnostics.view_notificationtarget", gettext_lazy("You may not tell anybody.")),
}
ACTIONS = tuple(NEEDED)
USUAL_AWAY = 15

HELP = {
    "trigger": gettext_lazy(
        "It is looked at a few seconds after it happened. What happened before the automation was "
        "switched on does not count."
    ),
    "component": gettext_lazy(
        "Capital letters do not matter, a star stands for any: Temperature*. Empty: every one."
    ),
    "code": gettext_lazy(
        "The technical code or the type of the event, the error code of a fault, the type of a "
        "security event, the reason of a boot or of a failure. A star stands for any letters."
    ),
    "severity": gettext_lazy("0 is worst. Empty: however bad."),
    "times": gettext_lazy("How often it must happen at one station, within so many minutes."),
    "log_minutes": gettext_lazy(
        "The log begins so long before it happened, and ends when the station sends it."
    ),
}


class AutomationForm(forms.ModelForm, ReportFields):
    """`user` is who fills it in: it offers only what that user may see and ask for."""

    user: Any = None

    class Meta:
        model = Automation
        fields = (
            "name", "enabled", "trigger", "away_minutes", "component", "variable", "code",
            "severity", "times", "within_minutes", "group", "selection", "pull_log", "log_type",
            "log_minutes", "report", "targets", "cool_down_minutes", "most_per_hour",
        )  # fmt: skip
        help_texts = HELP
        widgets = {"targets": forms.CheckboxSelectMultiple}  # noqa: RUF012

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**fields_of(self.instance.report_criteria), **self.initial}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self._leave_out(data)
        self._check_scope(data)
        self._check_actions(data)
        self._keep_report(data)
        return data

    def _keep_report(self, data: dict[str, Any]) -> None:
        what = data.get("report")
        try:
            self.instance.report_asked = self.criteria_of(what) if what else {}
        except RequestRefused as error:
            self.add_error("report", str(error))

    def _leave_out(self, data: dict[str, Any]) -> None:
        """Conditions that the trigger does not know: the page hides their fields."""
        trigger = data.get("trigger")
        known = NARROWED_BY[Trigger(trigger)] if trigger else frozenset(Narrowing)
        for name in set(Narrowing) - known:
            data[name] = None if name in (Narrowing.SEVERITY, Narrowing.AWAY) else ""
            self.errors.pop(name, None)
        if trigger == Trigger.AWAY and not data.get("away_minutes"):
            self.add_error("away_minutes", _("Say how long it must be away."))

    def _check_scope(self, data: dict[str, Any]) -> None:
        chosen = data.get("group") or data.get("selection")
        if chosen is None and access.limit_of(self.user) is not None:
            self.add_error("group", _("Choose the group or the selection that it is for."))

    def _check_actions(self, data: dict[str, Any]) -> None:
        if not any(data.get(name) for name in ACTIONS):
            self.add_error(ACTIONS[0], _("Choose at least one thing that it does."))
        for name, (permission, problem) in NEEDED.items():
            if data.get(name) and not self.user.has_perm(permission):
                self.add_error(name, problem)


def limited_choices(name: str, user: Any) -> Any:
    """The groups, selections or targets that a user may choose."""
    if name == "targets":  # they are the whole fleet's
        may = access.limit_of(user) is None and user.has_perm(NEEDED["targets"][0])
        return NotificationTarget.objects.all() if may else NotificationTarget.objects.none()
    if name == "group":
        return access.visible_groups(user)
    return access.visible_selections(user)


def initial_of(alert: Alert) -> dict[str, Any]:
    """What fills the form when it begins at an alert: the log, whenever such an alert opens."""
    coded = not alert.variable_monitoring_id and alert.tech_code
    return {
        "name": _("Log when %(alert)s") % {"alert": alert_name(alert)[:80]},
        "trigger": Trigger.ALERT_OPENED,
        "component": alert.component,
        "variable": alert.variable,
        "code": alert.tech_code if coded else "",
        "severity": alert.severity,
        "pull_log": True,
    }
