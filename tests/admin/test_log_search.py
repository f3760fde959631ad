"""Searching over many logs from the admin: the form, the results, and who may."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.utils import timezone

from diagnostics.lifecycles.log_search import SearchScope, SearchStatus
from diagnostics.models import LogFile, LogRequest, LogSearch, StationGroup
from diagnostics.services import searches as log_searches
from diagnostics.services.files import examination
from diagnostics.services.fleet import groups
from diagnostics.services.searches import Wanted
from diagnostics.services.searches import runs as search_runs
from diagnostics.testing.factories import make_log_request
from diagnostics.texts.query import Query
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Arrive, Staff, text_of

LIST = "/admin/diagnostics/logsearch/"
SEARCH, VIEW, READ = (
    "diagnostics.search_logs", "diagnostics.view_logsearch", "diagnostics.read_log",
)  # fmt: skip


@pytest.fixture
def file(row: LogRequest, arrive: Arrive) -> LogFile:
    content = f"08:00 boot\n08:01 relay stuck <b>{HOSTILE}\n08:02 idle\n".encode()
    file = arrive(row, content)
    examination.examine(file.pk)
    return file


def filled(**more: Any) -> dict[str, Any]:
    return {"pattern": "relay stuck", "scope": "All", "days": "7", **more}


def searched(**query: Any) -> LogSearch:
    search = log_searches.start_search(
        query=Query(query.pop("text", "relay stuck"), **query), wanted=Wanted()
    )
    search_runs.run_search(search.pk)
    search.refresh_from_db()
    return search


def page_of(search: LogSearch, tail: str = "change/") -> str:
    return f"{LIST}{search.pk}/{tail}"


def test_a_search_is_begun_by_the_form_and_its_page_shows_the_hits(
    root: Client, file: LogFile
) -> None:
    response = root.post(f"{LIST}start/", filled(levels="", regex="on"))
    search = LogSearch.objects.get()
    assert response.headers["Location"] == page_of(search)
    assert (search.pattern, search.regex, search.files) == ("relay stuck", True, 1)
    assert "0 of 1 files are searched." in text_of(root.get(page_of(search)))
    search_runs.run_search(search.pk)
    page = root.get(page_of(search)).content.decode()
    assert "<mark>relay stuck</mark>" in page
    assert f"/files/{file.pk}/?member=0#L2&amp;q=relay+stuck&amp;re=1" in page
    assert "<b>" not in page and "\u202e" not in page


def test_the_form_takes_stations_groups_and_everything(
    root: Client, file: LogFile, station: ChargingStation
) -> None:
    group = StationGroup.objects.create(name="North")
    groups.add_stations(group=group, stations=[station])
    for more, scope, name in (
        ({"scope": "Stations", "identities": "CS-1\n"}, SearchScope.STATIONS, "CS-1"),
        ({"scope": "Group", "group": group.pk}, SearchScope.GROUP, "North"),
        ({"scope": "All"}, SearchScope.ALL, ""),
    ):
        assert root.post(f"{LIST}start/", filled(**more)).status_code == 302, more
        search = LogSearch.objects.latest("pk")
        assert (search.scope, search.scope_name, search.files) == (scope, name, 1)
    other = StationGroup.objects.create(name="South")
    text = text_of(root.post(f"{LIST}start/", filled(scope="Group", group=other.pk)))
    assert "There is no log like that" in text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"pattern": ""}, "Say what to look for."),
        ({"pattern": "(", "regex": "on"}, "At character 1: A round bracket is opened"),
        ({"scope": "Stations", "identities": "NOBODY"}, "No station has this identity: NOBODY."),
        ({"scope": "Stations", "identities": ""}, "Say which."),
        ({"scope": "Group"}, "Say which."),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"pattern": "x" * 1001}, "at most 1000 characters"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    root: Client, file: LogFile, wrong: dict[str, Any], words: str
) -> None:
    assert words in text_of(root.post(f"{LIST}start/", filled(**wrong)))
    assert not LogSearch.objects.exists()


def test_a_stations_page_sends_the_form_filled(root: Client, station: ChargingStation) -> None:
    make_log_request(station)
    here = f"/admin/stations/chargingstation/{station.pk}/change/?tab=logs"
    assert f"{LIST}start/?station={station.pk}" in root.get(here).content.decode()
    page = root.get(f"{LIST}start/?station={station.pk}").content.decode()
    assert '<option value="Stations" selected>' in page and "\nCS-1</textarea>" in page


def test_the_logs_of_selected_stations_are_searched(
    root: Client, file: LogFile, station: ChargingStation
) -> None:
    stations = "/admin/stations/chargingstation/"
    selected = {"action": "search_stations_action", ACTION_CHECKBOX_NAME: [station.pk]}
    assert "In the logs of 1 chosen station." in text_of(root.post(stations, selected))
    sent = {**selected, "apply": "Search", "pattern": "relay", "days": ""}
    response = root.post(stations, sent)
    search = LogSearch.objects.get()
    assert response.headers["Location"] == page_of(search)
    assert (search.files, search.scope_name, search.days) == (1, "CS-1", None)


def test_the_files_of_selected_log_requests_are_searched(root: Client, file: LogFile) -> None:
    requests = "/admin/diagnostics/logrequest/"
    selected = {"action": "search_requests_action", ACTION_CHECKBOX_NAME: [file.log_request_id]}
    assert "1 chosen log request." in text_of(root.post(requests, selected))
    root.post(requests, {**selected, "apply": "Search", "pattern": "relay"})
    search = LogSearch.objects.get()
    assert (search.scope, search.files) == (SearchScope.REQUESTS, 1)


def test_what_could_not_be_read_is_named_and_tried_again(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    arrive(row, b"relay stuck\n")  # and nobody examined it
    search = searched()
    text = text_of(root.get(page_of(search)))
    assert "1 could not be read." in text
    assert "1 file: It has not been examined yet" in text
    root.post(page_of(search, "again/"))
    search.refresh_from_db()
    assert search.is_open


def test_a_running_search_is_canceled_and_a_finished_one_says_so(
    root: Client, file: LogFile
) -> None:
    root.post(f"{LIST}start/", filled())
    search = LogSearch.objects.get()
    root.post(page_of(search, "cancel/"))
    search.refresh_from_db()
    assert search.status == SearchStatus.CANCELED
    text = text_of(root.post(page_of(search, "cancel/"), follow=True))
    assert "The search was over already." in text


def test_hits_are_exported_as_a_table_and_as_json_lines(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, b'=HYPERLINK("x") relay stuck\n')
    examination.examine(file.pk)
    search = searched()
    table = b"".join(root.get(page_of(search, "export/?as=csv"))).decode("utf-8-sig")  # type: ignore[arg-type]
    (line,) = csv.DictReader(io.StringIO(table))
    assert (line["station"], line["line"], line["text"][:11]) == ("CS-1", "1", "'=HYPERLINK")
    response = root.get(page_of(search, "export/"))
    assert response.headers["Content-Disposition"].endswith(f'search-{search.pk}.jsonl"')
    (found,) = (json.loads(each) for each in b"".join(response).splitlines())  # type: ignore[arg-type]
    assert found["text"] == '=HYPERLINK("x") relay stuck'
    assert found["log_request"] == row.pk


@pytest.mark.parametrize(
    ("address", "needed"),
    [
        ("", [VIEW]),
        ("rows/?ids=1", [VIEW]),
        ("start/", [SEARCH, READ]),
        ("{pk}/change/", [VIEW]),
        ("{pk}/live/", [VIEW]),
        ("{pk}/export/", [VIEW, READ]),
    ],
)
def test_every_address_asks_for_its_permissions(
    staff: Staff, file: LogFile, address: str, needed: list[str]
) -> None:
    path = LIST + address.format(pk=searched().pk)
    assert staff(*needed).get(path).status_code == 200
    for permission in needed:
        others = {VIEW, SEARCH, READ} - {permission}
        assert staff(*others).get(path).status_code == 403, permission


def test_the_list_follows_its_searches_and_looks_for_no_pattern(
    root: Client, file: LogFile
) -> None:
    search = searched()
    cells = root.get(f"{LIST}rows/?ids={search.pk},999").json()["rows"]
    assert "1 line was found" in cells[str(search.pk)]["outcome"]
    page = root.get(LIST).content.decode()
    assert f'data-row="{search.pk}"' in page and "relay stuck" in page
    assert 'id="searchbar"' not in page


def test_only_superusers_delete_a_search_before_its_time(
    root: Client, staff: Staff, file: LogFile
) -> None:
    search = searched()
    assert staff(VIEW, SEARCH, READ).get(page_of(search, "delete/")).status_code == 403
    assert "Hits: 1" in text_of(root.get(page_of(search, "delete/")))
    root.post(page_of(search, "delete/"), {"post": "yes"})
    assert not LogSearch.objects.exists() and LogFile.objects.exists()


def test_canceling_takes_the_permission_and_a_post(staff: Staff, file: LogFile) -> None:
    search = log_searches.start_search(query=Query("x"), wanted=Wanted())
    assert staff(VIEW, READ).post(page_of(search, "cancel/")).status_code == 403
    assert staff(VIEW, READ, SEARCH).get(page_of(search, "cancel/")).status_code == 405
    assert staff(VIEW, READ, SEARCH).post(page_of(search, "cancel/")).status_code == 302


def test_who_may_not_read_logs_sees_where_hits_are_and_no_line(staff: Staff, file: LogFile) -> None:
    text = text_of(staff(VIEW).get(page_of(searched())))
    assert "cs.log" in text and "1 line" in text
    assert "08:01" not in text


def test_home_leads_back_to_a_running_search(root: Client, staff: Staff, file: LogFile) -> None:
    search = log_searches.start_search(query=Query("Jane Doe"), wanted=Wanted())
    home = root.get("/admin/").content.decode()
    assert page_of(search) in home and "0 of 1 files are searched." in home
    assert "Jane Doe" not in home
    assert page_of(search) not in staff(READ).get("/admin/").content.decode()
    search_runs.run_search(search.pk)
    assert page_of(search) not in root.get("/admin/").content.decode()


def test_actions_are_absent_without_the_permission(staff: Staff, file: LogFile) -> None:
    look = "diagnostics.view_logrequest"
    requests = "/admin/diagnostics/logrequest/"
    assert "search_requests_action" not in staff(look, READ).get(requests).content.decode()
    assert "search_requests_action" in staff(look, READ, SEARCH).get(requests).content.decode()


def test_many_files_with_hits_come_page_by_page(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    for number in range(27):
        file = arrive(row, b"relay stuck\n", name=f"n{number}.log", received_at=timezone.now())
        examination.examine(file.pk)
    search = searched()
    first, second = root.get(page_of(search)), root.get(page_of(search, "change/?page=2"))
    assert "n26.log" in text_of(first) and "n1.log" not in text_of(first)
    assert "n1.log" in text_of(second) and "n26.log" not in text_of(second)
    assert "?page=2" in first.content.decode() and "?page=1" in second.content.decode()
