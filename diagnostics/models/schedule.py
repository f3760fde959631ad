from __future__ import annotations

from datetime import date, time
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.schedule import EVERY_DAY, Recurrence, RunOutcome, Timetable
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.models.campaign import Campaign, CampaignPlan, between
from diagnostics.models.group import StationGroup
from diagnostics.models.selection import StationSelection


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def due(self, now: Any) -> ScheduleQuerySet:
        return self.filter(enabled=True, next_at__lte=now)


class Schedule(CampaignPlan):
    """A campaign that starts by itself. Which stations it asks is found out each time.

    `next_at` is when it is due next, None while it is off or never due again. Hours are told by
    `time_zone`, or else by the zone of its group, or the server's. One that somebody made who is
    limited to groups (`by_limited`) asks nobody once its maker is deleted.
    """

    name = models.CharField(_("name"), max_length=100)
    enabled = models.BooleanField(_("on"), default=True)
    scope = models.CharField(_("for"), max_length=10, choices=StationScope.choices)
    group = models.ForeignKey(
        StationGroup,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group"),
    )
    selection = models.ForeignKey(
        StationSelection,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("selection"),
    )
    recurrence = models.CharField(
        _("when"), max_length=5, choices=Recurrence.choices, default=Recurrence.DAYS
    )
    at = models.TimeField(_("at"), default=time(2))
    days = models.JSONField(_("on"), default=list, blank=True)
    every_hours = models.PositiveSmallIntegerField(
        _("every … hours"), default=6, validators=between(1, 24 * 31)
    )
    first_day = models.DateField(_("from"), default=timezone.localdate)
    by_limited = models.BooleanField(default=False, editable=False)
    next_at = models.DateTimeField(_("next"), null=True, blank=True, editable=False)
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

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        indexes = [
            models.Index(fields=["next_at"], condition=Q(enabled=True), name="diag_schedule_next")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> Any:
        if not self.time_zone and self.group is not None and self.group.time_zone:
            return self.group.zone
        return super().zone

    @property
    def scope_name(self) -> str:
        return str(self.group or self.selection or "")

    @property
    def timetable(self) -> Timetable:
        first = self.first_day if isinstance(self.first_day, date) else timezone.localdate()
        return Timetable(
            kind=self.recurrence,
            at=self.at,
            zone=self.zone,
            first=first,
            days=frozenset(self.days) or EVERY_DAY,
            hours=self.every_hours,
        )


class ScheduleRun(models.Model):
    """One time that a schedule was due, and what became of it.

    `missed` counts the times before that nothing ran here. `started_by` is who did it by hand.
    """

    schedule = models.ForeignKey(
        Schedule, on_delete=models.CASCADE, related_name="runs", verbose_name=_("schedule")
    )
    due_at = models.DateTimeField(_("due"))
    at = models.DateTimeField(_("when"))
    outcome = models.CharField(_("outcome"), max_length=8, choices=RunOutcome.choices)
    missed = models.PositiveIntegerField(_("missed before"), default=0)
    info = models.CharField(_("explanation"), max_length=500, blank=True)
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="schedule_runs",
        verbose_name=_("campaign"),
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )

    class Meta:
        verbose_name = _("run of a schedule")
        verbose_name_plural = _("runs of schedules")
        indexes = [models.Index(fields=["schedule", "-id"], name="diag_schedule_runs")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.due_at:%Y-%m-%d %H:%M}"
