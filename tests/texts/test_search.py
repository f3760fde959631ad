"""A search finds what a plain loop over the lines finds, however the text lies in its blocks."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from diagnostics.texts import stretch
from diagnostics.texts.block import Block, cut
from diagnostics.texts.encodings import count_lines
from diagnostics.texts.levels import level_of
from diagnostics.texts.lines import lines_of
from diagnostics.texts.query import MOST_SPANS, Query
from diagnostics.texts.search import LONGEST_SHOWN, Bounds, Ended, Hit, Progress, Search

ENCODINGS = ["utf-8", "utf-16-le", "utf-16-be"]


def find(
    data: bytes, query: Query, *, encoding: str = "utf-8", size: int = 64, examined: bool = False
) -> list[Hit]:
    search, source = Search(query, encoding), blocks(data, encoding, size, examined=examined)
    hits = [found for found in search.run(source) if isinstance(found, Hit)]
    assert (search.ended, search.hits, search.done) == (Ended.COMPLETE, len(hits), len(data))
    return hits


def blocks(
    data: bytes, encoding: str = "utf-8", size: int = 64, *, examined: bool = False
) -> Iterator[Block]:
    """As they come in, or with what is known of them once a text was examined."""
    for block in cut([data], encoding, size):
        last = block.offset + len(block.data) == len(data)
        ends = None if last else count_lines(block.data, encoding)
        yield replace(block, line_ends=ends, sound=True) if examined else block


def naive(data: bytes, query: Query, encoding: str) -> list[tuple[int, int, str]]:
    """Number, offset and text of each line in which the query is, one line after another."""
    is_in = _expression(query) if query.regex else _plain(query)
    found = []
    for line in lines_of(blocks(data, encoding), encoding):
        text = line.text(encoding)
        level = level_of(text)
        if is_in(text) and (not query.levels or (level and level in query.levels)):
            found.append((line.number, line.offset, text))
    return found


def _expression(query: Query) -> Callable[[str], bool]:
    options = re2.Options()
    options.case_sensitive, options.never_nl = query.case, True
    pattern = re2.compile(query.text, options)
    return lambda text: pattern.search(text) is not None


def _plain(query: Query) -> Callable[[str], bool]:
    if query.case:
        return lambda text: query.text in text
    return lambda text: query.text.casefold() in text.casefold()


LETTERS = st.text("ab sE\t.ß\r\0", max_size=12) | st.sampled_from(
    ["a" * 150, "ERROR: b", "ßb" * 70]
)
TEXTS = st.lists(LETTERS, max_size=12).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\n\n"]).map(lambda end: end.join(lines))
)
EXPRESSIONS = ["a+b", "^b", "b$", "^$", "a*", r"a\s*b", "[^x]b", r"\bb", "(?i)ERR", "ß.?", "$",
               r"\Ab", r"b\z", "(?-m:^b)", "^", "a|^b$", "(?s)a.", r"\Qa.b", "(a+)+$"]  # fmt: skip
QUERIES = st.builds(
    Query, st.text("abSEß. ", min_size=1, max_size=3), st.just(False), st.booleans()
)
QUERIES |= st.builds(Query, st.sampled_from(EXPRESSIONS), st.just(True), st.booleans())
QUERIES |= st.builds(Query, st.sampled_from(["", "b"]), levels=st.sampled_from(["E", "W", "EW"]))


@given(
    TEXTS, QUERIES, st.sampled_from(ENCODINGS), st.sampled_from([4, 16, 64, 4096]), st.booleans()
)
@example("a\r\nb", Query("a$", regex=True), "utf-8", 4, False)
@example("ab\n", Query("$", regex=True), "utf-8", 64, False)
@settings(max_examples=300, deadline=None)
def test_finds_what_a_loop_over_the_lines_finds(
    text: str, query: Query, encoding: str, size: int, examined: bool
) -> None:
    data = text.encode(encoding)
    hits = find(data, query, encoding=encoding, size=size, examined=examined)
    assert [(hit.line, hit.offset, hit.text) for hit in hits] == naive(data, query, encoding)


@given(
    TEXTS, QUERIES, st.integers(0, 2), st.sampled_from(ENCODINGS), st.sampled_from([16, 4096]),
    st.booleans(),
)  # fmt: skip
@example("b\nb\nb\nb\na\nb", Query("b"), 0, "utf-8", 4096, False)
@example("b\nb\nb\na\n \nb\nb\n", Query(r"a\s*b|b", regex=True), 0, "utf-8", 4096, False)
@settings(max_examples=300, deadline=None)
def test_what_is_only_counted_is_counted_right(
    text: str, query: Query, listed: int, encoding: str, size: int, examined: bool
) -> None:
    """Also where many lines with a match follow each other, which are counted at once."""
    data, search = text.encode(encoding), Search(query, encoding, Bounds(listed=listed))
    found = list(search.run(blocks(data, encoding, size, examined=examined)))
    wanted = naive(data, query, encoding)
    assert [each.text for each in found if isinstance(each, Hit)] == [
        line for _number, _offset, line in wanted[:listed]
    ]
    assert search.hits == len(wanted)
    marks = [each.line for each in found if isinstance(each, Progress) and each.line is not None]
    assert set(marks) <= {number for number, _offset, _line in wanted[listed:]}
    assert bool(marks) == (len(wanted) > listed)


@given(st.binary(max_size=200), st.sampled_from(ENCODINGS), st.sampled_from(["a", ".a"]))
@settings(max_examples=200, deadline=None)
def test_finds_the_same_where_bytes_are_no_characters(
    noise: bytes, encoding: str, expression: str
) -> None:
    data = noise + "\nxa\n".encode(encoding) + noise[::-1]
    data = data[: len(data) // 2 * 2]
    query = Query(expression, regex=True, case=True)
    hits = find(data, query, encoding=encoding, size=32)
    assert [hit.line for hit in hits] == [line for line, _, _ in naive(data, query, encoding)]


@given(TEXTS, st.sampled_from(["a+b?", "ß", "b"]), st.sampled_from(ENCODINGS))
@settings(max_examples=100, deadline=None)
def test_spans_are_those_of_the_line_in_characters(text: str, expression: str, code: str) -> None:
    for hit in find(text.encode(code), Query(expression, regex=True, case=True), encoding=code):
        assert hit.column == 0
        found_by_re = re.finditer(expression, hit.text)
        assert list(hit.spans) == [found.span() for found in found_by_re][:MOST_SPANS]


@given(st.integers(0, 400), st.sampled_from(ENCODINGS), st.sampled_from(["\n", "\r\n", ""]),
       st.sampled_from(["needle", "^.{0,9}needle", "needle.{0,9}$", r"(?:^|ß)needle"]))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_a_line_longer_than_what_is_held_is_searched_in_parts(
    place: int, encoding: str, end: str, expression: str
) -> None:
    line = "ß" * place + "needle" + "ß" * (400 - place)
    data = f"first\n{line}{end}{end and 'last needle'}".encode(encoding)
    query = Query(expression, regex=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("LONGEST_HELD", 128), ("SHORTEST_HELD", 128), ("REPEATED", 48)):
            patch.setattr(stretch, name, value)
        hits = find(data, query, encoding=encoding)
    assert [(hit.line, hit.offset) for hit in hits] == [
        (number, offset) for number, offset, _ in naive(data, query, encoding)
    ]
    for hit in hits:
        if hit.line == 1:
            start = hit.column + hit.spans[0][0]
            assert re.search(expression, line)
            assert line[start:].removeprefix("ß").startswith("needle") or start == 0


def test_a_hit_far_out_in_a_line_is_shown_with_what_is_around_it() -> None:
    line = "ä" * 5000 + "needle" + "ö" * 5000
    (hit,) = find(line.encode(), Query("NEEDLE"), size=1024)
    assert len(hit.text) == LONGEST_SHOWN
    assert hit.column + hit.spans[0][0] == 5000
    assert hit.text[slice(*hit.spans[0])] == "needle"


def test_a_line_of_100_mb_is_searched_without_being_held() -> None:
    size = 100 * 1024 * 1024

    def line() -> Iterator[bytes]:
        for _ in range(size // 65536):
            yield b"x" * 65536
        yield b"needle\nneedle\n"

    search = Search(Query("needle"), "utf-8")
    hits = [hit for hit in search.run(cut(line(), "utf-8")) if isinstance(hit, Hit)]
    assert [(hit.line, hit.offset, hit.column + hit.spans[0][0]) for hit in hits] == [
        (0, 0, size),
        (1, size + 7, 0),
    ]


@pytest.mark.parametrize(
    "expression",
    ["(a+)+$", "(a|a)*b", "(.*)*x", "(a?){50}a{50}$", "^(([a-z])+.)+[A-Z]$", "(a{0,50}){20}b$"],
)
def test_no_expression_runs_for_ever(expression: str) -> None:
    """Each of these takes longer than the universe where an engine tries one way after another."""
    data = b"".join(b"a" * length + b"!\n" for length in range(300))
    assert find(data, Query(expression, regex=True), size=65536) is not None


def test_an_expression_that_is_slow_all_the_same_ends_with_its_time() -> None:
    noise = bytes(random.Random(1).choices(b"ab", k=2_000_000))
    search = Search(Query("a[ab]{900}c", regex=True), "utf-8", Bounds(seconds=0.1))
    list(search.run(blocks(noise, size=262_144)))
    assert search.ended == Ended.TIME
    assert search.done < len(noise)


def test_more_hits_than_are_listed_are_counted_and_where_they_lie_is_told() -> None:
    data = b"hit\n" * 100
    search = Search(Query("hit"), "utf-8", Bounds(listed=10, counted=50))
    found = list(search.run(blocks(data)))
    assert [hit.line for hit in found if isinstance(hit, Hit)] == list(range(10))
    told = [each.line for each in found if isinstance(each, Progress) and each.line is not None]
    assert told == sorted(told)
    assert told[0] == 10
    assert (search.hits, search.ended) == (50, Ended.HITS)


def test_exactly_as_many_hits_as_may_be_counted_are_all_of_them() -> None:
    search = Search(Query("hit"), "utf-8", Bounds(counted=50))
    list(search.run(blocks(b"hit\n" * 50 + b"none\n" * 50)))
    assert (search.hits, search.ended) == (50, Ended.COMPLETE)


def test_nothing_after_the_last_line_wanted_is_searched() -> None:
    search = Search(Query("hit"), "utf-8")
    found = search.run(blocks(b"hit\n" * 100), last=7)
    assert [hit.line for hit in found if isinstance(hit, Hit)] == list(range(8))
    assert search.ended == Ended.COMPLETE


def test_a_search_that_nobody_goes_on_with_reads_no_further() -> None:
    read: list[int] = []

    def watched(source: Iterable[Block]) -> Iterator[Block]:
        for block in source:
            read.append(block.offset)
            yield block

    search = Search(Query("hit"), "utf-8").run(watched(blocks(b"hit\n" * 1000)))
    assert len(list(islice(search, 20))) == 20
    search.close()
    assert len(read) < 3
