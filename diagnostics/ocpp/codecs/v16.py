"""OCPP 1.6 with its security extension: charge points, connectors, and two ways to get a log."""

from collections.abc import Mapping
from typing import Any

from diagnostics.ocpp.codecs.base import AnswerContext, Codec, count, wire_time
from diagnostics.ocpp.codecs.configuration import Configuration
from diagnostics.ocpp.codecs.fields import check_range, given, refuse, text, whole
from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.ocpp.messages import (
    BootFacts,
    ConnectorStatus,
    GetLogRequest,
    LogAnswer,
    LogStatus,
    WireCall,
)
from diagnostics.ocpp.schemas import sent_by_csms
from diagnostics.ocpp.times import parse_time
from diagnostics.ocpp.versions import OcppVersion


def _id_tag_info(call: AnswerContext) -> dict[str, Any]:
    return {"idTagInfo": {"status": call.id_token_status}}


def _started(call: AnswerContext) -> dict[str, Any]:
    return {"transactionId": call.transaction_id, **_id_tag_info(call)}


def _stopped(call: AnswerContext) -> dict[str, Any]:
    return _id_tag_info(call) if "idTag" in call.payload else {}


class Codec16(Configuration, Codec):
    """The words of 1.6; EVSE and connector ids as in ConnectorStatus."""

    version = OcppVersion.V16
    log_types = frozenset({"DiagnosticsLog", "SecurityLog"})
    # Section 4.2: while Pending, everything but starting and stopping transactions.
    pending_actions = sent_by_csms(OcppVersion.V16) - {
        "RemoteStartTransaction",
        "RemoteStopTransaction",
    }
    location_limits = {"GetLog": 512, "GetDiagnostics": None}
    answers = {
        "Authorize": _id_tag_info,
        "DataTransfer": {"status": "UnknownVendorId"},
        "DiagnosticsStatusNotification": {},
        "FirmwareStatusNotification": {},
        "LogStatusNotification": {},
        "MeterValues": {},
        "SecurityEventNotification": {},
        "SignCertificate": {"status": "Rejected"},
        "SignedFirmwareStatusNotification": {},
        "StartTransaction": _started,
        "StatusNotification": {},
        "StopTransaction": _stopped,
    }

    def log_action(self, *, extension: bool | None = None) -> str:
        """GetLog is tried unless the station is known to lack the security extension."""
        return "GetDiagnostics" if extension is False else "GetLog"

    def encode_get_log(self, request: GetLogRequest, *, extension: bool | None = None) -> WireCall:
        """Write GetLog, or GetDiagnostics for a station known to lack the security extension."""
        if extension is not False:
            return super().encode_get_log(request, extension=extension)
        self.check_log_type(request.log_type)
        if request.log_type != "DiagnosticsLog":
            raise UnsupportedAction(
                f"This station lacks the security extension of OCPP 1.6, so it has no"
                f" {request.log_type}."
            )
        check_range(request.oldest, request.latest)
        self.check_location("GetDiagnostics", request.remote_location)
        payload = given(
            location=request.remote_location,
            retries=count(request.retries, "retries"),
            retryInterval=count(request.retry_interval, "retry_interval"),
            startTime=wire_time(request.oldest),
            stopTime=wire_time(request.latest),
        )
        return self._checked("GetDiagnostics", payload)

    def check_location(self, wire_action: str, location: str) -> None:
        """Check the length, and that GetDiagnostics gets a directory."""
        super().check_location(wire_action, location)
        if wire_action == "GetDiagnostics" and not location.endswith("/"):
            raise refuse(
                "remote_location", "GetDiagnostics needs an upload address that ends with /."
            )

    def get_log_fallback(self, wire_action: str, log_type: str) -> bool:
        """GetLog belongs to the extension, which is not announced; GetDiagnostics does not."""
        return wire_action == "GetLog" and log_type == "DiagnosticsLog"

    def decode_log_answer(self, wire_action: str, payload: Mapping[str, Any]) -> LogAnswer:
        """Read either answer; GetDiagnostics says "nothing to upload" by naming no file."""
        if wire_action != "GetDiagnostics":
            return super().decode_log_answer(wire_action, payload)
        filename = text(payload, "fileName", 255)
        return LogAnswer("Accepted" if filename else "Rejected", filename)

    def decode_log_status(self, action: str, payload: Mapping[str, Any]) -> LogStatus:
        """Read either notification; the legacy one never has a request id."""
        status = super().decode_log_status(action, payload)
        if action != "DiagnosticsStatusNotification":
            return status
        return LogStatus(status.status, legacy=True)

    def encode_log_status_poll(self, *, extension: bool | None = None) -> WireCall:
        """Trigger the notification that belongs to the request (whitepaper, section 5.4)."""
        if extension is False:
            wanted = "DiagnosticsStatusNotification"
            return WireCall("TriggerMessage", {"requestedMessage": wanted})
        return WireCall("ExtendedTriggerMessage", {"requestedMessage": "LogStatusNotification"})

    def decode_boot(self, payload: Mapping[str, Any]) -> BootFacts:
        """Read BootNotification; the charge box serial number is the deprecated one."""
        box = text(payload, "chargeBoxSerialNumber", 50)
        return BootFacts(
            vendor=text(payload, "chargePointVendor", 50),
            model=text(payload, "chargePointModel", 50),
            serial_number=text(payload, "chargePointSerialNumber", 50) or box,
            firmware_version=text(payload, "firmwareVersion", 50),
            iccid=text(payload, "iccid", 20),
            imsi=text(payload, "imsi", 20),
            box_serial_number=box,
        )

    def decode_connector_status(self, payload: Mapping[str, Any]) -> ConnectorStatus:
        """Read StatusNotification, the only fault channel of 1.6."""
        connector = whole(payload, "connectorId") or 0
        return ConnectorStatus(
            evse_id=connector,
            connector_id=1 if connector else 0,
            status=text(payload, "status", 50),
            error_code=text(payload, "errorCode", 50),
            info=text(payload, "info", 255),
            vendor_id=text(payload, "vendorId", 255),
            vendor_error_code=text(payload, "vendorErrorCode", 50),
            timestamp=parse_time(payload.get("timestamp")),
        )


CODEC = Codec16()
