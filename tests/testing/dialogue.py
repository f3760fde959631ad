"""A CSMS in a few lines, talking to a scripted station without a network or a clock."""

from __future__ import annotations

from typing import Any

from diagnostics.ocpp.connection import Connection
from diagnostics.ocpp.events import CallAnswered, CallReceived, CallRefused, SendReceived
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Quirk, ScriptedStation, StartUpload, StopUpload, Upload, UploadEnd

LOCATION = "http://diag.example.org/u/k3Jq9Zt0c2/"

PLAIN_ANSWERS: dict[str, dict[str, Any]] = {
    "DataTransfer": {"status": "UnknownVendorId"},
    "Heartbeat": {"currentTime": "2026-03-02T08:00:00Z"},
    "OpenPeriodicEventStream": {"status": "Accepted"},
    "SignCertificate": {"status": "Rejected"},
}


class Dialogue:
    """Both ends of one connection after the other; `said` holds what the station said, in order.

    Answers of the station stand in `said` as ("answer", payload) and ("refusal", code).
    """

    def __init__(
        self,
        version: OcppVersion,
        *quirks: Quirk,
        boot: str = "Accepted",
        lenient: bool = False,
        **options: Any,
    ):
        self.version = version
        self.station = ScriptedStation(version, quirks=quirks, **options)
        self.boot = boot
        self.lenient = lenient
        self.answers = {**PLAIN_ANSWERS}
        self.now = 0.0
        self.said: list[tuple[str, Any]] = []
        self.ids: list[str] = []
        self.uploads: list[Upload] = []
        self.stopped: list[Upload] = []
        self.hung_up = 0
        self._calls = 0
        self.connect()

    def connect(self) -> None:
        self.csms = Connection(self.version)
        self.station.opened(self.now)
        self.exchange()

    def disconnect(self) -> None:
        self.station.closed(self.now)
        self.exchange()

    def exchange(self) -> None:
        """Carry texts to and fro until both are quiet, and note what work there is."""
        while True:
            up, down = self.station.data_to_send(), self.csms.data_to_send()
            if not up and not down:
                break
            for text in down:
                self.station.receive_text(text, self.now)
            for text in up:
                self._hear(text)
        for work in self.station.work_to_do():
            if isinstance(work, StartUpload):
                self.uploads.append(work.upload)
            elif isinstance(work, StopUpload):
                self.stopped.append(work.upload)
            else:
                self.hung_up += 1

    def _hear(self, text: str) -> None:
        for event in self.csms.receive_text(text, self.now):
            if isinstance(event, CallReceived):
                assert self.lenient or not event.violations
                self.said.append((event.action, event.payload))
                self.ids.append(event.message_id)
                self.csms.answer(event.message_id, self._answer_to(event.action))
            elif isinstance(event, SendReceived):
                self.said.append((f"send {event.action}", event.payload))
            elif isinstance(event, CallAnswered):
                self.said.append(("answer", event.payload))
            elif isinstance(event, CallRefused):
                self.said.append(("refusal", event.code))
            else:
                raise AssertionError(event)

    def _answer_to(self, action: str) -> dict[str, Any]:
        if action == "BootNotification":
            time = "2026-03-02T08:00:00Z"
            return {"status": self.boot, "currentTime": time, "interval": 300}
        return self.answers.get(action, {})

    def call(self, action: str, payload: dict[str, Any]) -> list[tuple[str, Any]]:
        """Send a call and return what the station said since."""
        self._calls += 1
        self.csms.send_call(f"c-{self._calls}", action, payload, self.now)
        return self.since(self.exchange)

    def since(self, step: Any, *arguments: Any) -> list[tuple[str, Any]]:
        before = len(self.said)
        step(*arguments)
        return self.said[before:]

    def advance(self, seconds: float) -> list[tuple[str, Any]]:
        """Let time pass."""

        def step() -> None:
            self.now += seconds
            self.station.advance(self.now)
            self.exchange()

        return self.since(step)

    def finish_upload(self, status: int | None = 200, *, whole: bool = True) -> list[Any]:
        """The newest upload is over."""

        def step() -> None:
            end = UploadEnd(whole=whole, http_status=status)
            self.station.upload_ended(self.uploads[-1], end, self.now)
            self.exchange()

        return self.since(step)

    def get_log(self, request_id: int = 7, **changes: Any) -> list[tuple[str, Any]]:
        """Ask for the diagnostics log with GetLog."""
        log = {"remoteLocation": changes.pop("location", LOCATION), **changes.pop("log", {})}
        wanted = {"logType": "DiagnosticsLog", "requestId": request_id, "log": log, **changes}
        return self.call("GetLog", wanted)

    def get_diagnostics(self, **changes: Any) -> list[tuple[str, Any]]:
        """Ask for diagnostics as 1.6 core does."""
        return self.call("GetDiagnostics", {"location": LOCATION, **changes})


def statuses(said: list[tuple[str, Any]]) -> list[tuple[str, int | None]]:
    """The upload statuses among what was said, with their request ids."""
    return [
        (payload["status"], payload.get("requestId"))
        for action, payload in said
        if action in ("LogStatusNotification", "DiagnosticsStatusNotification")
    ]


def words(said: list[tuple[str, Any]]) -> list[str]:
    """What was said, one word each: the upload status, "answer", "refusal" or the action."""
    return [
        payload["status"]
        if action.endswith("StatusNotification") and "connector" not in str(payload)
        else action
        for action, payload in said
    ]
