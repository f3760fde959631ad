"""docs/embedding.md quotes the example, which the suite runs inside; nothing in it is made up."""

from __future__ import annotations

import re
from pkgutil import resolve_name

import pytest
from django.apps import apps
from django.dispatch import Signal

from diagnostics import signals
from tests.docs.pages import DOCS, ROOT, section, table

PAGE = DOCS / "embedding.md"
EXAMPLE = ROOT / "examples" / "hostcsms"

SNIPPETS = re.findall(
    r"^```python\n# (\S+)\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE
)


@pytest.mark.parametrize(("path", "snippet"), SNIPPETS)
def test_every_snippet_is_from_the_example(path: str, snippet: str) -> None:
    assert snippet in (EXAMPLE / path).read_text()


def test_the_template_is_from_the_example() -> None:
    snippet = re.search(r"^```django\n{# (\S+) #}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.M)
    assert snippet
    assert (EXAMPLE / snippet[1]).read_text().strip() == snippet[2].strip()


def test_every_snippet_says_where_it_is_from() -> None:
    assert len(SNIPPETS) == PAGE.read_text().count("```python")


def test_every_permission_of_the_app_that_does_something_is_named() -> None:
    documented = set(table(section(PAGE, "Permissions")))
    models = apps.get_app_config("diagnostics").get_models()
    own = {f"diagnostics.{code}" for model in models for code, _ in model._meta.permissions}
    assert own < documented
    viewed = {name.removeprefix("diagnostics.view_") for name in documented - own}
    assert viewed <= set(apps.all_models["diagnostics"])


def test_every_signal_is_named() -> None:
    public = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    assert set(table(section(PAGE, "Signals"))) == public


def test_the_dotted_names_of_the_app_exist() -> None:
    permissions = set(table(section(PAGE, "Permissions")))
    names = set(re.findall(r"(?<!/)\bdiagnostics(?:\.[a-z_]+)+", PAGE.read_text())) - permissions
    assert names
    for name in names:
        resolve_name(name)  # raises when there is no such thing
