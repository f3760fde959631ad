from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.campaign import (
    OPEN,
    UNSETTLED,
    Advance,
    CampaignStatus,
    HeldBecause,
    Operation,
    StationState,
)
from diagnostics.lifecycles.station_scope import StationScope
from diagnostics.models.group import check_time_zone

MOST_AT_ONCE, MOST_PER_SECOND, MOST_ATTEMPTS = 5000, 500, 10


def between(least: float, most: float) -> list[Any]:
    """Validators of a number within limits."""
    return [MinValueValidator(least), MaxValueValidator(most)]


class CampaignPlan(models.Model):
    """What is asked of every station, and at which pace. `params` are the operation's own: see
    `services.campaigns.operations`."""

    operation = models.CharField(_("what"), max_length=20, choices=Operation.choices)
    params = models.JSONField(_("details"), default=dict, blank=True)

    at_once = models.PositiveIntegerField(
        _("at once"),
        default=20,
        validators=between(1, MOST_AT_ONCE),
        help_text=_("Stations that are asked and have not ended yet."),
    )
    at_once_per_group = models.PositiveIntegerField(
        _("at once in a group"),
        null=True,
        blank=True,
        validators=between(1, MOST_AT_ONCE),
        help_text=_("For sites whose stations share a line. Empty: no limit of its own."),
    )
    per_second = models.FloatField(
        _("starts per second"),
        null=True,
        blank=True,
        validators=between(0.01, MOST_PER_SECOND),
        help_text=_("At most so many stations are asked in a second. Empty: no limit."),
    )
    first_wave = models.PositiveIntegerField(
        _("first wave"),
        default=0,
        help_text=_("Stations that are asked before all others. 0: there are no waves."),
    )
    first_wave_percent = models.BooleanField(_("is a part in percent"), default=False)
    advance = models.CharField(
        _("then go on when"), max_length=8, choices=Advance.choices, default=Advance.BY_HAND
    )
    success_rate = models.PositiveSmallIntegerField(
        _("enough is, of a hundred"), default=90, validators=between(1, 100)
    )
    window_from = models.TimeField(_("only from"), null=True, blank=True)
    window_to = models.TimeField(_("to"), null=True, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, validators=[check_time_zone]
    )
    wait_hours = models.PositiveIntegerField(
        _("hours to wait"),
        default=24,
        validators=between(1, 24 * 60),
        help_text=_("Stations that are away are asked when they return, until then."),
    )
    attempts = models.PositiveSmallIntegerField(
        _("attempts"),
        default=2,
        validators=between(1, MOST_ATTEMPTS),
        help_text=_("How often a station is asked where asking again does no harm."),
    )
    retry_minutes = models.PositiveIntegerField(
        _("minutes until the second"),
        default=5,
        validators=between(1, 24 * 60),
        help_text=_("Twice as many until the third, and so on."),
    )

    class Meta:
        abstract = True

    @property
    def zone(self) -> Any:
        return ZoneInfo(self.time_zone) if self.time_zone else timezone.get_default_timezone()

    def is_in_window(self, now: datetime) -> bool:
        """Whether stations may be asked at this hour; a window may span midnight."""
        if self.window_from is None or self.window_to is None:
            return True
        hour = now.astimezone(self.zone).time()
        if self.window_from <= self.window_to:
            return self.window_from <= hour < self.window_to
        return hour >= self.window_from or hour < self.window_to


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def active(self) -> CampaignQuerySet:
        """Something may still come of these, whether stations may be asked or not."""
        return self.filter(ended_at=None)


class Campaign(CampaignPlan):
    """One operation over many stations, each a row of `CampaignStation`.

    `expires_at` is when stations that were not reached are given up. `wave` is the last wave whose
    stations may be asked; `paced_until` is up to when the starts per second are used up.
    """

    name = models.CharField(_("name"), max_length=100)
    scope = models.CharField(
        _("for"), max_length=10, choices=StationScope.choices, default=StationScope.STATIONS
    )
    scope_name = models.CharField(_("called"), max_length=255, blank=True)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=CampaignStatus.choices,
        default=CampaignStatus.RUNNING,
    )
    held_because = models.CharField(
        _("held because"), max_length=8, choices=HeldBecause.choices, blank=True
    )
    wave = models.PositiveSmallIntegerField(_("wave"), default=1)
    paced_until = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("started"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    expires_at = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    again_of = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("again after"),
    )

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [("run_campaign", _("Can start and steer campaigns"))]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(ended_at__isnull=True), name="diag_campaign_active"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class CampaignStationQuerySet(models.QuerySet["CampaignStation"]):
    def waiting(self) -> CampaignStationQuerySet:
        return self.filter(state=StationState.WAITING)

    def asked(self) -> CampaignStationQuerySet:
        return self.filter(state=StationState.ASKED)

    def unsettled(self) -> CampaignStationQuerySet:
        return self.filter(state__in=UNSETTLED)


class CampaignStation(models.Model):
    """One station of a campaign: what became of it, and what was made for it.

    `code` says why, in a station's or a row's own word; `info` is what was said with it. The last
    attempt's log request, report, request for variables, call or monitors are linked.
    """

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        db_index=False,  # the two below begin with it
        related_name="stations",
        verbose_name=_("campaign"),
    )
    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    pace_group = models.ForeignKey(
        "diagnostics.StationGroup",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("paced with"),
    )
    wave = models.PositiveSmallIntegerField(_("wave"), default=1)
    state = models.CharField(
        _("state"), max_length=10, choices=StationState.choices, default=StationState.WAITING
    )
    code = models.CharField(_("reason"), max_length=64, blank=True)
    info = models.CharField(_("explanation"), max_length=500, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0)
    due_at = models.DateTimeField(_("not before"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    log_request = models.ForeignKey(
        "diagnostics.LogRequest",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("log request"),
    )
    report = models.ForeignKey(
        "diagnostics.Report",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("report"),
    )
    variable_request = models.ForeignKey(
        "diagnostics.VariableRequest",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("request for variables"),
    )
    call = models.ForeignKey(
        "diagnostics.OutboundCall",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("call"),
    )
    monitors = models.ManyToManyField(
        "diagnostics.Monitor", blank=True, related_name="+", verbose_name=_("monitors")
    )

    objects = CampaignStationQuerySet.as_manager()

    class Meta:
        verbose_name = _("station of a campaign")
        verbose_name_plural = _("stations of campaigns")
        constraints = [
            models.UniqueConstraint(fields=["campaign", "station"], name="diag_campaign_once")
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "id"], name="diag_campaign_state"),
            # Without it, the pages of an old campaign's stations are looked for in all newer ones.
            models.Index(fields=["campaign", "id"], name="diag_campaign_page"),
        ]

    def __str__(self) -> str:
        return f"{self.station} in {self.campaign}"
