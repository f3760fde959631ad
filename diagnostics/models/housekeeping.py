from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class HousekeepingQuerySet(models.QuerySet["Housekeeping"]):
    def due(self, now: datetime) -> HousekeepingQuerySet:
        return self.filter(due_at__lte=now)

    def unclaimed(self, now: datetime) -> HousekeepingQuerySet:
        """Nobody works on them, or whoever did died."""
        return self.filter(Q(busy_until=None) | Q(busy_until__lt=now))


class Housekeeping(models.Model):
    """What housekeeping last did by one of its rules; `services.housekeeping.rules` has these.

    A run that was cut short goes on in the next slice: `started_at`, `seconds` and `deleted` are of
    the whole run, `unfinished` says that there is more.
    """

    rule = models.CharField(_("rule"), max_length=40, unique=True)
    due_at = models.DateTimeField(_("next run"), db_index=True)
    busy_until = models.DateTimeField(null=True, blank=True, editable=False)
    started_at = models.DateTimeField(_("last run"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    seconds = models.FloatField(_("took"), default=0.0, help_text=_("Seconds."))
    deleted = models.PositiveBigIntegerField(_("rows"), default=0)
    unfinished = models.BooleanField(_("more to do"), default=False)
    problem = models.CharField(_("problem"), max_length=255, blank=True)
    last_deleted_at = models.DateTimeField(_("last deleted something"), null=True, blank=True)
    deleted_in_all = models.PositiveBigIntegerField(_("rows in all"), default=0)

    objects = HousekeepingQuerySet.as_manager()

    class Meta:
        verbose_name = _("housekeeping")
        verbose_name_plural = _("housekeeping")
        permissions = [("run_housekeeping", _("Can start housekeeping"))]

    def __str__(self) -> str:
        return self.rule
