"""The device model of a station: look, search, ask for reports, read again, change a value."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from diagnostics import inbound
from diagnostics.admin.device_model.forms import parsed, spelled
from diagnostics.models import (
    OutboundCall,
    Report,
    ReportedVariable,
    StationInfo,
    VariableAttribute,
    VariableRequest,
)
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import reports
from diagnostics.services.calls import delivery
from diagnostics.services.device_model import variables
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Staff, text_of

STATION = "diagnostics.view_reportedvariable"
VIEW = "diagnostics.view_report"
ASK = "diagnostics.request_report"
SET = "diagnostics.set_variable"
RESULTS = "diagnostics.view_variablerequest"
HOST = "stations.view_chargingstation"

REPORTS = "/admin/diagnostics/report/"
REQUESTS = "/admin/diagnostics/variablerequest/"


def tab(station: ChargingStation, query: str = "") -> str:
    return f"/admin/stations/chargingstation/{station.pk}/change/?tab=variables{query}"


@pytest.fixture
def variable(station: ChargingStation) -> ReportedVariable:
    row = ReportedVariable.objects.create(
        station=station, component="Sensor", component_instance="Cabinet", variable="Limit",
        data_type="decimal", unit="Celsius", min_limit=-20, max_limit=80,
        supports_monitoring=True, updated_at=timezone.now(),
    )  # fmt: skip
    VariableAttribute.objects.create(
        variable=row, value="55", mutability="ReadWrite", updated_at=row.updated_at
    )
    return row


@pytest.fixture
def report(station: ChargingStation) -> Report:
    return reports.request_base_report(station=station)


def answered(station: ChargingStation, payload: dict[str, Any]) -> OutboundCall:
    call = delivery.next_call(station, version=OcppVersion.V201)
    assert call is not None
    delivery.record_answer(station, call.message_id, payload)
    return call


def part(row: Report, seq_no: int, value: str, tbc: bool) -> None:
    item = {"component": {"name": "Sensor"}, "variable": {"name": "Temperature"},
            "variableAttribute": [{"value": value}]}  # fmt: skip
    payload = {"requestId": row.request_id, "seqNo": seq_no, "tbc": tbc,
               "generatedAt": "2026-03-02T08:00:00Z", "reportData": [item]}  # fmt: skip
    assert inbound.receive_call(row.station, "2.0.1", "NotifyReport", payload) == {}


def test_the_tab_shows_values_units_and_limits(
    root: Client, station: ChargingStation, variable: ReportedVariable
) -> None:
    page = text_of(root.get(tab(station)))
    for word in ("Sensor[Cabinet]", "Limit", "55", "Celsius", "-20 … 80", "can be monitored"):
        assert word in page


def test_the_tab_is_searched_by_names_and_values(
    root: Client, station: ChargingStation, variable: ReportedVariable
) -> None:
    for query in ("cabinet", "limit sensor", "55"):
        assert "Celsius" in text_of(root.get(tab(station, f"&q={query}")))
    assert "Nothing matches" in text_of(root.get(tab(station, "&q=nowhere")))


def test_the_tab_says_what_the_station_can_take(root: Client, station: ChargingStation) -> None:
    StationInfo.objects.create(
        station=station,
        limits={"items_per_message": {"GetReport": 4}, "file_transfer_protocols": "HTTP,HTTPS"},
        limits_read_at=timezone.now(),
    )
    page = text_of(root.get(tab(station)))
    assert "4 items in one message" in page and "HTTP, HTTPS" in page


def test_lists_of_reports_do_not_fetch_what_is_in_them(
    root: Client, report: Report, django_assert_max_num_queries: Any
) -> None:
    answered(report.station, {"status": "Accepted"})  # type: ignore[arg-type]
    part(report, 0, "20", tbc=False)
    for _ in range(5):
        reports.request_again(report)
    with django_assert_max_num_queries(15) as captured:
        root.get(REPORTS)
    assert not [each for each in captured.captured_queries if '"items"' in each["sql"]]


def test_an_empty_tab_says_what_to_do(root: Client, station: ChargingStation) -> None:
    assert "Ask for a report above" in text_of(root.get(tab(station)))


def test_hostile_names_and_values_are_text(
    root: Client, station: ChargingStation, variable: ReportedVariable
) -> None:
    variable.component = HOSTILE[:50]
    variable.values_list = HOSTILE
    variable.save()
    variable.attributes.update(value=HOSTILE)
    assert "<img" not in root.get(tab(station)).content.decode()


def test_a_button_asks_for_everything(root: Client, station: ChargingStation) -> None:
    response = root.post(f"{REPORTS}request/", {"station": station.pk, "what": "FullInventory"})
    row = Report.objects.get()
    assert response.headers["Location"].endswith(f"/report/{row.pk}/change/")
    assert row.criteria == {"reportBase": "FullInventory"}
    assert row.requested_by is not None


def test_the_form_asks_for_components_and_monitors(root: Client, station: ChargingStation) -> None:
    lines = "Sensor[Cabinet]@1.2 / Temperature[Inlet]\n\nEVSE@1"
    root.post(f"{REPORTS}request/", {"station": station.pk, "what": "Custom", "named": lines,
                                     "component_criteria": ["Problem", "Active"]})  # fmt: skip
    root.post(f"{REPORTS}request/", {"station": station.pk, "what": "Monitoring", "named": "EVSE",
                                     "monitoring_criteria": ["DeltaMonitoring"]})  # fmt: skip
    custom, monitoring = Report.objects.order_by("pk")
    assert custom.criteria["componentCriteria"] == ["Problem", "Active"]
    assert custom.criteria["componentVariable"][0]["component"]["evse"] == {
        "id": 1,
        "connectorId": 2,
    }
    assert monitoring.criteria == {
        "monitoringCriteria": ["DeltaMonitoring"],
        "componentVariable": [{"component": {"name": "EVSE"}}],
    }


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"what": "Custom"}, "at least one"),
        ({"what": "Custom", "named": "a[b"}, "cannot be read: a[b"),
        ({"what": "Nothing"}, "marked fields"),
        ({"what": "Custom", "named": "\n".join(f"C{n}" for n in range(11))}, "takes 10"),
    ],
)
def test_what_cannot_be_asked_is_said_at_the_form(
    root: Client, station: ChargingStation, data: dict[str, str], why: str
) -> None:
    page = root.post(f"{REPORTS}request/", {"station": station.pk, **data})
    assert why in text_of(page)
    assert not Report.objects.exists()


def test_the_page_of_a_report_shows_parts_gaps_and_the_way_on(root: Client, report: Report) -> None:
    page = f"{REPORTS}{report.pk}/change/"
    assert "No part has come yet" in text_of(root.get(page))
    answered(report.station, {"status": "Accepted"})  # type: ignore[arg-type]
    part(report, 0, "20", tbc=True)
    part(report, 2, HOSTILE, tbc=False)
    live = root.get(f"{REPORTS}{report.pk}/live/")
    assert "Missing: 1" in text_of(live)
    assert "<img" not in live.content.decode()
    part(report, 1, "21", tbc=True)
    assert "Complete: 3 parts with 3 entries" in text_of(root.get(page))
    again = root.post(f"{REPORTS}{report.pk}/again/")
    assert again.headers["Location"].endswith(f"/report/{Report.objects.latest('pk').pk}/change/")
    assert "Everything the station has" in text_of(root.get(REPORTS))
    assert Report.objects.count() == 2


def test_a_value_is_changed_and_shown(
    root: Client, station: ChargingStation, variable: ReportedVariable
) -> None:
    form = f"{REQUESTS}set/{variable.pk}/?attribute=Actual"
    assert "-20 … 80" in text_of(root.get(form))
    response = root.post(form, {"value": "60"})
    row = VariableRequest.objects.get()
    assert response.headers["Location"].endswith(f"/variablerequest/{row.pk}/change/")
    sent = delivery.next_call(station, version=OcppVersion.V201)
    assert sent is not None and sent.wire_payload is not None
    [data] = sent.wire_payload["setVariableData"]
    assert data["attributeValue"] == "60"
    result = {"attributeStatus": "Accepted", **variable.reference.to_wire()}
    delivery.record_answer(station, sent.message_id, {"setVariableResult": [result]})
    page = text_of(root.get(f"{REQUESTS}{row.pk}/change/"))
    assert "Everything is set." in page and "60" in page
    assert "Set variables" in text_of(root.get(REQUESTS))
    assert variable.attributes.get().value == "60"


def test_a_password_is_typed_blind_and_never_shown(
    root: Client, station: ChargingStation, variable: ReportedVariable
) -> None:
    variable.variable = "BasicAuthPassword"
    variable.save()
    variable.attributes.update(mutability="WriteOnly", value=None)
    form = f"{REQUESTS}set/{variable.pk}/"
    assert 'type="password"' in root.get(form).content.decode()
    root.post(form, {"value": "hunter2hunter2"})
    row = VariableRequest.objects.get()
    pages = [f"{REQUESTS}{row.pk}/change/", tab(station), REQUESTS,
             f"/admin/diagnostics/outboundcall/{row.calls.get().pk}/change/"]  # fmt: skip
    for address in pages:
        assert "hunter2" not in root.get(address).content.decode(), address


def test_options_are_offered(root: Client, variable: ReportedVariable) -> None:
    ReportedVariable.objects.update(data_type="OptionList", values_list="All, None")
    page = root.get(f"{REQUESTS}set/{variable.pk}/").content.decode()
    for option in ("55", "All", "None"):
        assert f'<option value="{option}"' in page


def test_a_variable_is_read_again_with_one_click(
    root: Client, station: ChargingStation, variable: ReportedVariable
) -> None:
    root.post(f"{REQUESTS}read/", {"station": station.pk, "variable": variable.pk})
    [item] = VariableRequest.objects.get().items
    assert item["variable"] == {"name": "Limit"}
    form = {"station": station.pk, "named": "ClockCtrlr / DateTime", "attribute": "Actual"}
    root.post(f"{REQUESTS}read/", form)
    assert VariableRequest.objects.count() == 2
    page = root.post(f"{REQUESTS}read/", {**form, "named": "ClockCtrlr"})
    assert "not only its component" in text_of(page)


def test_the_page_of_a_report_shows_what_could_not_be_read(root: Client, report: Report) -> None:
    answered(report.station, {"status": "Accepted"})
    part(report, 0, "21", tbc=True)
    bad = {"component": {"name": "<b>Safe"}, "variableAttribute": [{"value": "hunter2"}]}
    payload = {"requestId": report.request_id, "seqNo": 1, "generatedAt": "2026-03-02T08:00:00Z",
               "reportData": [bad]}  # fmt: skip
    assert inbound.receive_call(report.station, "2.0.1", "NotifyReport", payload) == {}
    response = root.get(f"{REPORTS}{report.pk}/change/")
    text = text_of(response)
    assert "1 entry could not be read" in text and "1 entry not readable" in text
    assert "What could not be read" in text and "&lt;b&gt;Safe" in response.content.decode()
    assert "hunter2" not in response.content.decode()
    assert "1 entry could not be read" in text_of(root.get(REPORTS))


def test_16_has_keys_instead_of_reports(root: Client, station: ChargingStation) -> None:
    station.ocpp_version = "1.6"
    station.save()
    page = text_of(root.get(tab(station)))
    assert "Certain components …" not in page
    assert 'value="Read all keys"' in root.get(tab(station)).content.decode()
    assert "None: all" in text_of(root.get(f"{REQUESTS}read/?station={station.pk}"))
    root.post(f"{REQUESTS}read/", {"station": station.pk})
    assert VariableRequest.objects.get().everything
    root.post(f"{REQUESTS}read/", {"station": station.pk, "named": "A\nB"})
    assert len(VariableRequest.objects.latest("pk").items) == 2
    refused = root.post(f"{REPORTS}request/", {"station": station.pk, "what": "FullInventory"})
    assert "1.6" in text_of(refused)


@pytest.mark.parametrize(
    ("address", "needed"),
    [
        (REPORTS, VIEW),
        (f"{REPORTS}{{report}}/change/", VIEW),
        (f"{REPORTS}{{report}}/live/", VIEW),
        (f"{REPORTS}request/?station={{station}}", ASK),
        (REQUESTS, RESULTS),
        (f"{REQUESTS}{{request}}/change/", RESULTS),
        (f"{REQUESTS}{{request}}/live/", RESULTS),
        (f"{REQUESTS}read/?station={{station}}", ASK),
        (f"{REQUESTS}set/{{variable}}/", SET),
    ],
)
def test_every_address_asks_for_its_permission(
    client: Client, staff: Staff, report: Report, variable: ReportedVariable,
    address: str, needed: str,
) -> None:  # fmt: skip
    row = variables.get_variables(
        station=report.station,
        asked=[variables.asked_of({**variable.reference.to_wire(), "attribute": "Actual"})],
    )
    path = address.format(
        report=report.pk, station=report.station.pk, request=row.pk, variable=variable.pk
    )
    assert client.get(path).status_code == 302
    others = {VIEW, ASK, SET, RESULTS} - {needed}
    assert staff(*others).get(path).status_code == 403
    assert staff(needed).get(path).status_code == 200


def test_buttons_are_absent_without_the_permission(
    staff: Staff, station: ChargingStation, variable: ReportedVariable, report: Report
) -> None:
    looking = staff(HOST, STATION).get(tab(station)).content.decode()
    assert "55" in looking
    for button in ("/request/", "/read/", "/set/"):
        assert button not in looking
    asking = staff(HOST, STATION, ASK).get(tab(station)).content.decode()
    assert "/read/" in asking and "/set/" not in asking
    assert "/set/" in staff(HOST, STATION, SET).get(tab(station)).content.decode()
    assert "tab=variables" not in staff(HOST, VIEW).get(tab(station)).content.decode()
    assert "/again/" not in staff(VIEW).get(f"{REPORTS}{report.pk}/change/").content.decode()


def test_a_get_asks_for_nothing(root: Client, report: Report) -> None:
    assert root.get(f"{REPORTS}{report.pk}/again/").status_code == 405
    root.get(f"{REPORTS}request/?station={report.station.pk}&what=FullInventory")
    assert Report.objects.count() == 1


@pytest.mark.parametrize("address", [f"{REPORTS}999/change/", f"{REQUESTS}999/change/",
                                     f"{REPORTS}request/", f"{REQUESTS}read/?station=x",
                                     f"{REQUESTS}set/999/"])  # fmt: skip
def test_what_is_not_there_is_404(root: Client, address: str) -> None:
    assert root.get(address).status_code == 404


@pytest.mark.parametrize("line", ["EVSE", "EVSE@1", "A[b]@1.2 / C[d]", "A / B"])
def test_a_reference_is_spelled_as_it_is_typed(line: str) -> None:
    assert spelled(parsed(line)) == line
    assert parsed("A[b]@1.2/C[d]") == ComponentVariable(
        Component("A", "b", 1, 2), Variable("C", "d")
    )
