"""Security profile 3: stations that come with a certificate, through a proxy that ends TLS."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from websockets.exceptions import ConnectionClosed, InvalidStatus

from diagnostics.models import StationInfo
from diagnostics.ocpp.versions import OcppVersion
from stations.certificate_rules import SerialNumberDiffers, check_serial_number
from stations.certificates import LONGEST, read_certificate
from stations.checks import check_settings
from stations.models import (
    ChargingStation,
    RefusedConnection,
    StationCertificate,
    StationConnection,
)
from stations.proxies import is_proxy
from stations.services import adopt_refused, register_station
from tests.servers.certificates import Authority, client_context, make_certificate
from tests.servers.processes import wait_until
from tests.servers.tls_proxy import ADDRESS, HEADER, VERDICT, tls_proxy
from tests.stations.conftest import PASSWORD
from tests.stations.socket import Socket, basic, connected

SERVED = {
    "CLIENT_CERTIFICATE_HEADER": HEADER,
    "CLIENT_CERTIFICATE_VERDICT_HEADER": VERDICT,
    "CLIENT_CERTIFICATE_PROXIES": (ADDRESS,),
    "CLIENT_CERTIFICATE_OPERATOR": "Operator",
}
Come = Callable[..., AbstractContextManager[Socket]]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def proxys_own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("proxy"))


@pytest.fixture
def served(settings: Any) -> None:
    settings.STATIONS = SERVED


@pytest.fixture
def station(server: str, served: None) -> ChargingStation:
    """CP-1, whose serial number is SN-1."""
    return register_station("CP-1", security_profile=3, certificate_name="SN-1")[0]


@pytest.fixture
def come(
    server: str, served: None, authority: Authority, proxys_own: tuple[Path, Path]
) -> Iterator[Come]:
    """Connect CP-1 through the proxy with a certificate: `with come(certificate) as socket`."""
    with tls_proxy(server, proxys_own, authority.path, checks_dates=False) as proxy:

        def through(certificate: Path | None, **options: Any) -> AbstractContextManager[Socket]:
            tls = client_context(proxys_own[0], certificate)
            return connected(proxy, "CP-1", ssl=tls, **options)

        yield through


def refused(connection: AbstractContextManager[Socket]) -> tuple[int, str, str]:
    """Knock, and return status, reason and the subject of the certificate in the newest row."""
    with pytest.raises(InvalidStatus) as caught, connection:
        pass
    row = RefusedConnection.objects.latest("last_at")
    return caught.value.response.status_code, row.reason, row.certificate


def test_a_certificate_lets_its_station_in_without_a_password(
    come: Come, station: ChargingStation, authority: Authority
) -> None:
    """A00.FR.404, A00.FR.405, B01.FR.11."""
    with come(authority.issue("SN-1")) as socket:
        assert socket.boot("SN-1")["status"] == "Accepted"
        assert socket.call("Heartbeat", {})[0] == 3
    row = StationConnection.objects.get()
    assert (row.remote_address, row.is_encrypted) == ("192.0.2.7", True)
    kept = StationCertificate.objects.get(station=station)
    assert kept.subject == "O=Operator,CN=SN-1"
    assert kept.issuer == "CN=Authority of the tests"
    assert not kept.is_ending


@pytest.mark.parametrize(
    ("issued", "reason"),
    [
        ({"common_name": "SN-2"}, "OtherStation"),
        ({"common_name": "CP-1"}, "OtherStation"),
        ({"common_name": "SN-1", "organization": "Maker"}, "OtherOperator"),
        ({"common_name": "SN-1", "lasts": timedelta(hours=-1)}, "Expired"),
    ],
)
def test_another_certificate_is_refused_and_its_subject_kept(
    come: Come, station: ChargingStation, authority: Authority, issued: Any, reason: str
) -> None:
    """A00.FR.404, A00.FR.405."""
    subject = f"O={issued.get('organization', 'Operator')},CN={issued['common_name']}"
    assert refused(come(authority.issue(**issued))) == (403, reason, subject)
    assert not StationCertificate.objects.exists()


def test_without_a_certificate_neither_password_nor_header_helps(
    come: Come, station: ChargingStation, authority: Authority
) -> None:
    forged = {HEADER: escaped(authority.issue("SN-1")), VERDICT: "SUCCESS"}
    authorization = basic("CP-1", PASSWORD)
    knock = come(None, authorization=authorization, headers=forged)
    assert refused(knock) == (403, "NoCertificate", "")


@pytest.mark.parametrize("claimed", ["", ADDRESS])
def test_a_header_counts_only_on_connections_from_the_proxy(
    server: str, station: ChargingStation, authority: Authority, claimed: str
) -> None:
    headers = {HEADER: escaped(authority.issue("SN-1")), VERDICT: "SUCCESS"}
    if claimed:  # this address may say so, but it is not the one that is asked about
        headers["X-Forwarded-For"] = claimed
    assert refused(connected(server, "CP-1", headers=headers))[:2] == (403, "NoProxy")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({HEADER: "garbage"}, "BadCertificate"),
        ({HEADER: "{good}\n{good}"}, "BadCertificate"),
        ({HEADER: "{good}\n"}, "BadCertificate"),
        ({HEADER: "{good}"}, "NotVerified"),
        ({HEADER: "{good}", VERDICT: "FAILED:certificate has expired"}, "NotVerified"),
        ({HEADER: "{good}", VERDICT: "FAILED\nSUCCESS"}, "NotVerified"),
        ({HEADER: "{good}", VERDICT: "SUCCESS", "X-Forwarded-Proto": "http"}, "NotEncrypted"),
        ({HEADER: "", VERDICT: "NONE"}, "NoCertificate"),
    ],
)
def test_what_a_careless_proxy_hands_over_is_refused(
    server: str,
    station: ChargingStation,
    authority: Authority,
    settings: Any,
    headers: dict[str, str],
    reason: str,
) -> None:
    settings.STATIONS = {**SERVED, "CLIENT_CERTIFICATE_PROXIES": ("127.0.0.0/30",)}
    good = escaped(authority.issue("SN-1"))
    sent = {name: value.replace("{good}", good) for name, value in headers.items()}
    assert refused(connected(server, "CP-1", headers=sent))[:2] == (403, reason)


def test_a_boot_with_another_serial_number_ends_the_connection(
    come: Come, station: ChargingStation, authority: Authority
) -> None:
    """B01.FR.11, B01.FR.12; nor is it served when it comes back without a boot."""
    certificate = authority.issue("SN-1")
    with come(certificate) as socket:
        socket.boot("SN-1")
    with come(certificate) as socket:
        with pytest.raises(ConnectionClosed) as caught:
            socket.boot("SN-2")
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1008
    ended = StationConnection.objects.filter(close_reason="OtherSerial")
    wait_until(ended.exists, "the connection has ended, and it is kept why")
    assert StationInfo.objects.get().serial_number == "SN-1"
    with come(certificate) as socket:
        assert socket.call("Heartbeat", {})[2] == "SecurityError"


def test_a_password_will_do_until_the_certificate_came(
    come: Come, station: ChargingStation, authority: Authority
) -> None:
    """A05.FR.07: after an upgrade no lower profile is accepted."""
    ChargingStation.objects.all().delete()
    station = register_station("CP-1", password=PASSWORD, security_profile=2)[0]
    StationInfo.objects.create(station=station, serial_number="SN-1")
    station.security_profile, station.takes_password_meanwhile = 3, True
    station.save()
    authorization = basic("CP-1", PASSWORD)
    makers = authority.issue("SN-1", organization="Maker")
    for certificate in (None, makers):
        with come(certificate, authorization=authorization):
            pass
    assert refused(come(makers))[1] == "OtherOperator"
    with come(authority.issue("SN-1")):
        pass
    assert refused(come(None, authorization=authorization))[1] == "NoCertificate"
    station.refresh_from_db()
    assert (station.certificate_name, station.takes_password_meanwhile) == ("SN-1", False)


def test_a_certificate_changes_nothing_for_stations_with_passwords(
    come: Come, served: None, authority: Authority
) -> None:
    register_station("CP-1", password=PASSWORD, security_profile=2)
    certificate = authority.issue("CP-1")
    assert refused(come(certificate))[:2] == (401, "NoCredentials")
    with come(certificate, authorization=basic("CP-1", PASSWORD)) as socket:
        assert socket.boot("SN-2")["status"] == "Accepted"
    assert not StationCertificate.objects.exists()


def test_a_stranger_with_a_good_certificate_is_adopted_for_it(
    come: Come, served: None, authority: Authority
) -> None:
    certificate = authority.issue("SN-7")
    assert refused(come(authority.issue("SN-7", organization="Maker")))[1:] == (
        "UnknownStation",
        "",
    )
    assert refused(come(certificate)) == (404, "UnknownStation", "O=Operator,CN=SN-7")
    station, password = adopt_refused(RefusedConnection.objects.get())
    assert (station.security_profile, station.certificate_name, password) == (3, "SN-7", None)
    with come(certificate) as socket:
        assert socket.boot("SN-7")["status"] == "Accepted"


def test_a_certificate_is_read_however_proxies_spell_it(authority: Authority) -> None:
    path = authority.issue("SN-1")
    der = base64.b64encode(certificate_in(path).public_bytes(Encoding.DER)).decode()
    pem = certificate_in(path).public_bytes(Encoding.PEM).decode()
    spellings = [escaped(path), der, f":{der}:", pem.replace("\n", " "), quote(pem)]
    assert len({read_certificate(each.encode()) for each in spellings}) == 1


def test_nothing_that_comes_in_the_header_breaks_the_reader(authority: Authority) -> None:
    good = bytearray(certificate_in(authority.issue("SN-1")).public_bytes(Encoding.DER))
    chance = random.Random(7)
    for _ in range(300):
        broken = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        _readable(base64.b64encode(broken[: chance.randint(0, len(broken) * 2)]))
    b64 = base64.b64encode(good)
    for hostile in (b":", b"::", b"%", b"%00", b"\xff", b"-----BEGIN CERTIFICATE-----"):
        assert not _readable(hostile)
    assert not _readable(b64 + b"," + b64)
    assert not _readable(b"A" * (LONGEST + 1))


def test_the_serial_number_of_a_charge_box_will_do() -> None:
    boot = {"chargePointModel": "M", "chargePointVendor": "V", "chargeBoxSerialNumber": "BOX"}
    both = {**boot, "chargePointSerialNumber": "POINT"}
    check_serial_number("BOX", OcppVersion.V16, both)
    check_serial_number("POINT", OcppVersion.V16, both)
    with pytest.raises(SerialNumberDiffers):
        check_serial_number("SN-1", OcppVersion.V16, both)


@pytest.mark.parametrize(
    ("address", "proxies", "believed"),
    [
        ("10.0.0.7", ("10.0.0.0/24",), True),
        ("::ffff:10.0.0.7", ("10.0.0.7",), True),
        ("fd00::1", ("fd00::/64",), True),
        ("10.0.1.7", ("10.0.0.0/24", "10.0.2.1"), False),
        ("10.0.0.7", ("*", "0.0.0.0/0", "proxy.example.org"), False),
        ("", ("10.0.0.0/24",), False),
    ],
)
def test_proxies_are_addresses_and_networks(
    address: str, proxies: tuple[str, ...], believed: bool
) -> None:
    assert is_proxy(address, proxies) is believed


@pytest.mark.parametrize("proxies", [(), ("*",), ("10.0.0.1", "::/0")])
def test_certificates_from_everywhere_are_an_error_of_the_check(
    settings: Any, proxies: tuple[str, ...]
) -> None:
    settings.STATIONS = {**SERVED, "CLIENT_CERTIFICATE_PROXIES": proxies}
    assert [each.id for each in check_settings()] == ["stations.E002"]
    settings.STATIONS = SERVED
    assert check_settings() == []


def certificate_in(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def escaped(path: Path) -> str:
    """As nginx escapes it."""
    return quote(certificate_in(path).public_bytes(Encoding.PEM).decode(), safe="")


def _readable(header: bytes) -> bool:
    try:
        read_certificate(header)
    except ValueError:
        return False
    return True
