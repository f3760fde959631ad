"""Which messages a station can be told to send now, and how (F06; 1.6: remote trigger profile).

1.6 has two messages for it: TriggerMessage, and ExtendedTriggerMessage of the security extension
for what came with it. Here one list is offered, in the words of what is then sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.ocpp.fields import given, refuse
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.schemas import validate_call
from diagnostics.ocpp.versions import OcppVersion

TRIGGER, EXTENDED = "TriggerMessage", "ExtendedTriggerMessage"


class Place(StrEnum):
    """Whether a message is about one EVSE or connector."""

    STATION = "station"
    ANY = "any"
    CONNECTOR = "connector"


@dataclass(frozen=True, slots=True)
class Trigger:
    """One message that can be triggered.

    `requested` is its name in the call `action`; `needs_extension` marks what only 1.6 stations
    with the security extension have; `is_custom` takes a text of the station's own (F06.FR.20).
    """

    message: str
    place: Place = Place.STATION
    action: str = TRIGGER
    requested: str = ""
    is_custom: bool = False

    @property
    def needs_extension(self) -> bool:
        return self.action == EXTENDED


_16 = (
    Trigger("BootNotification"),
    Trigger("DiagnosticsStatusNotification"),
    Trigger("FirmwareStatusNotification"),
    Trigger("Heartbeat"),
    Trigger("LogStatusNotification", action=EXTENDED),
    Trigger("MeterValues", Place.ANY),
    Trigger("SignChargePointCertificate", action=EXTENDED),
    # Whitepaper, section 5.3: the extended trigger brings the signed variant.
    Trigger("SignedFirmwareStatusNotification", action=EXTENDED,
            requested="FirmwareStatusNotification"),
    Trigger("StatusNotification", Place.ANY),
)  # fmt: skip

_201 = (
    Trigger("BootNotification"),
    Trigger("FirmwareStatusNotification"),
    Trigger("Heartbeat"),
    Trigger("LogStatusNotification"),
    Trigger("MeterValues", Place.ANY),
    Trigger("PublishFirmwareStatusNotification"),
    Trigger("SignChargingStationCertificate"),
    Trigger("SignCombinedCertificate"),
    Trigger("SignV2GCertificate"),
    Trigger("StatusNotification", Place.CONNECTOR),  # F06.FR.13
    Trigger("TransactionEvent", Place.ANY),
)

_21 = (
    *_201,
    Trigger("SignV2G20Certificate"),
    Trigger("CustomTrigger", Place.ANY, is_custom=True),
)

_TABLES = {OcppVersion.V16: _16, OcppVersion.V201: _201, OcppVersion.V21: _21}


def triggers_of(version: OcppVersion, *, extension: bool | None = None) -> tuple[Trigger, ...]:
    """What a station of this version can be told to send; `extension` as for log requests."""
    table = _TABLES[version]
    return tuple(each for each in table if extension is not False or not each.needs_extension)


def encode_trigger(
    version: OcppVersion,
    message: str,
    *,
    evse_id: int | None = None,
    connector_id: int | None = None,
    custom: str = "",
) -> WireCall:
    """Write the call that has the station send `message`.

    A connector of 1.6 is an EVSE here. Raises UnsupportedAction where the version cannot trigger
    it, InvalidPayload where a place or a text is missing or too much.
    """
    trigger = next((each for each in _TABLES[version] if each.message == message), None)
    if trigger is None:
        raise UnsupportedAction(f"OCPP {version} cannot trigger {message[:50]}.")
    _check(trigger, evse_id, connector_id, custom)
    payload = given(
        requestedMessage=trigger.requested or message,
        customTrigger=custom or None,
        **_place(version, evse_id, connector_id),
    )
    validate_call(version, trigger.action, payload)
    return WireCall(trigger.action, payload)


def _check(trigger: Trigger, evse_id: int | None, connector_id: int | None, custom: str) -> None:
    if trigger.place is Place.CONNECTOR and (evse_id is None or connector_id is None):
        raise refuse("evse_id", f"{trigger.message} needs an EVSE and a connector.", "required")
    if trigger.place is Place.STATION and evse_id is not None:
        raise refuse("evse_id", f"{trigger.message} is about the whole station: name no EVSE.")
    if connector_id is not None and evse_id is None:
        raise refuse("evse_id", "A connector needs the EVSE that it is a part of.", "required")
    if trigger.is_custom and not custom:
        raise refuse("custom", "A custom trigger needs its name.", "required")
    if custom and not trigger.is_custom:
        raise refuse("custom", f"{trigger.message} takes no name of a custom trigger.")


def _place(version: OcppVersion, evse_id: int | None, connector_id: int | None) -> dict[str, Any]:
    if evse_id is None:
        return {}
    if version is OcppVersion.V16:
        return {"connectorId": evse_id}
    return {"evse": given(id=evse_id, connectorId=connector_id)}
