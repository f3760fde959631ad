"""A station's websocket: the pump between the socket, the protocol and the services.

`diagnostics.ocpp.connection.Connection` knows OCPP, and the services know the rules. The socket is
read in a plain loop, without the trip to a thread that Channels makes before each message. A second
task sends our calls, and never waits for an answer: answers come through the loop.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from channels.consumer import AsyncConsumer
from django.utils import timezone

from diagnostics import inbound, ingest
from diagnostics.ocpp import events
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.connection import Connection
from diagnostics.ocpp.errors import OcppError, RpcErrorCode
from diagnostics.ocpp.versions import OcppVersion
from stations import connectors, delivery, door, outbox
from stations.answers import answer_call
from stations.auth import Busy, Refused
from stations.boots import Boot, answer_boot
from stations.certificate_rules import SerialNumberDiffers
from stations.closing import POLICY, TOO_BIG, UNSUPPORTED_DATA, reason_of
from stations.conf import stations_settings
from stations.database import in_database
from stations.gateway import wake
from stations.handshake import handshake_of, refuse
from stations.messages import Frames
from stations.models import ChargingStation, CloseReason, Registration
from stations.password_changes import PasswordChanges
from stations.process import Process, this_process
from stations.registration import asked_for_by, check_registered

logger = logging.getLogger(__name__)

# Seconds until a delivery that failed (the database is away) is tried again.
RETRY = 5.0


class StationConsumer(AsyncConsumer):
    """One connection of one station."""

    connection_id: int
    station: ChargingStation
    process: Process

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self._receive, self._send = receive, send
        self._loop = asyncio.get_running_loop()
        await receive()  # websocket.connect
        try:
            version = await self._open(scope)
        except Refused as refused:
            await refuse(scope, send, refused.status, str(refused))
            return
        except Exception as error:  # the database is away: the station tries again by itself
            if not isinstance(error, Busy):
                logger.exception("A connection could not be opened")
            await refuse(scope, send, 503, "Try again later")
            return
        await self._serve(version)

    def wake(self) -> None:
        self._woken.set()

    # From the handshake to the end

    async def _open(self, scope: dict[str, Any]) -> OcppVersion:
        """Check who it is, and make the connection known. Raises Refused."""
        handshake = handshake_of(scope)
        self.process = await this_process()
        admission = await door.admit(handshake, self.process.id)
        self.station, version, opened, self.certified = admission
        self.station_id = self.station.pk
        self.connection_id, self._replaced = opened
        self._frames = Frames(self.station_id, self.connection_id)
        self._passwords = PasswordChanges(self.station_id)
        self.protocol = Connection(version)
        self.codec = codec_for(version)
        self.registration = self.station.registration
        self.asked_for: frozenset[str] = frozenset()
        self.close_reason: CloseReason | None = None
        self._woken = asyncio.Event()
        self._more_may_wait = True
        return version

    async def _serve(self, version: OcppVersion) -> None:
        self.process.add(self)
        delivering: asyncio.Task[None] | None = None
        ended = CloseReason.LOST
        logger.info("%s connected with %s", self.station, version.subprotocol)
        try:
            await self._put({"type": "websocket.accept", "subprotocol": version.subprotocol})
            delivering = asyncio.create_task(self._deliver())
            for server_id, connection_id in self._replaced:
                await wake(server_id, connection_id)
            # In a task of its own: to go on, it would have to pass all coroutines above it.
            ended = await asyncio.create_task(self._read())
        finally:
            await self._end(delivering, self.close_reason or ended)

    async def _end(self, delivering: asyncio.Task[None] | None, reason: CloseReason) -> None:
        self.process.remove(self)
        if delivering is not None:
            delivering.cancel()
            await asyncio.wait([delivering])
        self.protocol.close()
        self._frames.close()
        logger.info("%s disconnected: %s", self.station, reason.value)
        try:
            await door.leave(self.connection_id, reason)
        except Exception:  # the database is away: a later beat of this process closes the row
            logger.exception("The end of a connection of %s was not kept", self.station)

    async def _close(self, code: int, reason: CloseReason) -> None:
        if self.close_reason is None:
            self.close_reason = reason
            await self._send({"type": "websocket.close", "code": code, "reason": str(reason.label)})

    # The socket

    async def _read(self) -> CloseReason:
        longest = stations_settings().max_message_size
        while True:
            message = await self._receive()
            text = message.get("text")
            if message["type"] == "websocket.disconnect":
                return reason_of(message.get("code"))
            if self.close_reason is not None:
                continue  # closed by us: what still comes is not taken
            if text is None:
                await self._close(UNSUPPORTED_DATA, CloseReason.BINARY)
            elif len(text) > longest:
                await self._close(TOO_BIG, CloseReason.TOO_LARGE)
            else:
                await self._take(text)

    async def _take(self, text: str) -> None:
        self.process.saw(self.station_id)
        received = self.protocol.receive_text(text, self._loop.time())
        self._frames.received(text, received)
        for event in received:
            if isinstance(event, events.CallReceived):
                await self._answer(event)
            else:
                await self._handle(event)
        await self._flush()
        if not self.registration:
            await self._ask_for_boot()

    async def _flush(self) -> None:
        for text in self.protocol.data_to_send():
            if self.close_reason is None:
                self._frames.sent(text)
                await self._put({"type": "websocket.send", "text": text})

    async def _put(self, message: dict[str, Any]) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError) as error:  # how uvicorn says that the socket is gone
            logger.debug("%s cannot be reached: %s", self.station, error)

    # What the station says

    async def _handle(self, event: events.Event) -> None:
        if isinstance(event, events.FrameIgnored):
            logger.info("%s sent %r: %s", self.station, event.text_excerpt, event.reason)
        elif isinstance(event, events.AnswerRejected):
            logger.warning("%s cannot read our answer: %s", self.station, event.code)
            await self._record(event)
        else:
            await self._record(event)

    async def _record(self, event: events.Event) -> None:
        try:
            await self._passwords.ended(event)
            if isinstance(event, events.CallAnswered):
                await outbox.record_answer(self.station, event.message_id, event.payload)
            else:
                await in_database(delivery.record, self.station, self.protocol.version, event)
        except Exception:  # the call's deadline in the database will settle it
            logger.exception("What %s said was not kept", self.station)
        if self.protocol.in_flight is None and self._more_may_wait:
            self.wake()

    async def _answer(self, call: events.CallReceived) -> None:
        """Answer a call once what it brought is committed."""
        try:
            if call.action in ingest.ACTIONS:
                answer = await self._gather(call)
            else:
                answer = await self._answer_to(call)
            self.protocol.answer(call.message_id, answer)
        except OcppError as error:
            self.protocol.refuse(call.message_id, error)
        except Exception:  # not answered as if it were kept: stations send important calls again
            logger.exception("%s of %s was not kept", call.action, self.station)
            self.protocol.refuse(call.message_id, OcppError(RpcErrorCode.INTERNAL_ERROR))

    async def _gather(self, call: events.CallReceived) -> dict[str, Any]:
        """What comes in masses is committed with that of others: no thread for each."""
        action, version = call.action, self.protocol.version
        check_registered(self.registration, action, self.asked_for)
        kept = ingest.submit(self.station_id, version, action, call.payload, checked=True)
        if action == "StatusNotification":
            status = self.codec.decode_connector_status(call.payload)
            await asyncio.gather(kept, connectors.keep_status(self.station_id, status))
        return await kept or {}

    async def _answer_to(self, call: events.CallReceived) -> dict[str, Any]:
        version = self.protocol.version
        if call.action == "BootNotification":
            return await self._answer_boot(call)
        check_registered(self.registration, call.action, self.asked_for)
        if call.action == "Heartbeat":
            return self.codec.encode_heartbeat_answer(timezone.now())
        return await in_database(answer_call, self.station, version, call.action, call.payload)

    async def _answer_boot(self, call: events.CallReceived) -> dict[str, Any]:
        boot = Boot(self.station, self.protocol.version, call.payload, self.certified)
        try:
            answer = await answer_boot(boot)
        except SerialNumberDiffers as error:  # no answer, and no more from it (B01.FR.12)
            await self._close(POLICY, CloseReason.OTHER_SERIAL)
            raise OcppError(RpcErrorCode.SECURITY_ERROR) from error
        self.registration = answer["status"]
        self.wake()
        return answer

    async def _ask_for_boot(self) -> None:
        """A station that booted before it was known here does not boot again by itself."""
        if "BootNotification" not in self.asked_for:
            self.asked_for |= {"BootNotification"}
            try:
                await in_database(delivery.ask_for_boot, self.station)
            except Exception:  # the database is away, or the station was deleted
                logger.exception("%s was not asked to boot", self.station)
            self.wake()

    # What the station is told

    async def _deliver(self) -> None:
        """Send calls when woken, one at a time, and give up on answers that are overdue."""
        self.wake()  # calls may have waited for the station
        while True:
            await self._sleep()
            try:
                for event in self.protocol.expire(self._loop.time()):
                    await self._handle(event)
                await self._send_next()
            except delivery.ConnectionEnded as ended:
                await self._close(POLICY, ended.reason)
            except Exception:  # the database is away
                logger.exception("Calls for %s are delayed", self.station)
                await asyncio.sleep(RETRY)
                self.wake()

    async def _sleep(self) -> None:
        deadline = self.protocol.next_deadline()
        try:
            async with asyncio.timeout_at(deadline):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()

    async def _send_next(self) -> None:
        connection_id, version = self.connection_id, self.protocol.version
        if self.protocol.in_flight is not None:
            self._more_may_wait = True
            await outbox.check_open(connection_id)
            return
        registration = self.registration or Registration.PENDING
        call = await outbox.take_call(connection_id, version, registration)
        if call is None:
            return
        self._more_may_wait = call.others_wait
        action, payload = call.wire_action, call.wire_payload or {}
        self.asked_for |= asked_for_by(action, payload)
        try:
            await self._passwords.sending(call.message_id, action, payload)
            self.protocol.send_call(
                call.message_id, action, payload, self._loop.time(), call.timeout
            )
        except (OcppError, ValueError) as error:
            await in_database(
                inbound.receive_error, self.station, call.message_id, "InternalError", str(error)
            )
            self.wake()
        await self._flush()
