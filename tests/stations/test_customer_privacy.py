"""A customer's data on a live connection: it is kept where it belongs, and seen nowhere else."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from diagnostics import message_log
from diagnostics.models import (
    CustomerInformation,
    CustomerInformationPart,
    MessageRecord,
    OutboundCall,
    TimelineEntry,
)
from diagnostics.services.calls import delivery
from diagnostics.services.customer_information import request_customer_information
from stations.models import ChargingStation
from tests.servers.processes import wait_until
from tests.stations.conftest import Connect, becomes

TOKEN = "04A2B3C4D5E680"
SECRET = "Erika Mustermann"
GENERATED = "2026-03-02T12:00:00Z"


def part(request_id: int, seq_no: int, data: Any, *, tbc: bool = False) -> dict[str, Any]:
    return {"requestId": request_id, "seqNo": seq_no, "tbc": tbc, "generatedAt": GENERATED,
            "data": data}  # fmt: skip


def written() -> str:
    """Every row that is not the text itself."""
    models = (MessageRecord, OutboundCall, TimelineEntry, CustomerInformation)
    return json.dumps([list(model.objects.values()) for model in models], default=str)


@pytest.mark.parametrize("subprotocol", ["ocpp2.0.1", "ocpp2.1"])
def test_nothing_about_a_customer_is_logged_recorded_or_noted(
    connect: Connect,
    station: ChargingStation,
    caplog: pytest.LogCaptureFixture,
    subprotocol: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    with connect(station, subprotocols=[subprotocol]) as socket:
        row = request_customer_information(
            station=station,
            report=True,
            clear=True,
            purpose="access request 7",
            id_token=TOKEN,
            id_token_type="ISO14443",
        )
        delivery.ring_waiting()
        message_id, asked = socket.next_call("CustomerInformation")
        assert asked["idToken"] == {"idToken": TOKEN, "type": "ISO14443"}
        socket.answer(message_id, {"status": "Accepted"})
        assert row.call is not None
        becomes(row.call, "Answered")
        notify, number = "NotifyCustomerInformation", row.request_id
        assert socket.call(notify, part(number, 0, f"{SECRET}, ", tbc=True))[2] == {}
        assert socket.call(notify, part(number, 0, f"{SECRET}, ", tbc=True))[2] == {}
        assert socket.call(notify, part(number, 1, SECRET * 40))[2] == {}  # longer than 512
        assert socket.call(notify, part(number + 9, 0, SECRET))[2] == {}  # nobody asked
        assert socket.call(notify, {"data": SECRET})[0] == 4  # too little to be read
        assert socket.call(notify, part(number, 2, {"name": SECRET}))[0] == 4
        socket.send(f'[2,"x-1","{notify}",{{"data":"{SECRET}"')  # cut in the middle
        assert socket.call("Heartbeat", {})[0] == 3
    row.refresh_from_db()
    assert row.status == "Complete"
    assert SECRET in "".join(CustomerInformationPart.objects.values_list("data", flat=True))
    message_log.flush()
    recorded = MessageRecord.objects.filter(action="NotifyCustomerInformation")
    wait_until(lambda: recorded.count() >= 3, "the messages are recorded")
    # The libraries that carry frames show parts of them at the level DEBUG; nobody runs that.
    ours = [each for each in caplog.records if not each.name.startswith("websockets")]
    logged = "\n".join(each.getMessage() for each in ours)
    assert "seqNo is required" in logged
    for where in (written(), logged):
        assert TOKEN not in where and "Erika" not in where
