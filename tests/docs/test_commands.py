"""docs/commands.md names every option of every command, with its default."""

from __future__ import annotations

import argparse

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from diagnostics.management import asking
from tests.docs.pages import DOCS, section, table

PAGE = DOCS / "commands.md"
OURS = {"config", "diagnostics", "stations"}
COMMANDS = {name: app for name, app in get_commands().items() if app in OURS}
# How the page puts a default that is none, or not known before the command runs.
IN_WORDS = {
    "",
    "off",
    "none",
    "made up",
    "required",
    "empty",
    "all it has",
    "now",
    "as it likes",
    "http and https",
}
ELSEWHERE = {("call", "--answer-within"), ("demo", "--url")}  # settings, not the parser


def _options(name: str) -> dict[str, argparse.Action]:
    """The options that are a command's own, by the name people write."""
    parser = load_command_class(COMMANDS[name], name).create_parser("manage.py", name)
    base = BaseCommand().create_parser("manage.py", name)
    inherited = {(action.dest, action.help) for action in base._actions}
    own = [one for one in parser._actions if (one.dest, one.help) not in inherited]
    return {(one.option_strings or [one.dest])[-1]: one for one in own}


def test_every_command_has_its_section() -> None:
    headings = {line[3:] for line in PAGE.read_text().splitlines() if line.startswith("## ")}
    assert headings - {"Exit codes"} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_options_are_those_of_the_command(name: str) -> None:
    assert set(table(section(PAGE, name))) == set(_options(name))


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults_are_those_of_the_command(name: str) -> None:
    options = _options(name)
    for option, row in table(section(PAGE, name)).items():
        if row[0] not in IN_WORDS and (name, option) not in ELSEWHERE:
            assert row[0].strip("`") == _shown(options[option].default)


def _shown(default: object) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_exit_codes_are_all_explained() -> None:
    codes = {
        asking.DONE,
        asking.FAILED,
        asking.USAGE,
        asking.STILL_WAITING,
        asking.REFUSED,
        asking.CANCELED,
        asking.EXPIRED,
        asking.INTERRUPTED,
    }
    assert {int(code) for code in table(section(PAGE, "Exit codes"))} == codes
