"""Switch monitoring on: some stations have monitors and report nothing until told to (N07)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from diagnostics.lifecycles.alert import Severity
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.services import monitors
from diagnostics.services.device_model import variables
from diagnostics.services.device_model.limits import get_limits

# MonitoringCtrlr.Enabled is writable and false from the factory on EVerest, whose custom monitors
# fire with base All only.
_ENABLE = VariableAsked(
    ComponentVariable(Component("MonitoringCtrlr"), Variable("Enabled")), value="true"
)


def is_off(station: Any) -> bool:
    """Whether the station said that its monitors are there, but report nothing."""
    return get_limits(station).monitoring_enabled is False


def switch_on(*, station: Any, requested_by: Any = None) -> None:
    """Set MonitoringCtrlr.Enabled, base All and the lowest level: then every monitor reports.

    Raises RequestRefused for a version without monitors.
    """
    monitors.check_station(station)
    with transaction.atomic():
        variables.set_variables(station=station, asked=[_ENABLE], requested_by=requested_by)
        monitors.set_monitoring_base(station=station, base="All", requested_by=requested_by)
        monitors.set_monitoring_level(
            station=station, severity=Severity.DEBUG, requested_by=requested_by
        )
