"""Two logs side by side: chosen, aligned by time, honest about what was compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from diagnostics.models import FileAccess, LogFile, LogRequest
from diagnostics.services.files import examination
from diagnostics.testing.factories import make_log_request
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Arrive, Staff, text_of

COMPARE = "/admin/diagnostics/logrequest/compare/"
Keep = Callable[..., LogFile]


@pytest.fixture
def keep(row: LogRequest, arrive: Arrive) -> Keep:
    def put(content: str, **columns: Any) -> LogFile:
        file = arrive(row, content.encode(), **columns)
        examination.examine(file.pk)
        return file

    return put


def log(day: int, *lines: str) -> str:
    return "".join(
        f"2026-03-{day:02}T08:00:{second:02}Z INFO {line}\n" for second, line in enumerate(lines)
    )


def compared(client: Client, left: LogFile, right: LogFile, **query: Any) -> str:
    address = {"left": left.pk, "right": f"{right.pk}.0", **query}
    return client.get(COMPARE, address).content.decode()


def shown(page: str) -> str:
    return text_of(type("Response", (), {"status_code": 200, "content": page.encode()})())


def test_what_only_one_side_has_is_marked_and_numbers_make_no_difference(
    root: Client, keep: Keep
) -> None:
    left = keep(log(2, "boot 1", "relay closed", "temp 21", "idle"))
    right = keep(log(2, "boot 7", "temp 24", "relay stuck", "idle"))
    page = compared(root, left, right)
    assert "2 differences: 3 lines are the same, 1 are on the left only (−), 1 on the right" in (
        shown(page)
    )
    assert page.count('<li class="dx-left"') == page.count('<li class="dx-right"') == 1
    assert "lines 1 to 4 of 4" in shown(page)
    exactly = compared(root, left, right, ignored="nothing")
    assert '<li class="dx-both"' in exactly  # the last line
    assert exactly.count('<li class="dx-left"') == 3


def test_logs_that_overlap_begin_at_the_first_time_of_both(root: Client, keep: Keep) -> None:
    left = keep(log(2, "boot", "one", "two", "three"))
    right = keep(log(2, "boot", "one", "two", "three").partition("\n")[2])
    page = shown(compared(root, left, right))
    assert "lines 2 to 4 of 4" in page and "lines 1 to 3 of 3" in page
    assert "These lines are the same on both sides." in page


def test_a_window_around_a_time_is_compared(root: Client, keep: Keep) -> None:
    left = keep(log(2, *"abcdefgh"))
    right = keep(log(2, *"abXdefgh"))
    page = shown(compared(root, left, right, at="08:00:04"))
    assert "lines 5 to 8 of 8" in page and "the same on both sides" in page
    assert "is no time like" in shown(compared(root, left, right, at="noon"))


def test_logs_without_a_common_time_are_aligned_by_line_and_it_is_said(
    root: Client, keep: Keep
) -> None:
    page = shown(compared(root, keep(log(2, "boot", "idle")), keep(log(9, "boot", "idle"))))
    assert "no time in common: they are aligned by their lines alone" in page
    assert "These lines are the same on both sides." in page
    page = shown(compared(root, keep("boot\nidle\n"), keep("boot\nbusy\n")))
    assert "carry no times that are understood here" in page


def test_long_logs_are_compared_part_by_part_and_going_on_is_no_new_opening(
    root: Client, keep: Keep
) -> None:
    words = [f"step {'x' * n}" for n in range(40)]
    lines = [f"2026-03-02T08:{n // 60:02}:{n % 60:02}Z {words[n % 40]}" for n in range(1500)]
    left = keep("\n".join(lines))
    right = keep("\n".join(line for n, line in enumerate(lines) if n not in (100, 700)))
    page = compared(root, left, right)
    assert "1 difference:" in shown(page)
    assert "Only the lines above are compared" in shown(page)
    further = page.partition('id="dx-further" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "1 difference:" in text_of(root.get(f"{COMPARE}{further}"))
    assert FileAccess.objects.count() == 2
    root.get(f"{COMPARE}{further}&opening=0.0")
    assert FileAccess.objects.count() == 4


def test_nothing_of_a_log_is_markup(root: Client, keep: Keep) -> None:
    page = compared(root, keep(f"<script>{HOSTILE}\n", name=HOSTILE), keep("x\n"))
    assert "<script>" + HOSTILE not in page and "<img src=x" not in page and "\u202e" not in page


def test_texts_of_one_station_are_offered(
    root: Client, keep: Keep, station: ChargingStation
) -> None:
    left, _ = keep("a\n", name="a.log"), keep("b\n", name="b.log")
    keep("\0\1\2\3" * 200, name="binary.log")
    for query in ({"left": f"{left.pk}.0"}, {"station": station.pk}):
        page = root.get(f"{COMPARE}choose/", query).content.decode()
        assert "a.log" in page and "b.log" in page and "binary.log" not in page
    here = f"/admin/stations/chargingstation/{station.pk}/change/?tab=logs"
    assert f"{COMPARE}choose/?station={station.pk}" in root.get(here).content.decode()


def test_the_newest_texts_are_chosen_beforehand(
    root: Client, keep: Keep, station: ChargingStation
) -> None:
    old, middle, new = (keep("a\n", name=f"{n}.log").pk for n in range(3))
    for query, left, right in (
        ({"left": f"{old}.0"}, old, new),
        ({"left": new}, new, middle),
        ({"station": station.pk}, middle, new),
    ):
        page = root.get(f"{COMPARE}choose/", query).content.decode()
        checked = re.findall(r'name="(\w+)" value="(\d+)\.0"[^>]* checked', page)
        assert dict(checked) == {"left": str(left), "right": str(right)}, query


def test_a_station_with_one_log_is_told_to_send_another(
    root: Client, keep: Keep, station: ChargingStation
) -> None:
    keep("a\n")
    page = root.get(f"{COMPARE}choose/", {"station": station.pk})
    assert "fewer than two logs" in text_of(page)


def test_what_cannot_be_compared_is_said(
    root: Client, keep: Keep, row: LogRequest, arrive: Arrive
) -> None:
    file, late = keep("a\n"), arrive(row, b"a\n")
    assert "has not been examined" in shown(compared(root, file, late))
    for query in ({"left": file.pk}, {"left": "x", "right": "y"}, {"left": "9" * 30, "right": "1"}):
        assert root.get(COMPARE, query).status_code == 404
    for query in ({}, {"station": "x"}, {"left": "0"}):
        assert root.get(f"{COMPARE}choose/", query).status_code == 404


def test_comparing_takes_the_permission_to_read(staff: Staff, keep: Keep) -> None:
    file = keep("a\n")
    look, read = "diagnostics.view_logrequest", "diagnostics.read_log"
    for address in (
        f"{COMPARE}?left={file.pk}&right={file.pk}",
        f"{COMPARE}choose/?left={file.pk}",
    ):
        assert staff(look).get(address).status_code == 403
        assert staff(look, read).get(address).status_code == 200


def test_logs_of_other_requests_may_be_compared(
    root: Client, keep: Keep, station: ChargingStation, arrive: Arrive
) -> None:
    other = arrive(make_log_request(station), b"b\n")
    examination.examine(other.pk)
    assert "1 difference:" in shown(compared(root, keep("a\n"), other))
