from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.models.group import StationGroup
from diagnostics.ocpp.versions import OcppVersion


class Connectivity(models.TextChoices):
    """Whether a station is connected, and for how long it has been away."""

    CONNECTED = "Connected", _("Connected now")
    AWAY = "Away", _("Away")
    AWAY_LONGER = "AwayLonger", _("Away longer than …")
    AWAY_SHORTER = "AwayShorter", _("Away, but was here within …")
    NEVER = "Never", _("Never connected")


# Those that say nothing without a number of hours.
TIMED = frozenset({Connectivity.AWAY_LONGER, Connectivity.AWAY_SHORTER})


class OpenAlerts(models.TextChoices):
    SOME = "Some", _("With open alerts")
    NONE = "None", _("Without open alerts")


class StationSelection(models.Model):
    """A saved filter of stations. Which stations it holds is found out whenever it is used.

    Every criterion narrows; an empty one does not. `vendor`, `model` and `firmware` are compared
    whole, without regard to case, or by their beginning where they end in a star. `by_groups` and
    `by_stations` remember that groups or stations were chosen: when all of those are deleted, the
    selection holds nothing, rather than everything.
    """

    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=500, blank=True)
    vendor = models.CharField(_("vendor"), max_length=50, blank=True)
    model = models.CharField(_("model"), max_length=50, blank=True)
    firmware = models.CharField(
        _("firmware"),
        max_length=50,
        blank=True,
        help_text=_("Vendor, model and firmware may end in a star: 1.4.* is all that begin so."),
    )
    ocpp_version = models.CharField(
        _("OCPP version"),
        max_length=8,
        choices=[(version.value, version.value) for version in OcppVersion],
        blank=True,
    )
    connectivity = models.CharField(
        _("connection"), max_length=12, choices=Connectivity.choices, blank=True
    )
    hours = models.PositiveIntegerField(
        _("hours"), null=True, blank=True, help_text=_("For the two that name a time.")
    )
    alerts = models.CharField(_("alerts"), max_length=5, choices=OpenAlerts.choices, blank=True)
    text = models.CharField(
        _("text"),
        max_length=100,
        blank=True,
        help_text=_("In the identity, the name or the serial number."),
    )
    groups = models.ManyToManyField(
        StationGroup,
        blank=True,
        related_name="selections",
        verbose_name=_("station groups"),
        help_text=_("In any of these."),
    )
    by_groups = models.BooleanField(default=False, editable=False)
    stations: models.ManyToManyField = models.ManyToManyField(
        station_model(), blank=True, related_name="+", verbose_name=_("only these stations")
    )
    by_stations = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("made by"),
    )

    class Meta:
        verbose_name = _("selection of stations")
        verbose_name_plural = _("selections of stations")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="diagnostics_selection_name",
                violation_error_message=_("There is already a selection with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name
