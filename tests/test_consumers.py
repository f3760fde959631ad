"""The operators' websocket: who may follow what."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Permission
from django.test import Client

from diagnostics import consumers, progress
from diagnostics.consumers import KINDS, ProgressConsumer
from tests.access.world import build
from tests.servers.valkey import Valkey

pytestmark = pytest.mark.django_db(transaction=True)


def operator(*permissions: str, **more: Any) -> Any:
    user = get_user_model().objects.create_user("operator", password="x" * 16, **more)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


async def opened(user: Any, **scope: Any) -> tuple[WebsocketCommunicator, bool]:
    page = WebsocketCommunicator(ProgressConsumer.as_asgi(), "/ws/diagnostics/")
    page.scope |= {"user": user, **scope}
    connected, _ = await page.connect()
    return page, connected


async def test_strangers_are_turned_away(valkey: Valkey) -> None:
    assert not (await opened(AnonymousUser()))[1]
    assert not (await opened(await database_sync_to_async(operator)(is_staff=False)))[1]


async def test_a_page_hears_of_the_rows_it_follows(valkey: Valkey) -> None:
    page, _ = await opened(await database_sync_to_async(operator)("view_logrequest", is_staff=True))
    await page.send_json_to({"follow": "logrequest", "ids": [7]})
    assert await page.receive_json_from() == {"following": "logrequest"}
    await progress._send("logrequest", {8: {"state": "Sent"}})
    await progress._send("logrequest", {7: {"state": "Received"}})
    assert await page.receive_json_from(5) == {
        "kind": "logrequest",
        "id": 7,
        "state": "Received",
    }
    await page.disconnect()


async def test_without_the_permission_nothing_can_be_followed(valkey: Valkey) -> None:
    page, _ = await opened(
        await database_sync_to_async(operator)("view_outboundcall", is_staff=True)
    )
    await page.send_json_to({"follow": "logrequest", "ids": "all"})
    assert await page.receive_json_from() == {"refused": "logrequest"}
    await progress._send("logrequest", {7: {}})
    assert await page.receive_nothing(0.3)
    await page.disconnect()


@pytest.mark.parametrize("content", [{}, [], "x", {"follow": "secrets"}, {"follow": ["x"]}])
async def test_odd_requests_are_refused_and_the_line_stays(valkey: Valkey, content: Any) -> None:
    page, _ = await opened(await database_sync_to_async(operator)("view_logrequest", is_staff=True))
    await page.send_json_to(content)
    assert "refused" in await page.receive_json_from()
    await page.disconnect()


async def test_any_text_can_be_a_key(valkey: Valkey) -> None:
    page, _ = await opened(await database_sync_to_async(operator)("view_logrequest", is_staff=True))
    keys = [7, "7/8", "ü" * 200, "a b", "a-b"]
    await page.send_json_to({"follow": "station", "ids": keys})
    assert await page.receive_json_from(5) == {"following": "station"}
    await progress._send("station", {key: {} for key in [*keys, "another"]})
    assert [(await page.receive_json_from(5))["id"] for _ in keys] == keys
    assert await page.receive_nothing(0.1)
    await page.disconnect()


async def test_who_may_no_longer_hears_no_more(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "BELIEVED", 0.0)
    user = await database_sync_to_async(operator)("view_logrequest", is_staff=True)
    page, _ = await opened(user)
    await page.send_json_to({"follow": "logrequest", "ids": "all"})
    assert await page.receive_json_from(5) == {"following": "logrequest"}
    await progress._send("logrequest", {7: {"state": "Sent"}})
    assert (await page.receive_json_from(5))["id"] == 7
    await user.user_permissions.aclear()
    await progress._send("logrequest", {8: {"state": "Sent"}})
    assert await page.receive_output(5) == {"type": "websocket.close", "code": 4003}


async def test_who_was_logged_out_hears_no_more(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "BELIEVED", 0.0)
    user = await database_sync_to_async(operator)("view_logrequest", is_staff=True)
    client = Client()
    await client.aforce_login(user)
    session = await database_sync_to_async(lambda: client.session)()
    page, _ = await opened(user, session=session)
    await page.send_json_to({"follow": "logrequest", "ids": "all"})
    assert await page.receive_json_from(5) == {"following": "logrequest"}
    await progress._send("logrequest", {7: {"state": "Sent"}})
    assert (await page.receive_json_from(5))["id"] == 7
    await client.alogout()
    await progress._send("logrequest", {8: {"state": "Sent"}})
    assert await page.receive_output(5) == {"type": "websocket.close", "code": 4003}


# Who is limited to a group of stations


@database_sync_to_async
def _two_worlds() -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Who is limited to the one, with all permissions, and the keys of the rows of both."""
    mine, others = build("MINE"), build("OTHERS")
    names = [name.partition(".")[2] for name, _rows in KINDS.values()]
    mine.operator.user_permissions.set(Permission.objects.filter(codename__in=names))
    keys = [
        {kind: world.of(rows(None).model).pk for kind, (_name, rows) in KINDS.items()}
        for world in (mine, others)
    ]
    return mine.operator, keys[0], keys[1]


# What concerns all stations at once, and so nobody who is limited.
WHOLE_FLEET = {"housekeeping", "notificationtarget", "retentionrun", "storecheck"}


async def test_who_is_limited_hears_of_no_other_station(valkey: Valkey) -> None:
    """Neither by its key nor among all; for every kind of which stations have rows."""
    user, mine, others = await _two_worlds()
    for kind in KINDS.keys() - WHOLE_FLEET:
        for ids in ([str(others[kind]), others[kind], mine[kind]], "all"):
            page, _ = await opened(user)
            await page.send_json_to({"follow": kind, "ids": ids})
            assert await page.receive_json_from(5) == {"following": kind}
            for pk in (others[kind], mine[kind]):
                await progress._send(kind, {pk: {"state": "Sent"}})
            heard = await page.receive_json_from(5)
            assert (heard["kind"], str(heard["id"])) == (kind, str(mine[kind]))
            await page.disconnect()


async def test_who_is_limited_hears_nothing_of_what_concerns_all_stations(valkey: Valkey) -> None:
    user, mine, _others = await _two_worlds()
    page, _ = await opened(user)
    for kind in WHOLE_FLEET:
        await page.send_json_to({"follow": kind, "ids": "all"})
        assert await page.receive_json_from(5) == {"following": kind}
        await progress._send(kind, {mine[kind]: {"state": "Running"}})
    assert await page.receive_nothing(0.3)
    await page.disconnect()
