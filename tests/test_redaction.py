"""No secret and nothing about a person survives, and the payload in use is never touched."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.redaction import (
    REDACTED,
    may_need_redaction,
    redact,
    redact_text,
    which_may_need_redaction,
)

SECRET = "hunter2hunter2hunter2"
TOKEN = "AbCdEfGhIjKlMnOpQrStUv"

COMPONENT = {"name": "SecurityCtrlr"}

# Action and payload with SECRET in each place where OCPP, or a careless station, puts one.
CARRIERS: list[tuple[str, Any]] = [
    ("Authorize", {"idToken": {"idToken": SECRET, "type": "ISO14443"}}),
    ("Authorize", {"idTag": SECRET}),
    ("", {"idTagInfo": {"status": "Accepted", "parentIdTag": SECRET}}),
    ("", {"idTokenInfo": {"groupIdToken": {"idToken": SECRET, "type": "Central"}}}),
    ("TransactionEvent", {"idToken": {"idToken": "", "type": "Central", "additionalInfo": [
        {"additionalIdToken": SECRET, "type": "x"}]}}),
    ("CustomerInformation", {"requestId": 1, "report": True, "customerIdentifier": SECRET}),
    ("CustomerInformation", {"customerCertificate": {"serialNumber": SECRET}}),
    ("NotifyCustomerInformation", {"data": f"Name: {SECRET}", "seqNo": 0}),
    ("SetVariables", {"setVariableData": [{"attributeValue": SECRET, "component": COMPONENT,
                                           "variable": {"name": "BasicAuthPassword"}}]}),
    ("", {"getVariableResult": [{"attributeValue": SECRET, "component": COMPONENT,
                                 "variable": {"name": "MyPasswordToo"}}]}),
    ("NotifyReport", {"reportData": [{"component": COMPONENT, "variable": {"name": "ApiSecret"},
                                      "variableAttribute": [{"value": SECRET}]}]}),
    ("NotifyReport", {"reportData": [{"component": COMPONENT, "variable": {"name": "X"},
                                      "variableAttribute": [{"value": SECRET,
                                                             "mutability": "WriteOnly"}]}]}),
    ("NotifyEvent", {"eventData": [{"variable": {"name": "Password"}, "actualValue": SECRET}]}),
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}),
    ("", {"configurationKey": [{"key": "AUTHORIZATIONKEY", "value": SECRET}]}),
    ("SetNetworkProfile", {"connectionData": {"basicAuthPassword": SECRET, "identity": "CS"}}),
    ("SetNetworkProfile", {"connectionData": {"apn": {"apnPassword": SECRET, "simPin": 1}}}),
    ("SetNetworkProfile", {"connectionData": {"vpn": {"password": SECRET, "key": SECRET}}}),
    ("UpdateFirmware", {"location": f"ftp://user:{SECRET}@files.example.org/fw.bin"}),
    ("GetLog", {"log": {"remoteLocation": f"https://{SECRET}@example.org/u/x/"}}),
    ("SendLocalList", {"localAuthorizationList": [{"idTag": SECRET}]}),
    ("ReserveNow", {"idToken": SECRET}),
    ("Nonsense", {"IDTOKEN": [SECRET, [SECRET]]}),
    ("NotifyCustomerInformation-Signed", {
        "payload": urlsafe_b64encode(json.dumps({"data": SECRET}).encode()).decode()}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "payload"), CARRIERS)
def test_what_is_secret_or_about_a_person_is_hidden(action: str, payload: Any) -> None:
    before = deepcopy(payload)
    assert SECRET not in json.dumps(redact(action, payload))
    assert payload == before
    text = json.dumps([2, "1", action, payload])
    assert may_need_redaction(text)
    assert which_may_need_redaction(["[]"] * 30 + [text]) == {30}


PLAIN = [
    json.dumps(carrier)
    for carrier in CARRIERS
    if "://" not in json.dumps(carrier) and not carrier[0].endswith("-Signed")
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(PLAIN), st.text("αβγ012 ☂", min_size=3, max_size=12), ANYTHING)
def test_no_secret_survives_among_other_things(carrier: str, text: str, other: Any) -> None:
    secret = f"«{text}»"
    action, payload = json.loads(carrier.replace(SECRET, secret))
    message = {"other": other, **payload, "more": [other]}
    assert may_need_redaction(json.dumps([2, "1", action, message]))
    assert secret not in json.dumps(redact(action, message), ensure_ascii=False)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside)),
       st.text())  # fmt: skip
def test_nothing_makes_it_fail(payload: Any, action: str) -> None:
    redact(action, payload)
    redact_text(action, limit=100)


@pytest.mark.parametrize("name", [name for names in REDACTED.values() for name in names])
def test_every_name_of_the_table_makes_a_text_suspect(name: str) -> None:
    assert may_need_redaction(f'{{"{name.upper()}":1}}')


def test_upload_tokens_are_hidden_and_the_rest_of_the_address_stays() -> None:
    address = f"https://csms.example.org/u/{TOKEN}/"
    kept = redact("GetDiagnostics", {"location": address, "retries": 1})
    assert kept == {"location": "https://csms.example.org/u/•••/", "retries": 1}
    told = redact("LogStatusNotification", {"statusInfo": {"additionalInfo": f"404 /u/{TOKEN}/a"}})
    assert TOKEN not in json.dumps(told)
    other = redact("GetLog", {"location": f"https://x/files/{TOKEN}/"}, upload_path="/files/")
    assert other == {"location": "https://x/files/•••/"}


def test_a_signed_address_loses_what_makes_it_one() -> None:
    address = (
        "https://logs.s3.eu-central-1.amazonaws.com/incoming/12-0a1b?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        f"&X-Amz-Credential={TOKEN}&X-Amz-Security-Token={TOKEN}&X-Amz-Expires=60"
        f"&X-Amz-Signature={TOKEN}"
    )
    payload = {"log": {"remoteLocation": address}}
    assert may_need_redaction(json.dumps(payload))
    kept = redact("GetLog", payload)["log"]["remoteLocation"]
    assert TOKEN not in kept
    assert kept.endswith("&X-Amz-Expires=60&X-Amz-Signature=•••")


def test_what_is_neither_stays_as_it_is() -> None:
    payload = {
        "certificate": "-----BEGIN CERTIFICATE-----",
        "location": "https://csms.example.org/firmware.bin",
        "eventData": [{"actualValue": "41.5", "variable": {"name": "Temperature"}}],
        "key": "HeartbeatInterval",
        "value": "300",
    }
    assert redact("Whatever", payload) == payload
    assert not may_need_redaction(json.dumps(payload["eventData"]))


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","Authorize",{"idToken":{"idToken":"SECRET"',
        "[2,\"1\",\"Authorize\",{'idTag': 'SECRET'}]",
        '{"\\u0069dTag":"SECRET',
        "idTag=SECRET",
        "GET http://user:SECRET@host/",
    ],
)
def test_of_a_broken_text_only_what_is_harmless_stays(text: str) -> None:
    assert "SECRET" not in redact_text(text, limit=500)


def test_a_harmless_text_stays_up_to_its_limit() -> None:
    assert redact_text("hello\x00 station", limit=8) == "hello\N{REPLACEMENT CHARACTER} s"
