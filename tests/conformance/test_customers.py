"""Customer information, as the certification tests of block N have a CSMS ask for it."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.exceptions import RequestRefused
from diagnostics.models import CustomerInformation
from diagnostics.ocpp.codecs.certificates import CertificateId
from diagnostics.services import customer_information
from diagnostics.services.customer_information import local_list
from tests.conformance.block_n import BOTH, NOW, Station201, act, becomes, counts
from tests.conformance.conftest import Connect

TOKEN = {"id_token": "04A2B3C4D5E680", "id_token_type": "ISO14443"}
TOKEN_ON_WIRE = {"idToken": {"idToken": "04A2B3C4D5E680", "type": "ISO14443"}}
HASHES = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa01",
    "issuerKeyHash": "bb02",
    "serialNumber": "0c4f",
}

each = pytest.mark.parametrize("kind", BOTH, ids=lambda kind: kind.__name__)


async def ask(station: Any, report: bool, clear: bool, answer: str, **who: Any) -> Any:
    """Ask, and return the row and the request as it was on the wire."""
    station.will("CustomerInformation", status=answer)
    row = await act(
        customer_information.request_customer_information,
        report=report,
        clear=clear,
        purpose="access request",
        **(who or TOKEN),
    )
    return row, await station.asked("CustomerInformation")


async def tells(station: Any, request: dict[str, Any], *data: str) -> None:
    """Send the parts of the answer."""
    for seq_no, text in enumerate(data):
        await station.says(
            "NotifyCustomerInformation",
            data=text,
            seqNo=seq_no,
            tbc=seq_no + 1 < len(data),
            generatedAt=NOW,
            requestId=request["requestId"],
        )


@each
@pytest.mark.parametrize(
    ("report", "clear", "data"),
    [
        pytest.param(True, False, ("cache entry: Accepted, ", "used 2026-02-27"), id="TC_N_27"),
        pytest.param(True, False, ("no data",), id="TC_N_28"),
        pytest.param(True, True, ("cache entry: Accepted", " and gone"), id="TC_N_30"),
        pytest.param(True, True, ("no data",), id="TC_N_31"),
        pytest.param(False, True, ("cleared",), id="TC_N_32"),
    ],
)
async def test_reports_and_clears(
    connect: Connect, kind: Any, report: bool, clear: bool, data: tuple[str, ...]
) -> None:
    """TC_N_27, TC_N_28, TC_N_30, TC_N_31, TC_N_32: only the token names the customer."""
    async with connect(kind) as station:
        await station.boots()
        row, request = await ask(station, report, clear, "Accepted")
        assert request == {
            "requestId": row.request_id,
            "report": report,
            "clear": clear,
            **TOKEN_ON_WIRE,
        }
        await becomes(row, status="Accepted")
        await tells(station, request, *data)
        await becomes(row, status="Complete")
        parts = row.parts.order_by("seq_no").values_list("data", flat=True)
        assert "".join([text async for text in parts]) == "".join(data)


@each
async def test_a_rejection(connect: Connect, kind: Any) -> None:
    """TC_N_29."""
    async with connect(kind) as station:
        await station.boots()
        row, _ = await ask(station, True, False, "Rejected")
        await becomes(row, status="Rejected")


@each
@pytest.mark.parametrize(
    ("who", "on_wire"),
    [
        pytest.param(
            {"customer_identifier": "C-1001"}, {"customerIdentifier": "C-1001"}, id="TC_N_62"
        ),
        pytest.param(
            {"customer_certificate": CertificateId("SHA256", "aa01", "bb02", "0c4f")},
            {"customerCertificate": HASHES},
            id="TC_N_63",
        ),
    ],
)
async def test_a_customer_is_named_in_exactly_one_way(
    connect: Connect, kind: Any, who: dict[str, Any], on_wire: dict[str, Any]
) -> None:
    """TC_N_62, TC_N_63."""
    async with connect(kind) as station:
        await station.boots()
        chain = {"certificateType": "MORootCertificate", "certificateHashData": HASHES}
        station.will(
            "GetInstalledCertificateIds", status="Accepted", certificateHashDataChain=[chain]
        )
        row, request = await ask(station, True, True, "Accepted", **who)
        expected = {"requestId": row.request_id, "report": True, "clear": True, **on_wire}
        assert request == expected
        await tells(station, request, "contract DE-NL-C00001-X")
        await becomes(row, status="Complete")


async def test_a_station_may_find_a_request_invalid(connect: Connect) -> None:
    """N09.FR.09: the station's word is shown, whatever made it say so."""
    async with connect(Station201) as station:
        await station.boots()
        row, _ = await ask(station, True, False, "Invalid")
        await becomes(row, status="Invalid")


@each
async def test_a_cleared_token_is_taken_off_the_local_list(connect: Connect, kind: Any) -> None:
    """TC_N_46: SendLocalList, Differential, without idTokenInfo, of a higher version."""
    async with connect(kind) as station:
        await station.boots()
        row, request = await ask(station, True, True, "Accepted")
        await tells(station, request, "cleared")
        await becomes(row, status="Complete")
        station.will("GetLocalListVersion", versionNumber=4)
        await act(lambda station: local_list.ask_list_version(row))
        await station.asked("GetLocalListVersion")
        await becomes(row, list_version=4)
        station.will("SendLocalList", status="Accepted")
        await act(
            lambda station: local_list.remove_from_list(row, version=5, id_token="04A2B3C4D5E680")
        )
        assert await station.asked("SendLocalList") == {
            "versionNumber": 5,
            "updateType": "Differential",
            "localAuthorizationList": [TOKEN_ON_WIRE],
        }
        await becomes(row, list_status="Accepted")


@pytest.mark.parametrize(
    "wrong",
    [
        {"report": False, "clear": False, **TOKEN},  # N09.FR.07, N10.FR.07
        {"report": True, "clear": False},  # N09.FR.04, N10.FR.08
        {"report": True, "clear": False, "customer_identifier": "C-1001", **TOKEN},
    ],
)
async def test_a_request_for_nothing_or_for_two_is_never_sent(
    connect: Connect, wrong: dict[str, Any]
) -> None:
    async with connect(Station201) as station:
        await station.boots()
        with pytest.raises(RequestRefused):
            await act(customer_information.request_customer_information, purpose="none", **wrong)
        await counts(CustomerInformation.objects, 0)
