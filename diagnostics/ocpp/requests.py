"""Which requests one side of a connection may send, and in which shape they are let in."""

from enum import Enum
from typing import Any, TypeAlias

from diagnostics.ocpp.errors import (
    InvalidPayload,
    OcppError,
    RpcErrorCode,
    UnsupportedAction,
    Violation,
)
from diagnostics.ocpp.lenient import LENIENT, readable, readable_answer
from diagnostics.ocpp.schemas import schemas_of
from diagnostics.ocpp.signed import SUFFIX, unsigned
from diagnostics.ocpp.versions import OcppVersion

#: Action and payload as delivered, and what was wrong with them.
Request: TypeAlias = tuple[str, dict[str, Any], tuple[Violation, ...]]


class Side(Enum):
    """Which end of the connection we are."""

    CSMS = "CSMS"
    STATION = "station"


class Requests:
    """The checks on requests that come to ``side``, and on those it sends."""

    def __init__(self, version: OcppVersion, side: Side) -> None:
        self._side = side
        self._schemas = schemas_of(version)
        by_station, by_csms = self._schemas.sent_by_station, self._schemas.sent_by_csms
        is_csms = side is Side.CSMS
        self._inbound, self._outbound = (by_station, by_csms) if is_csms else (by_csms, by_station)
        self._lenient = LENIENT if is_csms else frozenset[str]()

    def read(self, action: str, payload: Any) -> Request:
        """Check an inbound request; raises the OcppError to answer with."""
        if action not in self._inbound:
            action, payload = self._read_foreign(action, payload)
        schema = self._schemas.request(action)
        if schema.fits(payload):
            return action, payload, ()
        if action in self._lenient:
            return action, *readable(action, schema, payload)
        raise InvalidPayload(schema.inspect(payload)[1])

    def read_answer(
        self, action: str, payload: Any
    ) -> tuple[dict[str, Any], tuple[Violation, ...]]:
        """Check the answer to a request that this side sent; raises InvalidPayload."""
        schema = self._schemas.result(action)
        if self._lenient and not schema.fits(payload):
            return readable_answer(action, schema, payload)
        schema.check(payload)
        return payload, ()

    def check_sent(self, action: str, payload: Any) -> None:
        """Check an outbound request; raises UnsupportedAction or InvalidPayload."""
        schema = self._schemas.request(action)
        if action not in self._outbound:
            raise UnsupportedAction(f"{action} is not sent by the {self._side.value}.")
        schema.check(payload)

    def _read_foreign(self, action: str, payload: Any) -> tuple[str, Any]:
        """Unwrap a signed request, or say what is wrong with this action."""
        plain = action.removesuffix(SUFFIX)
        if plain != action and plain in self._inbound:
            return plain, unsigned(payload)
        shown = action[:50]
        if action in self._schemas.actions:
            sentence = f"{shown} is not for this side of the connection"
            raise OcppError(RpcErrorCode.NOT_SUPPORTED, sentence)
        raise OcppError(RpcErrorCode.NOT_IMPLEMENTED, f"{shown} is not known")
