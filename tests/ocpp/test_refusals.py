"""What a station says that it does not know."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.ocpp.refusals import subjects_of, unknown_by_answer, unknown_by_error

BOOT = {"requestedMessage": "BootNotification"}
NOT_SUPPORTED = {"status": "NotSupported"}


@pytest.mark.parametrize(
    ("action", "code", "unknown"),
    [
        ("GetReport", "NotImplemented", True),
        ("GetReport", "NotSupported", True),
        ("GetReport", "InternalError", False),
        ("GetReport", "a word of its own", False),
        ("GetLog", "NotImplemented", True),
        ("GetLog", "NotSupported", False),
    ],
)
def test_an_error_tells_whether_the_action_is_known(action: str, code: str, unknown: bool) -> None:
    assert unknown_by_error(action, code) is unknown


@pytest.mark.parametrize(
    ("action", "payload", "answer", "subject"),
    [
        ("TriggerMessage", BOOT, {"status": "NotImplemented"}, "TriggerMessage BootNotification"),
        ("TriggerMessage", BOOT, {"status": "Rejected"}, ""),
        ("GetBaseReport", {"reportBase": "SummaryInventory"}, NOT_SUPPORTED,
         "GetBaseReport SummaryInventory"),
        ("SetMonitoringBase", {"monitoringBase": "All"}, NOT_SUPPORTED, "SetMonitoringBase All"),
        ("GetMonitoringReport", {"requestId": 1}, NOT_SUPPORTED, "GetMonitoringReport"),
        ("GetMonitoringReport", {"componentVariable": [{}]}, NOT_SUPPORTED, ""),
        ("GetLog", {}, NOT_SUPPORTED, ""),
        ("GetBaseReport", None, {"status": []}, ""),
    ],
)  # fmt: skip
def test_the_status_of_an_answer_tells_what_is_not_known(
    action: str, payload: Any, answer: Any, subject: str
) -> None:
    assert unknown_by_answer(action, payload, answer)[0] == subject


def test_an_answer_is_about_the_action_and_what_it_asks_for() -> None:
    assert subjects_of("TriggerMessage", BOOT) == (
        "TriggerMessage", "TriggerMessage BootNotification",
    )  # fmt: skip
    assert subjects_of("TriggerMessage", {"requestedMessage": 7}) == ("TriggerMessage",)
    assert subjects_of("GetLog", None) == ("GetLog",)
