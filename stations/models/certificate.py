from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model

# So long before the end a certificate should be renewed.
RENEWAL = timedelta(days=30)


class CertificateQuerySet(models.QuerySet["StationCertificate"]):
    def ending(self, now: datetime | None = None) -> CertificateQuerySet:
        """Those that have expired, or will soon."""
        return self.filter(not_after__lt=(now or timezone.now()) + RENEWAL)


class StationCertificate(models.Model):
    """The certificate that a station came in with last (security profile 3)."""

    station = models.OneToOneField(
        station_model(),
        on_delete=models.CASCADE,
        related_name="certificate",
        verbose_name=_("station"),
    )
    subject = models.CharField(_("subject"), max_length=300)
    issuer = models.CharField(_("issuer"), max_length=300)
    serial_number = models.CharField(_("serial number"), max_length=64)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    not_before = models.DateTimeField(_("valid from"))
    not_after = models.DateTimeField(_("valid until"))
    shown_at = models.DateTimeField(_("last shown"))

    objects = CertificateQuerySet.as_manager()

    class Meta:
        verbose_name = _("client certificate")
        verbose_name_plural = _("client certificates")
        indexes = [models.Index(fields=["not_after"], name="stations_certificate_end")]

    def __str__(self) -> str:
        return self.subject

    @property
    def is_ending(self) -> bool:
        """Whether it has expired, or will soon."""
        return self.not_after < timezone.now() + RENEWAL
