from __future__ import annotations

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model


class CapabilityQuerySet(models.QuerySet["StationCapability"]):
    def current(self) -> CapabilityQuerySet:
        """Found out with the firmware that the station has now."""
        now = Coalesce(F("station__diagnostics_info__firmware_version"), Value(""))
        return self.alias(firmware_now=now).filter(firmware=F("firmware_now"))

    def lacking(self) -> CapabilityQuerySet:
        return self.current().filter(known=False)


class StationCapability(models.Model):
    """Whether a station knows something, found out by asking; it holds for one firmware.

    `subject` is an action ("GetLog"), or one with what it asks for ("TriggerMessage Heartbeat").
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    subject = models.CharField(_("what"), max_length=100)
    known = models.BooleanField(_("known"))
    code = models.CharField(_("station's word"), max_length=64, blank=True)
    firmware = models.CharField(_("found out with firmware"), max_length=50, blank=True)
    learnt_at = models.DateTimeField(_("found out"))

    objects = CapabilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("capability")
        verbose_name_plural = _("capabilities")
        permissions = [("forget_capability", _("Can ask stations again for what they refused"))]
        constraints = [
            models.UniqueConstraint(
                fields=["station", "subject"], name="diagnostics_one_capability"
            )
        ]

    def __str__(self) -> str:
        return self.subject
