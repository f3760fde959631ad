"""The words of each OCPP version from the station's side, where `ocpp.codecs` has the CSMS's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from diagnostics.ocpp.times import parse_time
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.device import Device

Message = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOrder:
    """A log that the CSMS asked for, whichever message said so.

    `request_id` is None for GetDiagnostics, which is what `legacy` marks.
    """

    log_type: str
    location: str
    request_id: int | None = None
    oldest: datetime | None = None
    latest: datetime | None = None
    retries: int = 0
    retry_interval: float | None = None
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a connector is out of order; `error` is a ChargePointErrorCode of 1.6."""

    error: str
    info: str = ""
    vendor_code: str = ""


class Dialect:
    """OCPP 2.0.1; the others differ where they say so."""

    #: Whether faults are told in StatusNotification, as there are no events.
    has_faults = False

    def boot(self, device: Device, reason: str) -> dict[str, Any]:
        """The payload of BootNotification (B01)."""
        station = {
            "vendorName": device.vendor,
            "model": device.model,
            "serialNumber": device.serial_number,
            "firmwareVersion": device.firmware_version,
        }
        return {"reason": reason, "chargingStation": station}

    def connector_status(self, evse: int, time: str, fault: Fault | None) -> dict[str, Any]:
        """The payload of StatusNotification for the only connector of an EVSE."""
        return {
            "timestamp": time,
            "connectorStatus": "Faulted" if fault else "Available",
            "evseId": evse,
            "connectorId": 1,
        }

    def meter_values(self, evse: int, time: str) -> dict[str, Any]:
        """The payload of MeterValues: an idle meter."""
        value = {"timestamp": time, "sampledValue": [{"value": 1250.5}]}
        return {"evseId": evse, "meterValue": [value]}

    def read_order(self, action: str, payload: dict[str, Any]) -> LogOrder:
        """Read GetLog."""
        log = payload["log"]
        return LogOrder(
            log_type=payload["logType"],
            location=log["remoteLocation"],
            request_id=payload["requestId"],
            oldest=parse_time(log.get("oldestTimestamp")),
            latest=parse_time(log.get("latestTimestamp")),
            retries=payload.get("retries", 0),
            retry_interval=payload.get("retryInterval"),
        )

    def log_answer(self, order: LogOrder, status: str, filename: str) -> dict[str, Any]:
        """The answer to GetLog; a rejected one has no file name (N01.FR.05)."""
        return {"status": status} if status == "Rejected" else self._named(status, filename)

    def _named(self, status: str, filename: str) -> dict[str, Any]:
        return {"status": status, "filename": filename}

    def log_status(self, status: str, request_id: int | None, *, legacy: bool) -> Message | None:
        """The message that carries an upload status; None where the version has no such word."""
        payload: dict[str, Any] = {"status": status}
        if request_id is not None:
            payload["requestId"] = request_id
        return "LogStatusNotification", payload


class Dialect16(Dialect):
    """OCPP 1.6 with its security extension."""

    has_faults = True

    def boot(self, device: Device, reason: str) -> dict[str, Any]:
        return {
            "chargePointVendor": device.vendor[:20],
            "chargePointModel": device.model[:20],
            "chargePointSerialNumber": device.serial_number,
            "firmwareVersion": device.firmware_version,
        }

    def connector_status(self, evse: int, time: str, fault: Fault | None) -> dict[str, Any]:
        told = {"connectorId": evse, "timestamp": time}
        if fault is None:
            return {**told, "errorCode": "NoError", "status": "Available"}
        more = {"info": fault.info, "vendorErrorCode": fault.vendor_code}
        given = {name: text for name, text in more.items() if text}
        return {
            **told,
            **given,
            "errorCode": fault.error,
            "status": "Faulted",
            "vendorId": "org.example.nordlader",
        }

    def meter_values(self, evse: int, time: str) -> dict[str, Any]:
        value = {"timestamp": time, "sampledValue": [{"value": "1250.5"}]}
        return {"connectorId": evse, "meterValue": [value]}

    def read_order(self, action: str, payload: dict[str, Any]) -> LogOrder:
        if action == "GetLog":
            return super().read_order(action, payload)
        return LogOrder(
            log_type="DiagnosticsLog",
            location=payload["location"],
            oldest=parse_time(payload.get("startTime")),
            latest=parse_time(payload.get("stopTime")),
            retries=payload.get("retries", 0),
            retry_interval=payload.get("retryInterval"),
            legacy=True,
        )

    def log_answer(self, order: LogOrder, status: str, filename: str) -> dict[str, Any]:
        """GetDiagnostics has no status: no file name means that there is nothing to upload."""
        if not order.legacy:
            return super().log_answer(order, status, filename)
        return {} if status == "Rejected" else {"fileName": filename}

    def log_status(self, status: str, request_id: int | None, *, legacy: bool) -> Message | None:
        if status == "AcceptedCanceled":  # 1.6 has it as an answer only
            return None
        if not legacy:
            return super().log_status(status, request_id, legacy=legacy)
        known = status in ("Idle", "Uploading", "Uploaded")
        return "DiagnosticsStatusNotification", {"status": status if known else "UploadFailed"}


_DIALECTS = {
    OcppVersion.V16: Dialect16(),
    OcppVersion.V201: Dialect(),
    OcppVersion.V21: Dialect(),
}


def dialect_of(version: OcppVersion) -> Dialect:
    """The words of a version, from the station's side."""
    return _DIALECTS[version]
