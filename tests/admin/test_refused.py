"""What cannot be shown says why, on a page of the admin, in whatever project it is."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from diagnostics.admin.refused import explained
from diagnostics.models import StationGroup
from tests.admin.conftest import Staff, text_of

SEARCH = "/admin/diagnostics/logsearch/7777/change/"


def test_a_row_that_is_gone_is_explained_with_the_way_on(root: Client) -> None:
    answer = root.get(SEARCH)
    text = text_of(answer, 404)
    assert "There is no such search over logs." in text
    assert text.count("It may have been deleted") == 1
    assert 'href="/admin/diagnostics/logsearch/"' in answer.content.decode()
    assert "Log out" in text  # it is a page of the admin


@pytest.mark.parametrize(
    "address",
    [
        "diagnostics/alert/7777/change/",
        "diagnostics/messagerecord/7777/change/",
        "diagnostics/monitor/7777/live/",
        "diagnostics/variablerequest/set/7777/",
        "diagnostics/legalhold/7777/change/",
        "diagnostics/logrequest/7777/files/1/",
        "stations/stationconnection/7777/change/",
    ],
)
def test_no_page_leaves_it_to_django(root: Client, address: str) -> None:
    text = text_of(root.get(f"/admin/{address}"), 404)
    assert "There is no such" in text
    assert "Log out" in text


def test_what_one_may_not_do_names_the_permission(staff: Staff, station: Any) -> None:
    client = staff("diagnostics.view_alert")
    answer = client.get(f"/admin/diagnostics/report/request/?station={station.pk}")
    text = text_of(answer, 403)
    assert "You may not do this." in text
    assert "It takes the permission “Can ask stations for reports”." in text
    assert 'class="button" href="/admin/diagnostics/report/"' not in answer.content.decode()


def test_what_django_forbids_is_explained_too(staff: Staff) -> None:
    text = text_of(staff().get("/admin/diagnostics/alert/"), 403)
    assert "It takes the permission “Can view alert”." in text
    assert "Ask whoever looks after the operators here." in text


def test_who_is_not_logged_in_is_asked_to(client: Client) -> None:
    answer = client.get(SEARCH)
    assert answer.status_code == 302
    assert "/login/" in answer["Location"]


def test_a_request_that_is_one_transaction_keeps_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_refuse(request: HttpRequest) -> HttpResponse:
        StationGroup.objects.create(name="Depot")
        raise Http404

    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    pattern = explained(path("", write_and_refuse), lambda *_: HttpResponse(status=404))
    with transaction.atomic():
        assert pattern.callback(HttpRequest()).status_code == 404
    assert not StationGroup.objects.exists()
