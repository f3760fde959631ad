from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model


class InstalledCertificate(models.Model):
    """A certificate that a station says it has, by the hashes that name it (M03).

    `depth` counts down the chain that it came in; 0 is the certificate that `type` speaks of.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    type = models.CharField(_("type"), max_length=30)
    depth = models.PositiveSmallIntegerField(_("depth"), default=0)
    hash_algorithm = models.CharField(_("hash algorithm"), max_length=10)
    issuer_name_hash = models.CharField(_("hash of the issuer's name"), max_length=128)
    issuer_key_hash = models.CharField(_("hash of the issuer's key"), max_length=128)
    serial_number = models.CharField(_("serial number"), max_length=40)

    class Meta:
        default_permissions = ()
        verbose_name = _("installed certificate")
        verbose_name_plural = _("installed certificates")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.type} {self.serial_number}"
