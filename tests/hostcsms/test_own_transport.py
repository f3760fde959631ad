"""The seam without any adapter: what a host's own connection calls."""

from __future__ import annotations

from typing import Any

import pytest
from csms.models import ChargeBox
from csms.own_transport import Link

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls, logs


@pytest.fixture
def wire() -> list[Any]:
    return []


@pytest.fixture
def link(db: None, wire: list[Any]) -> Link:
    box = ChargeBox.objects.create(box_id="BOX-7", ocpp_version="2.0.1")
    link = Link(box, OcppVersion.V201, "c1", wire.append)
    link.opened()
    return link


def test_a_log_is_asked_for_and_spoken_of(link: Link, wire: list[Any]) -> None:
    row = logs.request_log(station=link.box)
    link.deliver()
    _, message_id, action, payload = wire.pop()
    assert (action, payload["log"]["remoteLocation"]) == ("GetLog", row.location)
    status = {"status": "Uploading", "requestId": payload["requestId"]}
    link.received([2, "s-1", "LogStatusNotification", status])
    link.received([3, message_id, {"status": "Accepted", "filename": "box.log"}])
    assert wire == [[3, "s-1", {}]]
    row.refresh_from_db()
    assert (row.verdict, row.filename) == ("Uploading", "box.log")


def test_calls_go_out_one_by_one_whatever_becomes_of_them(link: Link, wire: list[Any]) -> None:
    placed = [calls.place_call(station=link.box, action="ClearCache", payload={}) for _ in range(4)]
    link.deliver()
    link.deliver()
    assert [frame[1] for frame in wire] == [placed[0].message_id]
    link.received([3, wire[-1][1], {"status": "Accepted"}])
    link.received([4, wire[-1][1], "NotSupported", "", {}])
    link.overdue()
    link.closed()
    for call in placed:
        call.refresh_from_db()
    assert [call.status for call in placed] == ["Answered", "Refused", "TimedOut", "TimedOut"]
    assert [call.error_code for call in placed][2:] == ["NoAnswer", "ConnectionLost"]


def test_what_the_host_serves_is_left_to_it(link: Link, wire: list[Any]) -> None:
    box = {"vendorName": "N", "model": "M"}
    link.received([2, "s-1", "BootNotification", {"chargingStation": box, "reason": "PowerUp"}])
    link.received([2, "s-2", "MeterValues", {}])
    link.received([3, "their-own", {}])
    link.received([4, "their-own", "InternalError", "", {}])
    link.received([6, "s-3", "NotifyPeriodicEventStream", {}])
    assert wire == [[3, "s-1", {}], [3, "s-2", {}]]


@pytest.mark.parametrize("payload", [{}, {"status": 5}, {"requestId": "7"}])
def test_payloads_that_cannot_be_read_are_errors_and_break_nothing(
    payload: dict[str, Any], link: Link, wire: list[Any]
) -> None:
    row = logs.request_log(station=link.box)
    link.deliver()
    payload = {"requestId": wire.pop()[3]["requestId"], **payload}
    for action in ("LogStatusNotification", "SecurityEventNotification", "BootNotification"):
        link.received([2, "s-1", action, payload])
    assert [frame[0] for frame in wire] == [4, 4, 4]
    row.refresh_from_db()
    assert (row.verdict, row.station_status) == ("Sent", "")
