"""The operators' pages in a foreign project, whose admin has another address and key type."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from csms.models import ChargeBox
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from kombu.utils.json import dumps, loads

from diagnostics import inbound, tasks
from diagnostics.models import LogFile, LogRequest, StationGroup, StationSelection
from diagnostics.services import calls, logs
from diagnostics.services.fleet.selections import stations_of
from diagnostics.storage import get_log_store


@pytest.fixture
def operator(admin_user: User, client: Client) -> Client:
    client.force_login(admin_user)
    return client


@pytest.fixture
def box(db: None) -> ChargeBox:
    box = ChargeBox.objects.create(box_id="BOX-7", ocpp_version="2.0.1", connection="c1")
    inbound.station_connected(box)
    boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "Nordlader", "model": "NL-22"}}
    inbound.receive_call(box, "2.0.1", "BootNotification", boot)
    event = {"type": "FirmwareUpdated", "timestamp": "2026-03-02T08:00:00Z"}
    inbound.receive_call(box, "2.0.1", "SecurityEventNotification", event)
    return box


@pytest.fixture
def row(box: ChargeBox) -> LogRequest:
    row = logs.request_log(station=box)
    upload = get_log_store().open_upload(f"tests/{row.token}")
    upload.write(b"08:00:00 boot\n08:00:01 contactor stuck\n")
    stored = upload.complete()
    LogFile.objects.create(
        log_request=row,
        received_at=timezone.now(),
        name="box.log",
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
    )
    return row


def page(client: Client, path: str) -> str:
    answer = client.get(f"/backoffice/{path}")
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_all_pages_of_the_app_open(operator: Client, box: ChargeBox, row: LogRequest) -> None:
    calls.place_call(station=box, action="ClearCache", payload={})
    call = row.calls.get()
    assert "Diagnostics" in page(operator, "")
    assert "BOX-7" in page(operator, "diagnostics/logrequest/")
    assert "BOX-7" in page(operator, f"diagnostics/logrequest/{row.pk}/change/")
    assert "BOX-7" in page(operator, "diagnostics/outboundcall/")
    assert "GetLog" in page(operator, f"diagnostics/outboundcall/{call.pk}/change/")
    assert "FirmwareUpdated" in page(operator, "diagnostics/securityevent/")
    page(operator, f"diagnostics/logrequest/{row.pk}/live/")
    page(operator, f"diagnostics/logrequest/rows/?ids={row.pk}")


def test_the_hosts_station_page_has_our_tabs(
    operator: Client, box: ChargeBox, row: LogRequest
) -> None:
    assert "BOX-7" in page(operator, "csms/chargebox/")
    here = f"csms/chargebox/{box.pk}/change/"
    assert "Nordlader" in page(operator, here)
    for tab, expected in {
        "logs": f"logrequest/{row.pk}/",
        "calls": "GetLog",
        "security": "FirmwareUpdated",
        "settings": "box_id",
    }.items():
        assert expected in page(operator, f"{here}?tab={tab}"), tab


def test_the_tabs_are_there_where_django_spells_a_key_in_its_own_way(
    operator: Client, box: ChargeBox
) -> None:
    """In addresses of the admin a key of any text has `_3A` and the like for signs."""
    spelled = quote(f"urn:uuid:{box.pk}")  # a UUID all the same
    assert "_3A" in spelled
    assert "Nordlader" in page(operator, f"csms/chargebox/{spelled}/change/")


def test_a_log_is_asked_for_by_the_hosts_key(operator: Client, box: ChargeBox) -> None:
    form = page(operator, f"diagnostics/logrequest/request/?station={box.pk}")
    assert "BOX-7" in form
    page(operator, "diagnostics/logrequest/request/?station=7")
    answer = operator.post(
        "/backoffice/diagnostics/logrequest/request/",
        {"identity": "BOX-7", "log_type": "DiagnosticsLog", "span": "day"},
    )
    row = LogRequest.objects.get()
    assert answer.status_code == 302
    assert (row.station, str(row.requested_by)) == (box, "admin")


def test_the_action_asks_many_stations(operator: Client, box: ChargeBox) -> None:
    other = ChargeBox.objects.create(box_id="BOX-8")
    chosen = {"action": "request_logs_action", "_selected_action": [str(box.pk), str(other.pk)]}
    question = operator.post("/backoffice/csms/chargebox/", chosen)
    assert question.status_code == 200
    wanted = {"apply": "1", "log_type": "DiagnosticsLog", "span": "all"}
    assert operator.post("/backoffice/csms/chargebox/", chosen | wanted).status_code == 302
    assert set(LogRequest.objects.values_list("station", flat=True)) == {box.pk, other.pk}


def test_the_hosts_list_has_groups_and_selections(operator: Client, box: ChargeBox) -> None:
    ChargeBox.objects.create(box_id="BOX-8")
    boxes = "/backoffice/csms/chargebox/"
    chosen = {"action": "add_to_group_action", "_selected_action": [str(box.pk)], "apply": "1"}
    assert operator.post(boxes, chosen | {"new": "Yard"}).status_code == 302
    group = StationGroup.objects.get()
    listed = page(operator, f"csms/chargebox/?group={group.pk}")
    assert "BOX-7" in listed and "BOX-8" not in listed and "Yard" in listed
    assert "1</strong> station" in page(operator, f"diagnostics/stationgroup/{group.pk}/change/")
    wanted = {"connectivity": "Connected", "ocpp_version": "2.0.1", "text": "box"}
    wanted |= {"name": "Here", "groups": str(group.pk)}
    operator.post("/backoffice/diagnostics/stationselection/add/", wanted)
    selection = StationSelection.objects.get()
    assert list(stations_of(selection)) == [box]
    listed = page(operator, f"csms/chargebox/?selection={selection.pk}")
    assert "BOX-7" in listed and "BOX-8" not in listed


def test_keys_of_any_type_travel_to_the_worker(box: ChargeBox) -> None:
    assert isinstance(box.pk, UUID)
    tasks.request_logs(*loads(dumps([[box.pk], "SecurityLog"])))
    tasks.request_logs(*json.loads(json.dumps([[str(box.pk)], "SecurityLog"])))
    assert LogRequest.objects.filter(station=box).count() == 2


def test_those_without_a_permission_see_and_do_nothing(client: Client, row: LogRequest) -> None:
    user = User.objects.create_user("guest", password="x", is_staff=True)
    client.force_login(user)
    assert client.get("/backoffice/diagnostics/logrequest/").status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_logrequest"))
    assert client.get("/backoffice/diagnostics/logrequest/").status_code == 200
    assert client.get("/backoffice/diagnostics/logrequest/request/").status_code == 403


def test_the_sweep_runs_against_the_hosts_gateway(row: LogRequest) -> None:
    LogRequest.objects.update(expires_at=timezone.now() - timedelta(days=1))
    row.calls.update(expires_at=timezone.now() - timedelta(days=1))
    tasks.sweep()
    row.refresh_from_db()
    assert row.calls.get().status == "Expired"


def test_reactions_of_the_host_are_told(
    box: ChargeBox, row: LogRequest, caplog: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with caplog.at_level("INFO", "csms"), django_capture_on_commit_callbacks(execute=True):
        logs.cancel_log(row)
    assert "of BOX-7: " in caplog.text


def test_the_hosts_index_says_what_needs_somebody(operator: Client, row: LogRequest) -> None:
    page = operator.get("/backoffice/").content.decode()
    assert "What needs somebody now" in page
    assert "diagnostics/diagnostics.css" in page
