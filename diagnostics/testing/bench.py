"""A scripted station and the diagnostics services at one table: no network, no threads, no waiting.

Calls are taken from the outbox as a host does, answers and notifications go in through `inbound`,
uploads into the log store. For tests of whatever follows from a dialogue::

    bench = Bench(station, ScriptedStation(OcppVersion.V16, quirks=[Quirk.REJECTS]))
    row = request_log(station=station)
    bench.run()
    row.refresh_from_db()
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.utils import timezone

from diagnostics import inbound
from diagnostics.conf import app_settings
from diagnostics.exceptions import UploadExpired, UploadUnknown
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.connection import Connection
from diagnostics.ocpp.events import (
    AnswerInvalid,
    CallAnswered,
    CallReceived,
    CallRefused,
    CallTimedOut,
    Event,
    SendReceived,
)
from diagnostics.services.calls import delivery
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.storage import get_log_store, object_key
from diagnostics.testing.station import ScriptedStation
from diagnostics.testing.uploads import Upload, http_request
from diagnostics.testing.work import HangUp, StartUpload, UploadEnd


class Bench:
    """One station, connected and accepted from the start.

    `station` is the host's row, `scripted` what plays it. The host's gateway is not asked: put the
    version where it looks for it (`FakeGateway.put`).
    """

    def __init__(self, station: Any, scripted: ScriptedStation | None = None) -> None:
        self.station = station
        self.scripted = scripted or ScriptedStation()
        self.now = 0.0
        self._name = ""
        self.connect()

    def connect(self) -> None:
        """Open a connection, closing an older one."""
        if self._name:
            self.disconnect()
        self._name = uuid4().hex
        self._csms = Connection(self.scripted.version)
        inbound.station_connected(self.station)
        self.scripted.opened(self.now)
        self.run()

    def disconnect(self) -> None:
        """Lose the connection."""
        self.scripted.closed(self.now)
        inbound.station_disconnected(self.station, connection=self._name)
        self._name = ""

    def advance(self, seconds: float) -> None:
        """Let time pass for the station (not for Django), and run."""
        self.now += seconds
        self.scripted.advance(self.now)
        for event in self._csms.expire(self.now):
            self._take(event)
        self.run()

    def run(self) -> None:
        """Carry calls, answers and files to and fro until nothing is left to do."""
        while self._name and (self._carry() or self._place_next() or self._work()):
            continue

    def _carry(self) -> bool:
        up, down = self.scripted.data_to_send(), self._csms.data_to_send()
        for text in down:
            self.scripted.receive_text(text, self.now)
        for text in up:
            for event in self._csms.receive_text(text, self.now):
                self._take(event)
        return bool(up or down)

    def _place_next(self) -> bool:
        version = self.scripted.version
        call = delivery.next_call(self.station, version=version, connection=self._name)
        if call is None or call.wire_payload is None:
            return False
        action, payload = call.wire_action, call.wire_payload
        self._csms.send_call(call.message_id, action, payload, self.now, timeout=call.timeout)
        return True

    def _work(self) -> bool:
        wanted = self.scripted.work_to_do()
        for work in wanted:
            if isinstance(work, StartUpload):
                self.scripted.upload_ended(work.upload, self._deliver(work.upload), self.now)
            elif isinstance(work, HangUp):
                self.connect()
        return bool(wanted)

    def _take(self, event: Event) -> None:
        match event:
            case CallReceived():
                self._csms.answer(event.message_id, self._answer(event))
            case CallAnswered():
                inbound.receive_result(self.station, event.message_id, event.payload)
            case CallRefused(message_id=name, code=code, description=text, details=details):
                inbound.receive_error(self.station, name, code, text, details)
            case AnswerInvalid():
                inbound.receive_error(self.station, event.message_id, "InvalidAnswer")
            case SendReceived():
                version = self.scripted.version
                inbound.receive_send(self.station, version, event.action, event.payload)
            case CallTimedOut():
                inbound.receive_timeout(self.station, event.message_id)

    def _answer(self, call: CallReceived) -> dict[str, Any]:
        version = self.scripted.version
        answer = inbound.receive_call(self.station, version, call.action, call.payload)
        if answer is not None:
            return answer
        codec = codec_for(version)
        if call.action == "BootNotification":
            return codec.encode_boot_answer("Accepted", timezone.now(), 300)
        if call.action == "Heartbeat":
            return codec.encode_heartbeat_answer(timezone.now())
        return codec.default_answer(call.action, call.payload)

    def _deliver(self, upload: Upload) -> UploadEnd:
        """Put the file where the upload endpoint would have put it."""
        request = http_request(upload)
        path = urlsplit(request.url).path.removeprefix(app_settings.upload_path)
        try:
            ticket = uploads.find_upload(path.partition("/")[0])
        except (UploadUnknown, UploadExpired) as error:
            status = 410 if isinstance(error, UploadExpired) else 404
            return UploadEnd(whole=True, http_status=status)
        whole = request.sent == len(request.body)
        key = object_key(ticket.station_identity, ticket.log_request_id, uuid4().hex)
        stored_as = get_log_store().open_upload(key)
        stored_as.write(upload.content if whole else upload.content[: len(upload.content) // 2])
        uploads.record_upload(
            ticket,
            stored=stored_as.complete(),
            name=upload.filename,
            method=request.method,
            form="raw",
            content_type="application/octet-stream",
            declared_size=len(upload.content),
            complete=whole,
            remote_address="127.0.0.1",
        )
        return UploadEnd(whole=whole, http_status=200 if whole else None)
