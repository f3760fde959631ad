"""The reader: its page, and the lines that its script asks for."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from diagnostics.models import FileAccess, LogFile, LogRequest
from diagnostics.services.files import examination
from diagnostics.storage import get_log_store
from tests.admin.conftest import HOSTILE, Arrive, Staff, page_of, read_of, text_of
from tests.archives.hostile import zipped

LOG = b"".join(
    b"2026-03-02T%02d:%02d:%02d+01:00 %s line %d\n"
    % (8 + n // 3600, n // 60 % 60, n % 60, b"ERROR" if n % 100 == 7 else b"INFO", n)
    for n in range(9000)
)


class Open:
    """A file that was opened in the reader, as its script sees it."""

    def __init__(self, client: Client, file: LogFile, member: str = "") -> None:
        examination.examine(file.pk)
        self.client, self.file = client, file
        address = read_of(file) + (f"?member={member}" if member else "")
        self.page = client.get(address).content.decode()
        self.member = member
        found = re.search(r'data-opening="(\d+)"', self.page)
        self.opening = found[1] if found else ""

    def ask(self, **params: Any) -> Any:
        query = {"opening": self.opening, "member": self.member, **params}
        return self.client.get(read_of(self.file, "lines/"), query)

    def lines(self, **params: Any) -> list[list[Any]]:
        found: list[list[Any]] = self.ask(**params).json()["lines"]
        return found


def test_a_window_of_lines_has_numbers_levels_and_times(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    opened = Open(root, arrive(row, LOG))
    assert 'data-total="9000"' in opened.page
    lines = opened.lines(**{"from": 5007, "count": 2})
    at = int(datetime(2026, 3, 2, 8, 23, 27, tzinfo=UTC).timestamp()) * 1000
    assert lines[0] == [5007, "2026-03-02T09:23:27+01:00 ERROR line 5007", "E", at, 0]
    assert [line[0] for line in lines] == [5007, 5008]
    assert opened.lines(**{"from": 9000}) == []
    assert len(opened.lines(count=10_000)) == 500


def test_lines_of_a_level_come_page_by_page_and_back(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    opened = Open(root, arrive(row, gzip.compress(LOG)))
    answer = opened.ask(levels="EW", count=50).json()
    assert [line[0] for line in answer["lines"]] == list(range(7, 5000, 100))
    assert answer["goesOn"] == 4908
    answer = opened.ask(levels="EW", count=50, **{"from": 4908}).json()
    assert [line[0] for line in answer["lines"]] == list(range(5007, 9000, 100))
    assert answer["goesOn"] is None
    assert [line[0] for line in opened.lines(levels="E", before=5007)] == [4907]
    assert opened.ask(levels="E", before=7).json() == {"lines": [], "goesOn": None}


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ("08:00:05", 5),
        ("9:30", 5400),
        ("2026-03-02 09:00", 3600),
        ("2026-03-02T08:00:09Z", 3609),
        ("2026-03-02 08:00:09 UTC", 3609),
        ("23:59", 0),
        ("2030-01-01 00:00:00", 8999),
    ],
)
def test_a_time_is_that_of_the_log(
    root: Client, row: LogRequest, arrive: Arrive, wanted: str, line: int
) -> None:
    """Typed as the log writes it: in its zone, on the day that is looked at."""
    opened = Open(root, arrive(row, LOG))
    assert opened.ask(at=wanted, near=4000).json() == {"line": line}


def test_what_is_no_time_is_a_sentence(root: Client, row: LogRequest, arrive: Arrive) -> None:
    opened = Open(root, arrive(row, LOG))
    assert "neither the number of a line nor a time" in opened.ask(at="<b>").json()["problem"]
    timeless = Open(root, arrive(row, b"no times\n"))
    assert "carry no times" in timeless.ask(at="08:00").json()["problem"]


def test_nothing_of_a_file_is_markup(root: Client, row: LogRequest, arrive: Arrive) -> None:
    script = f"<script>alert(1)</script> {HOSTILE} \x1b[31m\0\u202e".encode()
    opened = Open(root, arrive(row, zipped({HOSTILE: script, "b": b""}), name=HOSTILE), "0")
    for page in (opened.page, root.get(page_of(row)).content.decode()):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    response = opened.ask()
    assert response["Content-Type"] == "application/json"
    ((_number, text, *_),) = response.json()["lines"]
    assert text.startswith("<script>") and text.endswith("␛[31m␀\ufffd")


def test_wrong_encodings_show_and_can_be_chosen(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    opened = Open(root, arrive(row, "temp 21°C\n".encode("latin-1")))
    assert "Some bytes are no characters of UTF-8" in opened.page
    assert opened.lines()[0][1] == "temp 21\ufffdC"
    assert opened.lines(encoding="cp1252")[0][1] == "temp 21°C"
    assert opened.lines(encoding="rot13")[0][1] == "temp 21\ufffdC"
    utf16 = Open(root, arrive(row, "Spannung 230 V\r\n".encode("utf-16")))
    assert utf16.lines()[0][1] == "Spannung 230 V"


def test_members_of_an_archive_are_listed_and_read_by_number(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    packed = zipped({
        "log/one.log": b"alpha\n",
        "two.log.gz": gzip.compress(b"beta\n"),
        "../x": b"gamma\n",
        "c.pcap": b"\xd4\xc3\xb2\xa1\0\0",
    })  # fmt: skip
    file = arrive(row, packed)
    listed = Open(root, file)
    assert listed.opening == ""  # a list of names is no opening
    assert "4 files in this archive" in listed.page
    assert "leads out of the archive" in listed.page and "Wireshark" in listed.page
    assert [Open(root, file, member).lines()[0][1] for member in "012"] == [
        "alpha",
        "beta",
        "gamma",
    ]
    assert root.get(read_of(file) + "?member=9").status_code == 404
    assert FileAccess.objects.count() == 3


def test_the_only_member_is_opened_at_once(root: Client, row: LogRequest, arrive: Arrive) -> None:
    opened = Open(root, arrive(row, zipped({"only.log": b"gamma\n"})))
    assert "only.log" in opened.page and opened.lines()[0][1] == "gamma"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(range(256)), "not text but binary"),
        (b"", "The file is empty"),
        (zipped({"a": LOG, "b": b"x"})[:-10], "ends too early"),
        (gzip.compress(LOG)[:4000], "the upload may have been cut"),
        (b"PK\3\4" + b"x" * 100, "ends too early"),
        (b"BZh91AY&SY" + bytes(100), "Packed by a method"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    root: Client, row: LogRequest, arrive: Arrive, content: bytes, words: str
) -> None:
    opened = Open(root, arrive(row, content))
    assert words in opened.page
    assert "Examine it again" in opened.page or "data-reader" in opened.page


def test_an_opening_is_noted_once_and_windows_are_for_who_opened(
    root: Client, row: LogRequest, arrive: Arrive, staff: Staff, admin_user: User
) -> None:
    opened = Open(root, arrive(row, LOG))
    for start in range(0, 9000, 500):
        opened.lines(**{"from": start, "count": 500})
    access = FileAccess.objects.get()
    assert (access.user, access.kind) == (admin_user, "Read")
    other = staff("diagnostics.view_logrequest", "diagnostics.read_log")
    stranger = staff("diagnostics.view_logrequest")
    query = {"opening": opened.opening}
    for client in (other, stranger):
        assert client.get(read_of(opened.file, "lines/"), query).status_code == 403
    for wrong in ("", "x", "999999"):
        assert opened.ask(opening=wrong).status_code == 403


def test_a_file_that_is_not_examined_yet_says_so_and_how_far_it_is(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, LOG)
    page = root.get(read_of(file)).content.decode()
    assert "Waiting to be examined" in page and "data-reader" not in page
    LogFile.objects.filter(pk=file.pk).update(examination="Running", examined_bytes=len(LOG) // 2)
    state = root.get(read_of(file, "state/")).json()
    assert (state["examination"], state["done"]) == ("Running", len(LOG) // 2)
    assert "Being examined: " in state["sentence"]
    assert not FileAccess.objects.exists()


def test_a_file_is_examined_again_by_hand(root: Client, row: LogRequest, arrive: Arrive) -> None:
    file = Open(root, arrive(row, LOG)).file
    assert root.get(read_of(file, "examine/")).status_code == 405
    assert "being examined again" in text_of(root.post(read_of(file, "examine/"), follow=True))
    file.refresh_from_db()
    assert file.examination == "Waiting"


def test_a_file_that_is_gone_from_the_store_is_a_sentence(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    opened = Open(root, arrive(row, LOG))
    get_log_store().delete(opened.file.key)
    response = opened.ask()
    assert response.status_code == 409
    assert "no such object" in response.json()["problem"]
    examination.request_examination(opened.file)
    assert "not in the log store any more" in Open(root, opened.file).page
