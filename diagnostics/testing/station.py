"""A charging station without I/O: texts, times and finished transfers in; texts and work out.

It speaks through the same `Connection` as the CSMS does, from the other side, so that whatever it
sends is valid for its version. It boots, beats, reports its connectors, answers the calls that
diagnostics makes, and delivers logs, all with the quirks it is given. Whoever runs it

1. tells it `opened`, `receive_text`, `advance`, `upload_ended` and `closed`, with the time;
2. sends `data_to_send()`, does `work_to_do()`, and comes back at `next_deadline()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from diagnostics.ocpp.errors import OcppError, RpcErrorCode
from diagnostics.ocpp.events import CallReceived, Event
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.agenda import Agenda
from diagnostics.testing.clock import EPOCH, Clock
from diagnostics.testing.desks import Desks
from diagnostics.testing.device import Device, typical_device
from diagnostics.testing.dialects import dialect_of
from diagnostics.testing.log_desk import ORDERS
from diagnostics.testing.logs import LogForm
from diagnostics.testing.quirks import Quirk, behaviour_of
from diagnostics.testing.uploads import Upload
from diagnostics.testing.voice import Saying, Then, Voice
from diagnostics.testing.work import HangUp, StopUpload, UploadEnd, Work

#: Seconds until another BootNotification where the CSMS names no interval, or does not answer.
BOOT_RETRY = 10

_BOOT, _HEARTBEAT = "boot", "heartbeat"

#: What a 1.6 station knows only with the security extension.
_EXTENSION = frozenset({"GetLog", "ExtendedTriggerMessage"})


class ScriptedStation:
    """One station over any number of connections, each opened after the last was closed.

    `now` is any clock in seconds that never goes back; `epoch` is the date at its zero. `log_size`
    is in bytes before packing; `events` of a scripted course happen every second. The same `seed`
    gives the same message ids and logs. `desks` holds the dialogues: `desks.events` changes
    values, `desks.monitors` has the monitors. `called` counts the calls that came, by action.
    `transfers_by` names the schemes that it brings files by, and no others, by default http and
    https. Raises ValueError for quirks that contradict each other, or do not exist in the version.
    """

    def __init__(
        self,
        version: OcppVersion = OcppVersion.V201,
        *,
        device: Device | None = None,
        quirks: Iterable[Quirk] = (),
        epoch: datetime = EPOCH,
        log_size: int = 20_000,
        log_form: LogForm = LogForm.TEXT,
        seed: int | str = 0,
        events: float = 0.0,
        transfers_by: tuple[str, ...] = (),
    ) -> None:
        self.version = version
        self.device = device or typical_device(version, "NL0004711")
        self.behaviour = behaviour_of(quirks)
        if transfers_by:
            self.behaviour = replace(self.behaviour, transfers_by=transfers_by)
            self.device.list_protocols(transfers_by)
        if not self.behaviour.knows_get_log and version is not OcppVersion.V16:
            raise ValueError(f"{Quirk.NO_GET_LOG} is for OCPP 1.6: later stations know GetLog.")
        self.dialect = dialect_of(version)
        self.registration = ""
        if self.behaviour.monitoring_starts_off:
            self.device.write("MonitoringCtrlr", "Enabled", "false")
        self._clock = Clock(self.behaviour, epoch, seed)
        self._boot_reason = "PowerUp"
        self._voice = Voice(version, self.behaviour, seed=seed)
        self.called = self._voice.called
        self._agenda = Agenda()
        self._afterwards: list[Callable[[], None]] = []
        self._work: list[Work] = []
        self._news: list[str] = []
        self.desks = Desks(self, log_size=log_size, log_form=log_form, events=events)
        self._answers = self.desks.answers()

    # What happens to the station

    def opened(self, now: float) -> None:
        """A connection is open. Only a station that was off says who it is (7.5)."""
        self._voice.now = now
        self._voice.open()
        if self.registration != "Accepted":
            self._boot()
        self._voice.deliver()

    def receive_text(self, text: str, now: float) -> None:
        """A text frame came from the CSMS."""
        self._voice.now = now
        self._serve(self._voice.receive_text(text))

    def advance(self, now: float) -> None:
        """Time has passed: do what `next_deadline` announced."""
        self._voice.now = now
        self._serve(self._voice.expire())
        self._agenda.run(now)

    def upload_ended(self, upload: Upload, end: UploadEnd, now: float) -> None:
        """The transfer of a StartUpload is over, well or badly."""
        self._voice.now = now
        self.tell(f"sent {upload.filename}: {end}")
        self.desks.logs.upload_ended(upload, end)

    def closed(self, now: float) -> None:
        """The connection is gone; what was not answered is said again on the next one."""
        self._voice.now = now
        self._voice.close()

    # What the station wants

    def data_to_send(self) -> list[str]:
        """The texts to put on the wire now, in order; forgets them."""
        return self._voice.data_to_send()

    def work_to_do(self) -> list[Work]:
        """What else to do now, in order, after the texts are out; forgets it."""
        work, self._work = self._work, []
        return work

    def next_deadline(self) -> float | None:
        """When to call `advance`, in the clock of `now`; None for never."""
        times = (self._agenda.next_due(), self._voice.next_deadline())
        return min((time for time in times if time is not None), default=None)

    def news(self) -> list[str]:
        """What happened since the last look, a few words each, for people."""
        news, self._news = self._news, []
        return news

    # For the desk and the answers

    @property
    def is_online(self) -> bool:
        """Whether the station has a connection."""
        return self._voice.is_open

    def say(self, action: str, payload: dict[str, Any], then: Then | None = None) -> None:
        """Send a CALL once the station is connected and accepted; `then` takes the answer."""
        self._voice.say(Saying(action, payload, then))

    def send(self, action: str, payload: dict[str, Any]) -> None:
        """Send a message without an answer (2.1), or nothing when there is no connection."""
        if self.behaviour.streams_in_calls:
            self._voice.say(Saying(action, payload, kept=False))
        else:
            self._voice.send(action, payload)

    def say_log_status(self, status: str, request_id: int | None, *, legacy: bool) -> None:
        """Send the status of an upload, where the station tells any."""
        message = self.dialect.log_status(status, request_id, legacy=legacy)
        if message is not None and self.behaviour.tells_status:
            self.say(*message)
            self.tell(f"says {status}")

    def say_connectors(self, evse: int | None = None) -> None:
        """Send a StatusNotification for every connector, or for the one of an EVSE."""
        for saying in self._connector_sayings(evse):
            self._voice.say(saying)

    def boot_again(self) -> None:
        """Send BootNotification now instead of after the interval."""
        self._boot_reason = "Triggered"
        self._boot()

    def answer(self, message_id: str, payload: dict[str, Any]) -> None:
        """Answer a call, unless the connection that brought it is gone."""
        if not self._voice.answer(message_id, payload):
            self.tell("cannot answer: the connection is another one")

    def afterwards(self, action: Callable[[], None]) -> None:
        """Do something once the call being served is answered (F06.FR.04, N02.FR.05)."""
        self._afterwards.append(action)

    def later(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Do something after a while; what had this name before is replaced."""
        self._agenda.set(name, self._voice.now + seconds, action)

    def forget_later(self, name: str) -> None:
        """Do it not after all."""
        self._agenda.forget(name)

    def add_work(self, work: Work) -> None:
        """Have something done outside."""
        self._work.append(work)

    def hang_up(self) -> None:
        """Close the connection after what is being sent; what comes later waits for the next."""
        if self._voice.is_open and not self._voice.is_leaving:
            self._voice.is_leaving = True
            self.add_work(HangUp())

    def reboot(self, reason: str) -> None:
        """Forget everything that does not survive a power cycle, and come back."""
        self.tell(f"reboots: {reason}")
        self.desks.logs.forget()
        self._work = [work for work in self._work if isinstance(work, StopUpload)]
        self._voice.forget()
        self._agenda.clear()
        self._afterwards.clear()
        self._register("")
        self.desks.restart()
        self._boot_reason = reason
        self.hang_up()

    def tell(self, text: str) -> None:
        """Report something for people."""
        self._news.append(text)

    def clock(self) -> datetime:
        """The time of day as the station believes it to be."""
        return self._clock.read(self._voice.now)

    def time_text(self) -> str:
        """The time of day as the station writes it."""
        return self._clock.text(self._voice.now)

    # Boot and heartbeat

    def _boot(self) -> None:
        payload = self.dialect.boot(self.device, self._boot_reason)
        self._voice.insist(Saying("BootNotification", payload, self._booted, kept=False))

    def _booted(self, answer: dict[str, Any] | None) -> None:
        status = answer["status"] if answer else "not answered"
        self.tell(f"booted: {status}")
        self._register(status)
        interval = (answer["interval"] if answer else 0) or BOOT_RETRY
        if self.registration == "Accepted":
            self._introduce(self._voice.say)
            self.desks.start()
            self.later(_HEARTBEAT, interval, lambda: self._beat(interval))
            return
        self.later(_BOOT, interval, self._boot)
        if self.behaviour.talks_while_pending:
            self._introduce(self._voice.insist)

    def _register(self, status: str) -> None:
        self.registration = status
        self._voice.is_accepted = status == "Accepted"
        self._voice.deliver()

    def _introduce(self, say: Callable[[Saying], None]) -> None:
        """What follows a boot: the connectors' states, and the security event of the start."""
        for saying in self._connector_sayings(None):
            say(saying)
        if self.behaviour.knows_get_log:
            event = {"type": "StartupOfTheDevice", "timestamp": self.time_text()}
            say(Saying("SecurityEventNotification", event))

    def _connector_sayings(self, wanted: int | None) -> list[Saying]:
        return [
            Saying("StatusNotification", self.desks.faults.status(evse))
            for evse in range(1, self.device.connectors + 1)
            if wanted in (None, evse)
        ]

    def _beat(self, interval: float) -> None:
        if self._voice.is_open:
            self._voice.say(Saying("Heartbeat", {}, kept=False))
        self.later(_HEARTBEAT, interval, lambda: self._beat(interval))

    # Calls of the CSMS

    def _serve(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, CallReceived) and self.behaviour.answers_calls:
                self._answer_call(event)

    def _answer_call(self, call: CallReceived) -> None:
        try:
            self._take_call(call)
        except OcppError as error:
            self._voice.refuse(call.message_id, error)
        afterwards, self._afterwards = self._afterwards, []
        for action in afterwards:
            action()

    def _take_call(self, call: CallReceived) -> None:
        """Answer now, or have the log desk do so later; raises the OcppError to refuse with."""
        if not self.behaviour.knows_get_log and call.action in _EXTENSION:
            raise OcppError(RpcErrorCode.NOT_IMPLEMENTED)
        if call.action in ORDERS:
            order = self.dialect.read_order(call.action, call.payload)
            self.desks.logs.take_order(call.message_id, order)
        elif call.action in self._answers:
            self.answer(call.message_id, self._answers[call.action](call.payload))
        else:
            raise OcppError(RpcErrorCode.NOT_SUPPORTED, f"{call.action} is not supported here")
