"""Searching the text that the reader shows: hits come piece by piece, and a trace stays."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from diagnostics.admin.reading import search as reader_search
from diagnostics.models import FileAccess, LogFile, LogRequest
from diagnostics.services.files import examination
from diagnostics.storage import get_log_store
from tests.admin.conftest import Arrive, Staff, read_of

LINES = [f"2026-03-02T08:{n // 60:02}:{n % 60:02}Z {'ERROR' if n % 10 == 0 else 'INFO'} line {n}"
         for n in range(600)]  # fmt: skip


@pytest.fixture
def file(row: LogRequest, arrive: Arrive) -> LogFile:
    file = arrive(row, "\n".join(LINES).encode())
    examination.examine(file.pk)
    return file


def opening_of(client: Client, file: LogFile) -> str:
    found = re.search(r'data-opening="(\d+)"', client.get(read_of(file)).content.decode())
    assert found is not None
    return found[1]


def search(client: Client, file: LogFile, **fields: Any) -> list[dict[str, Any]]:
    """What the page is told, in order."""
    opening = fields.pop("opening", "") or opening_of(client, file)
    sent = {"pattern": "line", "opening": opening, **fields}
    response = client.post(read_of(file, "search/"), sent)
    assert response.status_code == 200, response.content
    return [json.loads(line) for line in b"".join(response).splitlines()]  # type: ignore[arg-type]


def found(told: list[dict[str, Any]]) -> list[int]:
    return [hit[0] for each in told for hit in each["hits"]]


def test_hits_have_their_line_text_and_spans_and_the_end_is_told(
    root: Client, file: LogFile
) -> None:
    told = search(root, file, pattern="LINE 25")
    assert found(told) == [25, *range(250, 260)]
    assert told[0]["hits"][0] == [25, 0, LINES[25], [[26, 33]]]
    assert {name: told[-1][name] for name in ("ended", "found", "done", "size")} == {
        "ended": "Complete",
        "found": 11,
        "done": file.size,
        "size": file.size,
    }


def test_a_search_is_narrowed_by_levels_lines_and_times(root: Client, file: LogFile) -> None:
    assert found(search(root, file, levels="E")) == list(range(0, 600, 10))
    assert found(search(root, file, pattern="", levels="E", line=555)) == [560, 570, 580, 590]
    span = {"since": "08:01:00", "until": "2026-03-02T08:01:05Z"}
    assert found(search(root, file, **span)) == list(range(60, 66))
    assert found(search(root, file, since="2027-01-01 00:00")) == []


def test_places_are_told_as_scripts_count_them(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, "\U0001f50c plug \U0001f50c plug".encode())
    examination.examine(file.pk)
    assert search(root, file, pattern="plug")[0]["hits"] == [
        [0, 0, "\U0001f50c plug \U0001f50c plug", [[3, 7], [11, 15]]]
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pattern": "(", "regex": "on"}, "At character 1: A round bracket is opened"),
        ({"pattern": ""}, "Say what to look for."),
        ({"since": "yesterday"}, "“yesterday” is no time like 08:00"),
        ({"member": "7"}, "no text here"),
    ],
)
def test_what_is_wrong_is_a_sentence(
    root: Client, file: LogFile, fields: dict[str, Any], words: str
) -> None:
    sent = {"pattern": "line", "opening": opening_of(root, file), **fields}
    response = root.post(read_of(file, "search/"), sent)
    assert response.status_code == (409 if "member" in fields else 400)
    assert words in response.json()["problem"]


def test_a_store_that_fails_midway_is_a_sentence_after_the_hits(
    root: Client, file: LogFile
) -> None:
    opening = opening_of(root, file)
    get_log_store().delete(file.key)
    told = search(root, file, opening=opening)
    assert "no such object" in told[-1]["problem"]


def test_searches_of_one_opening_leave_one_trace(root: Client, file: LogFile) -> None:
    opening = opening_of(root, file)
    for pattern in ("line 1", "line 2"):
        search(root, file, pattern=pattern, opening=opening)
    kinds = FileAccess.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["Read", "Search"]
    search(root, file, opening=opening_of(root, file))
    assert list(kinds.all()) == ["Read", "Search", "Read", "Search"]


def test_searching_takes_the_permission_and_an_opening_of_ones_own(
    root: Client, staff: Staff, file: LogFile
) -> None:
    sent = {"pattern": "line", "opening": opening_of(root, file)}
    address = read_of(file, "search/")
    look, read = "diagnostics.view_logrequest", "diagnostics.read_log"
    assert staff(look).post(address, sent).status_code == 403
    assert staff(look, read).post(address, sent).status_code == 403  # it is root's opening
    assert root.post(address, {**sent, "opening": ""}).status_code == 403
    assert root.get(address).status_code == 405


@pytest.mark.django_db(transaction=True)
async def test_hits_stream_under_asgi_and_a_reader_who_leaves_ends_the_search(
    admin_user: object, row: LogRequest, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_search, "MOST_HITS", 1)
    ended: list[bool] = []
    told = reader_search._told

    def watched(*args: Any) -> Any:
        try:
            yield from told(*args)
        finally:
            ended.append(True)

    monkeypatch.setattr(reader_search, "_told", watched)
    client = AsyncClient()
    await client.aforce_login(admin_user)  # type: ignore[arg-type]
    file = await sync_to_async(arrive)(row, b"line\n" * 1000)
    await sync_to_async(examination.examine)(file.pk)
    page = await client.get(read_of(file))
    opening = re.search(r'data-opening="(\d+)"', page.content.decode())
    assert opening is not None
    response = await client.post(
        read_of(file, "search/"), {"pattern": "line", "opening": opening[1]}
    )
    assert response.is_async
    stream = aiter(response.streaming_content)
    assert json.loads(await anext(stream))["hits"][0][0] == 0
    response.close()  # as Django does when a client goes away
    for _ in range(2000):
        if ended:
            break
        await asyncio.sleep(0.01)
    assert ended
