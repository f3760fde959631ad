"""The wheel that other projects install: the two apps, with everything they need at run time."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import diagnostics

ROOT = Path(__file__).resolve().parent.parent
APPS = ("diagnostics", "stations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from a copy so that the checkout stays clean."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in (*APPS, "config", "tests", "templates"):
        shutil.copytree(
            ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", target, source],
        check=True,
        capture_output=True,
    )
    (built,) = target.iterdir()
    with ZipFile(built) as archive:
        yield archive


def metadata(wheel: ZipFile) -> str:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return wheel.read(name).decode()


def test_the_wheel_holds_every_file_of_the_apps(wheel):
    expected = {
        str(path.relative_to(ROOT))
        for app in APPS
        for path in (ROOT / app).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".po")
    }
    assert expected - set(wheel.namelist()) == set()


def test_the_wheel_holds_nothing_but_the_apps(wheel):
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {*APPS, f"ocpp_diagnostics-{diagnostics.__version__}.dist-info"}


@pytest.mark.parametrize("app", APPS)
def test_each_app_brings_its_migrations(wheel, app):
    assert any(name.startswith(f"{app}/migrations/0001_") for name in wheel.namelist())


def test_the_wheel_says_what_it_is(wheel):
    text = metadata(wheel)
    assert f"Name: ocpp-diagnostics\nVersion: {diagnostics.__version__}\n" in text
    assert "License-Expression: MIT" in text
    assert "Requires-Dist: Django<6.2,>=5.2" in text
