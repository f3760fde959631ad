"""Announcements to open pages: over a real Valkey, and quiet when it is away."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import transaction

from diagnostics import background, progress
from tests.servers.processes import PATIENCE
from tests.servers.valkey import Valkey


@pytest.fixture(autouse=True)
def _talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_quiet_until", 0.0)


@pytest.mark.django_db(transaction=True)
async def test_a_change_reaches_who_follows_rows_of_its_kind(valkey: Valkey) -> None:
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(progress.topic("logrequest"), channel)
    await progress._send("call", {7: {}})
    await progress._send("logrequest", {7: {"state": "Received"}, 8: {}})
    rows = [[7, {"state": "Received"}], [8, {}]]
    assert await layer.receive(channel) == {
        "type": "rows.changed",
        "kind": "logrequest",
        "rows": rows,
    }


@pytest.mark.django_db(transaction=True)
def test_nothing_is_announced_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    announced: list[int] = []
    monkeypatch.setattr(progress, "_publish", lambda kind, states: announced.extend(states))
    with transaction.atomic():
        progress.publish_on_commit("logrequest", 7)
        assert announced == []
    assert announced == [7]


def test_nobody_waits_for_an_absent_redis_and_it_is_left_alone_for_a_while(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []
    real = progress._send

    async def counted(kind: str, states: progress.States) -> None:
        tried.extend(states)
        await real(kind, states)

    monkeypatch.setattr(progress, "_send", counted)
    valkey.stop()
    progress._publish("logrequest", {0: {}})
    background.flush(timeout=PATIENCE)
    for pk in (1, 2):
        progress._publish("logrequest", {pk: {}})
    background.flush(timeout=PATIENCE)
    assert tried == [0]


def test_many_changes_at_once_are_all_told_and_hold_up_no_other_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, Any]] = []

    async def send(kind: str, states: progress.States) -> None:
        if not told:  # while the first round is sent
            progress._publish("campaign", {7: {}})
        told.extend((kind, pk) for pk in states)

    monkeypatch.setattr(progress, "_send", send)
    monkeypatch.setattr(progress, "GATHER", 0.01)
    progress._publish("logrequest", {pk: {} for pk in range(500)})
    background.flush(timeout=PATIENCE)
    assert told.index(("campaign", 7)) <= 2 * progress.MOST_AT_ONCE
    assert sorted(pk for kind, pk in told if kind == "logrequest") == list(range(500))


def test_a_message_that_fails_is_logged_and_the_next_one_goes_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent: list[str] = []

    async def fails() -> None:
        raise ConnectionError("gone")

    async def goes() -> None:
        sent.append("out")

    background.send_soon(fails)
    background.send_soon(goes)
    background.flush(timeout=PATIENCE)
    assert sent == ["out"]
    assert "gone" in caplog.text


def test_more_messages_than_can_wait_are_dropped(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()

    async def waits() -> None:
        await asyncio.to_thread(release.wait, 10)

    monkeypatch.setattr(background, "MOST", 2)
    for _ in range(3):
        background.send_soon(waits)
    release.set()
    background.flush(timeout=PATIENCE)
    assert "dropped" in caplog.text
