"""docs/requirements-status.md names tests that exist, for whatever it calls done."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, table

ROWS = table((DOCS / "requirements-status.md").read_text())
STATUSES = {"done", "partly", "deployment", "not yet"}


@cache
def _tests_in(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in nodes if isinstance(node, functions)}


@pytest.mark.parametrize("requirement", ROWS)
def test_requirement_has_a_status_and_what_is_done_is_shown(requirement: str) -> None:
    _, status, shown = ROWS[requirement]
    assert status.partition(";")[0] in STATUSES
    found = re.fullmatch(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
    assert found or (status != "done" and not shown)
    if found:
        assert found[2] in _tests_in(ROOT / found[1])
