"""The pages of customer information: masked, permitted, recorded."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from diagnostics.models import CustomerInformation, InstalledCertificate, OutboundCall
from diagnostics.ocpp.codecs.customer_information import CustomerPart
from diagnostics.services import customer_information
from diagnostics.services.calls import delivery
from diagnostics.services.customer_information import answers as customer_answers
from stations.models import ChargingStation
from tests.admin.conftest import Staff, text_of

BASE = "/admin/diagnostics/customerinformation/"
TOKEN = "04A2B3C4D5E680"
SECRET = "Erika <b>Mustermann</b>"
VIEW = "diagnostics.view_customerinformation"
REQUEST = "diagnostics.request_customer_information"
READ = "diagnostics.read_customer_information"
FORM = {
    "identity": "CS-1",
    "wish": "report",
    "purpose": "access request 7",
    "id_token": TOKEN,
    "id_token_type": "ISO14443",
    "hash_algorithm": "SHA256",
}


def page_of(row: CustomerInformation, tail: str = "change/") -> str:
    return f"{BASE}{row.pk}/{tail}"


@pytest.fixture
def told(station: ChargingStation) -> CustomerInformation:
    """A request that the station accepted and answered."""
    row = customer_information.request_customer_information(
        station=station,
        report=True,
        clear=True,
        purpose="access request 7",
        id_token=TOKEN,
        id_token_type="ISO14443",
    )
    call = delivery.next_call(station, version="2.0.1")  # type: ignore[arg-type]
    assert call is not None
    delivery.record_answer(station, call.message_id, {"status": "Accepted"})
    customer_answers.receive_part(station, CustomerPart(row.request_id, 0, False, SECRET, None))
    row.refresh_from_db()
    return row


def test_the_form_asks_the_station(root: Client, station: ChargingStation) -> None:
    assert "CS-1" in root.get(f"{BASE}request/?station={station.pk}").content.decode()
    response = root.post(f"{BASE}request/", FORM)
    row = CustomerInformation.objects.get()
    assert response["Location"] == page_of(row)
    assert (row.purpose, row.requested_by_name, row.report, row.clear) == (
        "access request 7", "admin", True, False,
    )  # fmt: skip
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"purpose": ""}, "This field is required"),
        ({"id_token": ""}, "exactly one way"),
        ({"customer_identifier": "C-1"}, "exactly one way"),
        ({"wish": "clear"}, "The station forgets for good"),
        ({"identity": "CS-9"}, "No station has this identity"),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_sent(
    root: Client, station: ChargingStation, change: dict[str, str], words: str
) -> None:
    assert words in text_of(root.post(f"{BASE}request/", {**FORM, **change}))
    assert not CustomerInformation.objects.exists() and not OutboundCall.objects.exists()


def test_clearing_by_certificate_takes_a_confirmation(
    root: Client, station: ChargingStation
) -> None:
    named = {"issuer_name_hash": "a", "issuer_key_hash": "b", "serial_number": "0C4F"}
    form = {**FORM, **named, "id_token": "", "wish": "clear", "confirm": "on"}
    assert root.post(f"{BASE}request/", form).status_code == 302
    assert CustomerInformation.objects.get().kind == "Certificate"


def test_the_text_is_masked_until_it_is_opened(root: Client, told: CustomerInformation) -> None:
    for url in (BASE, page_of(told), page_of(told, "live/")):
        shown = root.get(url).content.decode()
        assert "Mustermann" not in shown and TOKEN not in shown
    assert "•••680" in text_of(root.get(page_of(told)))
    assert root.get(page_of(told, "open/"))["Location"] == page_of(told)
    assert not told.accesses.exists()
    opened = root.post(page_of(told, "open/"))
    assert "Erika &lt;b&gt;Mustermann&lt;/b&gt;" in opened.content.decode()
    assert "no-store" in opened["Cache-Control"]
    assert told.accesses.get().user_name == "admin"
    assert "Who opened it" in text_of(root.get(page_of(told)))


def test_an_opening_without_a_text_is_a_sentence(root: Client, told: CustomerInformation) -> None:
    assert root.post(page_of(told, "purge/")).status_code == 302
    response = root.post(page_of(told, "open/"), follow=True)
    assert "has been deleted" in text_of(response)
    assert not told.accesses.exists()


@pytest.mark.parametrize(
    ("tail", "permission", "method"),
    [
        ("change/", VIEW, "get"),
        ("live/", VIEW, "get"),
        ("open/", READ, "post"),
        ("cancel/", REQUEST, "post"),
        ("purge/", REQUEST, "post"),
        ("list/", REQUEST, "post"),
        ("version/", REQUEST, "post"),
    ],
)
def test_every_page_has_its_permission(
    staff: Staff, told: CustomerInformation, tail: str, permission: str, method: str
) -> None:
    everything_else = {VIEW, READ, REQUEST} - {permission}
    assert getattr(staff(*everything_else), method)(page_of(told, tail)).status_code == 403
    assert getattr(staff(permission), method)(page_of(told, tail)).status_code in (200, 302)


def test_the_form_and_the_list_have_theirs(staff: Staff, station: ChargingStation) -> None:
    assert staff(VIEW, READ).get(f"{BASE}request/").status_code == 403
    assert staff(REQUEST).get(f"{BASE}request/").status_code == 200
    assert staff(REQUEST).get(BASE).status_code == 403
    assert "No station was asked about a customer" in text_of(staff(VIEW).get(BASE))


def test_who_may_not_read_is_told_how(staff: Staff, told: CustomerInformation) -> None:
    shown = text_of(staff(VIEW).get(page_of(told)))
    assert "You may not read it" in shown and "Open the text" not in shown


def test_the_station_has_a_tab_where_its_version_has_the_message(
    root: Client, station: ChargingStation, told: CustomerInformation
) -> None:
    url = f"/admin/stations/chargingstation/{station.pk}/change/?tab=customers"
    shown = text_of(root.get(url))
    assert "•••680" in shown and "access request 7" in shown
    assert 'href="?tab=customers"' in root.get(url).content.decode()
    station.ocpp_version = "1.6"
    station.save()
    assert 'href="?tab=customers"' not in root.get(url).content.decode()


def test_the_tab_of_a_station_that_was_never_asked_says_so(
    root: Client, station: ChargingStation
) -> None:
    url = f"/admin/stations/chargingstation/{station.pk}/change/?tab=customers"
    shown = root.get(url)
    assert "was never asked" in text_of(shown)
    assert f"request/?station={station.pk}" in shown.content.decode()


def test_a_customer_is_named_by_a_certificate_that_the_station_has(
    root: Client, station: ChargingStation
) -> None:
    """N09.FR.08: chosen from the station's list, so that the algorithm is right."""
    asked = root.post(f"{BASE}certificates/", {"station": station.pk, "form": "1"})
    assert asked["Location"] == f"{BASE}request/?station={station.pk}"
    tab = f"/admin/stations/chargingstation/{station.pk}/change/?tab=customers"
    assert root.post(f"{BASE}certificates/", {"station": station.pk})["Location"] == tab
    hashes = {
        "hashAlgorithm": "SHA384",
        "issuerNameHash": "aa01",
        "issuerKeyHash": "bb02",
        "serialNumber": "0c4f",
    }
    chain = {"certificateType": "MORootCertificate", "certificateHashData": hashes}
    call = delivery.next_call(station, version="2.0.1")  # type: ignore[arg-type]
    assert call is not None and "Not read yet" in text_of(root.get(tab))
    answer = {"status": "Accepted", "certificateHashDataChain": [chain]}
    delivery.record_answer(station, call.message_id, answer)
    assert "Root of a mobility operator 0c4f" in text_of(root.get(tab))
    row = InstalledCertificate.objects.get()
    form = root.get(f"{BASE}request/?station={station.pk}").content.decode()
    assert f'<option value="{row.pk}">Root of a mobility operator · 0c4f · SHA384' in form
    wanted = {**FORM, "id_token": "", "installed": row.pk}
    both = root.post(f"{BASE}request/", {**wanted, "serial_number": "77"})
    assert "not both" in text_of(both)
    typed = {"issuer_name_hash": "a", "issuer_key_hash": "b", "serial_number": "0C4F"}
    wrong = root.post(f"{BASE}request/", {**wanted, "installed": "", **typed})
    assert "installed this certificate with SHA384" in text_of(wrong)
    assert root.post(f"{BASE}request/", wanted).status_code == 302
    assert CustomerInformation.objects.get().identifier == {"customerCertificate": hashes}


def test_certificates_are_read_by_those_who_may_ask(staff: Staff, station: ChargingStation) -> None:
    url, data = f"{BASE}certificates/", {"station": station.pk}
    assert staff(VIEW, READ).post(url, data).status_code == 403
    assert staff(REQUEST).get(url, data).status_code == 404
    station.ocpp_version = "1.6"
    station.save()
    refused = staff(REQUEST, "stations.view_chargingstation", VIEW).post(url, data, follow=True)
    assert "OCPP 1.6" in text_of(refused)


def test_a_token_is_removed_from_the_local_list_by_hand(
    root: Client, told: CustomerInformation
) -> None:
    assert "does not touch the local authorization list" in text_of(root.get(page_of(told)))
    root.post(page_of(told, "version/"))
    wrong = root.post(page_of(told, "list/"), {"id_token": "other", "version": "8"})
    assert "This is not the token" in text_of(wrong)
    assert root.post(page_of(told, "list/"), {"id_token": TOKEN, "version": ""}).status_code == 200
    done: Any = root.post(page_of(told, "list/"), {"id_token": TOKEN, "version": "8"})
    assert done["Location"] == page_of(told)
    placed = list(OutboundCall.objects.order_by("pk").values_list("action", flat=True))
    assert placed[1:] == ["GetLocalListVersion", "SendLocalList"]


def test_a_request_that_waits_can_be_canceled(root: Client, station: ChargingStation) -> None:
    root.post(f"{BASE}request/", FORM)
    row = CustomerInformation.objects.get()
    assert root.post(page_of(row, "cancel/"))["Location"] == page_of(row)
    row.refresh_from_db()
    assert row.status == "Canceled"
    again = root.post(page_of(row, "cancel/"), follow=True)
    assert "asked already, or the request has ended" in text_of(again)
