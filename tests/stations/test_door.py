"""Stations that come at the same time: let in together, and each judged by itself."""

from __future__ import annotations

import time
from base64 import b64encode
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from diagnostics.models import OutboundCall, StationHealth, StationInfo, TimelineEntry
from diagnostics.ocpp.versions import OcppVersion
from stations import auth, delivery, presence
from stations.auth import Admission, Arrival, Busy, Handshake, Refused
from stations.models import ChargingStation, CloseReason, RefusalReason, StationConnection
from stations.services import register_station
from tests.stations.conftest import PASSWORD, place

pytestmark = pytest.mark.django_db

STATION = CloseReason.STATION
PEER = presence.Peer(remote_address="192.0.2.1", user_agent="test", is_encrypted=False)


@pytest.fixture
def server_id() -> UUID:
    server_id = uuid4()
    presence.start_server(server_id)
    return server_id


@pytest.fixture
def fleet() -> list[ChargingStation]:
    return [register_station(f"CP-{number}", password=PASSWORD)[0] for number in range(6)]


def arrival(
    identity: str, server_id: UUID, *, password: str = PASSWORD, spoken: str = "ocpp2.0.1"
) -> Arrival:
    credentials = b64encode(f"{identity}:{password}".encode())
    path = f"/ocpp/{identity}".encode()
    return Arrival(Handshake(path, (spoken,), b"Basic " + credentials, PEER), server_id)


def test_stations_are_let_in_together(fleet: list[ChargingStation], server_id: UUID) -> None:
    spoken = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] * 2
    admitted = auth.admit(
        [
            arrival(station.identity.lower(), server_id, spoken=version)
            for station, version in zip(fleet, spoken, strict=True)
        ]
    )
    rows = {row.pk: row for row in StationConnection.objects.open()}
    for station, version, one in zip(fleet, spoken, admitted, strict=True):
        assert isinstance(one, Admission)
        assert (one.station, one.version.subprotocol, one.opened.replaced) == (station, version, [])
        row = rows[one.opened.connection_id]
        assert (row.station, row.ocpp_version, row.server_id) == (station, one.version, server_id)
        station.refresh_from_db()
        assert station.ocpp_version == one.version and station.last_seen_at
    assert StationInfo.objects.filter(seen_at__isnull=False).count() == 6
    assert [row.connections for row in StationHealth.objects.all()] == [1] * 6
    told = TimelineEntry.objects.filter(kind="station.connected").values_list("data", flat=True)
    assert [entry["version"] for entry in told] == ["1.6", "2.0.1", "2.1"] * 2


def test_many_take_no_more_statements_than_few(
    fleet: list[ChargingStation], server_id: UUID
) -> None:
    def statements(some: list[ChargingStation]) -> int:
        arrivals = [arrival(station.identity, server_id) for station in some]
        with CaptureQueriesContext(connection) as captured:
            auth.admit(arrivals)
        return len(captured)

    statements(fleet)  # what is asked and made the first time
    assert statements(fleet) == statements(fleet[:2])


def test_who_is_turned_away_holds_up_nobody(fleet: list[ChargingStation], server_id: UUID) -> None:
    late = arrival("CP-2", server_id)
    tired = Handshake(
        late.handshake.raw_path,
        late.handshake.subprotocols,
        late.handshake.authorization,
        PEER,
        time.monotonic() - 2 * auth.LONGEST_AT_THE_DOOR,
    )
    results = auth.admit(
        [
            arrival("CP-0", server_id, password="something else altogether"),
            arrival("NOBODY", server_id),
            arrival("not%3Aan%3Aidentity", server_id),
            Arrival(tired, server_id),
            arrival("CP-1", server_id),
        ]
    )
    reasons = [each.reason for each in results if isinstance(each, Refused)]
    assert reasons == [
        RefusalReason.WRONG_PASSWORD,
        RefusalReason.UNKNOWN_STATION,
        RefusalReason.BAD_IDENTITY,
    ]
    assert isinstance(results[3], Busy)
    assert StationConnection.objects.get().station == fleet[1]


def test_a_station_that_comes_twice_keeps_the_later_connection(
    fleet: list[ChargingStation], server_id: UUID
) -> None:
    results = auth.admit([arrival(name, server_id) for name in ("CP-0", "CP-1", "cp-0")])
    first, other, second = [each.opened for each in results if isinstance(each, Admission)]
    assert second.replaced == [(server_id, first.connection_id)]
    still_open = set(StationConnection.objects.open().values_list("pk", flat=True))
    assert still_open == {other.connection_id, second.connection_id}


def test_stations_that_go_together_are_told_apart(
    fleet: list[ChargingStation], server_id: UUID
) -> None:
    admitted = auth.admit([arrival(station.identity, server_id) for station in fleet])
    ids = [each.opened.connection_id for each in admitted if isinstance(each, Admission)]
    placed = [place(station, ring=False) for station in fleet]
    for connection_id in ids[:4]:
        delivery.take_call(connection_id, OcppVersion.V201, "Accepted")
    auth.admit([arrival("CP-0", server_id)])  # which takes the place of the first
    presence.close_connections(dict.fromkeys(ids[:3], CloseReason.LOST) | {ids[4]: STATION})
    rows = StationConnection.objects.filter(pk__in=ids).order_by("pk")
    reasons = [row.close_reason for row in rows]
    assert reasons == ["Replaced", "Lost", "Lost", "", "Station", ""]
    ends = [OutboundCall.objects.get(pk=call.pk).status for call in placed]
    assert ends == ["TimedOut"] * 3 + ["Sent", "Pending", "Pending"]
    told = TimelineEntry.objects.filter(kind="station.disconnected").order_by("station")
    assert [entry.station for entry in told] == [fleet[1], fleet[2], fleet[4]]


def test_letters_beyond_ascii_are_no_matter(server_id: UUID) -> None:
    station = register_station("Säule-1", password=PASSWORD)[0]
    (admitted,) = auth.admit([arrival("Säule-1", server_id)])
    assert isinstance(admitted, Admission)
    assert (admitted.station, admitted.version) == (station, OcppVersion.V201)
