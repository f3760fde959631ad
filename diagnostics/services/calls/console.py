"""Calls that an operator writes by hand."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from diagnostics.exceptions import RequestRefused
from diagnostics.models import OutboundCall
from diagnostics.ocpp.personal import MASK
from diagnostics.redaction import redact
from diagnostics.services import calls
from diagnostics.services.timeline import Source, note


@transaction.atomic
def place_by_hand(
    *, station: Any, action: str, payload: dict[str, Any], placed_by: Any
) -> OutboundCall:
    """Place any call, and note in the station's timeline who did. Raises RequestRefused."""
    call = calls.place_call(station=station, action=action, payload=payload, placed_by=placed_by)
    note(station=station, kind="call.placed", source=Source.OPERATOR, user=placed_by, action=action)
    return call


def repeat_call(call: OutboundCall, *, placed_by: Any) -> OutboundCall:
    """The same call again, as a new one. Raises RequestRefused when its secrets are gone."""
    action, payload = call.wire_action or call.action, call.wire_payload or call.payload
    if without_masks(payload) != payload:
        raise RequestRefused("Its secrets are no longer kept: write it again.")
    return place_by_hand(station=call.station, action=action, payload=payload, placed_by=placed_by)


def draft_of(call: OutboundCall) -> Any:
    """The payload of a call as a draft for another: what is secret in it is left out."""
    action, payload = call.wire_action or call.action, call.wire_payload or call.payload
    return without_masks(redact(action, payload))


def without_masks(value: Any) -> Any:
    """A copy of a payload without what was hidden in it."""
    if isinstance(value, dict):
        return {
            name: without_masks(child) for name, child in value.items() if not _is_masked(child)
        }
    if isinstance(value, list):
        return [without_masks(child) for child in value if not _is_masked(child)]
    return value


def _is_masked(value: Any) -> bool:
    return isinstance(value, str) and MASK in value
