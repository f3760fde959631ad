from __future__ import annotations

import zoneinfo
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model


@cache
def time_zones() -> frozenset[str]:
    """The names in the time zone database; to ask it anew each time reads hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


def check_time_zone(name: str) -> None:
    """Raise ValidationError unless the name is one of the time zone database."""
    if name not in time_zones():
        raise ValidationError(
            _("%(name)s is no time zone: write one such as Europe/Amsterdam."),
            params={"name": name},
        )


class GroupKind(models.TextChoices):
    SITE = "Site", _("Site")
    CUSTOMER = "Customer", _("Customer")
    MODEL = "Model", _("Model")
    OTHER = "Other", _("Other")


class StationGroup(models.Model):
    """Stations that somebody looks after together. A station may be in any number of groups."""

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(
        _("kind"), max_length=10, choices=GroupKind.choices, default=GroupKind.SITE
    )
    description = models.CharField(_("description"), max_length=500, blank=True)
    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[check_time_zone],
        help_text=_(
            "Of its stations: nights and office hours are told by it. Empty: the server's."
        ),
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)
    stations: models.ManyToManyField = models.ManyToManyField(
        station_model(),
        through="diagnostics.GroupMember",
        related_name="diagnostics_groups",
        verbose_name=_("stations"),
    )

    class Meta:
        verbose_name = _("station group")
        verbose_name_plural = _("station groups")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="diagnostics_group_name",
                violation_error_message=_("There is already a group with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo | None:
        """Its time zone; None for the server's."""
        return zoneinfo.ZoneInfo(self.time_zone) if self.time_zone else None


class GroupMember(models.Model):
    """A station in a group: since when, and put there by whom."""

    group = models.ForeignKey(
        StationGroup, on_delete=models.CASCADE, related_name="members", verbose_name=_("group")
    )
    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    added_at = models.DateTimeField(_("added"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("added by"),
    )

    class Meta:
        verbose_name = _("member of a group")
        verbose_name_plural = _("members of groups")
        constraints = [
            models.UniqueConstraint(fields=["group", "station"], name="diagnostics_group_member")
        ]

    def __str__(self) -> str:
        return f"{self.station} in {self.group}"


class GroupLimit(models.Model):
    """Whoever it names sees the stations of these groups, and nothing of any other station.

    It names a user or a whole group of users. Several limits of one user add up; superusers have
    none.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    user_group = models.OneToOneField(
        "auth.Group",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group of users"),
    )
    groups = models.ManyToManyField(
        StationGroup, blank=True, related_name="limits", verbose_name=_("station groups")
    )

    class Meta:
        verbose_name = _("limit of operators")
        verbose_name_plural = _("limits of operators")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True, user_group__isnull=False)
                | models.Q(user__isnull=False, user_group__isnull=True),
                name="diagnostics_limit_of_one",
                violation_error_message=_("Name a user or a group of users, one of the two."),
            )
        ]

    def __str__(self) -> str:
        return str(self.user or self.user_group)
