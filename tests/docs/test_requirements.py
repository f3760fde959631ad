"""docs/requirements-status.md names tests that exist, for whatever it calls done."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, table

ROWS = table((DOCS / "requirements-status.md").read_text())
STATUSES = {"done", "partly", "deployment", "not yet"}

#: What binds a CSMS in block N, and the certification tests of that block.
BINDING = """
N01.FR.14 N01.FR.17 N01.FR.18 N01.FR.26 N01.FR.27 N01.FR.28 N02.FR.07 N04.FR.09 N04.FR.17 N04.FR.19
N06.FR.04 N07.FR.03 N08.FR.02 N09.FR.01 N09.FR.04 N09.FR.08 N10.FR.02 N10.FR.08 N10.FR.09 N11.FR.04
N11.FR.05 N11.FR.06 N11.FR.08 N11.FR.09 N13.FR.02 N14.FR.01 N15.FR.02 N15.FR.03 N15.FR.05
N_01 N_02 N_03 N_05 N_08 N_09 N_16 N_17 N_18 N_21 N_24 N_25 N_27 N_28 N_29 N_30 N_31 N_32 N_34 N_35
N_36 N_44 N_46 N_47 N_48 N_49 N_50 N_60 N_62 N_63
"""


@cache
def _tests_in(path: Path) -> set[str]:
    return set(re.findall(r"^\s*(?:async )?def (\w+)\(", path.read_text(), re.MULTILINE))


@pytest.mark.parametrize("requirement", ROWS)
def test_requirement_has_a_status_and_what_is_done_is_shown(requirement: str) -> None:
    _, status, shown = ROWS[requirement]
    assert status.partition(";")[0] in STATUSES
    found = re.fullmatch(r"`(tests/[\w/]+\.py)::(\w+)`", shown)
    assert found or (status != "done" and not shown)
    if found:
        assert found[2] in _tests_in(ROOT / found[1])


def test_what_binds_a_csms_is_all_done_and_shown() -> None:
    assert set(BINDING.split()) <= set(ROWS)
    open_ones = [each for each in BINDING.split() if ROWS[each][1] != "done" or not ROWS[each][2]]
    assert not open_ones
