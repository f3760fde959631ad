"""Which tests run in one process, when several run them side by side."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

BROWSER = "tests/browser/"


def browser_first(items: list[pytest.Item]) -> None:
    """Theirs is the longest part of all, so it must begin first."""
    items.sort(key=lambda item: not item.nodeid.startswith(BROWSER))


class Sharing(LoadFileScheduling):
    """The tests of a file share a process, and so do all that drive a browser.

    Files share the processes that their tests start; several browsers at once on a small machine
    only wait for each other. (Not `--dist loadgroup`: it writes groups where pytest 9.2 reads
    nothing any more.)
    """

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # the longest files are not the slowest

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)
