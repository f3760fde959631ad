"""What the pages call by its name in the code is there."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest
from django.apps import apps

from tests.docs.pages import ROOT, pages

# Where a path in a page may begin.
ROOMS = [ROOT / room for room in (".", "diagnostics", "diagnostics/services")]

_DOTTED = re.compile(r"`((?:diagnostics|stations|config|benchmarks)(?:\.\w+)+)(?:\(\))?`")
_PATH = re.compile(r"`([a-z_]+(?:/[\w.-]+)*/(?:[\w-]+\.py)?)`")


def _permissions() -> set[str]:
    found = set()
    for app in ("diagnostics", "stations"):
        for model in apps.get_app_config(app).get_models():
            usual = {
                f"{what}_{model._meta.model_name}" for what in ("add", "change", "view", "delete")
            }
            own = {codename for codename, _name in model._meta.permissions}
            found |= {f"{app}.{codename}" for codename in usual | own}
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_dotted_names_and_paths_exist(page: Path) -> None:
    text = page.read_text()
    for name in set(_DOTTED.findall(text)) - _permissions():
        resolve_name(name)  # raises when there is no such thing
    ours = [path for path in _PATH.findall(text) if _is_in_a_room(path.split("/")[0])]
    assert not [path for path in ours if not _is_in_a_room(path)]


def _is_in_a_room(path: str) -> bool:
    return any((room / path).exists() for room in ROOMS)
