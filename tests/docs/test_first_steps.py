"""docs/first-steps.md has a section for each verdict, and quotes the sentences as they are."""

from __future__ import annotations

import ast
import re

import pytest

from diagnostics.lifecycles.log_request import LogVerdict, UploadStatus
from diagnostics.wording import verdicts
from tests.docs.pages import DOCS, ROOT, section

PAGE = DOCS / "first-steps.md"
SOURCE = ROOT / "diagnostics" / "wording" / "verdicts.py"
QUOTED = [line[2:] for line in PAGE.read_text().splitlines() if line.startswith("> ")]


def _sentences() -> list[re.Pattern[str]]:
    """Every text that is translated in the wording of verdicts, with its gaps open."""
    calls = [
        node.args[0].value
        for node in ast.walk(ast.parse(SOURCE.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "_"
        and isinstance(node.args[0], ast.Constant)
    ]
    return [_with_gaps(text) for text in calls if isinstance(text, str) and text[0].isupper()]


def _with_gaps(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, re.split(r"%\(\w+\)s", text))))


@pytest.mark.parametrize("verdict", LogVerdict)
def test_every_verdict_has_a_section_that_quotes_it(verdict: LogVerdict) -> None:
    assert "\n> " in section(PAGE, str(verdict.label))


@pytest.mark.parametrize("quoted", QUOTED)
def test_quoted_sentence_is_one_that_operators_see(quoted: str) -> None:
    assert any(sentence.fullmatch(quoted) for sentence in _sentences())


def test_no_sentence_of_a_verdict_is_left_out() -> None:
    missing = [
        sentence.pattern
        for sentence in _sentences()
        if not any(sentence.fullmatch(quoted) for quoted in QUOTED)
    ]
    assert missing == []


@pytest.mark.parametrize(
    "status",
    [
        UploadStatus.UPLOAD_FAILURE,
        UploadStatus.BAD_MESSAGE,
        UploadStatus.PERMISSION_DENIED,
        UploadStatus.NOT_SUPPORTED,
    ],
)
def test_every_way_to_fail_is_explained_in_its_words(status: UploadStatus) -> None:
    words = verdicts._failure_words()[status]
    assert f"{words} (`{status.value}`)" in section(PAGE, "Failed")
