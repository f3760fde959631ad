"""Message types 5 and 6 of 2.1, byte by byte, against the running project (OCPP-J part 4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from diagnostics.models import EventStream, EventStreamSample, OutboundCall, TimelineEntry
from diagnostics.services.event_streams import pace as stream_pace
from stations.models import ChargingStation
from tests.servers.processes import wait_until
from tests.stations.conftest import Connect, becomes
from tests.stations.socket import Socket

CONSTANT = {"id": 7, "variableMonitoringId": 44, "params": {"interval": 10, "values": 20}}
BASETIME = "2026-03-02T10:00:00Z"


@pytest.fixture
def socket(connect: Connect, station: ChargingStation) -> Iterator[Socket]:
    with connect(station, subprotocols=["ocpp2.1"]) as opened:
        yield opened


def samples() -> list[str]:
    rows = EventStreamSample.objects.order_by("at")
    return [f"{row.at:%H:%M:%S.%f} {row.value}" for row in rows]


def data(*pairs: tuple[float, str], stream_id: int = 7) -> dict[str, object]:
    values = [{"t": t, "v": v} for t, v in pairs]
    return {"id": stream_id, "pending": 0, "basetime": BASETIME, "data": values}


def test_a_stream_runs_from_its_opening_to_its_end(socket: Socket) -> None:
    opened = socket.call("OpenPeriodicEventStream", {"constantStreamData": CONSTANT})
    assert opened[2] == {"status": "Accepted"}
    send = '[6,"d-1","NotifyPeriodicEventStream",{"id":7,"pending":0,"basetime":"%s","data":['
    socket.send(
        send % BASETIME + '{"t":0,"v":"230.4"},{"t":1,"v":"230.1"},{"t":2.01,"v":"229.8"}]}]'
    )
    # The next frame that comes is the answer to the next call: a SEND has none (N15.FR.02).
    socket.send([2, "h-1", "Heartbeat", {}])
    frame = socket._receive()
    while frame[0] == 2:  # the monitor was not known: a report on it is asked for
        frame = socket._receive()
    assert frame[:2] == [3, "h-1"]
    assert samples() == [
        "10:00:00.000000 230.4", "10:00:01.000000 230.1", "10:00:02.010000 229.8",
    ]  # fmt: skip
    assert socket.call("ClosePeriodicEventStream", {"id": 7})[2] == {}
    assert EventStream.objects.get().status == "Closed"


def test_a_send_that_breaks_its_schema_is_not_answered_either(socket: Socket) -> None:
    socket.send([6, "d-2", "NotifyPeriodicEventStream", {"id": 7}])
    socket.send([6, "d-3", "MadeUpAction", {}])
    socket.send([6, "d-4", "NotifyPeriodicEventStream", data((0, "1"))])
    socket.send([2, "h-2", "Heartbeat", {}])
    frame = socket._receive()
    while frame[0] == 2:
        frame = socket._receive()
    assert frame[:2] == [3, "h-2"]
    assert samples() == ["10:00:00.000000 1"]


def test_a_send_as_a_call_is_answered_with_nothing(socket: Socket) -> None:
    assert socket.call("NotifyPeriodicEventStream", data((0, "1")))[2] == {}
    assert samples() == ["10:00:00.000000 1"]


def test_an_unknown_stream_makes_the_server_ask_which_there_are(socket: Socket) -> None:
    socket.send([6, "d-5", "NotifyPeriodicEventStream", data((0, "1"), stream_id=9)])
    wait_until(EventStreamSample.objects.exists, "the value is kept")
    call = OutboundCall.objects.get(action="GetPeriodicEventStream")
    from_server = socket.next_call("GetPeriodicEventStream")
    assert from_server == (call.message_id, {})
    socket.answer(call.message_id, {"constantStreamData": [{**CONSTANT, "id": 9}]})
    becomes(call, "Answered")
    assert EventStream.objects.get().status == "Open"


def test_an_answer_that_the_station_cannot_read_stands_in_the_timeline(socket: Socket) -> None:
    answer = socket.call("Heartbeat", {}, "h-3")
    assert answer[0] == 3
    socket.send([5, "h-3", "FormatViolation", "currentTime is no time", {}])
    assert socket.call("Heartbeat", {}, "h-4")[:2] == [3, "h-4"]
    entry = TimelineEntry.objects.get(kind="station.cannot_read")
    assert entry.data == {
        "message_id": "h-3", "code": "FormatViolation", "info": "currentTime is no time",
    }  # fmt: skip


def test_an_error_about_an_answer_that_never_was_changes_nothing(socket: Socket) -> None:
    socket.send([5, "nobody", "FormatViolation", "", {}])
    assert socket.call("Heartbeat", {})[0] == 3
    assert not TimelineEntry.objects.filter(kind="station.cannot_read").exists()


def test_our_type_5_tells_a_station_that_its_answer_breaks_the_schema(
    socket: Socket, station: ChargingStation
) -> None:
    assert socket.call("OpenPeriodicEventStream", {"constantStreamData": CONSTANT})[0] == 3
    call = stream_pace.adjust_stream(EventStream.objects.get(), interval=30, values=None)
    report = OutboundCall.objects.exclude(pk=call.pk).first()
    if report is not None:
        socket.answer(socket.next_call(report.action)[0], {"status": "Rejected"})
    message_id, payload = socket.next_call("AdjustPeriodicEventStream")
    assert payload == {"id": 7, "params": {"interval": 30}}
    socket.answer(message_id, {"status": "Perhaps"})
    frame = socket._receive()
    assert frame[:2] == [5, message_id]
    becomes(call, "Refused", "InvalidAnswer")
    assert EventStream.objects.get().interval == 10


@pytest.mark.parametrize("subprotocol", ["ocpp1.6", "ocpp2.0.1"])
def test_older_versions_have_no_type_6(
    connect: Connect, station: ChargingStation, subprotocol: str
) -> None:
    with connect(station, subprotocols=[subprotocol]) as socket:
        socket.send([6, "d-6", "NotifyPeriodicEventStream", data((0, "1"))])
        assert socket.call("Heartbeat", {})[0] == 3
    assert not EventStreamSample.objects.exists()
