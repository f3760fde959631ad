"""Customers named by certificates: by the hashes as the station has them (N09.FR.08, N10.FR.09)."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics import inbound
from diagnostics.exceptions import RequestRefused
from diagnostics.models import CustomerInformation, InstalledCertificate, OutboundCall
from diagnostics.ocpp.codecs.certificates import CertificateId
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls, customer_information
from diagnostics.services.customer_information import certificates
from diagnostics.wording.customers import customer_sentence
from tests.services.conftest import Dialogue

SHA256 = CertificateId("SHA256", "a" * 64, "b" * 64, "0C4F11")
SHA384 = CertificateId("SHA384", "c" * 96, "d" * 96, "0c4f11")
OTHER = CertificateId("SHA256", "e" * 64, "f" * 64, "77")


def chain(named: CertificateId, *children: CertificateId) -> dict[str, Any]:
    below = {"childCertificateHashData": [each.to_wire() for each in children]} if children else {}
    named_as = {"certificateType": "MORootCertificate", "certificateHashData": named.to_wire()}
    return {**named_as, **below}


def ask(dialogue: Dialogue, named: CertificateId = SHA256, **wanted: Any) -> CustomerInformation:
    usual = {"report": True, "clear": False, "purpose": "access request 7"}
    return customer_information.request_customer_information(
        station=dialogue.station, customer_certificate=named, **{**usual, **wanted}
    )


def tells(dialogue: Dialogue, *chains: dict[str, Any]) -> None:
    """The station is asked for its certificates, and says that it has these."""
    assert dialogue.takes().wire_action == "GetInstalledCertificateIds"
    if chains:
        dialogue.answers({"status": "Accepted", "certificateHashDataChain": list(chains)})
    else:
        dialogue.answers({"status": "NotFound"})


def boots(dialogue: Dialogue, firmware: str) -> None:
    station = {"model": "M", "vendorName": "V", "firmwareVersion": firmware}
    payload = {"chargingStation": station, "reason": "FirmwareUpdate"}
    inbound.receive_call(dialogue.station, "2.0.1", "BootNotification", payload)


def asked() -> int:
    return OutboundCall.objects.filter(action="GetInstalledCertificateIds").count()


def test_certificates_are_looked_up_before_the_first_customer_is_named_by_one(
    dialogue: Dialogue,
) -> None:
    row = ask(dialogue)
    tells(dialogue, chain(SHA256))
    sent = dialogue.takes()
    assert sent.wire_action == "CustomerInformation"
    assert sent.wire_payload["customerCertificate"] == SHA256.to_wire()
    dialogue.answers({"status": "Accepted"})
    ask(dialogue)
    assert asked() == 1  # it is known now
    row.refresh_from_db()
    assert row.status == "Accepted"


@pytest.mark.parametrize("clear", [False, True])
def test_a_customer_is_not_named_by_another_algorithm_than_the_installed_one(
    dialogue: Dialogue, clear: bool
) -> None:
    """Before it is known the request waits; afterwards it is refused at once."""
    row = ask(dialogue, clear=clear)
    tells(dialogue, chain(OTHER, SHA384))
    assert dialogue.takes() is None
    row.refresh_from_db()
    assert (row.status, row.reason, row.identifier) == ("Failed", "Unsupported", None)
    assert "SHA384" in customer_sentence(row)
    with pytest.raises(RequestRefused, match="SHA384") as refused:
        ask(dialogue, clear=clear)
    assert "0c4f11" not in str(refused.value).lower()
    ask(dialogue, SHA384, clear=clear)
    assert dialogue.takes().wire_payload["customerCertificate"] == SHA384.to_wire()


def test_what_the_station_has_not_installed_is_asked_for_as_given(dialogue: Dialogue) -> None:
    ask(dialogue)
    tells(dialogue, chain(OTHER))
    assert dialogue.takes().wire_action == "CustomerInformation"


@pytest.mark.parametrize("answer", ["NotFound", "NotImplemented", "InternalError", "silence"])
def test_a_station_that_tells_none_is_asked_all_the_same(dialogue: Dialogue, answer: str) -> None:
    ask(dialogue)
    if answer == "NotFound":
        tells(dialogue)
    else:
        dialogue.takes()
        dialogue.is_silent() if answer == "silence" else dialogue.refuses(answer)
    assert dialogue.takes().wire_action == "CustomerInformation"
    dialogue.answers({"status": "Accepted"})
    ask(dialogue)
    # What may have been an accident is tried again.
    assert asked() == (2 if answer in ("InternalError", "silence") else 1)


def test_a_new_firmware_has_them_looked_up_again_before_a_waiting_request_goes_out(
    dialogue: Dialogue,
) -> None:
    boots(dialogue, "1.0")
    assert asked() == 0  # nobody has needed them yet
    ask(dialogue)
    tells(dialogue, chain(SHA256))
    dialogue.takes()
    dialogue.answers({"status": "Accepted"})
    boots(dialogue, "1.0")
    assert asked() == 1
    waiting = ask(dialogue)
    boots(dialogue, "1.1")
    tells(dialogue, chain(SHA384))
    assert dialogue.takes() is None
    waiting.refresh_from_db()
    assert waiting.status == "Failed"
    assert InstalledCertificate.objects.get().hash_algorithm == "SHA384"


def test_what_was_asked_by_hand_for_one_type_replaces_that_type_only(dialogue: Dialogue) -> None:
    ask(dialogue)
    tells(dialogue, chain(SHA256), {**chain(OTHER), "certificateType": "CSMSRootCertificate"})
    dialogue.takes()
    dialogue.answers({"status": "Accepted"})
    wanted = {"certificateType": ["CSMSRootCertificate"]}
    calls.place_call(station=dialogue.station, action="GetInstalledCertificateIds", payload=wanted)
    tells(dialogue)
    assert InstalledCertificate.objects.get().type == "MORootCertificate"


def test_those_of_1_6_are_read_too_when_asked_by_hand(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    with pytest.raises(RequestRefused, match=r"1\.6"):
        certificates.request_certificates(station=dialogue.station)
    wanted = {"certificateType": "CentralSystemRootCertificate"}
    calls.place_call(station=dialogue.station, action="GetInstalledCertificateIds", payload=wanted)
    dialogue.takes()
    dialogue.answers({"status": "Accepted", "certificateHashData": [OTHER.to_wire()]})
    assert InstalledCertificate.objects.get().type == "CentralSystemRootCertificate"


def test_nothing_shows_which_certificate_names_a_customer() -> None:
    assert "0C4F11" not in f"{SHA256!r} {SHA256}"
