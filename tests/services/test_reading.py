"""Texts are read from anywhere, by blocks, lines, times and from the end."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from zstandard import ZstdCompressor

from diagnostics.exceptions import FileNotExamined, FileUnreadable
from diagnostics.models import LogFile
from diagnostics.services.files import examination, reading
from diagnostics.services.files.reading import Text, open_text
from diagnostics.testing.factories import make_log_file, make_log_request
from diagnostics.texts.lines import LONGEST_LINE
from diagnostics.texts.query import Query
from diagnostics.texts.search import Bounds, Hit, Search
from tests.archives.hostile import tarred, zipped
from tests.services.conftest import make_station

Keep = Callable[..., LogFile]

BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture(params=["file", "s3"])
def store_url(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[None]:
    url = (
        f"file://{tmp_path}" if request.param == "file" else request.getfixturevalue("s3_store_url")
    )
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "LOG_STORE_URL": url}):
        yield


@pytest.fixture
def keep(db: None) -> Keep:
    """Store some bytes as the file of a request: `keep(b"line")`; examined, unless told not to."""

    def put(content: bytes, *, examined: bool = True) -> LogFile:
        row = make_log_request(make_station(f"CS-{LogFile.objects.count()}"))
        file = make_log_file(row, content)
        if examined:
            examination.examine(file.pk)
            file.refresh_from_db()
        return file

    return put


def log_of(count: int, seed: int = 7) -> bytes:
    rng = random.Random(seed)
    return b"".join(
        b"%s INFO line %d %s\n"
        % (
            (BEGIN + timedelta(seconds=number)).isoformat().encode(),
            number,
            b"x" * rng.randrange(150),
        )
        for number in range(count)
    )


PACKED = {
    "plain": lambda log: log,
    "gzip": gzip.compress,
    "zip": lambda log: zipped({"other.bin": bytes(999), "cs.log": log}),
    "tar.zst": lambda log: ZstdCompressor().compress(tarred({"a": b"a", "cs.log": log})),
}


@pytest.fixture(params=PACKED)
def text(store_url: None, keep: Keep, request: pytest.FixtureRequest) -> Text:
    file = keep(PACKED[request.param](log_of(20_000)))
    largest = max(file.members.all(), key=lambda member: member.lines)
    return open_text(file, largest.index)


def test_a_text_gives_any_window_its_end_and_the_line_at_a_time(text: Text) -> None:
    lines = log_of(20_000).split(b"\n")[:-1]
    assert (text.size, text.lines) == (len(log_of(20_000)), 20_000)
    assert (text.oldest, text.newest) == (BEGIN, BEGIN + timedelta(seconds=19_999))
    for first in (0, 1, 4_321, 19_990):
        window = text.window(first, 30)
        assert [line.data for line in window] == lines[first : first + 30]
        assert window[0].number == first
    assert text.window(20_000, 5) == []
    assert [line.number for line in text.tail(3)] == [19_997, 19_998, 19_999]
    for second in (0, 1, 7_777, 19_999):
        assert text.line_at(BEGIN + timedelta(seconds=second)) == second
    assert text.line_at(BEGIN + timedelta(seconds=7_776, milliseconds=1)) == 7_777
    assert text.line_at(BEGIN - timedelta(days=1)) == 0
    assert text.line_at(BEGIN + timedelta(days=1)) == 19_999


def test_blocks_begin_exactly_where_they_are_wanted(text: Text) -> None:
    whole = log_of(20_000)
    assert b"".join(block.data for block in text.blocks()) == whole
    start = sum(len(line) + 1 for line in whole.split(b"\n")[:12_345])
    for found in (list(text.blocks(from_line=12_345)), list(text.blocks(from_offset=start))):
        assert (found[0].offset, found[0].first_line) == (start, 12_345)
        assert b"".join(block.data for block in found) == whole[start:]
    assert list(text.blocks(from_line=20_000)) == list(text.blocks(from_offset=len(whole))) == []


@pytest.mark.parametrize("first", [0, 1, 2_900, 12_345, 19_999])
def test_hits_have_the_numbers_of_their_lines_wherever_the_search_begins(
    text: Text, first: int
) -> None:
    """A block knows how many lines end in it, so that they are counted from its nearer end."""
    found = Search(Query("line [0-9]*9 ", regex=True), text.encoding).run(text.blocks(first))
    numbers = [hit.line for hit in found if isinstance(hit, Hit)]
    wanted = [number for number in range(first, 20_000) if number % 10 == 9]
    assert numbers == wanted[: Bounds().listed]
    for block in text.blocks(first):
        assert block.line_ends in (None, block.data.count(b"\n"))


def test_a_line_of_a_hundred_megabytes_costs_two_blocks(keep: Keep) -> None:
    text = open_text(keep(b"before\n" + b"x" * 100_000_000 + b"\nafter\n"))
    assert text.lines == 3
    fetched = sum(len(block.data) for block in text._fetch([0]))
    assert fetched < 100
    before, long, after = text.window(0, 10)
    assert (before.data, after.data) == (b"before", b"after")
    assert (len(long.data), long.size) == (LONGEST_LINE, 100_000_000)
    assert [line.number for line in text.tail(2)] == [1, 2]


def test_windows_of_long_lines_are_shorter_and_lose_none(keep: Keep) -> None:
    text = open_text(
        keep(b"".join(b"%d" % (number % 10) * 300_000 + b"\n" for number in range(90)))
    )
    seen: list[int] = []
    while window := text.window(len(seen), 50):
        assert sum(len(line.data) for line in window) < 2 * reading.MOST_GIVEN
        assert all(line.size == 300_000 for line in window)
        seen += [line.number for line in window]
    assert seen == list(range(90))
    assert text.tail(50)[-1].number == 89


def test_a_text_without_times_or_a_last_line_end_is_read_too(keep: Keep) -> None:
    text = open_text(keep(b"\xff\xfe" + "eins\r\nzwei".encode("utf-16-le")))
    assert [line.text(text.encoding) for line in text.window(0, 9)] == ["eins", "zwei"]
    assert text.line_at(BEGIN) is None


def test_what_cannot_be_read_is_said(keep: Keep) -> None:
    with pytest.raises(FileNotExamined):
        open_text(keep(b"line", examined=False))
    for content in (b"", bytes(range(256))):
        with pytest.raises(FileUnreadable):
            open_text(keep(content))
    with pytest.raises(FileUnreadable):
        open_text(keep(b"line"), member=7)
