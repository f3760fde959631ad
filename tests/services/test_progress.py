"""Announcements to open pages: over a real Valkey, and quiet when it is away."""

from __future__ import annotations

from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.db import transaction

from diagnostics import progress
from tests.servers.valkey import Valkey


@pytest.fixture(autouse=True)
def _talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_quiet_until", 0.0)


@pytest.mark.django_db(transaction=True)
async def test_a_change_reaches_who_follows_the_row_and_who_follows_all(valkey: Valkey) -> None:
    layer: Any = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(progress.topic("logrequest", 7), channel)
    await layer.group_add(progress.topic("logrequest"), channel)
    await layer.group_add(progress.topic("logrequest", 8), channel)
    await progress._send("logrequest", 7, {"state": "Received"})
    expected = {"type": "row.changed", "kind": "logrequest", "id": 7, "state": "Received"}
    assert [await layer.receive(channel) for _ in range(2)] == [expected, expected]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_announced_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    announced: list[int] = []
    monkeypatch.setattr(progress, "_publish", lambda kind, pk, state: announced.append(pk))
    with transaction.atomic():
        progress.publish_on_commit("logrequest", 7)
        assert announced == []
    assert announced == [7]


def test_an_absent_redis_is_tried_once_and_then_left_alone(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []
    real = progress._send

    async def counted(kind: str, pk: int, state: dict[str, Any]) -> None:
        tried.append(pk)
        await real(kind, pk, state)

    monkeypatch.setattr(progress, "_send", counted)
    valkey.stop()
    for pk in range(3):
        progress._publish("logrequest", pk, {})
    assert tried == [0]
