"""docs/lifecycles.md is made from the code, and is not behind it."""

from __future__ import annotations

import subprocess
import sys

from tests.docs.pages import ROOT


def test_page_of_lifecycles_is_up_to_date() -> None:
    check = [sys.executable, "-m", "docs.make_lifecycles", "--check"]
    outdated = subprocess.run(check, cwd=ROOT).returncode
    assert not outdated, "run: python -m docs.make_lifecycles"
