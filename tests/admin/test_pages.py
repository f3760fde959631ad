"""Every page opens, fits a strict content policy, and asks the database few questions."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diagnostics import inbound
from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.models import LogRequest, SecurityEvent, StationInfo
from diagnostics.services import calls, logs
from stations.models import ChargingStation, RefusedConnection
from stations.services import register_station
from tests.admin.conftest import HOSTILE, Arrive, page_of, read_of, text_of

LOGS = "/admin/diagnostics/logrequest/"


class Inline(HTMLParser):
    """Finds what a strict content policy would stop, and tags that only a station would write."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        inline = tag == "style" or (tag == "script" and "src" not in names)
        hostile = ("src", "x") in attrs or any("javascript:" in (value or "") for _, value in attrs)
        if inline or hostile or any(name == "style" or name.startswith("on") for name in names):
            self.found.append(f"<{tag} {attrs}>")


@pytest.fixture
def everything(station: ChargingStation, row: LogRequest, arrive: Arrive) -> list[str]:
    """A bit of everything, with hostile strings wherever a station can put one."""
    boot = {"vendorName": HOSTILE[:50], "model": HOSTILE[:20], "firmwareVersion": HOSTILE[:50]}
    message = {"reason": "PowerUp", "chargingStation": boot}
    inbound.receive_call(station, "2.0.1", "BootNotification", message)
    event = {"type": HOSTILE[:50], "timestamp": "x", "techInfo": HOSTILE}
    inbound.receive_call(station, "2.0.1", "SecurityEventNotification", event)
    inbound.station_connected(station)
    call = calls.place_call(station=station, action="ClearCache", payload={})
    LogRequest.objects.filter(pk=row.pk).update(filename=HOSTILE, reason_info=HOSTILE)
    file = arrive(row, b"line\n", name=HOSTILE)
    now = timezone.now()
    RefusedConnection.objects.create(
        identity=HOSTILE[:48], reason="UnknownStation", http_status=404, first_at=now, last_at=now
    )
    here = f"/admin/stations/chargingstation/{station.pk}/"
    return [
        "/admin/", LOGS, f"{LOGS}?state=failed", f"{LOGS}request/?station={station.pk}",
        page_of(row), page_of(row, "live/"), page_of(row, "cancel/"), page_of(row, "again/"),
        page_of(row, "delete/"), read_of(file), "/admin/diagnostics/outboundcall/",
        f"/admin/diagnostics/outboundcall/{call.pk}/change/", "/admin/diagnostics/securityevent/",
        f"/admin/diagnostics/securityevent/{SecurityEvent.objects.get().pk}/change/",
        "/admin/stations/chargingstation/", "/admin/stations/chargingstation/add/",
        "/admin/stations/refusedconnection/", "/admin/stations/stationconnection/",
        f"{here}password/",
        *[f"{here}change/?tab={tab}" for tab in
          ("overview", "logs", "calls", "security", "connections", "settings")],
    ]  # fmt: skip


def test_no_page_has_inline_script_or_style_or_hostile_markup(
    root: Client, everything: list[str]
) -> None:
    for address in everything:
        response = root.get(address)
        assert response.status_code == 200, address
        assert Inline(response.content.decode()).found == [], address


def test_every_link_of_home_opens(root: Client, everything: list[str]) -> None:
    home = root.get("/admin/").content.decode()
    links = {unescape(each) for each in re.findall(r'href="(/admin/[^"#]*)', home)}
    assert any("securityevent" in link and "type=" in link for link in links)
    assert any("reason=" in link or "state=" in link for link in links)
    refused = [link for link in links if root.get(link).status_code not in (200, 302)]
    assert refused == []


def test_no_page_of_a_small_admin_is_empty_handed(root: Client, db: None) -> None:
    assert "Nothing is wrong." in text_of(root.get("/admin/"))
    assert "No station was asked for a log yet" in text_of(root.get(LOGS))
    assert "No station yet" in text_of(root.get("/admin/stations/chargingstation/"))
    assert "Nobody was turned away" in text_of(root.get("/admin/stations/refusedconnection/"))
    assert "No station has connected" in text_of(root.get("/admin/stations/stationconnection/"))
    assert "No call was placed" in text_of(root.get("/admin/diagnostics/outboundcall/"))
    assert "No security event" in text_of(root.get("/admin/diagnostics/securityevent/"))


def fill(stations: int, requests: int, arrive: Arrive) -> None:
    for number in range(stations):
        station = register_station(f"CS-{number}", security_profile=0)[0]
        StationInfo.objects.create(station=station, vendor="V", model=f"M{number}")
        for _ in range(requests):
            row = logs.request_log(station=station)
            arrive(row, b"line")
            LogRequest.objects.filter(pk=row.pk).update(verdict=LogVerdict.RECEIVED)


@pytest.mark.parametrize("address", [LOGS, "/admin/stations/chargingstation/", "/admin/"])
def test_more_rows_do_not_take_more_queries(
    root: Client, db: None, arrive: Arrive, address: str
) -> None:
    fill(2, 2, arrive)
    root.get(address)
    with CaptureQueriesContext(connection) as few:
        root.get(address)
    for number in range(10):
        arrive(logs.request_log(station=register_station(f"X-{number}")[0]), b"line")
    LogRequest.objects.update(verdict=LogVerdict.RECEIVED)
    with CaptureQueriesContext(connection) as many:
        root.get(address)
    assert len(many) <= len(few)


def test_older_rows_are_reached_by_key(root: Client, station: ChargingStation) -> None:
    rows = [logs.request_log(station=station) for _ in range(55)]
    first = root.get(LOGS).content.decode()
    assert f'data-row="{rows[-1].pk}"' in first
    assert f'data-row="{rows[0].pk}"' not in first
    assert f"id__lt={rows[5].pk}" in first
    second = root.get(LOGS, {"id__lt": rows[5].pk}).content.decode()
    assert f'data-row="{rows[0].pk}"' in second
    assert "Newest" in second and "Older" not in second


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "running"}, {"Queued"}),
        ({"state": "failed"}, {"Failed", "Claimed"}),
        ({"state": "received"}, {"Received"}),
        ({"reason": "Failed.UploadFailure"}, {"Failed"}),
        ({"reason": "Claimed."}, {"Claimed"}),
        ({"log": "SecurityLog"}, set()),
        ({"who": "system"}, {"Queued", "Failed", "Claimed", "Received"}),
        ({"who": "me"}, set()),
        ({"ended": "1"}, {"Failed", "Claimed", "Received"}),
        ({"q": "CS-1"}, {"Queued", "Failed", "Claimed", "Received"}),
        ({"q": "cs"}, {"Queued", "Failed", "Claimed", "Received"}),
        ({"q": "Depot"}, {"Queued", "Failed", "Claimed", "Received"}),
        ({"q": "nobody"}, set()),
        ({"q": "#0"}, set()),
    ],
)
def test_filters_and_search(
    root: Client, station: ChargingStation, query: dict[str, str], found: set[str]
) -> None:
    for verdict in ("Queued", "Failed", "Claimed", "Received"):
        row = logs.request_log(station=station)
        reason = "UploadFailure" if verdict == "Failed" else ""
        settled = None if verdict == "Queued" else timezone.now()
        LogRequest.objects.filter(pk=row.pk).update(
            verdict=verdict, reason=reason, settled_at=settled
        )
    shown = root.get(LOGS, query).context["cl"].result_list
    assert {row.verdict for row in shown} == found


def test_rows_and_the_live_part_follow_the_request(root: Client, row: LogRequest) -> None:
    cells = root.get(f"{LOGS}rows/?ids={row.pk},x,999").json()["rows"]
    assert list(cells) == [str(row.pk)]
    assert "Waiting" in cells[str(row.pk)]["outcome"]
    LogRequest.objects.filter(pk=row.pk).update(
        verdict="Uploading", receiving_bytes=512, receiving_size=1024
    )
    live = root.get(page_of(row, "live/")).content.decode()
    assert '<progress aria-label="Bytes received" value="512" max="1024">' in live
    assert "Receiving: 512 bytes of 1.0 KB." in live
    assert "<html" not in live


def test_home_groups_failures_and_links_to_them(root: Client, station: ChargingStation) -> None:
    for reason in ("PermissionDenied", "PermissionDenied", "UploadFailure"):
        row = logs.request_log(station=station)
        LogRequest.objects.filter(pk=row.pk).update(
            verdict="Failed", reason=reason, settled_at=timezone.now()
        )
    old = logs.request_log(station=station)
    LogRequest.objects.filter(pk=old.pk).update(
        verdict="Failed", reason="BadMessage", settled_at=timezone.now() - timedelta(days=2)
    )
    home = root.get("/admin/")
    text = text_of(home)
    assert "2 Failed: the upload server refused the station" in text
    assert "did not understand each other" not in text
    assert "Nothing is wrong" not in text
    links = re.findall(r'href="([^"]*reason=Failed\.PermissionDenied[^"]*)"', home.content.decode())
    assert len(root.get(links[0].replace("&amp;", "&")).context["cl"].result_list) == 2


def test_home_shows_only_what_one_may_see(
    staff: Callable[..., Client], station: ChargingStation, row: LogRequest
) -> None:
    assert "Log requests running" not in text_of(staff().get("/admin/"))
    looker = staff("diagnostics.view_logrequest")
    assert "1 waiting for their station" in text_of(looker.get("/admin/"))


@pytest.mark.parametrize(
    "address",
    [
        "logrequest/?q=%23{}",
        "logrequest/rows/?ids=1,{}",
        "alert/?after=5-{}",
        "alert/?severity={}",
        "automation/add/?alert={}",
        "campaignstation/?campaign={}",
        "logsearch/start/?group={}",
    ],
)
def test_a_number_too_long_to_be_one_is_none(root: Client, address: str) -> None:
    """Python refuses to read some thousand digits."""
    assert root.get("/admin/diagnostics/" + address.format("9" * 5000)).status_code == 200


def test_an_address_with_a_character_of_no_text_leads_nowhere(root: Client) -> None:
    for address in ("variablerequest/read/?identity=%00", "alert/?component=a%00b"):
        assert root.get(f"/admin/diagnostics/{address}").status_code == 404, address
    form = root.post("/admin/diagnostics/customerinformation/request/", {"identity": "\0"})
    assert "Null characters are not allowed" in form.content.decode()
