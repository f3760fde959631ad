"""What the pages import and call is there, with the arguments they give."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest

from tests.docs.pages import pages

OURS = ("diagnostics", "stations")

_BLOCK = re.compile(r"^ *```python\n(.*?)^ *```", re.DOTALL | re.MULTILINE)


def _snippets() -> Iterator[Any]:
    for page in pages():
        if page.name == "embedding.md":
            continue  # excerpts of the example, which the suite runs
        for found in _BLOCK.finditer(page.read_text()):
            line = page.read_text()[: found.start()].count("\n") + 1
            yield pytest.param(found[1], id=f"{page.name}:{line}")


def _imported(tree: ast.AST) -> dict[str, Any]:
    """What a snippet takes from the apps, by the name it has there."""
    found: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in OURS:
            for each in node.names:
                found[each.asname or each.name] = _named(f"{node.module}.{each.name}")
        elif isinstance(node, ast.Import):
            for each in node.names:
                if each.name.split(".")[0] in OURS:
                    importlib.import_module(each.name)
                    root = each.name.split(".")[0]
                    found[each.asname or root] = importlib.import_module(root)
    return found


def _named(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _dot, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)


def _called(node: ast.expr, names: dict[str, Any]) -> Any:
    """What is called, where it is something of the apps; else None."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _called(node.value, names)
        return None if owner is None else getattr(owner, node.attr)
    return None


@pytest.mark.parametrize("snippet", list(_snippets()))
def test_snippet_takes_what_exists_and_gives_what_is_asked_for(snippet: str) -> None:
    tree = ast.parse(dedent(snippet))
    names = _imported(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or (called := _called(node.func, names)) is None:
            continue
        given = {each.arg for each in node.keywords if each.arg}
        signature = inspect.signature(called)
        takes_any = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
        assert takes_any or given <= set(signature.parameters), (ast.unparse(node), signature)
