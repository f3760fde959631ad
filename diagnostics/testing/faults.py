"""The state of the connectors, and their faults: StatusNotification in all versions."""

from __future__ import annotations

from diagnostics.testing.dialects import Fault
from diagnostics.testing.host import Host, Payload
from diagnostics.testing.model import VariableName


class FaultDesk:
    """Knows which connectors are out of order and why; each EVSE has one connector."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._faults: dict[int, Fault] = {}

    def fault(
        self, evse: int, *, error: str = "OtherError", info: str = "", vendor_code: str = ""
    ) -> None:
        """Put a connector out of order and say so; the reason goes with it in 1.6 only."""
        self._faults[evse] = Fault(error, info, vendor_code)
        self._say(evse)

    def recover(self, evse: int) -> None:
        """Put it back into order and say so."""
        self._faults.pop(evse, None)
        self._say(evse)

    def status(self, evse: int) -> Payload:
        """The payload of StatusNotification."""
        time = self._host.time_text()
        return self._host.dialect.connector_status(evse, time, self._faults.get(evse))

    def _say(self, evse: int) -> None:
        connector = VariableName("Connector", "AvailabilityState", evse=evse, connector=1)
        value = self._host.device.find(connector)
        if value is not None:
            value.value = "Faulted" if evse in self._faults else "Available"
        self._host.say_connectors(evse)
