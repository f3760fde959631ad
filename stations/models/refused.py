from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from stations.identity import LONGEST_IDENTITY


class RefusalReason(models.TextChoices):
    BAD_IDENTITY = "BadIdentity", _("The address holds no usable identity")
    UNKNOWN_STATION = "UnknownStation", _("No station has this identity")
    NO_CREDENTIALS = "NoCredentials", _("It sent no password")
    WRONG_PASSWORD = "WrongPassword", _("The password was wrong")  # noqa: S105  a word, no secret
    BLOCKED = "Blocked", _("The station is blocked")
    NOT_ENCRYPTED = "NotEncrypted", _("Its security profile asks for an encrypted connection")
    NOT_SERVED = "NotServed", _("Its security profile is not served here")
    NO_CERTIFICATE = "NoCertificate", _("It showed no client certificate")
    NO_PROXY = "NoProxy", _("Its client certificate came from an address that is no proxy's")
    BAD_CERTIFICATE = "BadCertificate", _("Its client certificate could not be read")
    NOT_VERIFIED = "NotVerified", _("The proxy did not find its client certificate good")
    CERTIFICATE_EXPIRED = "Expired", _("Its client certificate has expired, or is not valid yet")
    OTHER_OPERATOR = "OtherOperator", _("Its client certificate names another operator")
    OTHER_STATION = "OtherStation", _("Its client certificate names another station")
    NO_SUBPROTOCOL = "NoSubprotocol", _("It offered no OCPP version that is spoken here")


class RefusedConnection(models.Model):
    """Somebody knocked and was turned away; one row for all knocks of a kind."""

    identity = models.CharField(_("identity"), max_length=LONGEST_IDENTITY, blank=True)
    reason = models.CharField(_("reason"), max_length=16, choices=RefusalReason.choices)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"))
    station = models.ForeignKey(
        station_model(),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("station"),
    )
    remote_address = models.CharField(_("last remote address"), max_length=64, blank=True)
    subprotocols = models.CharField(_("offered subprotocols"), max_length=100, blank=True)
    certificate = models.CharField(_("subject of its certificate"), max_length=300, blank=True)
    certificate_name = models.CharField(_("name in its certificate"), max_length=64, blank=True)
    count = models.PositiveIntegerField(_("times"), default=1)
    first_at = models.DateTimeField(_("first"))
    last_at = models.DateTimeField(_("last"))

    class Meta:
        verbose_name = _("refused connection")
        verbose_name_plural = _("refused connections")
        constraints = [
            models.UniqueConstraint(fields=["identity", "reason"], name="stations_refused_unique")
        ]
        indexes = [models.Index(fields=["-last_at"], name="stations_refused_newest")]

    def __str__(self) -> str:
        return f"{self.identity}: {self.get_reason_display()}"
