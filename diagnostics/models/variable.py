from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.variables import (
    Attribute,
    Mutability,
    VariablesKind,
    VariablesStatus,
)
from diagnostics.models.naming import NamesVariable
from diagnostics.ocpp.types import ComponentVariable


def digest_of(named: ComponentVariable) -> str:
    """The same for every spelling of the same variable; short enough for an index."""
    return sha256(json.dumps(named.key()).encode()).hexdigest()[:40]


class ReportedVariable(NamesVariable):
    """A variable that a station has, as it reported it. A key of 1.6 has no component.

    `limits` are those of the variable's characteristics; absent ones are None or empty.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    digest = models.CharField(max_length=40, editable=False)
    data_type = models.CharField(_("type"), max_length=20, blank=True)
    unit = models.CharField(_("unit"), max_length=16, blank=True)
    min_limit = models.FloatField(_("least"), null=True, blank=True)
    max_limit = models.FloatField(_("most"), null=True, blank=True)
    values_list = models.CharField(_("possible values"), max_length=1000, blank=True)
    supports_monitoring = models.BooleanField(_("can be monitored"), null=True, blank=True)
    max_elements = models.IntegerField(_("most elements"), null=True, blank=True)
    updated_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("variable")
        verbose_name_plural = _("variables")
        permissions = [("set_variable", _("Can change variables of stations"))]
        constraints = [
            models.UniqueConstraint(fields=["station", "digest"], name="diagnostics_variable")
        ]
        indexes = [models.Index(fields=["station", "component", "id"], name="diag_variable_list")]

    def __str__(self) -> str:
        return str(self.reference)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The digest follows the name: it is a part of the key, no rule of its own."""
        self.digest = digest_of(self.reference)
        super().save(*args, **kwargs)


class VariableAttribute(models.Model):
    """One attribute of a variable, with the value last heard. A write-only one has no value."""

    variable = models.ForeignKey(
        ReportedVariable,
        on_delete=models.CASCADE,
        related_name="attributes",
        verbose_name=_("variable"),
    )
    type = models.CharField(
        _("attribute"), max_length=8, choices=Attribute.choices, default=Attribute.ACTUAL
    )
    value = models.TextField(_("value"), null=True, blank=True)  # noqa: DJ001  "" is a value
    mutability = models.CharField(
        _("mutability"), max_length=10, choices=Mutability.choices, blank=True
    )
    persistent = models.BooleanField(_("persistent"), default=False)
    constant = models.BooleanField(_("constant"), default=False)
    updated_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        constraints = [
            models.UniqueConstraint(fields=["variable", "type"], name="diagnostics_attribute")
        ]

    def __str__(self) -> str:
        return f"{self.variable} {self.type}"

    @property
    def is_writable(self) -> bool:
        return self.mutability != Mutability.READ_ONLY and not self.constant

    @property
    def is_readable(self) -> bool:
        return self.mutability != Mutability.WRITE_ONLY


class VariableRequest(models.Model):
    """Variables read from a station, or set on it, in as many calls as its limits take.

    `items` is a list with one object per variable: the wire's component and variable, `attribute`,
    for setting `value` (a secret only until its call has ended), and what came of it: `status`,
    `answer` (the value read), `reason`.
    """

    class Purpose(models.TextChoices):
        OPERATOR = "", _("asked for")
        LIMITS = "Limits", _("what the station can take")
        INVENTORY = "Inventory", _("everything the station has")

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    kind = models.CharField(_("kind"), max_length=4, choices=VariablesKind.choices)
    purpose = models.CharField(
        _("purpose"), max_length=12, choices=Purpose.choices, blank=True, default=Purpose.OPERATOR
    )
    items = models.JSONField(_("variables"), default=list)
    everything = models.BooleanField(
        _("everything"), default=False, help_text=_("All keys of a 1.6 station, none named.")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    created_at = models.DateTimeField(_("requested"))
    status = models.CharField(
        _("status"),
        max_length=8,
        choices=VariablesStatus.choices,
        default=VariablesStatus.WAITING,
    )
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("request for variables")
        verbose_name_plural = _("requests for variables")
        indexes = [models.Index(fields=["station", "-id"], name="diag_variables_station")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status == VariablesStatus.WAITING
