"""docs/testing.md explains every quirk in the words of the code."""

from diagnostics.testing import Quirk
from tests.docs.pages import DOCS, section, table


def test_every_quirk_is_explained() -> None:
    explained = table(section(DOCS / "testing.md", "Quirks"))
    assert {name: row[0] for name, row in explained.items()} == {
        quirk.value: quirk.description for quirk in Quirk
    }
