"""The pages of the documentation, as the tests read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"


def pages() -> list[Path]:
    """Every page written for people, the front page among them."""
    others = [ROOT / "benchmarks" / "README.md", ROOT / "CHANGELOG.md"]
    return [ROOT / "README.md", *sorted(DOCS.glob("*.md")), *filter(Path.exists, others)]


def section(page: Path, heading: str) -> str:
    """The text below a heading, up to the next one of its level or above; its own line is cut."""
    text = page.read_text()
    found = re.search(rf"^(#+) {re.escape(heading)}\n", text, re.MULTILINE)
    assert found, f"{page.name} has no section “{heading}”"
    rest = text[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def table(text: str) -> dict[str, list[str]]:
    """First column, without backticks, to the other columns of the tables in some Markdown."""
    rows = [
        [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in rows}
