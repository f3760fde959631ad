"""Security profile 3 on the operators' pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from stations.models import ChargingStation, RefusedConnection, StationCertificate
from stations.services import set_password
from tests.admin.conftest import HOSTILE, Staff, text_of

STATIONS = "/admin/stations/chargingstation/"
NEW = {"identity": "CS-9", "name": "", "security_profile": "3", "password": ""}
SETTINGS = {
    "name": "Depot", "is_active": "on", "security_profile": "3", "registration_policy": "Accepted",
    "diagnostics_info-TOTAL_FORMS": "0", "diagnostics_info-INITIAL_FORMS": "0",
}  # fmt: skip


@pytest.fixture
def served(settings: Any) -> None:
    settings.STATIONS = {
        "CLIENT_CERTIFICATE_HEADER": "X-SSL-Client-Cert",
        "CLIENT_CERTIFICATE_PROXIES": ("127.0.0.1",),
    }


def with_certificate(station: ChargingStation, lasts: timedelta) -> StationCertificate:
    station.security_profile = 3
    station.save()
    now = timezone.now()
    return StationCertificate.objects.create(
        station=station,
        subject="O=Operator,CN=SN-1",
        issuer=HOSTILE,
        serial_number="4F",
        fingerprint="ab" * 32,
        not_before=now - timedelta(days=300),
        not_after=now + lasts,
        shown_at=now,
    )


def test_a_station_is_registered_with_the_name_in_its_certificate(
    root: Client, served: None
) -> None:
    page = text_of(root.post(f"{STATIONS}add/", {**NEW, "certificate_name": "SN-9"}))
    assert "proves itself by its client certificate" in page and "SN-9" in page
    station = ChargingStation.objects.get(identity="CS-9")
    assert (station.certificate_name, station.password_hash) == ("SN-9", "")


def test_profile_3_is_explained_where_nobody_hands_certificates_over(
    root: Client, station: ChargingStation
) -> None:
    address = f"{STATIONS}{station.pk}/change/?tab=settings"
    assert "name in its certificate" not in text_of(root.get(address)).lower()
    for answer in (root.post(address, SETTINGS), root.post(f"{STATIONS}add/", NEW)):
        assert "CLIENT_CERTIFICATE_HEADER" in text_of(answer)
    station.refresh_from_db()
    assert station.security_profile == 0


def test_changing_to_profile_3_takes_the_permission_to_change_stations(
    root: Client, staff: Staff, served: None, station: ChargingStation
) -> None:
    address = f"{STATIONS}{station.pk}/change/?tab=settings"
    wanted = {**SETTINGS, "certificate_name": "SN-1", "takes_password_meanwhile": "on"}
    assert staff("stations.view_chargingstation").post(address, wanted).status_code == 403
    assert "The station has no password" in text_of(root.post(address, wanted))
    set_password(station)
    assert root.post(address, wanted).status_code == 302
    assert "until then its password is accepted" in text_of(root.get(address))
    station.refresh_from_db()
    assert (station.security_profile, station.certificate_name) == (3, "SN-1")


def test_a_certificate_that_ends_soon_is_in_sight_everywhere(
    root: Client, served: None, station: ChargingStation
) -> None:
    certificate = with_certificate(station, timedelta(days=12, hours=1))
    page = f"{STATIONS}{station.pk}/change/"
    connections = root.get(page, {"tab": "connections"})
    words = text_of(connections)
    assert "expires in 12 d: renew it" in words and "O=Operator,CN=SN-1" in words
    assert "<img src=x" not in connections.content.decode()
    home = text_of(root.get("/admin/"))
    assert "Client certificates to renew" in home and "expires in 12 d" in home
    listed = f"{STATIONS}?certificate=ending"
    assert [row.pk for row in root.get(listed).context["cl"].result_list] == [station.pk]
    certificate.not_after = timezone.now() - timedelta(hours=3, minutes=1)
    certificate.save()
    assert "expired 3 h ago: renew it" in text_of(root.get(page))
    certificate.not_after = timezone.now() + timedelta(days=31)
    certificate.save()
    assert "renew it" not in text_of(root.get(page, {"tab": "connections"}))
    assert not root.get(listed).context["cl"].result_list


def test_a_station_that_needs_none_any_more_is_not_reminded(
    root: Client, station: ChargingStation
) -> None:
    with_certificate(station, timedelta(days=1))
    ChargingStation.objects.update(security_profile=2)
    assert "to renew" not in text_of(root.get("/admin/"))
    page = root.get(f"{STATIONS}{station.pk}/change/", {"tab": "connections"})
    assert "CN=SN-1" not in text_of(page)


def test_a_refusal_shows_whose_certificate_it_was(root: Client, station: ChargingStation) -> None:
    now = timezone.now()
    RefusedConnection.objects.create(
        identity="CS-1", reason="OtherStation", http_status=403, station=station, first_at=now,
        last_at=now, certificate=f"CN={HOSTILE}",
    )  # fmt: skip
    page = root.get("/admin/stations/refusedconnection/")
    assert "Its client certificate names another station (403)" in text_of(page)
    assert "CN=&quot;&gt;&lt;img" in page.content.decode()
