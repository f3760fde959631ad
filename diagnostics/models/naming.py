from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.ocpp.types import Component, ComponentVariable, Variable


class NamesVariable(models.Model):
    """Columns that name a variable of a component, as all tables of the device model do.

    Spelled as the station spells it; compare `reference.key()`, since names are case-insensitive.
    """

    component = models.CharField(_("component"), max_length=50)
    component_instance = models.CharField(_("instance"), max_length=50, blank=True)
    evse_id = models.IntegerField(_("EVSE"), null=True, blank=True)
    connector_id = models.IntegerField(_("connector"), null=True, blank=True)
    variable = models.CharField(_("variable"), max_length=50, blank=True)
    variable_instance = models.CharField(_("variable instance"), max_length=50, blank=True)

    class Meta:
        abstract = True

    @property
    def reference(self) -> ComponentVariable:
        return ComponentVariable(
            Component(self.component, self.component_instance, self.evse_id, self.connector_id),
            Variable(self.variable, self.variable_instance) if self.variable else None,
        )

    @staticmethod
    def columns(named: ComponentVariable) -> dict[str, Any]:
        """The values of these columns for a reference."""
        variable = named.variable or Variable("")
        return {
            "component": named.component.name,
            "component_instance": named.component.instance,
            "evse_id": named.component.evse_id,
            "connector_id": named.component.connector_id,
            "variable": variable.name,
            "variable_instance": variable.instance,
        }
