"""NotifyCustomerInformation (N09.FR.05, N10.FR.03 to .06)."""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.codecs.customer_information import decode_part
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.customer_information.answers import receive_part


def handle_notify_customer_information(
    station: Any, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    receive_part(station, decode_part(payload))
    return {}
