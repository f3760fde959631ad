"""Who is limited to a group of stations gets nothing of another station, at any address.

The walk goes through every address that the project has. Another's row is compared with one that
does not exist: they must look alike, and nothing may be written that would not be for the latter.
A new page is walked without a word here. It fails where the walk cannot reach even what is the
operator's own: then `addresses.py` or `world.py` has to be told how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from diagnostics.models import FileAccess, GroupMember, LogFile
from diagnostics.services import access
from tests.access.addresses import Address, addresses, of_rows
from tests.access.world import APPS, World, build, theirs

STATION: Any = GroupMember._meta.get_field("station").related_model
MINE, OTHERS = "MINE-4711", "OTHERS-0815"

# Outside of the admin: where operators find no rows.
OPEN = {"healthz", "metrics", ""}

# What makes the forms behind these addresses and actions complete.
FIELDS = {
    "log_type": "DiagnosticsLog",
    "span": "day",
    "message": "Heartbeat",
    "action": "ClearCache",
    "send": "1",
    "mode": "json",
    "json": "{}",
    "what": "FullInventory",
    "named": "Sensor / Temperature",
    "attribute": "Actual",
    "value": "7",
    "base": "All",
    "severity": "3",
    "ids": "1",
    "wish": "report",
    "id_token": "ABCD1234",
    "id_token_type": "ISO14443",
    "purpose": "a test",
    "version": "2",
    "interval": "60",
    "values": "5",
    "note": "seen",
    "post": "yes",
    "apply": "1",
    "name": "by the walk",
    "pattern": "boot",
    "kind": "Site",
}


@dataclass(frozen=True)
class Target:
    """Whose rows a request names."""

    identity: str
    keys: Any  # of a model
    group: int

    @classmethod
    def of(cls, world: World) -> Target:
        # In small letters: a page that shows the real ones has looked the station up.
        return cls(world.mark.lower(), lambda model: world.of(model).pk, world.group.pk)


def _nowhere(model: Any) -> Any:
    is_uuid = model._meta.pk.get_internal_type() == "UUIDField"
    return UUID(int=7) if is_uuid else 999_999_999


NOWHERE = Target("nowhere-0000", _nowhere, 999_999_999)


@dataclass(frozen=True)
class Outcome:
    """What came of a request."""

    status: int
    location: str
    body: str
    writes: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.status} {self.location} {', '.join(self.writes)}".strip()

    def like(self, other: Outcome) -> bool:
        """Whether both say and do the same, the keys of new rows aside."""
        return re.sub(r"\d+", "N", str(self)) == re.sub(r"\d+", "N", str(other))


@pytest.fixture
def mine(db: None) -> World:
    return build(MINE)


@pytest.fixture
def operator(mine: World) -> Client:
    """Limited to one group, with every permission there is."""
    mine.operator.user_permissions.set(Permission.objects.filter(content_type__app_label__in=APPS))
    client = Client()
    client.force_login(mine.operator)
    return client


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, method: str, url: str, data: Any = None) -> Outcome:
    """One request, of which nothing stays."""
    with undone(), CaptureQueriesContext(connection) as queries:
        answer = getattr(client, method)(url, data or {})
        streaming = getattr(answer, "streaming", False)
        body = b"".join(answer.streaming_content) if streaming else answer.content
    client.cookies.pop("messages", None)  # the next page would say what this one did
    tables = "|".join(f"{app}_" for app in APPS)
    pattern = rf'(INSERT INTO|UPDATE|DELETE FROM) "((?:{tables})\w+)"'
    writes = [
        " ".join(found.groups()) for query in queries if (found := re.match(pattern, query["sql"]))
    ]
    return Outcome(
        answer.status_code,
        answer.get("Location", ""),
        body.decode("utf-8", "replace"),
        tuple(writes),
    )


def lists_about(address: Address, target: Target) -> list[str]:
    """A list, narrowed to somebody's rows in each way that it can be."""
    wanted = [{"q": target.identity}, {"q": f"#{target.keys(address.model)}"}]
    wanted.append({"group": target.group})
    return [f"{address.at(target.keys)}?{urlencode(each)}" for each in wanted]


def pages_about(address: Address, target: Target) -> list[str]:
    """A page without a key in its path, asked about somebody's station and rows."""
    key = target.keys(address.model) if address.model is not None else ""
    named = {"ids": key, "of": key, "call": key, "monitor": key, "variable": key}
    named |= dict.fromkeys(("left", "right"), target.keys(LogFile))
    field = {"app_label": "diagnostics", "model_name": "logrequest", "field_name": "station"}
    wanted: list[dict[str, Any]] = [
        {**named, "station": target.keys(STATION)},
        {**named, "identity": target.identity},
    ]
    if address.name == "autocomplete":
        wanted = [{**field, "term": target.identity}]
    return [f"{address.at(target.keys)}?{urlencode(each)}" for each in wanted]


def requests_about(address: Address, target: Target) -> list[tuple[str, str, Any]]:
    """Each page looked at, and posted to once: what is posted names the station in each way."""
    pages = pages_about(address, target)
    return [*(("get", url, {}) for url in pages), ("post", pages[0], body_about(target))]


def body_about(target: Target) -> dict[str, Any]:
    """What is posted about somebody's station."""
    return {
        **FIELDS,
        "station": target.keys(STATION),
        "identity": target.identity,
        "opening": target.keys(FileAccess),
    }


def test_a_key_of_anothers_row_leads_nowhere(mine: World, operator: Client) -> None:
    others, found = Target.of(build(OTHERS)), []
    for address in of_rows():
        for method in ("get", "post") if address.blanks else ():
            outcome = ask(operator, method, address.at(others.keys), body_about(others))
            gone = outcome.status in (403, 404, 405) and not outcome.writes
            if not gone or OTHERS in outcome.body:
                found.append(f"{method.upper()} {address}: {outcome}")
    assert found == []


def test_pages_and_lists_know_no_others(mine: World, operator: Client) -> None:
    """Asked about another's station, they say and do what they do for one that does not exist."""
    others, found = Target.of(build(OTHERS)), []
    for address in of_rows():
        if address.name.endswith("_changelist"):
            for url in lists_about(address, others):
                if OTHERS in ask(operator, "get", url).body:
                    found.append(f"GET {url}")
        elif not address.blanks:
            for (method, url, data), nowhere in zip(
                requests_about(address, others), requests_about(address, NOWHERE), strict=True
            ):
                one, other = ask(operator, method, url, data), ask(operator, *nowhere)
                if OTHERS in one.body or not one.like(other):
                    found.append(f"{method.upper()} {url}: {one} and not {other}")
    assert found == []


def test_the_own_pages_open_and_do_not_change_because_of_anothers_rows(
    mine: World, operator: Client
) -> None:
    """That they open, and show the mark of their station, gives the silence of the rest a sense."""
    closed = {model for model, each in admin.site._registry.items() if not _is_open(each, mine)}
    own = [each for each in of_rows() if each.model not in closed]
    target, before, unreached = Target.of(mine), {}, []
    for address in own:
        url = address.at(target.keys) if address.blanks else pages_about(address, target)[0]
        url = url.partition("?")[0] if address.name.endswith("_changelist") else url
        before[url] = ask(operator, "get", url)
        # 409: there is nothing to read in a file of one line that nobody has examined.
        if before[url].status not in (200, 302, 409) and not _is_done(
            operator, url, address, target
        ):
            unreached.append(f"{address}: {before[url]}")
    assert unreached == []
    assert sum(MINE in each.body for each in before.values()) > 40
    build(OTHERS)
    after = {url: ask(operator, "get", url) for url in before}
    assert [url for url in before if _still(before[url]) != _still(after[url])] == []


def _is_done(operator: Client, url: str, address: Address, target: Target) -> bool:
    """Whether what cannot be looked at can be done; nobody adds or deletes facts."""
    if address.name.endswith(("_add", "_delete")):
        return True
    return ask(operator, "post", url, body_about(target)).status in (200, 302, 409)


def _is_open(model_admin: Any, world: World) -> bool:
    request = RequestFactory().get("/")
    request.user = world.operator
    return bool(model_admin.has_view_permission(request))


def _still(outcome: Outcome) -> str:
    """A page without what changes by itself: tokens and times."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", f"{outcome} {outcome.body}")
    text = re.sub(r"<time[^>]*>[^<]*</time>", "", text)
    text = re.sub(r"\d+(\.\d+)?[\s\xa0]+(s|min)\b( ago)?|just now", "", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?", "", text)
    return re.sub(r"\s+", "", text)


def test_no_action_reaches_anothers_rows(mine: World, operator: Client) -> None:
    others_world = build(OTHERS)
    others, found = Target.of(others_world), []
    request = RequestFactory().get("/")
    request.user = mine.operator
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label not in APPS or not _is_open(model_admin, mine):
            continue
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for name in model_admin.get_actions(request):
            one, none = (
                ask(operator, "post", url, _action(name, target.keys(model), mine))
                for target in (others, NOWHERE)
            )
            if OTHERS in one.body or not one.like(none):
                found.append(f"{model.__name__}: {name}")
            before = _rows_of(others_world)
            with undone():
                data = _action(name, mine.of(model).pk, mine)
                operator.post(url, data | {"select_across": "1"})
                if _rows_of(others_world) != before:
                    found.append(f"{model.__name__}: {name}, for all")
    assert found == []


def _action(name: str, key: Any, mine: World) -> dict[str, Any]:
    chosen = {"action": name, "_selected_action": str(key), "group": mine.group.pk}
    return {**FIELDS, **chosen}


def _rows_of(world: World) -> dict[Any, Any]:
    """Everything that belongs to a station, as it stands in the database."""
    return {
        model: list(
            model._default_manager.filter(**{access.station_path(model): world.station.pk})
            .order_by("pk")
            .values()
        )
        for model in theirs()
    }


def test_outside_of_the_admin_nothing_shows_rows() -> None:
    assert {each.name for each in addresses() if not each.is_admin} <= OPEN


def test_the_station_model_is_the_hosts() -> None:
    assert settings.DIAGNOSTICS_STATION_MODEL.partition(".")[0] in APPS
