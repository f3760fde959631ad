"""Pages in a project that writes numbers as 1.234,5: what programs read of them stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from tests.access.addresses import of_rows
from tests.access.world import APPS, World, build

# What people read, and the drawing of icons.
FOR_PEOPLE = {"title", "aria-label", "alt", "placeholder", "content", "d"}
# Pages that are Django's alone, or another page's rows.
DJANGOS = ("_delete", "_history", "_add", "_rows", "autocomplete")
LISTS = ("_changelist", "index")
WRITTEN_OUT = re.compile(r"(?<![\d.])\d{1,3}(\.\d{3})+(?![\d.])|(?<!\d)\d+,\d+")


class Attributes(HTMLParser):
    """The attributes of a page that hold a number as people write it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name not in FOR_PEOPLE and WRITTEN_OUT.search(value or ""):
                self.found.append(f'<{tag} {name}="{value}">')


def count_from_four_digits() -> None:
    """Keys from now on are long enough to be written with a separator."""
    with connection.cursor() as cursor:
        for app in APPS:
            for model in apps.get_app_config(app).get_models():
                if model._meta.pk.get_internal_type() != "BigAutoField":
                    continue
                table = model._meta.db_table
                if connection.vendor == "postgresql":
                    cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 4710)", [table])
                else:
                    cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, 4710)", [table])


@pytest.fixture
def world(db: None) -> World:
    count_from_four_digits()
    return build("CS-4711")


@pytest.fixture
def operator(admin_user: User, client: Client) -> Iterator[Client]:
    with override_settings(LANGUAGE_CODE="de", USE_THOUSAND_SEPARATOR=True):
        client.force_login(admin_user)
        yield client


def test_no_attribute_holds_a_number_as_people_write_it(operator: Client, world: World) -> None:
    ours = [each for each in of_rows() if not each.name.endswith(DJANGOS)]
    pages = {each.at(lambda model: world.of(model).pk) for each in ours}
    of_station = {
        each.at({}.get) for each in ours if not each.blanks and not each.name.endswith(LISTS)
    }
    pages |= {f"{page}?station={world.station.pk}" for page in of_station}
    station = reverse("admin:stations_chargingstation_change", args=[world.station.pk])
    shown = operator.get(station, headers={"accept-language": "de"}).content.decode()
    pages |= {f"{station}{query}" for query in re.findall(r'href="(\?tab=\w+)', shown)}
    found = {}
    opened = 0
    for page in sorted(pages):
        answer = operator.get(page, headers={"accept-language": "de"})
        if answer.status_code != 200 or "text/html" not in answer.headers["Content-Type"]:
            continue
        opened += 1
        attributes = Attributes()
        attributes.feed(answer.content.decode())
        if attributes.found:
            found[page] = attributes.found
    assert opened > 100
    assert found == {}
