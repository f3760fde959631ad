"""Have a station send a message now (F06)."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import CallStatus
from diagnostics.models import OutboundCall, ReportedVariable, StationInfo, VariableAttribute
from diagnostics.ocpp.codecs.triggers import Trigger, encode_trigger, triggers_of
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.timeline import Source, note

ACTION = "Trigger"

# Calls looked back on for what a station said it does not know.
LOOKED_BACK = 100


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
    asked = {
        "message": message,
        "evse_id": evse_id,
        "connector_id": connector_id,
        "custom": custom,
    }
    version = get_gateway().version(station)
    if version is not None:
        try:
            encode_trigger(version, **asked)  # type: ignore[arg-type]
        except OcppError as error:
            raise RequestRefused(str(error)) from error
    with transaction.atomic():
        who = Source.OPERATOR if placed_by else Source.SYSTEM
        note(station=station, kind="call.triggered", source=who, user=placed_by, message=message)
        return calls.add_call(station=station, action=ACTION, payload=asked, placed_by=placed_by)


def encode_call(call: OutboundCall, version: OcppVersion) -> WireCall:
    """The call in the version's words; raises OcppError when it has none."""
    return encode_trigger(version, **call.payload)


def triggers_for(station: Any) -> tuple[Trigger, ...]:
    """What this station can be told to send; nothing before it first connected."""
    version = get_gateway().version(station)
    if version is None:
        return ()
    info = StationInfo.objects.filter(station=station).first()
    return triggers_of(version, extension=info.knows_get_log if info else None)


def not_implemented(station: Any) -> frozenset[str]:
    """Messages for which the station answered NotImplemented the last time it was asked."""
    rows = OutboundCall.objects.filter(
        station=station, action=ACTION, status=CallStatus.ANSWERED
    ).order_by("-pk")[:LOOKED_BACK]
    newest: dict[str, str] = {}
    for row in rows:
        status = row.answer.get("status", "") if isinstance(row.answer, dict) else ""
        newest.setdefault(str(row.payload.get("message")), str(status))
    return frozenset(message for message, status in newest.items() if status == "NotImplemented")


def custom_triggers(station: Any) -> list[str]:
    """Names of the station's own triggers, as its device model has them (F06.FR.20)."""
    known = ReportedVariable.objects.filter(
        station=station, component="CustomizationCtrlr", variable="CustomTriggers"
    )
    actual = VariableAttribute.objects.filter(variable__in=known, type="Actual").first()
    names = (actual.value or "").split(",") if actual else []
    return [name.strip()[:50] for name in names if name.strip()][:50]
