"""The console: any call from a form or as JSON, triggers, and the page of a call."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from diagnostics.models import OutboundCall, ReportedVariable
from diagnostics.ocpp.schemas import sent_by_csms
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls, logs
from diagnostics.services.calls import delivery
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Staff, text_of
from tests.admin.test_pages import Inline

CALLS = "/admin/diagnostics/outboundcall/"
PLACE, TRIGGER = "diagnostics.place_call", "diagnostics.trigger_message"
VIEW = "diagnostics.view_outboundcall"


def page_of(call: OutboundCall, tail: str = "change/") -> str:
    return f"{CALLS}{call.pk}/{tail}"


def send(client: Client, station: ChargingStation, action: str, **typed: str) -> Any:
    fields = {f"p:{name}": value for name, value in typed.items()}
    return client.post(
        f"{CALLS}place/",
        {"station": station.pk, "action": action, "mode": "form", "send": "Send it", **fields},
    )


@pytest.mark.parametrize("version", list(OcppVersion))
def test_every_call_of_a_version_has_a_strict_form(
    root: Client, station: ChargingStation, version: OcppVersion
) -> None:
    station.ocpp_version = version.value
    station.save()
    for action in sent_by_csms(version):
        page = root.get(f"{CALLS}place/?station={station.pk}&action={action}")
        assert page.status_code == 200, action
        assert Inline(page.content.decode()).found == [], action


def test_a_form_becomes_a_call_and_leads_to_its_page(
    root: Client, station: ChargingStation
) -> None:
    typed = {
        "setVariableData[0].component.name": "OCPPCommCtrlr",
        "setVariableData[0].variable.name": "HeartbeatInterval",
        "setVariableData[0].attributeValue": "300",
        "setVariableData[3].component.name": "Connector",
        "setVariableData[3].component.evse.id": "1",
        "setVariableData[3].variable.name": "Enabled",
        "setVariableData[3].attributeValue": "true",
        "setVariableData[4].component.name": " ",
    }
    response = send(root, station, "SetVariables", **typed)
    call = OutboundCall.objects.get()
    assert response["Location"] == page_of(call)
    assert (call.action, call.raw, call.placed_by.username) == ("SetVariables", True, "admin")
    first, second = call.payload["setVariableData"]
    assert first["variable"] == {"name": "HeartbeatInterval"}
    assert second["component"] == {"name": "Connector", "evse": {"id": 1}}


def test_what_is_wrong_is_said_at_its_field(root: Client, station: ChargingStation) -> None:
    typed = {"requestId": "x7", "logType": "DiagnosticsLog", "retries": "2"}
    page = send(root, station, "GetLog", **typed).content.decode()
    assert not OutboundCall.objects.exists()
    assert re.search(r'id="p:requestId-errors"><li>requestId must be an integer', page)
    assert re.search(r'id="p:log.remoteLocation-errors"><li>log.remoteLocation is required', page)
    assert 'name="p:requestId" id="p:requestId" value="x7"' in page
    assert "Nothing was sent" in page


def test_a_list_that_is_required_asks_for_its_first_row(
    root: Client, station: ChargingStation
) -> None:
    page = send(root, station, "GetVariables").content.decode()
    assert "getVariableData[0].component is required" not in page
    assert "getVariableData[0].component.name is required" in page


def test_hostile_text_stays_text(root: Client, station: ChargingStation) -> None:
    response = send(root, station, "GetLog", requestId=HOSTILE, logType=HOSTILE)
    assert Inline(response.content.decode()).found == []


def as_json(client: Client, station: ChargingStation, text: str, **more: str) -> Any:
    typed = {"action": "GetBaseReport", "mode": "json", "json": text, "send": "x", **more}
    return client.post(f"{CALLS}place/", {"station": station.pk, **typed})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"requestId": 1,}', "This is no JSON: line 1, column"),
        ('{"requestId": NaN}', "This is no JSON that can be sent"),
        ("[1]", "is an object"),
        ('{"requestId": 1, "reportBase": "Everything"}', "reportBase must be one of"),
    ],
)
def test_json_that_cannot_be_sent_is_kept_with_a_sentence(
    root: Client, station: ChargingStation, text: str, sentence: str
) -> None:
    response = as_json(root, station, text)
    assert sentence in text_of(response)
    assert response.context["draft"].text == text
    assert not OutboundCall.objects.exists()


def test_json_is_sent_as_it_is(root: Client, station: ChargingStation) -> None:
    as_json(root, station, '{"requestId": 7, "reportBase": "FullInventory"}')
    assert OutboundCall.objects.get().payload == {"requestId": 7, "reportBase": "FullInventory"}


def test_form_and_json_are_two_views_of_one_payload(root: Client, station: ChargingStation) -> None:
    text = '{"requestId": 7, "reportBase": "FullInventory"}'
    typed = {"station": station.pk, "action": "GetBaseReport", "switch": "x"}
    form = root.post(f"{CALLS}place/", {**typed, "mode": "json", "json": text}).content.decode()
    assert 'name="p:requestId" id="p:requestId" value="7"' in form
    back = root.post(f"{CALLS}place/", {**typed, "mode": "form", "p:requestId": "7"})
    assert '"requestId": 7' in back.context["draft"].text
    assert not OutboundCall.objects.exists()


def test_the_console_asks_for_its_permission(staff: Staff, station: ChargingStation) -> None:
    address = f"{CALLS}place/?station={station.pk}"
    assert staff(VIEW, TRIGGER).get(address).status_code == 403
    assert send(staff(VIEW, TRIGGER), station, "ClearCache").status_code == 403
    assert not OutboundCall.objects.exists()
    alone = staff(PLACE)
    assert alone.get(address).status_code == 200
    mine = send(alone, station, "ClearCache")["Location"]
    assert alone.get(mine).status_code == 200
    assert staff(PLACE).get(mine).status_code == 403
    assert staff(PLACE).get(f"{CALLS}place/?station=x").status_code == 404


def test_a_station_that_never_connected_is_explained(
    root: Client, station: ChargingStation
) -> None:
    station.ocpp_version = ""
    station.save()
    for view in ("place", "trigger"):
        shown = text_of(root.get(f"{CALLS}{view}/?station={station.pk}&action=GetLog"))
        assert "has never connected" in shown


def answered(station: ChargingStation, **refusal: str) -> OutboundCall:
    call = calls.place_call(station=station, action="ClearCache", payload={})
    sent = delivery.next_call(station, version=OcppVersion.V201)
    assert sent is not None
    if refusal:
        delivery.record_refusal(station, sent.message_id, refusal["code"], "no", {})
    else:
        delivery.record_answer(station, sent.message_id, {"status": "Accepted"})
    call.refresh_from_db()
    return call


def test_an_error_is_put_in_words_beside_its_code(root: Client, station: ChargingStation) -> None:
    call = answered(station, code="OccurenceConstraintViolation")
    for tail in ("change/", "live/"):
        shown = text_of(root.get(page_of(call, tail)))
        assert "Something required is missing" in shown
        assert "OccurenceConstraintViolation" in shown


def test_secrets_of_a_call_are_not_shown(root: Client, station: ChargingStation) -> None:
    data = [{"attributeValue": "hunter2", "component": {"name": "SecurityCtrlr"},
             "variable": {"name": "BasicAuthPassword"}}]  # fmt: skip
    call = calls.place_call(
        station=station, action="SetVariables", payload={"setVariableData": data}
    )
    assert "hunter2" not in root.get(page_of(call)).content.decode()


def test_a_call_is_sent_again_as_a_new_one(
    root: Client, staff: Staff, station: ChargingStation
) -> None:
    call = answered(station)
    assert staff(VIEW).post(page_of(call, "repeat/")).status_code == 403
    assert root.get(page_of(call, "repeat/")).status_code == 405
    again = root.post(page_of(call, "repeat/"))
    newest = OutboundCall.objects.latest("pk")
    assert again["Location"] == page_of(newest)
    assert (newest.action, newest.status, newest.pk != call.pk) == ("ClearCache", "Pending", True)


def test_a_call_is_the_beginning_of_another_without_its_secrets(
    root: Client, station: ChargingStation
) -> None:
    data = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    call = calls.place_call(
        station=station,
        action="SetVariables",
        payload={"setVariableData": [{**data, "attributeValue": "hunter2"}]},
    )
    place = f"{CALLS}place/?station={station.pk}&action=SetVariables&call="
    assert root.get(f"{place}{call.pk}").context["draft"].payload == {"setVariableData": [data]}
    for other in ("x", "9" * 30, "0"):
        assert root.get(f"{place}{other}").context["draft"].payload == {}


def test_who_sends_a_call_stands_in_the_timeline(root: Client, station: ChargingStation) -> None:
    send(root, station, "ClearCache")
    root.post(f"{CALLS}trigger/", {"station": station.pk, "message": "Heartbeat"})
    shown = text_of(root.get(f"/admin/stations/chargingstation/{station.pk}/change/"))
    assert "ClearCache written by hand – admin" in shown
    assert "Told to send Heartbeat – admin" in shown


def test_a_call_whose_secret_is_gone_is_not_sent_again(
    root: Client, station: ChargingStation
) -> None:
    call = answered(station)
    OutboundCall.objects.filter(pk=call.pk).update(wire_payload={"value": "•••"})
    shown = text_of(root.post(page_of(call, "repeat/"), follow=True))
    assert "secrets are no longer kept" in shown
    assert OutboundCall.objects.count() == 1


def test_a_waiting_call_is_taken_back_by_who_may(staff: Staff, station: ChargingStation) -> None:
    call = calls.place_call(station=station, action="ClearCache", payload={})
    assert "Cancel the call" not in text_of(staff(VIEW).get(page_of(call)))
    assert staff(VIEW).post(page_of(call, "cancel/")).status_code == 403
    placer = staff(VIEW, PLACE)
    assert 'id="dx-cancel"' in placer.get(page_of(call)).content.decode()
    placer.post(page_of(call, "cancel/"))
    call.refresh_from_db()
    assert call.status == "Canceled"
    shown = text_of(placer.post(page_of(call, "cancel/"), follow=True))
    assert "already been sent, or has ended" in shown


def test_calls_of_jobs_are_left_to_their_jobs(root: Client, station: ChargingStation) -> None:
    row = logs.request_log(station=station)
    for tail in ("cancel/", "repeat/"):
        assert root.post(page_of(row.call, tail)).status_code == 404


def test_a_trigger_has_its_buttons_and_its_permission(
    staff: Staff, station: ChargingStation
) -> None:
    address = f"{CALLS}trigger/"
    assert staff(PLACE, VIEW).get(f"{address}?station={station.pk}").status_code == 403
    able = staff(TRIGGER)
    page = able.get(f"{address}?station={station.pk}").content.decode()
    assert Inline(page).found == []
    assert 'value="TransactionEvent"' in page
    assert "CustomTrigger" not in page
    wanted = {"station": station.pk, "message": "StatusNotification"}
    refused = able.post(address, wanted)
    assert "needs an EVSE and a connector" in text_of(refused)
    made = able.post(address, {**wanted, "evse_id": 1, "connector_id": 2})
    call = OutboundCall.objects.get()
    assert made["Location"] == page_of(call)
    assert able.get(page_of(call)).status_code == 200
    able.post(address, {"station": station.pk, "message": "Heartbeat", "evse_id": 1})
    assert OutboundCall.objects.count() == 2


def test_a_stations_own_triggers_are_offered(root: Client, station: ChargingStation) -> None:
    station.ocpp_version = "2.1"
    station.save()
    variable = ReportedVariable.objects.create(
        station=station, component="CustomizationCtrlr", variable="CustomTriggers",
        updated_at=timezone.now(),
    )  # fmt: skip
    variable.attributes.create(type="Actual", value=f"Selfie,{HOSTILE}", updated_at=timezone.now())
    page = root.get(f"{CALLS}trigger/?station={station.pk}").content.decode()
    assert Inline(page).found == []
    assert '<option value="Selfie">' in page
    typed = {"station": station.pk, "message": "CustomTrigger", "custom": "Selfie"}
    root.post(f"{CALLS}trigger/", typed)
    assert OutboundCall.objects.get().payload["custom"] == "Selfie"


def test_optional_parts_are_folded_until_they_are_filled(
    root: Client, station: ChargingStation
) -> None:
    place = f"{CALLS}place/?station={station.pk}&action=GetVariables"
    page = re.sub(r"<template>.*?</template>", "", root.get(place).content.decode(), flags=re.S)
    folded = re.findall(r'<details class="dx-group"><summary>(\w+)', page)
    assert folded == ["evse"]


def test_what_a_station_does_not_know_is_said_at_the_button(
    root: Client, station: ChargingStation
) -> None:
    root.post(f"{CALLS}trigger/", {"station": station.pk, "message": "Heartbeat"})
    sent = delivery.next_call(station, version=OcppVersion.V201)
    assert sent is not None
    delivery.record_answer(station, sent.message_id, {"status": "NotImplemented"})
    shown = text_of(root.get(f"{CALLS}trigger/?station={station.pk}"))
    assert "NotImplemented the last time" in shown


def test_the_station_page_has_the_buttons(staff: Staff, station: ChargingStation) -> None:
    page = f"/admin/stations/chargingstation/{station.pk}/change/"
    see = "stations.view_chargingstation"
    nothing = staff(see).get(page).content.decode()
    assert "outboundcall/place/" not in nothing
    both = staff(see, PLACE, TRIGGER).get(page).content.decode()
    assert f"outboundcall/place/?station={station.pk}" in both
    assert f"outboundcall/trigger/?station={station.pk}" in both
