"""Who may look, ask, and read: buttons are absent and addresses answer 403 for the others."""

from __future__ import annotations

import pytest
from django.test import Client

from diagnostics.models import FileAccess, LogRequest
from diagnostics.services.files import examination
from tests.admin.conftest import Arrive, Staff, page_of, read_of

VIEW = "diagnostics.view_logrequest"
ASK = "diagnostics.request_log"
READ = "diagnostics.read_log"

LIST = "/admin/diagnostics/logrequest/"


def test_strangers_are_sent_to_the_login(client: Client, row: LogRequest) -> None:
    for address in (LIST, page_of(row), f"{LIST}rows/?ids=1", page_of(row, "live/")):
        assert client.get(address).status_code == 302, address


@pytest.mark.parametrize(
    ("address", "needed"),
    [
        ("", VIEW),
        ("rows/?ids=1", VIEW),
        ("{row}/change/", VIEW),
        ("{row}/live/", VIEW),
        ("request/", ASK),
        ("{row}/again/", ASK),
        ("{row}/cancel/", ASK),
        ("{row}/files/{file}/", READ),
        ("{row}/files/{file}/download/", READ),
    ],
)
def test_every_address_asks_for_its_permission(
    staff: Staff, row: LogRequest, arrive: Arrive, address: str, needed: str
) -> None:
    path = LIST + address.format(row=row.pk, file=arrive(row, b"line").pk)
    others = {VIEW, ASK, READ} - {needed}
    assert staff(*others).get(path).status_code == 403
    assert staff(VIEW, needed).get(path).status_code == 200


def test_buttons_are_absent_without_the_permission(
    staff: Staff, row: LogRequest, arrive: Arrive
) -> None:
    arrive(row, b"line")
    looking = staff(VIEW).get(page_of(row)).content.decode()
    for button in ("/cancel/", "/again/", "/download/", "/files/", "wire"):
        assert button not in looking
    assert "/cancel/" in staff(VIEW, ASK).get(page_of(row)).content.decode()
    assert "/download/" in staff(VIEW, READ).get(page_of(row)).content.decode()
    assert f"{LIST}request/" not in staff(VIEW).get(LIST).content.decode()
    assert f"{LIST}request/" in staff(VIEW, ASK).get(LIST).content.decode()


def test_refused_reading_leaves_no_trace_and_reading_leaves_one(
    staff: Staff, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, b"line")
    examination.examine(file.pk)
    staff(VIEW).get(read_of(file))
    assert not FileAccess.objects.exists()
    reader = staff(VIEW, READ)
    reader.get(read_of(file))
    b"".join(reader.get(read_of(file, "download/")))
    assert list(file.accesses.order_by("pk").values_list("kind", flat=True)) == [
        "Read",
        "Download",
    ]


def test_raw_calls_need_the_permission_to_see_calls(staff: Staff, row: LogRequest) -> None:
    assert "Message id" not in staff(VIEW).get(page_of(row)).content.decode()
    both = staff(VIEW, "diagnostics.view_outboundcall")
    assert "Message id" in both.get(page_of(row)).content.decode()


def test_an_upload_address_is_shown_only_to_those_who_may_ask_for_logs(
    staff: Staff, row: LogRequest
) -> None:
    wire = {"location": f"ftp://{row.upload_user}:{row.upload_password}@ftp.example.com:21/"}
    row.calls.update(wire_action="GetDiagnostics", wire_payload=wire)
    sees_calls = "diagnostics.view_outboundcall"
    looking = staff(VIEW, sees_calls).get(page_of(row)).content.decode()
    assert "ftp.example.com:21/" in looking
    assert row.upload_user not in looking
    assert row.upload_password not in looking
    asking = staff(VIEW, ASK, sees_calls).get(page_of(row)).content.decode()
    assert wire["location"] in asking


@pytest.mark.parametrize(
    "address",
    [
        "diagnostics/logrequest/?token__startswith=a",
        "diagnostics/outboundcall/?wire_payload__location__startswith=ftp",
        "diagnostics/customerinformation/?identifier__idToken__startswith=04",
        "diagnostics/notificationtarget/?secret__isnull=0",
        "stations/chargingstation/?password_hash__startswith=blake2b",
    ],
)
def test_a_list_tells_nothing_of_a_column_that_it_does_not_show(root: Client, address: str) -> None:
    assert root.get(f"/admin/{address}").status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "diagnostics/logrequest/?station=1&id__lt=7",
        "diagnostics/outboundcall/?status__exact=Sent",
        "stations/chargingstation/?is_active__exact=1&name__startswith=A",
    ],
)
def test_a_list_is_narrowed_by_what_it_shows(root: Client, address: str) -> None:
    assert root.get(f"/admin/{address}").status_code == 200


@pytest.mark.parametrize("model", ["logrequest", "outboundcall", "securityevent"])
def test_facts_are_neither_added_nor_changed(root: Client, row: LogRequest, model: str) -> None:
    assert root.get(f"/admin/diagnostics/{model}/add/").status_code == 403


def test_only_superusers_delete_and_the_file_goes_too(
    root: Client, staff: Staff, row: LogRequest, arrive: Arrive
) -> None:
    arrive(row, b"line")
    helper = staff(VIEW, "diagnostics.delete_logrequest")
    assert helper.post(page_of(row, "delete/"), {"post": "yes"}).status_code == 403
    assert root.post(page_of(row, "delete/"), {"post": "yes"}).status_code == 302
    assert not LogRequest.objects.exists()


def test_a_get_never_cancels_or_asks(root: Client, row: LogRequest) -> None:
    root.get(page_of(row, "cancel/"))
    root.get(page_of(row, "again/"))
    row.refresh_from_db()
    assert row.is_open
    assert LogRequest.objects.count() == 1
