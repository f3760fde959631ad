"""Have a station send a message now (F06)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.models import OutboundCall, ReportedVariable, VariableAttribute
from diagnostics.ocpp.codecs.triggers import Trigger, encode_trigger, triggers_of
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.fleet import capabilities
from diagnostics.services.timeline import Source, note

ACTION = "Trigger"

_TRIGGERS = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})


def trigger(
    *,
    station: Any,
    message: str,
    evse_id: int | None = None,
    connector_id: int | None = None,
    custom: str = "",
    placed_by: Any = None,
) -> OutboundCall:
    """Ask the station to send `message`; what it sends then comes like any other message.

    `evse_id` is the connector of 1.6. Raises RequestRefused when the station's version cannot
    trigger it, or when a place or a name is missing.
    """
    asked: dict[str, Any] = {
        "message": message,
        "evse_id": evse_id,
        "connector_id": connector_id,
        "custom": custom,
    }
    check_trigger(station=station, asked=asked)
    with transaction.atomic():
        who = Source.OPERATOR if placed_by else Source.SYSTEM
        note(station=station, kind="call.triggered", source=who, user=placed_by, message=message)
        return calls.add_call(station=station, action=ACTION, payload=asked, placed_by=placed_by)


def check_trigger(*, station: Any, asked: dict[str, Any]) -> None:
    """Raise RequestRefused where the station's version cannot trigger this, and say why."""
    version = get_gateway().version(station)
    if version is not None:
        try:
            encode_trigger(version, **asked)
        except OcppError as error:
            raise RequestRefused(str(error)) from error


def encode_call(call: OutboundCall, version: OcppVersion) -> WireCall:
    """The call in the version's words; raises OcppError when it has none."""
    return encode_trigger(version, **call.payload)


def triggers_for(station: Any) -> tuple[Trigger, ...]:
    """What this station can be told to send; nothing before it first connected."""
    version = get_gateway().version(station)
    if version is None:
        return ()
    return triggers_of(version, extension=capabilities.knows(station, "GetLog"))


def not_implemented(station: Any) -> frozenset[str]:
    """Messages that the station said it does not implement."""
    said = (subject.partition(" ") for subject in capabilities.lacking(station))
    return frozenset(message for action, _, message in said if message and action in _TRIGGERS)


def custom_triggers(station: Any) -> list[str]:
    """Names of the station's own triggers, as its device model has them (F06.FR.20)."""
    known = ReportedVariable.objects.filter(
        station=station,
        component__iexact="CustomizationCtrlr",
        variable__iexact="CustomTriggers",
    )
    actual = VariableAttribute.objects.filter(variable__in=known, type="Actual").first()
    names = (actual.value or "").split(",") if actual else []
    return [name.strip()[:50] for name in names if name.strip()][:50]
