"""What a station's answer to GetLog, or the lack of one, means for the log request (N01, 6.2)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import CONNECTION_LOST, NO_ANSWER, CallStatus
from diagnostics.models import LogRequest, OutboundCall
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.errors import RpcErrorCode, parse_error_code
from diagnostics.ocpp.messages import LogAnswer
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.fleet import capabilities
from diagnostics.services.logs import GET_LOG
from diagnostics.services.logs import facts as log_facts
from diagnostics.services.timeline import Source, note

NOT_KNOWN = frozenset({RpcErrorCode.NOT_IMPLEMENTED, RpcErrorCode.NOT_SUPPORTED})


def call_moved(call: OutboundCall) -> None:
    """A call of a log request was sent or settled: draw the consequences."""
    if call.log_request is None:
        return
    answer = _decode(call)
    with log_facts.locked(call.log_request) as row:
        _CONSEQUENCES[CallStatus(call.status)](row, call, answer)
    if answer and answer.status == "AcceptedCanceled":
        log_facts.supersede_older(row)


def _decode(call: OutboundCall) -> LogAnswer | None:
    if call.status != CallStatus.ANSWERED:
        return None
    version = OcppVersion.V16 if call.wire_action == "GetDiagnostics" else _version(call)
    return codec_for(version).decode_log_answer(call.wire_action, call.answer or {})


def _version(call: OutboundCall) -> OcppVersion:
    return get_gateway().version(call.station) or OcppVersion.V201


def _sent(row: LogRequest, call: OutboundCall, answer: LogAnswer | None) -> None:
    row.call, row.request_id = call, call.request_id
    _note(row, "log.sent", Source.SYSTEM, action=call.wire_action)


def _answered(row: LogRequest, call: OutboundCall, answer: LogAnswer | None) -> None:
    if answer is None:
        return
    if answer.status != "Rejected" or not row.answer:
        row.answer, row.answered_at = answer.status, call.settled_at
        row.filename = answer.filename
        if answer.reason_code or answer.additional_info:
            row.reason_code, row.reason_info = answer.reason_code, answer.additional_info
    # Else it was asked twice, and one of the answers only says that the station is busy with it.
    _note(
        row,
        "log.answered",
        Source.STATION,
        status=answer.status,
        filename=answer.filename,
        reason=answer.reason_code,
        info=answer.additional_info,
        late=call.late or None,
    )
    if call.payload.get("legacy") and answer.status == "Accepted":
        _learn_that_it_lacks(row, "")


def _refused(row: LogRequest, call: OutboundCall, answer: LogAnswer | None) -> None:
    _note(row, "log.refused", Source.STATION, code=call.error_code, info=call.error_description)
    if _may_fall_back(row, call) and parse_error_code(call.error_code) in NOT_KNOWN:
        _learn_that_it_lacks(row, call.error_code)
        _ask_again(row, legacy=True)


def _timed_out(row: LogRequest, call: OutboundCall, answer: LogAnswer | None) -> None:
    _note(row, "log.unanswered", Source.SYSTEM, why=call.error_code)
    if row.station_status or row.files.exists() or row.receiving_at:
        return  # it was heard after all
    if call.error_code == CONNECTION_LOST and _first_loss(row):
        _ask_again(row, legacy=bool(call.payload.get("legacy")))
    elif call.error_code == NO_ANSWER and _may_fall_back(row, call):
        _ask_again(row, legacy=True)


def _ended(row: LogRequest, call: OutboundCall, answer: LogAnswer | None) -> None:
    if call.pk == row.call_id and row.canceled_at is None:
        kind = "log.expired" if call.status == CallStatus.EXPIRED else "log.unsupported"
        _note(row, kind, Source.SYSTEM, info=call.error_description)


def _pending(row: LogRequest, call: OutboundCall, answer: LogAnswer | None) -> None:
    """Nothing follows from waiting."""


_CONSEQUENCES = {
    CallStatus.PENDING: _pending,
    CallStatus.SENT: _sent,
    CallStatus.ANSWERED: _answered,
    CallStatus.REFUSED: _refused,
    CallStatus.TIMED_OUT: _timed_out,
    CallStatus.EXPIRED: _ended,
    CallStatus.CANCELED: _ended,
}


def _may_fall_back(row: LogRequest, call: OutboundCall) -> bool:
    """Whether GetDiagnostics can still be tried: 1.6, once, never for the security log."""
    if call.payload.get("legacy") or call.pk != row.call_id:
        return False
    if call.error_code == NO_ANSWER and capabilities.knows(row.station, GET_LOG):
        return False  # it knows GetLog and was silent this once
    return codec_for(_version(call)).get_log_fallback(call.wire_action, row.log_type)


def _first_loss(row: LogRequest) -> bool:
    return row.calls.filter(error_code=CONNECTION_LOST, action=GET_LOG).count() == 1


def _ask_again(row: LogRequest, *, legacy: bool) -> None:
    """A new call for the same request, with a request id of its own and the same address."""
    row.call = calls.add_call(
        station=row.station,
        action=GET_LOG,
        payload={"legacy": True} if legacy else {},
        log_request=row,
        request_id=calls.allocate_request_id(row.station),
        expires_at=row.expires_at,
        timeout=app_settings.log_response_timeout,
        placed_by=row.requested_by,
    )
    _note(row, "log.asked_again", Source.SYSTEM, legacy=legacy or None)


def _learn_that_it_lacks(row: LogRequest, code: str) -> None:
    """A station of 1.6 has no security extension: it refused GetLog, or took the older message."""
    if capabilities.knows(row.station, GET_LOG) is not False:
        capabilities.learn(row.station_id, GET_LOG, known=False, code=code)


def _note(row: LogRequest, kind: str, source: str, **data: Any) -> None:
    note(
        station=row.station,
        log_request=row,
        kind=kind,
        source=source,
        now=timezone.now(),
        **data,
    )
