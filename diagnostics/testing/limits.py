"""What a simulated station refuses because it is too much for one message."""

from __future__ import annotations

import json
from typing import Any

from diagnostics.ocpp.errors import OcppError, RpcErrorCode
from diagnostics.testing.device import Device

#: A frame around a payload: type, an id of 36 characters, commas, brackets and quotes.
_ENVELOPE = 48


def check_limits(
    device: Device, component: str, action: str, payload: dict[str, Any], items: int
) -> None:
    """Raise OcppError for more items or bytes than the device announces (B06.FR.16, B06.FR.17)."""
    most = device.read(component, "ItemsPerMessage", action)
    if most.isdigit() and items > int(most):
        error = f"{items} items, {most} at most"
        raise OcppError(RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, error)
    longest = device.read(component, "BytesPerMessage", action)
    length = len(json.dumps(payload, separators=(",", ":"))) + len(action) + _ENVELOPE
    if longest.isdigit() and length > int(longest):
        error = f"{length} bytes, {longest} at most"
        raise OcppError(RpcErrorCode.FORMAT_VIOLATION, error)
