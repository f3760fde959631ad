"""OCPP 2.0.1."""

from collections.abc import Mapping
from typing import Any

from diagnostics.ocpp.codecs.base import Answer, AnswerContext, Codec
from diagnostics.ocpp.codecs.fields import inner, text, whole
from diagnostics.ocpp.messages import BootFacts, ConnectorStatus
from diagnostics.ocpp.times import parse_time
from diagnostics.ocpp.versions import OcppVersion


def _id_token_info(call: AnswerContext) -> dict[str, Any]:
    return {"idTokenInfo": {"status": call.id_token_status}}


def _transaction(call: AnswerContext) -> dict[str, Any]:
    """E05: idTokenInfo is required exactly when the station sent an idToken."""
    return _id_token_info(call) if "idToken" in call.payload else {}


ANSWERS: dict[str, Answer] = {
    "Authorize": _id_token_info,
    "ClearedChargingLimit": {},
    "DataTransfer": {"status": "UnknownVendorId"},
    "FirmwareStatusNotification": {},
    "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
    "GetCertificateStatus": {"status": "Failed"},
    "LogStatusNotification": {},
    "MeterValues": {},
    "NotifyChargingLimit": {},
    "NotifyCustomerInformation": {},
    "NotifyDisplayMessages": {},
    "NotifyEVChargingNeeds": {"status": "Rejected"},
    "NotifyEVChargingSchedule": {"status": "Accepted"},
    "NotifyEvent": {},
    "NotifyMonitoringReport": {},
    "NotifyReport": {},
    "PublishFirmwareStatusNotification": {},
    "ReportChargingProfiles": {},
    "ReservationStatusUpdate": {},
    "SecurityEventNotification": {},
    "SignCertificate": {"status": "Rejected"},  # A02.FR.12: cannot process
    "StatusNotification": {},
    "TransactionEvent": _transaction,
}


class Codec201(Codec):
    """The words of 2.0.1."""

    version = OcppVersion.V201
    log_types = frozenset({"DiagnosticsLog", "SecurityLog"})
    # B02.FR.01. Block N has to wait: stations refuse it with SecurityError until accepted.
    pending_actions = frozenset(
        {"GetBaseReport", "GetReport", "GetVariables", "SetVariables", "TriggerMessage"}
    )
    location_limits: Mapping[str, int | None] = {"GetLog": 512}
    answers = ANSWERS

    def decode_boot(self, payload: Mapping[str, Any]) -> BootFacts:
        """Read BootNotification."""
        station = inner(payload, "chargingStation")
        modem = inner(station, "modem")
        return BootFacts(
            vendor=text(station, "vendorName", 50),
            model=text(station, "model", 50),
            serial_number=text(station, "serialNumber", 50),
            firmware_version=text(station, "firmwareVersion", 50),
            reason=text(payload, "reason", 50),
            iccid=text(modem, "iccid", 20),
            imsi=text(modem, "imsi", 20),
        )

    def decode_connector_status(self, payload: Mapping[str, Any]) -> ConnectorStatus:
        """Read StatusNotification; faults of 2.x come as events instead."""
        return ConnectorStatus(
            evse_id=whole(payload, "evseId") or 0,
            connector_id=whole(payload, "connectorId") or 0,
            status=text(payload, "connectorStatus", 50),
            timestamp=parse_time(payload.get("timestamp")),
        )


CODEC = Codec201()
