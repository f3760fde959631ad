"""What the scripted station knows of customers."""

import pytest

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Quirk
from tests.testing.dialogue import Dialogue

V201 = OcppVersion.V201
TOKEN = {"idToken": "04A2B3C4D5E680", "type": "ISO14443"}


def ask(dialogue, report=True, clear=False, **who):
    wanted = {"requestId": 5, "report": report, "clear": clear, **(who or {"idToken": TOKEN})}
    said = dialogue.call("CustomerInformation", wanted)
    parts = [payload for action, payload in said if action == "NotifyCustomerInformation"]
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part.get("tbc", False) for part in parts[-1:]] == [False] * len(parts[-1:])
    return said[0][1]["status"], [part["data"] for part in parts]


def test_customer_data_comes_in_two_parts_and_is_cleared_for_good():
    """N10.FR.03, N10.FR.04."""
    dialogue = Dialogue(V201)
    status, data = ask(dialogue, clear=True)
    assert (status, len(data)) == ("Accepted", 2)
    assert "".join(data).startswith("cache entry 04A2B3C4D5E680")
    assert ask(dialogue) == ("Accepted", ["no data of this customer"])


@pytest.mark.parametrize(
    "who",
    [
        {"customerIdentifier": "C-1001"},
        {
            "customerCertificate": {
                "hashAlgorithm": "SHA256",
                "issuerNameHash": "a",
                "issuerKeyHash": "b",
                "serialNumber": "0c4f",
            }
        },
    ],
)
def test_a_customer_is_known_by_other_names_too(who):
    status, (data,) = ask(Dialogue(V201), **who)
    assert status == "Accepted" and "contract" in data


def test_clearing_alone_says_so():
    """N10.FR.06."""
    assert ask(Dialogue(V201), report=False, clear=True) == (
        "Accepted",
        ["data of this customer cleared"],
    )


def test_requests_for_nothing_or_for_two_are_not_served():
    """N09.FR.07, N09.FR.09."""
    dialogue = Dialogue(V201)
    assert ask(dialogue, report=False)[0] == "Rejected"
    two = {"idToken": TOKEN, "customerIdentifier": "C-1001"}
    assert ask(dialogue, **two)[0] == "Invalid"
    nobody = dialogue.call("CustomerInformation", {"requestId": 1, "report": True, "clear": False})
    assert nobody[0][1]["status"] == "Invalid"


def test_installed_certificates_are_listed_by_type():
    dialogue = Dialogue(V201)
    ((_, said),) = dialogue.call("GetInstalledCertificateIds", {})
    assert len(said["certificateHashDataChain"]) == 2
    wanted = {"certificateType": ["MORootCertificate"]}
    ((_, said),) = dialogue.call("GetInstalledCertificateIds", wanted)
    assert len(said["certificateHashDataChain"]) == 1
    wanted = {"certificateType": ["V2GRootCertificate"]}
    assert dialogue.call("GetInstalledCertificateIds", wanted) == [
        ("answer", {"status": "NotFound"})
    ]


def test_rejects_customer_information():
    assert ask(Dialogue(V201, Quirk.REJECTS_CUSTOMER_INFORMATION)) == ("Rejected", [])


def test_empty_customer_data():
    dialogue = Dialogue(V201, Quirk.EMPTY_CUSTOMER_DATA)
    assert ask(dialogue, report=False, clear=True) == ("Accepted", [""])
    assert ask(dialogue) == ("Accepted", [""])
