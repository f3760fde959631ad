"""Periodic event streams of 2.1 (N11 to N15), from the station's side."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from diagnostics.testing.host import Answers, Host, Payload
from diagnostics.testing.monitors import Monitor


@dataclass(slots=True)
class Stream:
    """An open stream; `waiting` holds what has not been sent, with the time of each value."""

    id: int
    monitor_id: int
    params: Payload
    waiting: list[tuple[datetime, str]] = field(default_factory=list)

    def to_wire(self) -> Payload:
        """ConstantStreamData."""
        return {"id": self.id, "variableMonitoringId": self.monitor_id, "params": self.params}


class StreamDesk:
    """Opens a stream for each monitor that wants one, and sends what its monitor measures."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._last_id = 0
        self._streams: dict[int, Stream] = {}

    def answers(self) -> Answers:
        """The calls served here."""
        return {
            "AdjustPeriodicEventStream": self.adjust,
            "GetPeriodicEventStream": self.get,
        }

    def adjust(self, payload: Payload) -> Payload:
        """AdjustPeriodicEventStream (N14): Rejected for a stream that is not open."""
        stream = self._streams.get(payload["id"])
        if stream is None or not payload["params"]:
            return {"status": "Rejected"}
        stream.params = payload["params"]
        self._host.afterwards(lambda: self._arm(stream))
        return {"status": "Accepted"}

    def get(self, payload: Payload) -> Payload:
        """GetPeriodicEventStream (N12): all that are open, or an empty answer."""
        told = [stream.to_wire() for stream in self._streams.values()]
        return {"constantStreamData": told} if told else {}

    def open_for(self, monitor: Monitor) -> None:
        """Ask the CSMS to take a stream; where it refuses, events go on (N11.FR.07)."""
        most = self._host.device.read("MonitoringCtrlr", "MaxPeriodicEventStreams")
        if not monitor.stream or (most.isdigit() and len(self._streams) >= int(most)):
            return
        self._last_id += 1
        stream = Stream(self._last_id, monitor.id, monitor.stream)

        def opened(answer: Payload | None) -> None:
            if answer and answer["status"] == "Accepted":
                self._streams[stream.id] = stream
                self._host.tell(f"stream {stream.id} is open")
                self._arm(stream)

        constant = {"constantStreamData": stream.to_wire()}
        self._host.say("OpenPeriodicEventStream", constant, opened)

    def close_for(self, monitor: Monitor) -> None:
        """Say what is left, then that there will be no more (N13.FR.01)."""
        stream = self._stream_of(monitor)
        if stream is None:
            return
        self._host.forget_later(f"stream {stream.id}")
        del self._streams[stream.id]

        def close() -> None:
            self._flush(stream)
            self._host.say("ClosePeriodicEventStream", {"id": stream.id})

        self._host.afterwards(close)

    def take(self, monitor: Monitor, value: str) -> bool:
        """Put a value into the monitor's stream; False when it has none."""
        stream = self._stream_of(monitor)
        if stream is None:
            return False
        stream.waiting.append((self._host.clock(), value))
        most = stream.params.get("values", 0)
        lags = self._host.behaviour.streams_lag and stream.params.get("interval", 0)
        if 0 < most <= len(stream.waiting) and not lags:  # N15.FR.08
            self._flush(stream)
        return True

    def restart(self) -> None:
        """A reboot ends all streams."""
        self._streams.clear()

    def _stream_of(self, monitor: Monitor) -> Stream | None:
        found = (one for one in self._streams.values() if one.monitor_id == monitor.id)
        return next(found, None)

    def _arm(self, stream: Stream) -> None:
        """Come back every `interval` seconds, if the stream has one (N15.FR.06)."""
        interval, name = stream.params.get("interval", 0), f"stream {stream.id}"
        self._host.forget_later(name)
        if interval <= 0:
            return

        def due() -> None:
            self._flush(stream)
            self._arm(stream)

        self._host.later(name, interval, due)

    def _flush(self, stream: Stream) -> None:
        most = stream.params.get("values", 0) or len(stream.waiting)
        while stream.waiting:
            now, stream.waiting = stream.waiting[:most], stream.waiting[most:]
            self._send(stream, now)
            if self._host.behaviour.streams_lag:
                return

    def _send(self, stream: Stream, values: list[tuple[datetime, str]]) -> None:
        start = values[0][0]  # N15.FR.09
        self._host.send(
            "NotifyPeriodicEventStream",
            {
                "id": stream.id,
                "pending": len(stream.waiting),
                "basetime": f"{start:%Y-%m-%dT%H:%M:%S}Z",
                "data": [{"t": (at - start).total_seconds(), "v": v} for at, v in values],
            },
        )
