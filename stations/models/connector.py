from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model


class Connector(models.Model):
    """The newest StatusNotification of one connector, in the station's own words.

    EVSE 0 is the station itself. 1.6 has no EVSEs: its connector N is connector 1 of EVSE N.
    """

    station = models.ForeignKey(
        station_model(),
        on_delete=models.CASCADE,
        related_name="connectors",
        verbose_name=_("station"),
    )
    evse_id = models.IntegerField(_("EVSE"))
    connector_id = models.IntegerField(_("connector"))
    status = models.CharField(_("status"), max_length=50)
    error_code = models.CharField(_("error code"), max_length=50, blank=True)
    vendor_id = models.CharField(_("vendor"), max_length=255, blank=True)
    vendor_error_code = models.CharField(_("vendor's error code"), max_length=50, blank=True)
    info = models.CharField(_("information"), max_length=255, blank=True)
    at = models.DateTimeField(_("station's time"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("connector")
        verbose_name_plural = _("connectors")
        ordering = ["evse_id", "connector_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["station", "evse_id", "connector_id"], name="stations_connector_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.evse_id}/{self.connector_id}"
