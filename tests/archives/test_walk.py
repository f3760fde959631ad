"""What is found in packed files, good and bad."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from zstandard import ZstdCompressor

from diagnostics.archives import ArchiveError, Budget, Problem, leads_outside, walk
from tests.archives import hostile
from tests.archives.hostile import MIB, tarred, zipped

LOG = b"".join(b"2026-03-02T08:00:07Z line %d\n" % number for number in range(5000))


@dataclass
class InMemory:
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def pieces(self) -> Iterator[bytes]:
        for start in range(0, self.size, 1000):
            yield self.data[start : start + 1000]

    def read(self, start: int, end: int) -> bytes:
        return self.data[start:end]


@dataclass
class Seen:
    """What walking through a file came to."""

    texts: dict[str, bytes]
    problems: dict[str, str]
    problem: str = ""
    spent: int = 0


def seen(data: bytes, most: int = 1024 * MIB, keep: int = 10 * MIB) -> Seen:
    result, budget = Seen({}, {}), Budget(len(data), most)
    try:
        for found in walk(InMemory(data), budget):
            if found.problem:
                result.problems[found.path] = found.problem
            try:
                for piece in found.contents or ():
                    kept = result.texts.get(found.path, b"")
                    result.texts[found.path] = kept + piece[: max(keep - len(kept), 0)]
            except ArchiveError as error:
                result.problems[found.path] = error.problem
    except ArchiveError as error:
        result.problem = error.problem
    result.spent = budget.spent
    return result


def zstd(data: bytes) -> bytes:
    return ZstdCompressor().compress(data)


@pytest.mark.parametrize(
    ("packed", "path"),
    [
        (LOG, ""),
        (gzip.compress(LOG), ""),
        (gzip.compress(LOG[:999]) + gzip.compress(LOG[999:]) + b"\0" * 20, ""),
        (zstd(LOG), ""),
        (zstd(LOG[:999]) + zstd(LOG[999:]), ""),
        (zipped({"a.log": LOG}), "a.log"),
        (tarred({"a.log": LOG}), "a.log"),
        (gzip.compress(tarred({"a.log": LOG})), "a.log"),
        (zstd(tarred({"a.log": LOG})), "a.log"),
        (zipped({"a.log.gz": gzip.compress(LOG)}), "a.log.gz"),
        (gzip.compress(tarred({"a.zst": zstd(LOG)})), "a.zst"),
        (zipped({"a.tgz": gzip.compress(tarred({"b.log": LOG}))}), "a.tgz › b.log"),
        (gzip.compress(zipped({"a.zip": zipped({"b.log": LOG})})), "a.zip › b.log"),
    ],
)
def test_a_text_is_found_in_whatever_it_is_packed(packed: bytes, path: str) -> None:
    assert seen(packed) == Seen({path: LOG}, {}, spent=seen(packed).spent)


@pytest.mark.parametrize(
    "pack", [gzip.compress, zstd, lambda log: gzip.compress(tarred({"": log}))]
)
def test_what_came_before_a_cut_is_read(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(LOG * 4)
    found = seen(packed[: len(packed) * 3 // 4])
    (text,) = found.texts.values()
    assert (LOG * 4).startswith(text) and len(text) > 10_000
    assert Problem.CUT in (*found.problems.values(), found.problem)


def test_damage_is_told_from_a_cut() -> None:
    packed = bytearray(gzip.compress(LOG))
    packed[-8] ^= 0xFF
    found = seen(bytes(packed))
    assert found.problems == {"": Problem.DAMAGED}
    assert LOG.startswith(found.texts[""]) and len(found.texts[""]) > len(LOG) - 64 * 1024
    assert seen(zipped({"a": LOG})[:-30]).problem == Problem.CUT
    broken = bytearray(zipped({"a": LOG, "b": LOG}))
    broken[200] ^= 0xFF
    found = seen(bytes(broken))
    assert found.problems == {"a": Problem.DAMAGED} and found.texts["b"] == LOG
    assert seen(tarred({"a": LOG, "b": LOG})[:150_000]).problems == {"a": Problem.CUT}


def test_links_and_devices_are_named_and_paths_are_only_names() -> None:
    found = seen(hostile.tar_of_everything())
    assert found.problems == {
        "link": Problem.LINK,
        "hard": Problem.LINK,
        "device": Problem.SPECIAL,
        "pipe": Problem.SPECIAL,
    }
    assert set(found.texts.values()) == {b"inside"}
    outside, absolute, long = found.texts
    assert leads_outside(outside) and leads_outside(absolute) and not leads_outside(long)
    assert len(long) == 309
    assert leads_outside("C:\\windows") and leads_outside("a.zip › ..\\x")


def test_names_are_bounded_and_show_what_would_not_be_seen() -> None:
    (path,) = seen(zipped({"a\u202egol.exe": b"x"})).texts
    assert path == "a\ufffdgol.exe"
    (path,) = seen(tarred({"d/" * 4000 + "end.log": b"x"})).texts
    assert len(path) == 512 and path.endswith("d/end.log")


@pytest.mark.parametrize(
    "bomb",
    [
        lambda: hostile.zeros_gz(256 * MIB),
        lambda: zstd(bytes(256 * MIB)),
        lambda: zipped({"a": hostile.zeros_gz(256 * MIB)}),
        lambda: zipped({name: bytes(100 * MIB) for name in "abc"}),
    ],
    ids=["gzip", "zstd", "gzip in zip", "zip"],
)
def test_a_bomb_is_told_by_its_ratio_and_costs_little_memory(bomb: Callable[[], bytes]) -> None:
    packed = bomb()  # not before the test: every process would make it that only looks for tests
    tracemalloc.start()
    found = seen(packed, keep=MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * MIB
    assert set(found.problems.values()) == {Problem.RATIO}
    assert Budget.FREE < found.spent < Budget.FREE + 64 * MIB
    assert len(next(iter(found.texts.values()))) == MIB  # its beginning is kept


def test_more_than_is_read_at_all_is_said() -> None:
    found = seen(gzip.compress(LOG), most=100_000)
    assert found.problems == {"": Problem.TOO_LARGE}
    assert len(found.texts[""]) <= 100_000


def test_headers_that_claim_gigabytes_are_not_believed() -> None:
    tracemalloc.start()
    found = seen(hostile.pax_bomb(300 * MIB))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.problem, found.texts) == (Problem.DAMAGED, {})
    assert peak < 8 * MIB


def test_a_zip_of_ten_million_files_is_refused_before_it_is_read() -> None:
    archive = hostile.ZipOfTenMillion()
    with pytest.raises(ArchiveError) as refused:
        list(walk(archive, Budget(archive.size, 1024 * MIB)))
    assert refused.value.problem == Problem.DIRECTORY


def test_only_so_many_members_are_listed_and_so_deep() -> None:
    many = seen(tarred({f"{number}.log": b"x" for number in range(1100)}))
    assert (len(many.texts), many.problem) == (1000, Problem.TOO_MANY)
    assert seen(hostile.nested(LOG, 4)).texts
    deep = seen(hostile.nested(LOG, 9))
    assert not deep.texts and set(deep.problems.values()) == {Problem.NESTED}


def test_what_needs_a_password_or_another_program_is_named() -> None:
    locked = bytearray(zipped({"a": LOG}))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(signature) + offset] |= 1
    assert seen(bytes(locked)).problems == {"a": Problem.ENCRYPTED}
    other = bytearray(zipped({"a": LOG}))
    for signature, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        other[other.index(signature) + offset] = 98
    assert seen(bytes(other)).problems == {"a": Problem.METHOD}
    assert seen(b"BZh91AY" + LOG).texts  # bytes as they are: the kind says that they are packed
