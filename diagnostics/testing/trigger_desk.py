"""What a CSMS can make a simulated station say or do: triggers and resets (F06, B11)."""

from __future__ import annotations

from collections.abc import Callable

from diagnostics.testing.host import Answers, Host, Payload
from diagnostics.testing.log_desk import LogDesk

#: Any text: the CSMS of a simulation signs nothing.
_REQUEST = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----"


class TriggerDesk:
    """Answers TriggerMessage, ExtendedTriggerMessage and Reset."""

    def __init__(self, host: Host, logs: LogDesk) -> None:
        self._host = host
        self._logs = logs

    def answers(self) -> Answers:
        """The calls served here."""
        return {
            "ExtendedTriggerMessage": self.trigger_message,
            "Reset": self.reset,
            "TriggerMessage": self.trigger_message,
        }

    def reset(self, payload: Payload) -> Payload:
        """Reset: accepted, and done at once whatever its type."""
        self._host.afterwards(lambda: self._host.reboot("RemoteReset"))
        return {"status": "Accepted"}

    def trigger_message(self, payload: Payload) -> Payload:
        """TriggerMessage, and ExtendedTriggerMessage of 1.6."""
        wanted = payload["requestedMessage"]
        if wanted == "BootNotification" and self._host.registration == "Accepted":
            return {"status": "Rejected"}  # F06.FR.17
        if wanted == "TransactionEvent":
            return {"status": "Rejected"}  # there is no transaction
        action = self._action(wanted, payload)
        if action is None:
            return {"status": "NotImplemented"}
        self._host.afterwards(action)
        return {"status": "Accepted"}

    def _action(self, wanted: str, payload: Payload) -> Callable[[], None] | None:
        """What the trigger makes the station do; None for what it does not know (F06.FR.08)."""
        host = self._host
        if wanted in ("LogStatusNotification", "DiagnosticsStatusNotification"):
            return self._log_status(legacy=wanted == "DiagnosticsStatusNotification")
        if wanted == "CustomTrigger":
            return self._custom(payload.get("customTrigger", ""))
        place = payload.get("evse", {}).get("id") or payload.get("connectorId") or None
        known: dict[str, Callable[[], None]] = {
            "BootNotification": host.boot_again,
            "FirmwareStatusNotification": lambda: self._firmware(payload),
            "Heartbeat": lambda: host.say("Heartbeat", {}),
            "MeterValues": lambda: self._meter_values(place or 1),
            "SignChargePointCertificate": lambda: host.say("SignCertificate", {"csr": _REQUEST}),
            "SignChargingStationCertificate": lambda: host.say(
                "SignCertificate", {"csr": _REQUEST}
            ),
            "StatusNotification": lambda: host.say_connectors(place),
        }
        return known.get(wanted)

    def _log_status(self, *, legacy: bool) -> Callable[[], None] | None:
        if not self._host.behaviour.tells_status:
            return None
        return lambda: self._logs.status_asked(legacy=legacy)

    def _custom(self, trigger: str) -> Callable[[], None] | None:
        """A trigger of the vendor's own, where CustomTriggers has it (F06.FR.20)."""
        known = self._host.device.read("CustomizationCtrlr", "CustomTriggers").split(",")
        if trigger not in known:
            return None
        data = {"vendorId": "org.example.nordlader", "messageId": trigger}
        return lambda: self._host.say("DataTransfer", data)

    def _firmware(self, payload: Payload) -> None:
        self._host.say("FirmwareStatusNotification", {"status": "Idle"})

    def _meter_values(self, evse: int) -> None:
        self._host.say("MeterValues", self._host.dialect.meter_values(evse, self._host.time_text()))
