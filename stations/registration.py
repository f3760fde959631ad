"""What a station may send before its boot is accepted (B01.FR.10, B02.FR.09, B03.FR.07).

Before that, everything but BootNotification is refused with SecurityError, except what we asked
for. A station that was never seen counts as Pending; its registration is empty.
"""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.errors import OcppError, RpcErrorCode
from stations.conf import stations_settings
from stations.models import Registration

# What a call of ours makes a station send; of logs and firmware only 1.6 takes calls while Pending.
REPORTED_BY = {
    "GetBaseReport": {"NotifyReport"},
    "GetReport": {"NotifyReport"},
    "GetLog": {"LogStatusNotification"},
    "GetDiagnostics": {"DiagnosticsStatusNotification"},
    "UpdateFirmware": {"FirmwareStatusNotification"},
    "SignedUpdateFirmware": {"SignedFirmwareStatusNotification"},
}
TRIGGERS = frozenset({"TriggerMessage", "ExtendedTriggerMessage"})
# Some messages that are triggered have another name on the wire.
TRIGGERED_AS = {
    "FirmwareStatusNotification": {"SignedFirmwareStatusNotification"},  # 1.6, extended trigger
    "StatusNotification": {"NotifyEvent"},  # 2.1: AvailabilityState instead (G01)
}
SENT_REGARDLESS = frozenset({"StatusNotification", "SecurityEventNotification"})


def check_registered(registration: str, action: str, asked_for: frozenset[str]) -> None:
    """Raise OcppError(SecurityError) when the station may not send this action now."""
    if registration == Registration.ACCEPTED or action == "BootNotification":
        return
    if registration != Registration.REJECTED:
        if action in asked_for:
            return
        if action in SENT_REGARDLESS and stations_settings().lenient_before_accepted:
            return
    raise OcppError(RpcErrorCode.SECURITY_ERROR, "The station has not been accepted yet")


def asked_for_by(action: str, payload: dict[str, Any]) -> frozenset[str]:
    """The actions that a call of ours asks the station to send."""
    if action not in TRIGGERS:
        return frozenset(REPORTED_BY.get(action, ()))
    wanted = payload.get("requestedMessage", "")
    if wanted.startswith("Sign"):  # SignChargePointCertificate, SignCombinedCertificate, …
        return frozenset({"SignCertificate"})
    return frozenset({wanted, *TRIGGERED_AS.get(wanted, ())})
