"""The door checks what comes in, whatever the host's transport did before."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics import inbound
from diagnostics.models import TimelineEntry
from diagnostics.ocpp.errors import OcppError
from tests.services.conftest import Dialogue


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"status": "Daydreaming", "requestId": 1},
        {"status": "x" * 400},
        {"status": None},
        [],
        None,
        "Uploaded",
    ],
)
def test_what_cannot_be_read_is_an_error_to_answer_with(dialogue: Dialogue, payload: Any) -> None:
    with pytest.raises(OcppError):
        inbound.receive_call(dialogue.station, "2.0.1", "LogStatusNotification", payload)
    assert not TimelineEntry.objects.exists()


def test_what_diagnostics_has_no_part_in_is_the_hosts(dialogue: Dialogue) -> None:
    assert inbound.receive_call(dialogue.station, "1.6", "Authorize", {"odd": True}) is None


def test_a_word_of_the_1_6_whitepaper_is_let_in(dialogue: Dialogue) -> None:
    status = {"status": "UploadFailed", "requestId": 1}
    assert inbound.receive_call(dialogue.station, "1.6", "LogStatusNotification", status) == {}
