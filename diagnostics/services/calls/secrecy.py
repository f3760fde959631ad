"""What the record of a call may hold: passwords and keys are for the station alone (A01.FR.09).

A call placed in the wire's own words holds its secret until it has ended: it must be sent from
somewhere. From then on, and in everything that was sent or answered, a mark stands in its place.
"""

from __future__ import annotations

from typing import Any

from diagnostics.models import OutboundCall
from diagnostics.ocpp.secrets import without_secrets
from diagnostics.services import device_model

# Where a variable may be one that only this station has called write-only.
_ABOUT_VARIABLES = frozenset({"SetVariables", "GetVariables", "GetConfiguration"})


def kept(station_id: Any, action: str, payload: Any) -> Any:
    """The payload of a call or an answer as it may be kept; by the station's primary key."""
    if action in _ABOUT_VARIABLES:
        return without_secrets(action, payload, device_model.secrets_of(station_id))
    return without_secrets(action, payload)


def forget(call: OutboundCall) -> None:
    """A call that has ended needs its secrets no more."""
    payload = kept(call.station_id, call.action, call.payload)
    if payload != call.payload:
        OutboundCall.objects.filter(pk=call.pk).update(payload=payload)
        call.payload = payload
