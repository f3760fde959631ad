from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import ProtectedError
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.models.group import StationGroup
from diagnostics.models.log_file import LogFile


def protected_while_held(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """What is held cannot be deleted; a hold that was released forgets what it was on."""
    active = [hold for hold in sub_objs if hold.released_at is None]
    if active:
        raise ProtectedError(_gettext("It is on legal hold."), set(active))
    models.SET_NULL(collector, field, sub_objs, using)


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def active(self) -> LegalHoldQuerySet:
        return self.filter(released_at=None)


class LegalHold(models.Model):
    """Log files that nobody and nothing may delete: of a station, a group, a request, or one.

    `station` is also that of the held request or file. `called` says what was held, also after it
    is gone.
    """

    class Scope(models.TextChoices):
        STATION = "Station", _("Station")
        GROUP = "Group", _("Station group")
        REQUEST = "Request", _("Log request")
        FILE = "File", _("Log file")

    scope = models.CharField(_("held"), max_length=8, choices=Scope.choices)
    called = models.CharField(_("called"), max_length=255)
    station = models.ForeignKey(
        station_model(),
        on_delete=protected_while_held,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("station"),
    )
    group = models.ForeignKey(
        StationGroup,
        on_delete=protected_while_held,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("station group"),
    )
    log_request = models.ForeignKey(
        "diagnostics.LogRequest",
        on_delete=protected_while_held,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("log request"),
    )
    log_file = models.ForeignKey(
        LogFile,
        on_delete=protected_while_held,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("log file"),
    )
    reason = models.CharField(_("reason"), max_length=500)
    placed_at = models.DateTimeField(_("placed"))
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("placed by"),
    )
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("released by"),
    )
    release_reason = models.CharField(_("reason of the release"), max_length=500, blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        permissions = [("place_hold", _("Can hold logs, and release them"))]
        indexes = [
            models.Index(
                fields=["station"],
                condition=models.Q(released_at__isnull=True),
                name="diag_hold_active",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_scope_display()} {self.called}"
