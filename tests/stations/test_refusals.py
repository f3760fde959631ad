"""Who is turned away, with which HTTP status, and what the operator sees of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from websockets.exceptions import InvalidStatus

from stations import auth, refusals
from stations.models import ChargingStation, RefusedConnection
from stations.services import adopt_refused, block_station, register_station, set_password
from tests.stations.conftest import PASSWORD
from tests.stations.socket import basic, connected


@pytest.fixture
def station(server: str) -> ChargingStation:
    return register_station("CP-1", password=PASSWORD)[0]


def refused(server: str, path: str, **options: Any) -> tuple[int, str, RefusedConnection]:
    """Knock, and return status, WWW-Authenticate, and the newest row."""
    with pytest.raises(InvalidStatus) as caught, connected(server, path, **options):
        pass
    response = caught.value.response
    row = RefusedConnection.objects.latest("last_at")
    return response.status_code, response.headers.get("WWW-Authenticate", ""), row


def test_an_unknown_identity_gets_404_and_a_row(server: str) -> None:
    status, _, row = refused(server, "nobody", subprotocols=["ocpp1.6", "ocpp2.0.1"])
    assert status == 404
    assert (row.identity, row.reason, row.http_status) == ("nobody", "UnknownStation", 404)
    assert (row.remote_address, row.subprotocols) == ("127.0.0.1", "ocpp1.6, ocpp2.0.1")


def test_knocking_again_is_counted(server: str) -> None:
    refused(server, "nobody")
    assert refused(server, "nobody")[2].count == 2
    assert RefusedConnection.objects.count() == 1


def test_many_identities_push_out_the_oldest(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST_REFUSALS", 3)
    for number in range(5):
        refused(server, f"guess-{number}")
    kept = RefusedConnection.objects.order_by("identity").values_list("identity", flat=True)
    assert list(kept) == ["guess-2", "guess-3", "guess-4"]


def test_who_has_waited_too_long_at_the_door_comes_again(
    server: str, station: ChargingStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "LONGEST_AT_THE_DOOR", -1)
    with pytest.raises(InvalidStatus) as caught, connected(server, "CP-1"):
        pass
    response = caught.value.response
    assert (response.status_code, response.headers["Retry-After"]) == (503, "30")
    assert not RefusedConnection.objects.exists()


@pytest.mark.parametrize("path", ["a%00b", "x" * 65, "%FF", "a%3Ab"])
def test_a_bad_identity_gets_400(server: str, path: str) -> None:
    status, _, row = refused(server, path)
    assert (status, row.reason) == (400, "BadIdentity")
    assert row.identity.isprintable()


@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer token", "Basic", "Basic ***", basic("CP-1", "")[:-2], "Basic Q1AtMQ=="],
)
def test_no_usable_credentials_get_401(
    server: str, station: ChargingStation, authorization: str | None
) -> None:
    status, challenge, row = refused(server, "CP-1", authorization=authorization)
    assert status == 401
    assert challenge.startswith("Basic realm=")
    assert row.station == station


@pytest.mark.parametrize(
    ("user", "password"),
    [("CP-1", "wrong horse battery"), ("CP-2", PASSWORD), ("", PASSWORD), ("CP-1", b"\xff\x00")],
)
def test_wrong_credentials_get_401(
    server: str, station: ChargingStation, user: str, password: str | bytes
) -> None:
    status, challenge, row = refused(server, "CP-1", authorization=basic(user, password))
    assert (status, row.reason) == (401, "WrongPassword")
    assert challenge


def test_a_blocked_station_gets_403(server: str, station: ChargingStation) -> None:
    block_station(station)
    status, _, row = refused(server, "CP-1", authorization=basic("CP-1", PASSWORD))
    assert (status, row.reason) == (403, "Blocked")


def test_profile_2_without_tls_gets_403(server: str) -> None:
    """A00.FR.002: another profile than the configured one is refused."""
    register_station("CP-1", password=PASSWORD, security_profile=2)
    status, _, row = refused(server, "CP-1", authorization=basic("CP-1", PASSWORD))
    assert (status, row.reason) == (403, "NotEncrypted")


def test_profile_3_gets_403(server: str, station: ChargingStation) -> None:
    ChargingStation.objects.update(security_profile=3)
    status, _, row = refused(server, "CP-1", authorization=basic("CP-1", PASSWORD))
    assert (status, row.reason) == (403, "NotServed")


@pytest.mark.parametrize("offered", [[], ["ocpp2.0"], ["ocpp1.5", "mqtt"]])
def test_no_ocpp_version_in_common_gets_400(
    server: str, station: ChargingStation, offered: list[str]
) -> None:
    """TC_B_58_CSMS, TC_088_CSMS."""
    status, _, row = refused(
        server, "CP-1", authorization=basic("CP-1", PASSWORD), subprotocols=offered
    )
    assert (status, row.reason) == (400, "NoSubprotocol")


def test_the_clients_order_chooses_the_version(server: str, station: ChargingStation) -> None:
    offered = ["ocpp2.0", "ocpp2.0.1", "ocpp2.1", "ocpp1.6"]
    with connected(
        server, "CP-1", subprotocols=offered, authorization=basic("CP-1", PASSWORD)
    ) as socket:
        assert socket.subprotocol == "ocpp2.0.1"


@pytest.mark.parametrize("path", ["cp-1", "CP-1/", "v2/CP-1"])
def test_case_prefixes_and_a_slash_do_not_matter(
    server: str, station: ChargingStation, path: str
) -> None:
    with connected(server, path, authorization=basic("cp-1", PASSWORD)) as socket:
        assert socket.boot()["status"] == "Accepted"


def test_profile_2_behind_a_trusted_proxy_is_let_in(server: str) -> None:
    register_station("CP-1", password=PASSWORD, security_profile=2)
    with (
        override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")),
        connected(
            server,
            "CP-1",
            authorization=basic("CP-1", PASSWORD),
            headers={"X-Forwarded-Proto": "https"},
        ) as socket,
    ):
        assert socket.boot()["status"] == "Accepted"


def test_an_authorization_key_may_come_as_raw_bytes(server: str) -> None:
    key = "ff00" * 8
    register_station("CP-1", password=key)
    authorization = basic("CP-1", bytes.fromhex(key))
    with connected(server, "CP-1", subprotocols=["ocpp1.6"], authorization=authorization) as socket:
        assert socket.boot()["status"] == "Accepted"


def test_a_password_may_hold_a_colon(server: str) -> None:
    register_station("CP-1", password="with:colon:inside")
    with connected(server, "CP-1", authorization=basic("CP-1", "with:colon:inside")) as socket:
        assert socket.boot()["status"] == "Accepted"


def test_the_old_password_ends_with_the_first_use_of_the_new(
    server: str, station: ChargingStation
) -> None:
    """A01.FR.03, and a lost answer to the change."""
    new = set_password(station, grace=timedelta(hours=1))
    for password in (PASSWORD, new):
        with connected(server, "CP-1", authorization=basic("CP-1", password)):
            pass
    assert refused(server, "CP-1", authorization=basic("CP-1", PASSWORD))[0] == 401


def test_an_unknown_station_is_adopted_with_one_click(server: str) -> None:
    row = refused(server, "stranger")[2]
    station, password = adopt_refused(row)
    assert password is not None
    assert not RefusedConnection.objects.exists()
    with connected(server, "stranger", authorization=basic("stranger", password)) as socket:
        assert socket.boot()["status"] == "Accepted"
    assert station.identity == "stranger"
