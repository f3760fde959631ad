"""What the services make of the scripted station's events, streams and faults."""

from __future__ import annotations

import pytest

from diagnostics.models import (
    EventStream,
    StationEvent,
)
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.monitoring import MonitorSpec, StreamParams
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import monitors
from diagnostics.services.device_model import variables
from diagnostics.testing import Quirk, VariableName
from diagnostics.testing.inventory import CABINET
from tests.testing.benches import TEMPERATURE, alerts, bench_of, refreshed, warm

V16, V21 = OcppVersion.V16, OcppVersion.V21
Q = Quirk
VOLTAGE = ComponentVariable(Component("EVSE", evse_id=1), Variable("ACVoltage", "L1"))
ENABLED = ComponentVariable(Component("MonitoringCtrlr"), Variable("Enabled"))

pytestmark = pytest.mark.django_db


def test_a_monitor_alerts_and_is_cleared_and_its_alert_with_it(station):
    bench = bench_of(station)
    (row,) = monitors.set_monitors(
        station=station, wanted=[MonitorSpec(TEMPERATURE, "UpperThreshold", 50, 2)]
    )
    bench.run()
    warm(bench, "55.5")
    alert = alerts().get()
    assert (alert.severity, alert.variable_monitoring_id) == (2, refreshed(row).monitor_id)
    monitors.clear_monitors(station=station, monitors=[row])
    bench.run()
    assert refreshed(row).status == "Cleared"
    assert not alerts().filter(cleared_at=None).exists()


@pytest.mark.parametrize(
    "quirks",
    [
        (),
        (Q.SEQ_NO_ALWAYS_ZERO,),
        (Q.EVENT_IDS_COLLIDE,),
        (Q.RETRIES_SAME_MESSAGE_ID,),
        (Q.ODD_DATES,),
        (Q.EVENT_IDS_RESTART,),
    ],
)
def test_a_course_of_events_leaves_nothing_open(station, quirks):
    bench = bench_of(station, *quirks)
    course = bench.scripted.desks.course
    for _ in range(3):
        course.step()
    bench.run()
    assert alerts().filter(cleared_at=None).count() == 2
    for _ in range(3):
        course.step()
    bench.run()
    assert StationEvent.objects.filter(source="NotifyEvent").count() == 6
    assert alerts().filter(cleared_at=None).count() == 0 and alerts().count() == 2


def test_events_of_a_station_that_counts_from_zero_again_are_kept(station):
    bench = bench_of(station, Q.EVENT_IDS_RESTART)
    warm(bench, "78")
    bench.scripted.reboot("Watchdog")
    bench.run()
    bench.advance(60)
    warm(bench, "65")
    events = StationEvent.objects.filter(source="NotifyEvent")
    assert sorted(events.values_list("event_id", flat=True)) == [0, 0]
    assert not alerts().filter(cleared_at=None).exists()


def test_a_station_whose_monitoring_is_off_tells_once_it_is_on(station):
    bench = bench_of(station, Q.MONITORING_OFF_BY_DEFAULT)
    assert warm(bench, "78") == []
    variables.set_variables(station=station, asked=[VariableAsked(ENABLED, value="true")])
    bench.run()
    assert warm(bench, "79") != []
    assert alerts().filter(cleared_at=None).count() == 1


def test_a_base_that_filters_is_set_to_all(station):
    bench = bench_of(station, Q.BASE_FILTERS_CUSTOM)
    monitors.set_monitors(station=station, wanted=[MonitorSpec(TEMPERATURE, "Delta", 2, 6)])
    bench.run()
    assert warm(bench, "40") == []
    monitors.set_monitoring_base(station=station, base="All")
    bench.run()
    assert warm(bench, "50") != []


def test_what_happened_offline_comes_later(station):
    bench = bench_of(station)
    bench.disconnect()
    bench.scripted.desks.events.change({CABINET: "78"})
    bench.scripted.desks.events.change({VariableName("EVSE", "AvailabilityState", evse=1): "x"})
    bench.connect()
    assert [event.event_id for event in StationEvent.objects.filter(source="NotifyEvent")] == [0]


def test_an_event_that_is_said_again_on_the_next_connection_is_one(station):
    bench = bench_of(station, Q.RETRIES_SAME_MESSAGE_ID)
    bench.scripted.desks.events.change({CABINET: "78"})
    (text,) = bench.scripted.data_to_send()
    for event in bench._csms.receive_text(text, bench.now):
        bench._take(event)
    bench.connect()  # the answer was lost with the connection
    assert StationEvent.objects.filter(source="NotifyEvent").count() == 1


@pytest.mark.parametrize("quirks", [(), (Q.STREAM_AS_CALL,)])
def test_a_stream_from_its_monitor_to_its_end(station, quirks):
    bench = bench_of(station, *quirks, version=V21)
    spec = MonitorSpec(VOLTAGE, "Periodic", 1, 8, stream=StreamParams(values=3))
    (row,) = monitors.set_monitors(station=station, wanted=[spec])
    bench.run()
    stream = EventStream.objects.get()
    for _ in range(6):
        bench.advance(1)
    assert stream.samples.count() == 6
    monitors.clear_monitors(station=station, monitors=[row])
    bench.run()
    assert not bench.scripted.desks.streams.get({})
    assert refreshed(stream).closed_at is not None


def test_faults_of_16_are_alerts(station):
    bench = bench_of(station, version=V16)
    bench.scripted.desks.faults.fault(1, info="fan 1 stalled", vendor_code="F017")
    bench.run()
    assert alerts().filter(cleared_at=None).count() == 1
    bench.scripted.desks.faults.recover(1)
    bench.run()
    assert alerts().filter(cleared_at=None).count() == 0
