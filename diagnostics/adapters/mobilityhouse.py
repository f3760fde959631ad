"""For hosts whose stations are `ChargePoint` objects of the `ocpp` package (mobilityhouse).

    class Box(DiagnosticsMixin, ocpp.v201.ChargePoint):
        ...the host's own handlers...

What the package receives is shown to diagnostics first, in the wire's words: the package renames
every key and refuses what breaks a schema, and neither can be undone. An action that the host has
a handler for is still answered by the host; the others that diagnostics knows are answered here.

Calls from the outbox go out as they are written there, over the connection and under the lock of
the package (`_send`, `_call_lock`; a test holds us to them), so that one CALL is in flight,
whoever placed it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import Error as DatabaseError
from ocpp.charge_point import ChargePoint

from diagnostics import inbound, message_log
from diagnostics.adapters.doorbell import WORKERS, Doorbell
from diagnostics.gateway import get_gateway
from diagnostics.handlers.registry import CALLS
from diagnostics.lifecycles.call import INVALID_ANSWER
from diagnostics.models import OutboundCall
from diagnostics.ocpp.errors import MalformedFrame, OcppError, RpcErrorCode
from diagnostics.ocpp.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    Send,
    parse_frame,
    to_text,
)
from diagnostics.ocpp.requests import Requests, Side
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.calls import delivery

logger = logging.getLogger(__name__)

# A station that booted wants its boot answered before anything else; one that merely reconnected
# may have nothing to say for a while.
GREETING_SECONDS = 5.0

# Calls whose answer is overdue and may still come.
REMEMBERED = 100

doorbell = Doorbell()


@dataclass(slots=True)
class Exchange:
    """A call of ours on the wire, until its answer is recorded."""

    action: str
    settled: asyncio.Event


class DiagnosticsMixin(ChargePoint):
    """Goes before the `ChargePoint` of a version in the bases of the host's class.

    `id` must be what the gateway's `find` takes. `registration` is the answer that the host last
    gave to a BootNotification: set it when you answer "Pending" or "Rejected".
    """

    registration: str = "Accepted"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.version = OcppVersion(self._ocpp_version)
        self.connection_id = uuid4().hex
        self.station: Any = None
        self.rung = asyncio.Event()
        self._heard = asyncio.Event()
        self._requests = Requests(self.version, Side.CSMS)
        self._exchanges: OrderedDict[str, Exchange] = OrderedDict()

    async def start(self) -> None:
        """Serve the connection, and deliver waiting calls, until the connection ends.

        Raises LookupError when the gateway knows no station of this `id`.
        """
        self.station = await WORKERS.run(get_gateway().find, self.id)
        if self.station is None:
            raise LookupError(f"the gateway knows no station {self.id}")
        await WORKERS.run(inbound.station_connected, self.station)
        doorbell.join(self)
        delivering = asyncio.create_task(self._deliver())
        delivering.add_done_callback(self._delivery_ended)
        try:
            await super().start()
        finally:
            doorbell.leave(self)
            delivering.cancel()
            await asyncio.wait([delivering])
            await WORKERS.run(
                inbound.station_disconnected, self.station, connection=self.connection_id
            )

    async def route_message(self, raw_msg: Any) -> None:
        """Take what is for diagnostics, and leave the rest to the package."""
        if isinstance(raw_msg, str):
            self._record(raw_msg, message_log.FROM_STATION)
        try:
            if not (isinstance(raw_msg, str) and await self._receive(raw_msg)):
                await super().route_message(raw_msg)
        finally:
            self._heard.set()

    async def _send(self, message: Any) -> None:
        """What the package sends, and what is sent here, goes into the log of messages."""
        if isinstance(message, str):
            self._record(message, message_log.TO_STATION)
        await super()._send(message)

    def _record(self, text: str, direction: str) -> None:
        if self.station is not None:
            message_log.record(self.station, text, direction, connection=self.connection_id)

    # From the station

    async def _receive(self, text: str) -> bool:
        """Show a text to diagnostics. True: it is dealt with; False: the package goes on."""
        try:
            frame = parse_frame(text, self.version)
        except MalformedFrame:
            return False
        match frame:
            case Call() if frame.action in CALLS:
                return await self._receive_call(frame)
            case CallResult() | CallError() if str(frame.message_id) in self._exchanges:
                await self._receive_answer(frame)
                return True
            case CallResultError():
                await self._receive_result_error(frame)
                return True
            case Send():
                await self._receive_send(frame)
                return True
        return False

    async def _receive_call(self, call: Call) -> bool:
        is_for_host = "_on_action" in self.route_map.get(call.action, {})
        try:
            answer = await self._record_call(call)
        except OcppError as error:
            if is_for_host:
                return False
            code = error.code.spelled(self.version)
            refusal = CallError(call.message_id, code, error.description, error.details)
            await self._send(to_text(refusal, self.version))
            return True
        if answer is None or is_for_host:
            return False
        await self._send(to_text(CallResult(call.message_id, answer), self.version))
        return True

    async def _record_call(self, call: Call) -> dict[str, Any] | None:
        action, payload, _ = self._requests.read(call.action, call.payload)
        try:
            return await WORKERS.run(
                inbound.receive_call, self.station, self.version, action, payload
            )
        except OcppError:
            raise
        except Exception as error:  # as the package does: a failure of ours costs no connection
            logger.exception("%s of %s was not recorded", call.action, self.id)
            raise OcppError(RpcErrorCode.INTERNAL_ERROR, "It could not be recorded.") from error

    async def _receive_send(self, send: Send) -> None:
        """The package cannot read this type of message (2.1)."""
        try:
            action, payload, _ = self._requests.read(send.action, send.payload)
        except OcppError as error:
            logger.warning("SEND %s of %s ignored: %s", send.action[:50], self.id, error)
            return
        await WORKERS.run(inbound.receive_send, self.station, self.version, action, payload)

    async def _receive_result_error(self, error: CallResultError) -> None:
        """A station cannot read an answer (2.1); the package cannot read this type either."""
        await WORKERS.run(
            inbound.receive_result_error,
            self.station,
            str(error.message_id),
            error.code,
            error.description,
            error.details,
        )

    async def _receive_answer(self, frame: CallResult | CallError) -> None:
        exchange = self._exchanges.pop(str(frame.message_id))
        try:
            if isinstance(frame, CallError):
                await self._record_refusal(frame)
            else:
                await self._record_result(exchange, frame)
        finally:
            exchange.settled.set()

    async def _record_result(self, exchange: Exchange, result: CallResult) -> None:
        try:
            payload, _ = self._requests.read_answer(exchange.action, result.payload)
        except OcppError as error:
            invalid = CallError(result.message_id, INVALID_ANSWER, error.description)
            await self._record_refusal(invalid)
        else:
            await WORKERS.run(inbound.receive_result, self.station, result.message_id, payload)

    async def _record_refusal(self, error: CallError) -> None:
        await WORKERS.run(
            inbound.receive_error,
            self.station,
            str(error.message_id),
            error.code,
            error.description,
            error.details,
        )

    # To the station

    async def _deliver(self) -> None:
        """Take calls from the outbox while there are any, and again when the doorbell rings."""
        try:
            async with asyncio.timeout(GREETING_SECONDS):
                await self._heard.wait()
        except TimeoutError:
            logger.debug("%s says nothing, so it did not boot", self.id)
        while True:
            self.rung.clear()
            try:
                while await self._deliver_next():
                    pass
            except DatabaseError:
                logger.exception("Calls for %s cannot be taken; trying again", self.id)
            await self.rung.wait()

    def _delivery_ended(self, delivering: asyncio.Task[None]) -> None:
        if not delivering.cancelled():
            logger.warning("Delivery to %s ended: %r", self.id, delivering.exception())

    async def _deliver_next(self) -> bool:
        async with self._call_lock:
            call = await WORKERS.run(
                delivery.next_call,
                self.station,
                version=self.version,
                connection=self.connection_id,
                registration=self.registration,
            )
            if call is None:
                return False
            await self._exchange(call)
            return True

    async def _exchange(self, call: OutboundCall) -> None:
        exchange = Exchange(call.wire_action, asyncio.Event())
        self._exchanges[call.message_id] = exchange
        if len(self._exchanges) > REMEMBERED:
            self._exchanges.popitem(last=False)
        frame = Call(call.message_id, call.wire_action, call.wire_payload)
        await self._send(to_text(frame, self.version))
        try:
            # Not `wait_for`: before Python 3.12 it forgets that it was cancelled when the answer
            # comes in the same moment, and a connection that ends would wait for ever.
            async with asyncio.timeout(call.timeout):
                await exchange.settled.wait()
        except TimeoutError:
            await WORKERS.run(inbound.receive_timeout, self.station, call.message_id)
