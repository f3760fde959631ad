"""What a codec is: one version's tables, and what is written from them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from diagnostics.ocpp.codecs.device_model import DeviceModel
from diagnostics.ocpp.codecs.fields import check_range, given, inner, refuse, text
from diagnostics.ocpp.errors import OcppError, RpcErrorCode, UnsupportedAction
from diagnostics.ocpp.messages import (
    BootFacts,
    ConnectorStatus,
    GetLogRequest,
    LogAnswer,
    LogStatus,
    SecurityEventFacts,
    WireCall,
)
from diagnostics.ocpp.schemas import schemas_of, validate_call
from diagnostics.ocpp.times import format_time, parse_time
from diagnostics.ocpp.versions import OcppVersion


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """What a default answer may need to know besides the payload."""

    payload: Mapping[str, Any]
    id_token_status: str
    transaction_id: int


#: A fixed answer, or one made from the call.
Answer: TypeAlias = Mapping[str, Any] | Callable[[AnswerContext], dict[str, Any]]

_LOG_ANSWERS = frozenset({"Accepted", "Rejected", "AcceptedCanceled"})


class Codec(DeviceModel, ABC):
    """One version's words for the messages that are the same in all of them.

    A subclass is a table: which logs exist, how long an upload address may be, what may be sent
    before the station is accepted, what is answered to calls that nobody here serves.
    """

    version: OcppVersion
    #: The log types a station of this version can be asked for.
    log_types: frozenset[str]
    #: What may be sent while the station's boot is Pending.
    pending_actions: frozenset[str]
    #: Wire action -> longest upload address in characters (``None``: no limit).
    location_limits: Mapping[str, int | None]
    #: Whether stations use an address unmodified unless it ends with a slash (N01.FR.29).
    addresses_are_left_alone: bool = False
    #: Action -> answer to a station's call that is not served (NotSupported when absent).
    answers: Mapping[str, Answer]
    #: Longest statusInfo.additionalInfo.
    additional_info_limit: int = 512

    # Log requests (N01)

    def log_action(self, *, extension: bool | None = None) -> str:
        """Return the action that asks for a log; ``extension`` as in `encode_get_log`."""
        return "GetLog"

    def location_limit(self, wire_action: str) -> int | None:
        """Return the longest upload address of GetLog or GetDiagnostics; ``None``: unlimited."""
        return self.location_limits.get(wire_action)

    def encode_get_log(self, request: GetLogRequest, *, extension: bool | None = None) -> WireCall:
        """Write a log request.

        ``extension`` says whether a 1.6 station has the security extension (``None``: unknown,
        which is tried); other versions ignore it. Raises UnsupportedAction for a log type that
        cannot be had, InvalidPayload for an address or a time range that the version refuses.
        """
        self.check_log_type(request.log_type)
        check_range(request.oldest, request.latest)
        self.check_location("GetLog", request.remote_location)
        log = given(
            remoteLocation=request.remote_location,
            oldestTimestamp=wire_time(request.oldest),
            latestTimestamp=wire_time(request.latest),
        )
        payload = given(
            logType=request.log_type,
            requestId=request.request_id,
            retries=count(request.retries, "retries"),
            retryInterval=count(request.retry_interval, "retry_interval"),
            log=log,
        )
        return self._checked("GetLog", payload)

    def check_log_type(self, log_type: str) -> None:
        """Raise UnsupportedAction, with a sentence for an operator, for a log it cannot give."""
        if log_type not in self.log_types:
            raise UnsupportedAction(f"OCPP {self.version} has no {log_type[:50]}.")

    def check_location(self, wire_action: str, location: str) -> None:
        """Raise InvalidPayload for an upload address that does not fit the message."""
        limit = self.location_limit(wire_action)
        if limit is not None and len(location) > limit:
            raise refuse(
                "remote_location",
                f"The upload address has {len(location)} characters;"
                f" OCPP {self.version} takes {limit}.",
                "maxLength",
            )

    def get_log_fallback(self, wire_action: str, log_type: str) -> bool:
        """Say whether a refused log request can be made again in an older message."""
        return False

    def decode_log_answer(self, wire_action: str, payload: Mapping[str, Any]) -> LogAnswer:
        """Read the answer to a log request; an unreadable one is a rejection."""
        status = text(payload, "status", 20)
        reason = inner(payload, "statusInfo")
        return LogAnswer(
            status=status if status in _LOG_ANSWERS else "Rejected",
            filename=text(payload, "filename", 255),
            reason_code=text(reason, "reasonCode", 20),
            additional_info=text(reason, "additionalInfo", self.additional_info_limit),
        )

    def decode_log_status(self, action: str, payload: Mapping[str, Any]) -> LogStatus:
        """Read what the station says about an upload, in the words of 2.x."""
        status, request_id = text(payload, "status", 50), payload.get("requestId")
        reason = inner(payload, "statusInfo")
        return LogStatus(
            # The text of the 1.6 whitepaper, and DiagnosticsStatusNotification, have this word.
            status="UploadFailure" if status == "UploadFailed" else status,
            # One that is out of range is one that we never gave, which is not the same as none.
            request_id=request_id if type(request_id) is int else None,
            reason_code=text(reason, "reasonCode", 20),
            additional_info=text(reason, "additionalInfo", self.additional_info_limit),
        )

    def encode_log_status_poll(self, *, extension: bool | None = None) -> WireCall:
        """Ask for the state of the upload (F06.FR.14, .15); ``extension`` as for the request."""
        return WireCall("TriggerMessage", {"requestedMessage": "LogStatusNotification"})

    # The rest of what a diagnostics CSMS reads

    @abstractmethod
    def decode_boot(self, payload: Mapping[str, Any]) -> BootFacts:
        """Read what the station says about itself."""

    def encode_boot_answer(self, status: str, now: datetime, interval: int) -> dict[str, Any]:
        """Answer BootNotification: Accepted, Pending or Rejected; ``interval`` in seconds."""
        return {"status": status, "currentTime": format_time(now), "interval": interval}

    def encode_heartbeat_answer(self, now: datetime) -> dict[str, Any]:
        """Answer Heartbeat with our clock (G02.FR.03)."""
        return {"currentTime": format_time(now)}

    @abstractmethod
    def decode_connector_status(self, payload: Mapping[str, Any]) -> ConnectorStatus:
        """Read a StatusNotification."""

    def decode_security_event(self, payload: Mapping[str, Any]) -> SecurityEventFacts:
        """Read a SecurityEventNotification."""
        timestamp = text(payload, "timestamp", 64)
        return SecurityEventFacts(
            type=text(payload, "type", 50),
            timestamp=parse_time(timestamp),
            timestamp_text=timestamp,
            tech_info=text(payload, "techInfo", 255),
        )

    # Any call, any answer

    def knows(self, action: str) -> bool:
        """Say whether this version has a message of this name, in either direction."""
        return action in schemas_of(self.version).actions

    def check_call(self, action: str, payload: Any) -> None:
        """Check any call that the CSMS may send in this version.

        Raises UnsupportedAction or InvalidPayload with a sentence for an operator.
        """
        schemas = schemas_of(self.version)
        if action not in schemas.actions:
            raise UnsupportedAction(
                f"OCPP {self.version} has no {action[:50]}.", code=RpcErrorCode.NOT_IMPLEMENTED
            )
        if action not in schemas.sent_by_csms:
            raise UnsupportedAction(f"{action} is sent by the station, not to it.")
        validate_call(self.version, action, payload)

    def default_answer(
        self,
        action: str,
        payload: Mapping[str, Any],
        *,
        id_token_status: str = "Accepted",  # noqa: S107 - an authorization status, no secret
        transaction_id: int = 1,
    ) -> dict[str, Any]:
        """Return the smallest valid answer to a station's call that nobody here serves.

        A refused transaction message makes stations retry and stall, so every known one is
        answered. Raises OcppError(NotSupported) where no honest answer is small.
        """
        answer = self.answers.get(action)
        if answer is None:
            raise OcppError(RpcErrorCode.NOT_SUPPORTED, f"{action[:50]} is not served here")
        if callable(answer):
            return answer(AnswerContext(payload, id_token_status, transaction_id))
        return dict(answer)

    def _checked(self, action: str, payload: dict[str, Any]) -> WireCall:
        validate_call(self.version, action, payload)
        return WireCall(action, payload)


def wire_time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


def count(value: int | None, field: str) -> int | None:
    """Leave 0 out: stations take it for "never try" or refuse it."""
    if value is not None and value < 0:
        raise refuse(field, f"{field} is less than 0", "minimum")
    return value or None
