from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from diagnostics.ocpp.versions import OcppVersion
from stations.conf import stations_settings
from stations.identity import LONGEST_IDENTITY, check_identity
from stations.models.connection import StationConnection


class SecurityProfile(models.IntegerChoices):
    """How a station proves who it is (OCPP part 2, A00; 1.6: security whitepaper)."""

    NONE = 0, _("0: no password (laboratory only)")
    BASIC = 1, _("1: password, unencrypted or encrypted")
    TLS = 2, _("2: password, encrypted only")
    CLIENT_CERTIFICATE = 3, _("3: client certificate")


class Registration(models.TextChoices):
    """What a BootNotification is answered with (B01 to B03)."""

    ACCEPTED = "Accepted", _("Accepted")
    PENDING = "Pending", _("Pending")
    REJECTED = "Rejected", _("Rejected")


class StationQuerySet(models.QuerySet["ChargingStation"]):
    def with_identity(self, *identities: str) -> StationQuerySet:
        """The stations of these identities, in any case; the database lowers both sides alike."""
        lowered = [Lower(models.Value(identity)) for identity in identities]
        return self.alias(_identity=Lower("identity")).filter(_identity__in=lowered)

    def with_is_online(self, now: datetime | None = None) -> StationQuerySet:
        """Annotate `is_online`: a connection is open on a process that is alive."""
        live = StationConnection.objects.live(now).filter(station=models.OuterRef("pk"))
        return self.annotate(is_online=models.Exists(live))

    def online(self, now: datetime | None = None) -> StationQuerySet:
        return self.filter(pk__in=StationConnection.objects.live(now).values("station"))


class ChargingStation(models.Model):
    """A station that may connect to /ocpp/<identity>.

    Passwords are kept as salted hashes only (A01.FR.06). The previous one is accepted until the
    station has used the new one, or until its time is up: the answer to a password change may be
    lost on the way.
    """

    identity = models.CharField(
        _("identity"),
        max_length=LONGEST_IDENTITY,
        validators=[check_identity],
        help_text=_("The last part of the address the station connects to. Case does not matter."),
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    is_active = models.BooleanField(
        _("may connect"), default=True, help_text=_("Without it the station is turned away.")
    )
    security_profile = models.PositiveSmallIntegerField(
        _("security profile"), choices=SecurityProfile.choices, default=SecurityProfile.BASIC
    )
    password_hash = models.CharField(max_length=128, blank=True, editable=False)
    previous_password_hash = models.CharField(max_length=128, blank=True, editable=False)
    previous_password_until = models.DateTimeField(null=True, blank=True, editable=False)

    certificate_name = models.CharField(
        _("name in its certificate"),
        max_length=64,
        blank=True,
        help_text=_(
            "For security profile 3: the common name (CN), letter for letter, which is the serial "
            "number of the station. Empty: the serial number it booted with, or before that its "
            "identity; entered by itself when it first comes with its certificate."
        ),
    )
    takes_password_meanwhile = models.BooleanField(
        _("password accepted meanwhile"),
        default=False,
        help_text=_(
            "For a station that changes to security profile 3: until it comes with its certificate "
            "for the first time, it may come with its password."
        ),
    )

    registration_policy = models.CharField(
        _("answer to a boot"),
        max_length=10,
        choices=Registration.choices,
        default=Registration.ACCEPTED,
        help_text=_("Pending: connected, but only its settings may be read and changed."),
    )
    registration = models.CharField(
        _("registration"),
        max_length=10,
        choices=Registration.choices,
        blank=True,
        editable=False,
        help_text=_("What its last boot was answered with; empty before the first."),
    )
    ocpp_version = models.CharField(
        _("OCPP version"),
        max_length=8,
        choices=[(version.value, version.value) for version in OcppVersion],
        blank=True,
        editable=False,
    )
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)
    last_transaction_id = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("registered"), auto_now_add=True)

    objects = StationQuerySet.as_manager()

    class Meta:
        swappable = "DIAGNOSTICS_STATION_MODEL"
        verbose_name = _("charging station")
        verbose_name_plural = _("charging stations")
        ordering = ["identity"]
        constraints = [
            models.UniqueConstraint(
                Lower("identity"),
                name="stations_identity_unique",
                violation_error_message=_("There is already a station with this identity."),
            )
        ]
        indexes = [models.Index(fields=["-last_seen_at"], name="stations_last_seen")]

    def __str__(self) -> str:
        return self.identity

    def clean(self) -> None:
        is_served = bool(stations_settings().client_certificate_header)
        if self.security_profile == SecurityProfile.CLIENT_CERTIFICATE and not is_served:
            raise ValidationError(
                {
                    "security_profile": _(
                        "Security profile 3 needs TLS client certificates, checked by a proxy in "
                        "front of this server that hands them over. No setting says in which "
                        "header (CLIENT_CERTIFICATE_HEADER): choose 2, or have that set up."
                    )
                }
            )
        if self.takes_password_meanwhile and not self.password_hash:
            raise ValidationError(
                {
                    "takes_password_meanwhile": _(
                        "The station has no password: make one up first, or leave this out."
                    )
                }
            )
