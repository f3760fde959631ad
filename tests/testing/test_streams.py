"""Periodic event streams of the scripted station (2.1)."""

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Quirk
from tests.testing.dialogue import Dialogue
from tests.testing.test_monitors import wanted

V21 = OcppVersion.V21
VOLTAGE = {
    "component": {"name": "EVSE", "evse": {"id": 1}},
    "variable": {"name": "ACVoltage", "instance": "L1"},
}


def streaming(*quirks, answer="Accepted", **params):
    """A dialogue with one periodic monitor of a second that asks for a stream."""
    dialogue = Dialogue(V21, *quirks)
    dialogue.answers["OpenPeriodicEventStream"] = {"status": answer}
    monitor = wanted(VOLTAGE, "Periodic", 1, 8, periodicEventStream=params)
    said = dialogue.call("SetVariableMonitoring", {"setMonitoringData": [monitor]})
    assert said[1][1]["constantStreamData"] == {
        "id": 1,
        "variableMonitoringId": 101,
        "params": params,
    }
    return dialogue


def seconds(dialogue, count):
    return [line for _ in range(count) for line in dialogue.advance(1)]


def test_a_stream_sends_as_many_values_as_were_asked_for():
    """N15.FR.08, N15.FR.09."""
    ((action, data),) = seconds(streaming(values=3), 5)
    assert action == "send NotifyPeriodicEventStream"
    assert data == {
        "id": 1,
        "pending": 0,
        "basetime": "2026-03-02T08:00:01Z",
        "data": [{"t": t, "v": "230.0"} for t in (0, 1, 2)],
    }


def test_a_stream_sends_at_its_interval():
    """N15.FR.06."""
    said = seconds(streaming(interval=4), 9)
    assert len(said) == 2


def test_a_stream_is_adjusted_listed_and_closed_with_its_monitor():
    """N12.FR.01, N14.FR.01, N13.FR.05."""
    dialogue = streaming(interval=60)
    adjust = {"id": 1, "params": {"values": 2}}
    assert dialogue.call("AdjustPeriodicEventStream", adjust)[0][1]["status"] == "Accepted"
    other = {"id": 9, "params": {"values": 2}}
    assert dialogue.call("AdjustPeriodicEventStream", other)[0][1]["status"] == "Rejected"
    (stream,) = dialogue.call("GetPeriodicEventStream", {})[0][1]["constantStreamData"]
    assert stream["params"] == {"values": 2}
    assert len(seconds(dialogue, 3)) == 1
    said = dialogue.call("ClearVariableMonitoring", {"id": [101]})
    assert [action for action, _ in said] == [
        "answer",
        "send NotifyPeriodicEventStream",
        "ClosePeriodicEventStream",
    ]
    assert dialogue.call("GetPeriodicEventStream", {})[0][1] == {}


def test_a_refused_stream_falls_back_to_events():
    """N11.FR.07."""
    said = seconds(streaming(answer="Rejected", values=2), 2)
    assert [action for action, _ in said] == ["NotifyEvent"] * 2


def test_stream_lags():
    dialogue = streaming(Quirk.STREAM_LAGS, interval=5, values=2)
    assert [data["pending"] for _, data in seconds(dialogue, 15)] == [3, 6, 9]
    adjust = {"id": 1, "params": {"interval": 5, "values": 40}}
    dialogue.call("AdjustPeriodicEventStream", adjust)
    assert [data["pending"] for _, data in seconds(dialogue, 5)] == [0]


def test_stream_as_call():
    dialogue = streaming(Quirk.STREAM_AS_CALL, values=1)
    dialogue.station.advance(dialogue.now + 1)
    assert all('[2,"' in text for text in dialogue.station.data_to_send())
