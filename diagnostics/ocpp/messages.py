"""Messages in words that no version owns: what codecs read and write.

Text fields are bounded, never ``None`` and never trusted: they come from a station.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class GetLogRequest:
    """One log asked of a station (N01, and GetDiagnostics of 1.6).

    ``oldest`` and ``latest`` are aware datetimes; ``retry_interval`` is in seconds. ``None`` leaves
    the choice to the station, and so does 0 for both retry fields.
    """

    log_type: str
    request_id: int
    remote_location: str
    oldest: datetime | None = None
    latest: datetime | None = None
    retries: int | None = None
    retry_interval: int | None = None


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """The answer to a log request; ``status`` is Accepted, Rejected or AcceptedCanceled."""

    status: str
    filename: str = ""
    reason_code: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class LogStatus:
    """What a station says about an upload, in the words of 2.x.

    ``request_id`` is ``None`` when the station gave none (0 is an id); ``legacy`` marks the 1.6
    DiagnosticsStatusNotification, which never has one.
    """

    status: str
    request_id: int | None = None
    reason_code: str = ""
    additional_info: str = ""
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class BootFacts:
    """What a station says about itself in BootNotification; ``reason`` is empty on 1.6.

    ``box_serial_number`` is another one that only 1.6 has, and deprecates.
    """

    vendor: str = ""
    model: str = ""
    serial_number: str = ""
    firmware_version: str = ""
    reason: str = ""
    iccid: str = ""
    imsi: str = ""
    box_serial_number: str = ""


@dataclass(frozen=True, slots=True)
class ConnectorStatus:
    """One StatusNotification; ``status`` and ``error_code`` are the station's own words.

    1.6 counts connectors through: its connector N becomes connector 1 of EVSE N, and 0 (the
    station itself) is EVSE 0, connector 0.
    """

    evse_id: int
    connector_id: int
    status: str
    error_code: str = ""
    info: str = ""
    vendor_id: str = ""
    vendor_error_code: str = ""
    timestamp: datetime | None = None


@dataclass(frozen=True, slots=True)
class SecurityEventFacts:
    """One SecurityEventNotification; ``type`` is an open word, ``timestamp_text`` as received."""

    type: str
    timestamp: datetime | None = None
    timestamp_text: str = ""
    tech_info: str = ""


@dataclass(frozen=True, slots=True)
class WireCall:
    """A call ready for one version's wire: the action's name and its payload.

    ``kept`` is what a record may hold of it, where the payload carries a secret.
    """

    action: str
    payload: dict[str, Any]
    kept: dict[str, Any] | None = None
