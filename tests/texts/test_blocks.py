"""Blocks, the index over them, and the lines in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from diagnostics.texts.block import Block, cut
from diagnostics.texts.encodings import encoding_of
from diagnostics.texts.index import Index, IndexBroken
from diagnostics.texts.lines import LONGEST_LINE, lines_of
from diagnostics.texts.survey import Survey

NOW = datetime(2026, 3, 3, tzinfo=UTC)


def pieces(data: bytes, size: int = 7) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def blocks(data: bytes, encoding: str = "utf-8", size: int = 16) -> list[Block]:
    return list(cut(pieces(data), encoding, size))


def surveyed(found: list[Block], encoding: str = "utf-8") -> Survey:
    survey = Survey(encoding, NOW)
    for block in found:
        survey.take(block, stored=len(block.data))
    return survey


def test_blocks_end_at_line_ends_and_lose_nothing() -> None:
    data = b"one\ntwo\nthree\nfour\nfive\nsix\n"
    found = blocks(data)
    assert b"".join(block.data for block in found) == data
    assert all(block.data.endswith(b"\n") for block in found)
    assert [block.first_line for block in found] == [0, 3]
    assert [block.offset for block in found] == [0, 14]


def test_a_line_longer_than_a_block_begins_one_and_ends_in_another() -> None:
    data = b"a\n" + b"x" * 40 + b"\nb\nc"
    found = blocks(data)
    assert [block.data for block in found] == [b"a\n", b"x" * 16, b"x" * 16, b"x" * 8 + b"\nb\nc"]
    assert [block.first_line for block in found] == [0, 1, 1, 1]
    index = surveyed(found).index
    assert (index.size, index.lines) == (len(data), 4)
    assert (index.block_of_line(1), index.last_block_of_line(1)) == (1, 3)
    assert (index.block_of_line(2), index.last_block_of_line(3)) == (3, 3)
    lines = list(lines_of(found, "utf-8"))
    assert [line.data for line in lines] == [b"a", b"x" * 40, b"b", b"c"]
    assert [line.offset for line in lines] == [0, 2, 43, 45]


def test_a_long_line_is_cut_for_display_and_counted_to_its_end() -> None:
    (line, after) = lines_of(cut([b"y" * 600_000 + b"\nz"], "utf-8"), "utf-8")
    assert (len(line.data), line.size) == (LONGEST_LINE, 600_000)
    assert line.left_out == 600_000 - LONGEST_LINE
    assert (after.number, after.data) == (1, b"z")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_is_cut_between_characters(encoding: str) -> None:
    text = "Spannung 230 V\n\u0a41\u0a00\u0a0a\nlast"
    found = blocks(text.encode(encoding), encoding)
    lines = list(lines_of(found, encoding))
    assert [line.text(encoding) for line in lines] == text.split("\n")
    assert surveyed(found, encoding).index.lines == 3


def test_an_index_is_kept_in_bytes_and_found_again() -> None:
    survey = surveyed(blocks(b"".join(b"line %d\n" % number for number in range(1000))))
    kept = survey.index.to_bytes()
    index = Index.from_bytes(kept)
    assert (index.size, index.lines, len(index)) == (8890, 1000, len(survey.index))
    for line in range(1000):
        number = index.block_of_line(line)
        assert index.first_lines[number] <= line
        assert number + 1 == len(index) or index.first_lines[number + 1] > line
    assert len(kept) < 3 * len(index)
    for broken in (b"", kept[:40], b"\7" + kept[1:]):
        with pytest.raises(IndexBroken):
            Index.from_bytes(broken)


def test_an_index_knows_the_first_time_of_each_block() -> None:
    index = surveyed([Block(0, 0, b"no time\n"), Block(8, 1, b"\n2026-03-02T08:00:07Z a\n")]).index
    again = Index.from_bytes(index.to_bytes())
    assert [again.time(0), again.time(1)] == [None, 1772438407000]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"", "utf-8"),
        (b"plain text\r\n", "utf-8"),
        ("Größe".encode(), "utf-8"),
        ("Größe 21°".encode("latin-1"), "utf-8"),
        (b"text\n" * 50 + b"\0" * 20 + b"more text\n", "utf-8"),
        ("Spannung".encode("utf-16"), "utf-16-le"),
        ("Spannung 230 V".encode("utf-16-be"), "utf-16-be"),
        (b"\xfe\xff\0a", "utf-16-be"),
        (bytes(range(256)), None),
        (b"\x7fELF" + bytes(500), None),
        (bytes(4096), None),
    ],
)
def test_the_encoding_shows_in_the_first_bytes(head: bytes, encoding: str | None) -> None:
    assert encoding_of(head) == encoding


def test_bytes_that_are_no_characters_are_noticed() -> None:
    assert surveyed(blocks("temp 21°C\n".encode("latin-1"))).garbled
    assert not surveyed(blocks("temp 21°C\n".encode() * 9)).garbled
