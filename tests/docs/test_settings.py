"""docs/settings.md names every setting, with the default that it has."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from typing import Any

from diagnostics.conf import DiagnosticsSettings
from diagnostics.wording import duration, size
from stations.conf import StationsSettings
from tests.docs.pages import DOCS, ROOT, section, table

PAGE = DOCS / "settings.md"
REQUIRED = ("gateway", "log_store_url", "public_url")


def _shown(name: str, value: Any) -> str:
    if isinstance(value, timedelta):
        return duration(value)
    if name in ("max_upload_size", "max_unpacked_size"):
        return size(value)
    if value == "":
        return "empty, required" if name in REQUIRED else "empty"
    return str(value)


def _defaults(settings: type[Any]) -> dict[str, str]:
    fields = dataclasses.fields(settings)
    return {field.name.upper(): _shown(field.name, field.default) for field in fields}


def _documented(heading: str) -> dict[str, str]:
    return {key: row[0].strip("`") for key, row in table(section(PAGE, heading)).items()}


def test_every_key_of_the_app_is_explained_with_its_default() -> None:
    assert _documented("DIAGNOSTICS") == _defaults(DiagnosticsSettings)


def test_every_key_of_the_station_app_is_explained_with_its_default() -> None:
    assert _documented("STATIONS") == _defaults(StationsSettings)


def test_every_environment_variable_is_explained() -> None:
    source = (ROOT / "config" / "settings.py").read_text()
    read = re.findall(r'(?:environ\.get|environment\.\w+)\("([A-Z_]+)"', source)
    assert set(_documented("Environment variables")) == set(read)


def test_variables_of_the_log_store_are_mentioned() -> None:
    source = (ROOT / "diagnostics" / "storage" / "s3_client.py").read_text()
    text = section(PAGE, "Environment variables")
    assert [name for name in re.findall(r'"(AWS_[A-Z0-9_]+)"', source) if name not in text] == []
