from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.automation import Outcome, Trigger
from diagnostics.lifecycles.log_request import LogType
from diagnostics.lifecycles.report import ASKED, ReportBase
from diagnostics.models.event import Alert
from diagnostics.models.log_request import LogRequest
from diagnostics.models.report import Report
from diagnostics.models.scope import NarrowedToStations

DAY, WEEK = 24 * 60, 7 * 24 * 60
# More of them could keep a database that backtracks busy for long.
MOST_STARS = 4


def check_pattern(text: str) -> None:
    """Raise ValidationError for a pattern with too many stars."""
    if text.count("*") > MOST_STARS:
        raise ValidationError(_("At most %(most)d stars."), params={"most": MOST_STARS})


class Automation(NarrowedToStations):
    """When this happens at one of these stations, do that.

    Every condition narrows; an empty one does not. Names and codes are compared without regard to
    case; a star stands for any letters. Rows of what happens are read by their keys, from
    `position` on, or by their time from `position_at` on; see `services.automations.sources`.
    """

    name = models.CharField(_("name"), max_length=100)
    enabled = models.BooleanField(
        _("switched on"), default=True, help_text=_("Off, it looks at nothing and does nothing.")
    )

    trigger = models.CharField(_("when"), max_length=16, choices=Trigger.choices)
    component = models.CharField(
        _("component"), max_length=50, blank=True, validators=[check_pattern]
    )
    variable = models.CharField(
        _("variable"), max_length=50, blank=True, validators=[check_pattern]
    )
    severity = models.SmallIntegerField(
        _("severity at least as bad as"), null=True, blank=True, choices=Severity.choices
    )
    code = models.CharField(_("code"), max_length=50, blank=True, validators=[check_pattern])
    away_minutes = models.PositiveIntegerField(
        _("minutes away"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(WEEK)],
    )
    times = models.PositiveSmallIntegerField(
        _("times"), default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    within_minutes = models.PositiveIntegerField(
        _("within minutes"), default=10, validators=[MinValueValidator(1), MaxValueValidator(DAY)]
    )

    pull_log = models.BooleanField(_("ask for a log"), default=False)
    log_type = models.CharField(
        _("log"), max_length=20, choices=LogType.choices, default=LogType.DIAGNOSTICS
    )
    log_minutes = models.PositiveIntegerField(
        _("minutes before it happened"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(WEEK)],
    )
    report = models.CharField(_("ask for a report"), max_length=24, choices=ASKED, blank=True)
    # What it is narrowed by, as on the wire.
    report_asked = models.JSONField(default=dict, blank=True, editable=False)
    targets: models.ManyToManyField = models.ManyToManyField(
        "diagnostics.NotificationTarget",
        blank=True,
        related_name="automations",
        verbose_name=_("tell"),
    )

    cool_down_minutes = models.PositiveIntegerField(
        _("minutes of rest for each station"),
        default=60,
        validators=[MaxValueValidator(WEEK)],
        help_text=_("After it acted on a station it leaves that station alone for so long."),
    )
    most_per_hour = models.PositiveIntegerField(
        _("at most … times an hour, at all stations"),
        default=50,
        validators=[MinValueValidator(1), MaxValueValidator(10_000)],
    )

    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("made by"),
    )
    position = models.BigIntegerField(default=0, editable=False)
    position_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(NarrowedToStations.Meta):
        verbose_name = _("automation")
        verbose_name_plural = _("automations")
        ordering = ["name"]
        constraints = [
            *NarrowedToStations.Meta.constraints,
            models.UniqueConstraint(
                Lower("name"),
                name="diagnostics_automation_name",
                violation_error_message=_("There is already an automation with this name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def report_criteria(self) -> dict[str, Any]:
        """What the report is asked with: `Report.criteria`."""
        if self.report in ReportBase.values:
            return {"reportBase": self.report}
        return dict(self.report_asked)

    @property
    def cool_down(self) -> timedelta:
        return timedelta(minutes=self.cool_down_minutes)

    @property
    def within(self) -> timedelta:
        return timedelta(minutes=self.within_minutes)


class AutomationFiring(models.Model):
    """An automation met what it waits for, once: what that was, and what was done about it.

    `source` and `source_id` name the row that it met, which makes one row fire once. `what` keeps
    of it what people want to read, as codes. What came during the station's cool-down is counted in
    `held`, up to row `held_id` at `held_at`. `problems` has why something could not be done, by
    action: the sentence that an operator who asks would get.
    """

    automation = models.ForeignKey(
        Automation, on_delete=models.CASCADE, related_name="firings", verbose_name=_("automation")
    )
    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    source = models.CharField(max_length=16, editable=False)
    source_id = models.BigIntegerField(editable=False)
    at = models.DateTimeField(_("happened"))
    fired_at = models.DateTimeField(_("fired"))
    what = models.JSONField(_("what happened"), default=dict)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    problems = models.JSONField(_("problems"), default=dict)
    alert = models.ForeignKey(
        Alert,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="firings",
        verbose_name=_("alert"),
    )
    log_request = models.ForeignKey(
        LogRequest,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="firings",
        verbose_name=_("log request"),
    )
    report = models.ForeignKey(
        Report,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="firings",
        verbose_name=_("report"),
    )
    told = models.PositiveSmallIntegerField(_("targets told"), default=0)
    held = models.PositiveIntegerField(_("held back since"), default=0)
    held_at = models.DateTimeField(_("last held back"), null=True, blank=True)
    held_id = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("firing of an automation")
        verbose_name_plural = _("firings of automations")
        constraints = [
            models.UniqueConstraint(
                fields=["automation", "source", "source_id"], name="diagnostics_fired_once"
            )
        ]
        indexes = [
            models.Index(fields=["automation", "station", "-at"], name="diag_firing_station"),
            models.Index(fields=["automation", "-fired_at"], name="diag_firing_hour"),
            models.Index(fields=["fired_at"], name="diag_firing_age"),
        ]

    def __str__(self) -> str:
        return f"{self.automation} #{self.pk}"
