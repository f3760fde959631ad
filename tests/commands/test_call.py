"""`manage.py call` against the running project and simulated stations."""

import io
import json
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from diagnostics.models import OutboundCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import Quirk
from stations.models import SecurityProfile
from stations.services import register_station
from tests.servers.processes import wait_until

VARIABLE = {
    "component": {"name": "OCPPCommCtrlr"},
    "variable": {"name": "FileTransferProtocols"},
}
GET_VARIABLES = json.dumps({"getVariableData": [VARIABLE]})


def call(*arguments):
    out = StringIO()
    call_command("call", *arguments, stdout=out)
    return out.getvalue()


def ends_with(code, *arguments):
    with pytest.raises(CommandError) as caught:
        call(*arguments)
    assert caught.value.returncode == code, str(caught.value)
    return str(caught.value)


def test_the_answer_is_printed_as_json(simulate):
    simulate("CS1")
    answer = json.loads(call("CS1", "GetVariables", GET_VARIABLES, "--wait", "--timeout", "20"))
    assert answer["getVariableResult"][0]["attributeValue"] == "HTTP,HTTPS"


def test_an_action_without_content_needs_no_json(simulate):
    simulate("CS1", version=OcppVersion.V16)
    answer = json.loads(call("CS1", "GetConfiguration", "--wait", "--timeout", "20"))
    assert len(answer["configurationKey"]) == 6


def test_a_callerror_ends_with_4_and_says_its_code(simulate):
    simulate("CS1")
    sentence = ends_with(4, "CS1", "ClearCache", "{}", "--wait", "--timeout", "20")
    assert sentence == (
        "The station refused the call with NotSupported: ClearCache is not supported here"
    )


def test_a_station_that_does_not_answer_ends_with_1(simulate):
    simulate("CS1", Quirk.SILENT)
    arguments = ("--wait", "--timeout", "20", "--answer-within", "0.5")
    assert ends_with(1, "CS1", "ClearCache", "{}", *arguments).startswith("The station did not")


def test_the_payload_may_come_from_a_file_or_from_stdin(simulate, tmp_path, monkeypatch):
    simulate("CS1")
    (tmp_path / "payload.json").write_text(GET_VARIABLES)
    monkeypatch.setattr(sys, "stdin", io.StringIO(GET_VARIABLES))
    for payload in (f"@{tmp_path}/payload.json", "-"):
        assert "HTTP,HTTPS" in call("CS1", "GetVariables", payload, "--wait", "--timeout", "20")


def test_what_breaks_the_schema_is_refused_before_it_is_sent(simulate):
    station = simulate("CS1")
    wait_until(lambda: bool(station.__class__.objects.get().ocpp_version), "its version is known")
    sentence = ends_with(2, "CS1", "GetVariables", '{"getVariableData": []}')
    assert "getVariableData" in sentence
    assert "Unheard" in ends_with(2, "CS1", "Unheard", "{}")
    assert not OutboundCall.objects.filter(action__in=["GetVariables", "Unheard"]).exists()


def test_an_action_of_another_version_is_refused_when_the_station_is_known(simulate):
    simulate("CS1", version=OcppVersion.V16)
    assert "1.6" in ends_with(2, "CS1", "GetVariables", GET_VARIABLES)


def test_a_station_that_is_away_is_waited_for_and_then_the_call_goes_on(running):
    register_station("CS1", security_profile=SecurityProfile.NONE)
    sentence = ends_with(3, "CS1", "ClearCache", "{}", "--wait", "--timeout", "0.1")
    assert sentence.startswith("The station has not been asked after 0.1 s.")
    assert OutboundCall.objects.get().status == "Pending"


def test_without_wait_the_call_is_placed_and_told(running):
    register_station("CS1", security_profile=SecurityProfile.NONE)
    assert OutboundCall.objects.count() == 0
    assert call("CS1", "ClearCache").startswith("Call ")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ("{", "no JSON"),
        ("[]", "must be an object"),
        ("@/no/such/file", "Cannot read /no/such/file"),
    ],
)
def test_a_payload_that_cannot_be_read_is_wrong_use(payload, words):
    register_station("CS1")
    assert words in ends_with(2, "CS1", "ClearCache", payload)


@pytest.mark.django_db
def test_a_station_that_is_not_known_is_wrong_use():
    assert ends_with(2, "NOBODY", "ClearCache") == "There is no station NOBODY."
