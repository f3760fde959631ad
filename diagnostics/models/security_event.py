from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model


class SecurityEvent(models.Model):
    """SecurityEventNotification, as the station sent it. `type` is an open list."""

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    # What makes one that is sent again the same row.
    fingerprint = models.UUIDField(unique=True, null=True, editable=False)
    type = models.CharField(_("type"), max_length=50)
    timestamp = models.DateTimeField(_("happened"), null=True, blank=True)
    timestamp_text = models.CharField(
        _("station's time"), max_length=64, blank=True, help_text=_("In the station's own words.")
    )
    tech_info = models.CharField(_("technical information"), max_length=255, blank=True)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security events")
        indexes = [
            models.Index(fields=["-received_at"], name="diag_security_newest"),
            models.Index(fields=["station", "-received_at"], name="diag_security_station"),
        ]

    def __str__(self) -> str:
        return self.type
