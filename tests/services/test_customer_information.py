"""What a station knows of a customer: asked, told, read, forgotten; and never seen elsewhere."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone

from diagnostics import inbound
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.models import (
    CustomerInformation,
    CustomerInformationPart,
    OutboundCall,
    ReportedVariable,
    TimelineEntry,
    VariableAttribute,
)
from diagnostics.ocpp.codecs.certificates import CertificateId
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls, customer_information, housekeeping
from diagnostics.services.customer_information import answers as customer_answers
from diagnostics.services.customer_information import local_list
from diagnostics.services.customer_information import privacy as customer_privacy
from diagnostics.services.customer_information.identity import Customer, customer
from diagnostics.services.housekeeping.rules import all_rules
from diagnostics.wording import entry_sentence
from tests.services.conftest import Dialogue, make_station

TOKEN = "04A2B3C4D5E680"
SECRET = "Erika Mustermann, last seen at the depot"
CARD = {"id_token": TOKEN, "id_token_type": "ISO14443"}
CERTIFICATE = CertificateId("SHA256", "a" * 64, "b" * 64, "0C4F11")


def ask(dialogue: Dialogue, **wanted: Any) -> CustomerInformation:
    given = {"report": True, "clear": False, "purpose": "access request 7", **CARD, **wanted}
    return customer_information.request_customer_information(station=dialogue.station, **given)


def asked(dialogue: Dialogue, status: str = "Accepted", **wanted: Any) -> CustomerInformation:
    row = ask(dialogue, **wanted)
    dialogue.takes()
    assert dialogue.answers({"status": status})
    row.refresh_from_db()
    return row


def tells(
    row: CustomerInformation, seq_no: int, data: str, *, tbc: bool = False, request_id: int = -1
) -> None:
    payload = {
        "requestId": row.request_id if request_id == -1 else request_id,
        "seqNo": seq_no,
        "tbc": tbc,
        "generatedAt": "2026-03-02T12:00:00Z",
        "data": data,
    }
    station, action = row.station, "NotifyCustomerInformation"
    assert inbound.receive_call(station, "2.0.1", action, payload) == {}
    row.refresh_from_db()


def reader() -> User:
    return User.objects.get_or_create(username="reader")[0]


def text_of(row: CustomerInformation) -> str:
    return customer_privacy.open_information(row, opened_by=reader())


# N09, N10: what is asked


def test_exactly_the_one_identifier_goes_over_the_wire(dialogue: Dialogue) -> None:
    ask(dialogue, additional_info=[("DE-NL-C1", "eMAID")])
    call = dialogue.takes()
    assert call.wire_action == "CustomerInformation"
    assert call.wire_payload == {
        "requestId": call.request_id,
        "report": True,
        "clear": False,
        "idToken": {
            "idToken": TOKEN,
            "type": "ISO14443",
            "additionalInfo": [{"additionalIdToken": "DE-NL-C1", "type": "eMAID"}],
        },
    }


@pytest.mark.parametrize(
    ("named", "field"),
    [
        ({"customer_identifier": "C-1001"}, "customerIdentifier"),
        ({"customer_certificate": CERTIFICATE}, "customerCertificate"),
    ],
)
def test_a_customer_may_be_named_in_two_other_ways(
    dialogue: Dialogue, named: dict[str, Any], field: str
) -> None:
    nobody = {"id_token": "", "id_token_type": ""}
    ask(dialogue, report=True, clear=True, **nobody, **named)
    if field == "customerCertificate":  # first it is asked how it has it installed
        dialogue.takes()
        dialogue.answers({"status": "NotFound"})
    assert set(dialogue.takes().wire_payload) == {"requestId", "report", "clear", field}


@pytest.mark.parametrize(
    "wanted",
    [
        {"report": False, "clear": False},
        {"id_token": "", "id_token_type": ""},
        {"customer_identifier": "C-1001"},
        {"customer_certificate": CERTIFICATE},
        {"id_token_type": ""},
        {"purpose": " "},
        {"purpose": "x" * 501},
        {"id_token": "0" * 37},  # 36 letters before 2.1
        {"id_token_type": "Tattoo"},  # types of any name are new in 2.1
        {"id_token": "", "customer_certificate": CertificateId("SHA256", "a", "b", "")},
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_row(
    dialogue: Dialogue, wanted: dict[str, Any]
) -> None:
    with pytest.raises(RequestRefused) as refused:
        ask(dialogue, **wanted)
    assert str(refused.value).endswith(".") and TOKEN not in str(refused.value)
    assert not CustomerInformation.objects.exists() and not OutboundCall.objects.exists()


def test_16_has_no_such_message(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    with pytest.raises(RequestRefused, match=r"1\.6"):
        ask(dialogue)


def test_21_takes_longer_tokens_of_any_type(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V21
    ask(dialogue, id_token="0" * 255, id_token_type="Tattoo")
    assert dialogue.takes().wire_payload["idToken"]["type"] == "Tattoo"


def test_a_station_that_comes_back_with_an_older_version_ends_the_request(
    dialogue: Dialogue,
) -> None:
    dialogue.gateway.spoken = OcppVersion.V21
    row = ask(dialogue, id_token="0" * 200, id_token_type="ISO14443")
    dialogue.gateway.spoken = OcppVersion.V201
    assert dialogue.takes() is None
    row.refresh_from_db()
    assert (row.status, row.reason, row.identifier) == ("Failed", "Unsupported", None)


# N09, N10: what comes back


def test_parts_are_joined_by_number_without_a_separator(dialogue: Dialogue) -> None:
    row = asked(dialogue, clear=True)
    tells(row, 1, "last used 2026-02-27")
    assert row.status == "Receiving"
    tells(row, 0, "cache entry, ", tbc=True)
    tells(row, 0, "cache entry again", tbc=True)
    assert row.status == "Complete" and row.settled_at
    assert text_of(row) == "cache entry, last used 2026-02-27"


def test_empty_data_says_that_nothing_is_known(dialogue: Dialogue) -> None:
    row = asked(dialogue)
    tells(row, 0, "")
    assert (row.status, text_of(row)) == ("Complete", "")


@pytest.mark.parametrize("status", ["Rejected", "Invalid"])
def test_the_stations_no_is_an_end(dialogue: Dialogue, status: str) -> None:
    row = asked(dialogue, status)
    assert row.status == status and not row.is_open


def test_a_refusal_and_silence_are_failures_with_a_reason(dialogue: Dialogue) -> None:
    row = ask(dialogue)
    dialogue.takes()
    dialogue.refuses("InternalError")
    row.refresh_from_db()
    assert (row.status, row.reason) == ("Failed", "InternalError")
    other = ask(dialogue)
    dialogue.takes()
    dialogue.is_silent()
    other.refresh_from_db()
    assert (other.status, other.reason) == ("Failed", "NoAnswer")
    dialogue.answers({"status": "Accepted"})
    other.refresh_from_db()
    assert other.status == "Accepted"


def test_parts_may_come_before_the_answer(dialogue: Dialogue) -> None:
    row = ask(dialogue)
    dialogue.takes()
    tells(row, 0, "all there is")
    assert row.status == "Complete"
    dialogue.answers({"status": "Accepted"})
    row.refresh_from_db()
    assert (row.status, row.answer) == ("Complete", "Accepted")


@pytest.mark.parametrize(
    ("report", "end"), [(True, ("Incomplete", "NoParts")), (False, ("Complete", "NothingSaid"))]
)
def test_silence_after_clearing_is_tolerated(
    dialogue: Dialogue, report: bool, end: tuple[str, str]
) -> None:
    row = asked(dialogue, report=report, clear=True)
    customer_answers.expire_silent(timezone.now())
    row.refresh_from_db()
    assert row.status == "Accepted"
    customer_answers.expire_silent(timezone.now() + customer_answers.SILENCE * 2)
    row.refresh_from_db()
    assert (row.status, row.reason) == end


def test_a_missing_part_shows_and_a_late_one_completes(dialogue: Dialogue) -> None:
    row = asked(dialogue)
    tells(row, 1, "tail")
    customer_answers.expire_silent(timezone.now() + customer_answers.SILENCE * 2)
    row.refresh_from_db()
    assert (row.status, row.reason) == ("Incomplete", "PartsMissing")
    assert row.parts_state().missing == (0,)
    tells(row, 0, "head ", tbc=True)
    assert (row.status, row.reason, text_of(row)) == ("Complete", "", "head tail")


def test_what_nobody_asked_for_is_noted_without_its_text(dialogue: Dialogue) -> None:
    row = asked(dialogue)
    tells(row, 0, SECRET, request_id=row.request_id + 99)
    assert not CustomerInformationPart.objects.exists()
    entry = TimelineEntry.objects.get(kind="customer.unmatched")
    assert entry.data == {"request_id": row.request_id + 99} and entry_sentence(entry)


def test_request_ids_are_not_mixed_up_between_stations(dialogue: Dialogue) -> None:
    row = asked(dialogue)
    other = Dialogue(make_station("CS-2"), dialogue.gateway)
    stranger = asked(other)
    assert stranger.request_id == row.request_id
    tells(stranger, 0, "hers")
    assert row.parts.count() == 0 and text_of(stranger) == "hers"


# Personal data


def _whole_database() -> str:
    rows = [list(OutboundCall.objects.values()), list(TimelineEntry.objects.values())]
    rows.append(list(CustomerInformation.objects.values()))
    return json.dumps(rows, default=str)


def test_the_identifier_is_in_the_database_only_until_it_is_sent(dialogue: Dialogue) -> None:
    row = ask(dialogue)
    assert row.identifier == {"idToken": {"idToken": TOKEN, "type": "ISO14443"}}
    assert TOKEN not in json.dumps(list(OutboundCall.objects.values("payload")))
    sent = dialogue.takes()
    assert TOKEN in json.dumps(sent.wire_payload)
    assert TOKEN not in _whole_database()
    row.refresh_from_db()
    assert row.identifier_masked == "•••680" and len(row.identifier_hash) == 64
    assert row.identifier_hash == customer(id_token=TOKEN.lower(), id_token_type="X").digest


def test_a_canceled_request_and_one_that_expires_forget_it_too(dialogue: Dialogue) -> None:
    row = ask(dialogue)
    customer_information.cancel_customer_information(row, canceled_by=reader())
    row.refresh_from_db()
    assert (row.status, row.identifier) == ("Canceled", None)
    with pytest.raises(RequestClosed):
        customer_information.cancel_customer_information(row)
    other = ask(dialogue)
    calls.cancel_call(other.call)  # on the page of calls
    customer_privacy.sweep_customer_information(timezone.now())
    other.refresh_from_db()
    assert (other.status, other.identifier) == ("Failed", None)
    assert TOKEN not in _whole_database()


def test_calls_placed_in_the_wires_words_are_masked_as_well(dialogue: Dialogue) -> None:
    payload = {"requestId": 5, "report": True, "clear": False, "customerIdentifier": TOKEN}
    station, action = dialogue.station, "CustomerInformation"
    calls.place_call(station=station, action=action, payload=payload)
    assert dialogue.takes().wire_payload == payload
    call = calls.place_call(station=station, action=action, payload={**payload, "requestId": 6})
    calls.cancel_call(call)
    assert TOKEN not in _whole_database()
    assert OutboundCall.objects.first().wire_payload["requestId"] == 5  # type: ignore[union-attr]


def test_each_opening_is_recorded_with_who_and_when(dialogue: Dialogue) -> None:
    row = asked(dialogue)
    with pytest.raises(RequestClosed):
        text_of(row)
    tells(row, 0, SECRET)
    assert text_of(row) == text_of(row) == SECRET
    assert [access.user_name for access in row.accesses.all()] == ["reader", "reader"]
    reader().delete()
    assert {(access.user, access.user_name) for access in row.accesses.all()} == {(None, "reader")}


def test_the_purge_leaves_the_proof_and_no_data(dialogue: Dialogue) -> None:
    row = asked(dialogue, clear=True, requested_by=reader())
    tells(row, 0, SECRET)
    lifetime, rule = timedelta(days=2), all_rules()["customer_texts"]
    with override_settings(
        DIAGNOSTICS={**settings.DIAGNOSTICS, "CUSTOMER_INFORMATION_LIFETIME": lifetime}
    ):
        housekeeping.apply(rule, now=timezone.now() + timedelta(days=1))
        assert row.parts.exists()
        housekeeping.apply(rule, now=timezone.now() + timedelta(days=3))
    row.refresh_from_db()
    assert row.purged_at and row.identifier_masked == "" and not row.parts.exists()
    proof = (row.status, row.answer, row.purpose, row.requested_by_name, row.clear)
    assert proof == ("Complete", "Accepted", "access request 7", "reader", True)
    assert row.identifier_hash == customer(**CARD).digest
    with pytest.raises(RequestClosed):
        text_of(row)
    tells(row, 1, SECRET)
    assert not row.parts.exists() and row.status == "Complete"


def test_a_text_may_be_purged_before_its_time_but_not_while_it_comes(dialogue: Dialogue) -> None:
    row = asked(dialogue)
    with pytest.raises(RequestClosed):
        customer_privacy.purge_information(row, purged_by=reader())
    tells(row, 0, SECRET)
    customer_privacy.purge_information(row, purged_by=reader())
    row.refresh_from_db()
    assert row.purged_at and not row.parts.exists()


def test_no_log_line_timeline_entry_or_name_holds_the_text_or_the_customer(
    dialogue: Dialogue, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    row = asked(dialogue, clear=True)
    tells(row, 0, SECRET)
    tells(row, 0, SECRET, request_id=4711)
    text_of(row)
    with pytest.raises(OcppError) as unreadable:
        inbound.receive_call(
            row.station, "2.0.1", "NotifyCustomerInformation", {"data": SECRET, "seqNo": "x"}
        )
    local_list.remove_from_list(row, version=2, id_token=TOKEN)
    dialogue.takes()
    names = [str(row), repr(row), *map(repr, row.parts.all()), repr(customer(**CARD))]
    everything = "\n".join(
        [caplog.text, _whole_database(), str(unreadable.value), *names]
        + [entry_sentence(entry) for entry in TimelineEntry.objects.all()]
    )
    for word in ("Mustermann", "depot", TOKEN, TOKEN.lower()):
        assert word not in everything
    assert isinstance(customer(**CARD), Customer)


# N10.FR.02: the local list


def test_a_token_is_removed_from_the_local_list_with_a_higher_version(dialogue: Dialogue) -> None:
    row = asked(dialogue, clear=True)
    assert local_list.may_be_listed(row)
    with pytest.raises(RequestRefused, match="version of the station's list"):
        local_list.remove_from_list(row, id_token=TOKEN)
    local_list.ask_list_version(row, requested_by=reader())
    assert dialogue.takes().wire_action == "GetLocalListVersion"
    dialogue.answers({"versionNumber": 7})
    row.refresh_from_db()
    assert row.list_version == 7
    for version, token in ((7, TOKEN), (8, "another")):
        with pytest.raises(RequestRefused):
            local_list.remove_from_list(row, version=version, id_token=token)
    local_list.remove_from_list(row, id_token=TOKEN.lower(), requested_by=reader())
    assert dialogue.takes().wire_payload == {
        "versionNumber": 8,
        "updateType": "Differential",
        "localAuthorizationList": [{"idToken": {"idToken": TOKEN.lower(), "type": "ISO14443"}}],
    }
    assert TOKEN.lower() not in _whole_database()
    dialogue.answers({"status": "Accepted"})
    row.refresh_from_db()
    assert (row.list_status, row.list_version, row.status) == ("Accepted", 8, "Accepted")


@pytest.mark.parametrize(("told", "known"), [("3", 3), ("0", 0), ("many", None), (None, None)])
def test_how_many_entries_the_list_has_is_taken_from_the_device_model(
    dialogue: Dialogue, told: str | None, known: int | None
) -> None:
    named = {"component": "LocalAuthListCtrlr", "variable": "entries"}
    row = ReportedVariable.objects.create(
        station=dialogue.station, updated_at=timezone.now(), **named
    )
    VariableAttribute.objects.create(variable=row, value=told, updated_at=timezone.now())
    assert local_list.entries(dialogue.station) == known


def test_only_a_cleared_token_may_be_left_in_the_list(dialogue: Dialogue) -> None:
    row = asked(dialogue)
    assert not local_list.may_be_listed(row)
    with pytest.raises(RequestRefused):
        local_list.remove_from_list(row, version=1, id_token=TOKEN)
