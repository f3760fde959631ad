from __future__ import annotations

from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.log_request import UploadRoute


class StationInfo(models.Model):
    """What diagnostics has learnt about a station, whatever model the host keeps it in.

    Identity facts come from BootNotification; what it knows of OCPP is in `StationCapability`.
    """

    station = models.OneToOneField(
        station_model(),
        on_delete=models.CASCADE,
        related_name="diagnostics_info",
        verbose_name=_("station"),
    )
    vendor = models.CharField(_("vendor"), max_length=50, blank=True)
    model = models.CharField(_("model"), max_length=50, blank=True)
    serial_number = models.CharField(_("serial number"), max_length=50, blank=True)
    firmware_version = models.CharField(_("firmware"), max_length=50, blank=True)
    iccid = models.CharField("ICCID", max_length=20, blank=True)
    imsi = models.CharField("IMSI", max_length=20, blank=True)
    boot_reason = models.CharField(_("boot reason"), max_length=50, blank=True)
    booted_at = models.DateTimeField(_("booted"), null=True, blank=True)
    clock_skew = models.FloatField(
        _("clock skew"), null=True, blank=True, help_text=_("Seconds the station is ahead of us.")
    )

    seen_at = models.DateTimeField(
        _("last came or went"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Empty: it has never been connected."),
    )
    ocpp_version = models.CharField(
        _("known in version"),
        max_length=5,
        blank=True,
        editable=False,
        help_text=_("The version that the station spoke when it told what is known of it."),
    )
    limits = models.JSONField(
        _("limits"),
        default=dict,
        blank=True,
        help_text=_("As `services.device_model.variables` reads them."),
    )
    limits_read_at = models.DateTimeField(_("limits read"), null=True, blank=True)
    inventory_firmware = models.CharField(
        _("device model read with firmware"), max_length=50, blank=True, editable=False
    )
    inventory_at = models.DateTimeField(_("device model read"), null=True, blank=True)
    certificates_firmware = models.CharField(
        _("certificates looked up with firmware"), max_length=50, blank=True, editable=False
    )
    certificates_asked_at = models.DateTimeField(
        _("certificates looked up"), null=True, blank=True, editable=False
    )
    certificates_read_at = models.DateTimeField(
        _("certificates read"), null=True, blank=True, editable=False
    )
    last_request_id = models.PositiveIntegerField(default=0, editable=False)
    upload_route = models.CharField(
        _("log files come in"),
        max_length=8,
        choices=UploadRoute.choices,
        blank=True,
        help_text=_(
            "Automatic takes the first way that this site offers and this station can use. A way "
            "chosen here is taken even if the station does not list it; where its address does "
            "not fit the station, the next one is taken, and the request says why."
        ),
    )
    upload_base_url = models.CharField(
        _("upload address starts with"),
        max_length=200,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_(
            "Only for this station, where it cannot use the usual address: plain http for one "
            "that knows no certificates, or an address inside its own network."
        ),
    )

    appends_names = models.BooleanField(
        _("appends file names to addresses"),
        null=True,
        editable=False,
        help_text=_("Seen at an upload."),
    )
    route_failures = models.JSONField(
        _("ways that failed"),
        default=dict,
        editable=False,
        help_text=_("By way: the station's word, its firmware then, when."),
    )

    class Meta:
        verbose_name = _("station information")
        verbose_name_plural = _("station information")
        indexes = [
            models.Index(fields=["vendor", "model", "firmware_version"], name="diag_info_type")
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.model}".strip() or str(self.station_id)
