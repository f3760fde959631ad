from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model


class TimelineEntry(models.Model):
    """One thing that happened to a station or a request, in order, for people to read.

    `kind` names the sentence (`diagnostics.wording`), `data` fills it. A repetition of the newest
    entry (stations send "Uploading" with every progress tick) raises `count` instead of a row.
    """

    class Source(models.TextChoices):
        STATION = "Station", _("station")
        FILE = "File", _("file")
        OPERATOR = "Operator", _("operator")
        SYSTEM = "System", _("system")

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    log_request = models.ForeignKey(
        "diagnostics.LogRequest",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="timeline",
        verbose_name=_("log request"),
    )
    at = models.DateTimeField(_("at"))
    last_at = models.DateTimeField(_("last time"))
    count = models.PositiveIntegerField(_("times"), default=1)
    source = models.CharField(_("source"), max_length=16, choices=Source.choices)
    kind = models.CharField(_("kind"), max_length=40)
    data = models.JSONField(_("data"), default=dict, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline")
        indexes = [
            models.Index(fields=["station", "-id"], name="diag_timeline_station"),
            models.Index(fields=["log_request", "-id"], name="diag_timeline_log"),
        ]

    def __str__(self) -> str:
        return self.kind
