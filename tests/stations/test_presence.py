"""Presence survives the death of a process: what rows say when nobody closed them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from diagnostics.models import OutboundCall, TimelineEntry
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import housekeeping
from diagnostics.services.housekeeping.rules import all_rules
from stations import delivery, presence
from stations.gateway import ChannelsGateway
from stations.models import (
    SUSPECTED,
    ChargingStation,
    CloseReason,
    ServerProcess,
    StationConnection,
)
from stations.services import register_station
from stations.tasks import sweep_presence
from tests.stations.conftest import PASSWORD, place

pytestmark = pytest.mark.django_db

PEER = presence.Peer(remote_address="192.0.2.1", user_agent="test", is_encrypted=False)
V201 = OcppVersion.V201


@pytest.fixture
def station() -> ChargingStation:
    return register_station("CP-1", password=PASSWORD)[0]


@pytest.fixture
def server_id() -> UUID:
    server_id = uuid4()
    presence.start_server(server_id)
    return server_id


def opened(
    station: ChargingStation, server_id: UUID, version: OcppVersion = V201
) -> presence.Opened:
    return presence.open_connections([presence.Opening(station, server_id, version, PEER)])[0]


def open_connection(station: ChargingStation, server_id: UUID) -> int:
    return opened(station, server_id).connection_id


def die(server_id: UUID, ago: timedelta = timedelta(seconds=31)) -> None:
    ServerProcess.objects.filter(pk=server_id).update(heartbeat_at=timezone.now() - ago)


def sweeps() -> int:
    """Two of them, as far apart as it takes to be taken for dead."""
    presence.sweep()
    return presence.sweep(timezone.now() + SUSPECTED)


def is_online(station: ChargingStation) -> bool:
    found = {
        ChannelsGateway().is_online(station),
        ChargingStation.objects.online().filter(pk=station.pk).exists(),
        ChargingStation.objects.with_is_online().get(pk=station.pk).is_online,
    }
    assert len(found) == 1
    return found.pop()


def test_a_station_is_online_while_its_connection_is_open(station, server_id) -> None:
    assert not is_online(station)
    connection_id = open_connection(station, server_id)
    assert is_online(station)
    presence.close_connections({connection_id: CloseReason.STATION})
    assert not is_online(station)


def test_a_dead_process_takes_its_stations_offline_at_once(station, server_id) -> None:
    open_connection(station, server_id)
    die(server_id)
    assert not is_online(station)


def test_the_sweep_settles_what_a_dead_process_left(station, server_id) -> None:
    connection_id = open_connection(station, server_id)
    place(station, ring=False)
    call = delivery.take_call(connection_id, V201, "Accepted")
    assert call is not None
    die(server_id)
    assert (sweeps(), sweeps()) == (1, 0)
    row = StationConnection.objects.get()
    assert (row.close_reason, row.closed_at is None) == ("ServerDied", False)
    call.refresh_from_db()
    assert (call.status, call.error_code) == ("TimedOut", "ConnectionLost")
    assert TimelineEntry.objects.filter(kind="station.disconnected").count() == 1


def test_the_sweep_leaves_the_living_alone(station, server_id) -> None:
    open_connection(station, server_id)
    die(server_id, timedelta(seconds=29))
    assert presence.sweep() == 0
    assert is_online(station)


def test_who_could_not_say_that_he_lives_is_not_taken_for_dead(station, server_id) -> None:
    """The database was away; when it is back, the sweep may come before the first sign of life."""
    open_connection(station, server_id)
    die(server_id, timedelta(minutes=5))
    assert presence.sweep() == 0
    presence.beat(server_id, [], [])
    assert presence.sweep(timezone.now() + SUSPECTED) == 0
    assert is_online(station)


def test_a_process_that_was_only_held_up_lives_again(station, server_id) -> None:
    open_connection(station, server_id)
    die(server_id)
    presence.beat(server_id, [], [])
    assert is_online(station)


def test_a_swept_connection_is_closed_by_its_process(station, server_id) -> None:
    connection_id = open_connection(station, server_id)
    die(server_id)
    sweeps()
    assert connection_id not in presence.beat(server_id, [], []).open
    with pytest.raises(delivery.ConnectionEnded):
        delivery.take_call(connection_id, V201, "Accepted")


def test_a_beat_without_its_row_starts_over() -> None:
    server_id = uuid4()
    presence.beat(server_id, [], [])
    assert ServerProcess.objects.filter(pk=server_id).exists()


def test_the_beat_names_connections_with_calls_waiting(station, server_id) -> None:
    connection_id = open_connection(station, server_id)
    assert presence.beat(server_id, [], []).waiting == frozenset()
    place(station, ring=False)
    assert presence.beat(server_id, [], []) == presence.State(
        open=frozenset({connection_id}), waiting=frozenset({connection_id})
    )


def test_a_row_that_lost_its_socket_is_closed_by_a_beat(station, server_id) -> None:
    stray = open_connection(station, server_id)
    presence.beat(server_id, [], [])
    assert is_online(station)
    StationConnection.objects.update(opened_at=timezone.now() - timedelta(seconds=31))
    presence.beat(server_id, [], [stray])
    assert is_online(station)
    presence.beat(server_id, [], [])
    assert not is_online(station)


def test_a_late_close_does_not_clear_the_new_connection(station, server_id) -> None:
    old = open_connection(station, server_id)
    new, replaced = opened(station, server_id, OcppVersion.V21)
    assert replaced == [(server_id, old)]
    place(station, ring=False)
    call = delivery.take_call(new, OcppVersion.V21, "Accepted")
    presence.close_connections({old: CloseReason.LOST})
    assert is_online(station)
    assert OutboundCall.objects.get() == call
    assert OutboundCall.objects.get().status == "Sent"
    assert StationConnection.objects.get(pk=old).close_reason == "Replaced"
    assert not TimelineEntry.objects.filter(kind="station.disconnected").exists()


def test_closing_the_connection_of_a_deleted_station_is_no_error(station, server_id) -> None:
    connection_id = open_connection(station, server_id)
    station.delete()
    presence.close_connections({connection_id: CloseReason.LOST})
    with pytest.raises(delivery.ConnectionEnded):
        delivery.take_call(connection_id, V201, "Accepted")


def test_last_seen_is_one_update_for_many_stations(django_assert_num_queries, server_id) -> None:
    stations = [register_station(f"CP-{number}", password=PASSWORD)[0] for number in range(5)]
    now = timezone.now()
    with django_assert_num_queries(1):
        presence.record_seen([station.pk for station in stations], now)
    assert set(ChargingStation.objects.values_list("last_seen_at", flat=True)) == {now}


def test_old_processes_are_forgotten(station, server_id) -> None:
    open_connection(station, server_id)
    die(server_id, timedelta(days=8))
    ServerProcess.objects.update(stopped_at=timezone.now() - timedelta(days=8))
    sweep_presence()
    assert not ServerProcess.objects.exists()
    assert StationConnection.objects.get().close_reason == "ServerDied"


def test_old_connections_are_forgotten(station, server_id) -> None:
    old = open_connection(station, server_id)
    presence.close_connections({old: CloseReason.STATION})
    long_ago = timezone.now() - timedelta(days=91)
    StationConnection.objects.update(opened_at=long_ago, closed_at=long_ago)
    current = open_connection(station, server_id)
    assert housekeeping.apply(all_rules()["connections"])
    assert StationConnection.objects.get().pk == current
