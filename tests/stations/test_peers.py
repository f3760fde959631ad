"""Stations that others wrote are served: the charge points of the `ocpp` package."""

from __future__ import annotations

import pytest

from diagnostics.models import LogRequest, OutboundCall
from diagnostics.services import logs
from diagnostics.services.calls import delivery
from stations.models import ChargingStation, Connector
from tests.servers.processes import wait_until
from tests.stations.conftest import PASSWORD, becomes
from tests.stations.peers import LIBRARIES, Peer, library_station
from tests.stations.socket import basic

SUBPROTOCOLS = sorted(LIBRARIES)


def connected_peer(server: str, station: ChargingStation, subprotocol: str):
    authorization = basic(station.identity, PASSWORD)
    return library_station(server, station.identity, subprotocol, authorization)


def gets_asked(peer: Peer) -> dict:
    wait_until(lambda: bool(peer.asked), "the station is asked for its log")
    return peer.asked[-1]


@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
def test_boot_status_and_heartbeat(server: str, station: ChargingStation, subprotocol: str) -> None:
    with connected_peer(server, station, subprotocol) as peer:
        assert peer.does("boot").status == "Accepted"
        assert peer.does("status") is not None
        assert peer.does("heartbeat").current_time.endswith("Z")
    connector = Connector.objects.get()
    assert (connector.evse_id, connector.connector_id, connector.status) == (1, 1, "Available")


@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
def test_a_log_is_asked_for_and_reported_on(
    server: str, station: ChargingStation, subprotocol: str
) -> None:
    with connected_peer(server, station, subprotocol) as peer:
        peer.does("boot")
        row = logs.request_log(station=station)
        delivery.ring_waiting()
        request = gets_asked(peer)
        assert request["log_type"] == "DiagnosticsLog"
        becomes(OutboundCall.objects.get(log_request=row), "Answered")
        peer.does("log", request["request_id"], "Uploading")
    row.refresh_from_db()
    assert (row.verdict, row.filename) == ("Uploading", "log.tar")


@pytest.mark.parametrize("subprotocol", SUBPROTOCOLS)
def test_a_log_asked_of_an_absent_station_waits_for_it(
    server: str, station: ChargingStation, subprotocol: str
) -> None:
    row = logs.request_log(station=station)
    assert LogRequest.objects.get(pk=row.pk).verdict == "Queued"
    with connected_peer(server, station, subprotocol) as peer:
        gets_asked(peer)
        becomes(OutboundCall.objects.get(log_request=row), "Answered")
