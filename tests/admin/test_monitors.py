"""The tab, the forms that set, clear and read monitors, and the list over the fleet."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from diagnostics import inbound
from diagnostics.models import (
    Monitor,
    MonitoringInfo,
    OutboundCall,
    Report,
    ReportedVariable,
    StationInfo,
)
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Staff, text_of

BASE = "/admin/diagnostics/monitor/"
CABINET = ComponentVariable(Component("TemperatureSensor", "Cabinet"), Variable("Temperature"))
STATE = ComponentVariable(Component("Connector", "", 1, 1), Variable("AvailabilityState"))


def url(name: str, station: ChargingStation, more: str = "") -> str:
    return f"{BASE}{name}/?station={station.pk}{more}"


def tab(station: ChargingStation) -> str:
    return f"/admin/stations/chargingstation/{station.pk}/change/?tab=monitors"


def make_monitor(station: ChargingStation, **columns: Any) -> Monitor:
    usual: dict[str, Any] = {
        **Monitor.columns(CABINET),
        "type": "UpperThreshold",
        "value": 75.5,
        "severity": 4,
        "monitor_id": 101,
        "status": "Active",
        "created_at": timezone.now(),
        "changed_at": timezone.now(),
    }
    return Monitor.objects.create(station=station, **{**usual, **columns})


def known(station: ChargingStation, target: ComponentVariable, **facts: Any) -> ReportedVariable:
    usual = {"supports_monitoring": True, "updated_at": timezone.now()}
    columns = ReportedVariable.columns(target)
    return ReportedVariable.objects.create(station=station, **columns, **{**usual, **facts})


@pytest.fixture
def temperature(station: ChargingStation) -> ReportedVariable:
    return known(
        station, CABINET, data_type="decimal", unit="Celsius", min_limit=-40, max_limit=120
    )


def filled(**fields: Any) -> dict[str, Any]:
    usual = {"type": "UpperThreshold", "value": "75.5", "severity": "4"}
    return {f"m0-{name}": value for name, value in {**usual, **fields}.items()}


# The page of one


def test_the_page_of_a_monitor_tells_its_alerts_and_the_course_of_its_value(
    root: Client, station: ChargingStation
) -> None:
    row = make_monitor(station)
    events = [
        {
            "eventId": number,
            "timestamp": f"2026-03-02T12:0{number}:00Z",
            "trigger": "Alerting",
            "actualValue": value,
            "cleared": number == 1,
            "variableMonitoringId": 101,
            "eventNotificationType": "CustomMonitor",
            **CABINET.to_wire(),
        }
        for number, value in enumerate(("78.0", "65.0", "79.5"))
    ]
    message = {"generatedAt": "2026-03-02T12:05:00Z", "seqNo": 0, "eventData": events}
    inbound.receive_call(station, "2.0.1", "NotifyEvent", message)
    page = root.get(f"{BASE}{row.pk}/change/")
    text = text_of(page)
    assert "above 75.5" in text and "4 Error" in text and "The station runs it." in text
    assert "65.0" in text and "79.5" in text and "Cleared" in text and "Open" in text
    content = page.content.decode()
    assert content.count("dx-dot-bad") == 2 and content.count("dx-dot-plain") == 1
    assert f"monitor={row.pk}" in content and "Replace" in content
    assert "Cleared" in text_of(root.get(f"{BASE}{row.pk}/live/"))


def test_a_monitor_that_streams_is_drawn_from_its_stream(
    root: Client, station: ChargingStation
) -> None:
    row = make_monitor(station, type="Periodic", value=1, stream_interval=10)
    stream = {"id": 7, "variableMonitoringId": 101, "params": {"interval": 10}}
    opens = {"constantStreamData": stream}
    inbound.receive_call(station, "2.1", "OpenPeriodicEventStream", opens)
    data = [{"t": t, "v": f"23{t}.0"} for t in range(3)]
    sends = {"id": 7, "pending": 0, "basetime": "2026-03-02T12:00:00Z", "data": data}
    inbound.receive_send(station, "2.1", "NotifyPeriodicEventStream", sends)
    content = root.get(f"{BASE}{row.pk}/change/").content.decode()
    assert content.count("dx-dot-plain") == 3 and "/eventstream/" in content
    # Replaced, it goes on as a stream (N13.FR.06).
    assert "is_stream_interval=10" in content


def test_a_monitor_that_was_never_set_has_a_page_too(
    staff: Staff, station: ChargingStation
) -> None:
    row = make_monitor(station, monitor_id=None, status="Rejected", reason_info="too hot")
    shown = text_of(staff("diagnostics.view_monitor").get(f"{BASE}{row.pk}/change/"))
    assert "too hot" in shown and "None so far." in shown and "Clear …" not in shown
    assert staff("diagnostics.set_monitor").get(f"{BASE}{row.pk}/live/").status_code == 403
    assert staff("diagnostics.view_monitor").get(f"{BASE}999999/live/").status_code == 404


# The tab


def test_the_tab_says_what_would_fill_it(root: Client, station: ChargingStation) -> None:
    page = text_of(root.get(tab(station)))
    assert "Its monitors are not known yet: read them from the station." in page
    assert "Set monitors" in page and "Read from the station" in page


def test_the_tab_shows_what_runs_worst_first_and_what_became_of_the_rest(
    root: Client, station: ChargingStation, temperature: ReportedVariable
) -> None:
    make_monitor(station)
    make_monitor(station, monitor_id=5, severity=1, type="Periodic", value=60)
    make_monitor(station, monitor_id=None, status="Rejected", reason_code="ValueOutOfRange")
    page = text_of(root.get(tab(station)))
    assert "TemperatureSensor[Cabinet] · Temperature" in page
    assert "above 75.5 Celsius" in page
    assert page.index("1 Hardware failure") < page.index("4 Error")
    assert "(ValueOutOfRange)" in page
    assert "not known" in page


def test_the_live_part_is_the_tab_without_the_page(root: Client, station: ChargingStation) -> None:
    make_monitor(station)
    response = root.get(url("live", station))
    assert b'data-part="list"' in response.content
    assert b"<html" not in response.content


def test_a_station_that_is_switched_off_has_the_button_for_it(
    root: Client, station: ChargingStation
) -> None:
    StationInfo.objects.create(station=station, limits={"monitoring_enabled": "false"})
    assert "Monitoring is switched off on this station" in text_of(root.get(tab(station)))
    assert "Three requests" in text_of(root.get(url("enable", station)))
    root.post(url("enable", station))
    assert set(OutboundCall.objects.values_list("action", flat=True)) == {
        "SetVariables",
        "SetMonitoringBase",
        "SetMonitoringLevel",
    }


def test_a_station_of_1_6_has_no_tab_and_a_sentence(root: Client, station: ChargingStation) -> None:
    station.ocpp_version = "1.6"
    station.save()
    assert 'href="?tab=monitors"' not in root.get(tab(station)).content.decode()
    assert "OCPP 1.6 has no monitors" in text_of(root.get(url("set", station)))
    root.post(url("set", station, "&free=1"), filled(component="A", variable="B"))
    assert not Monitor.objects.exists()


def test_what_stations_say_is_text(root: Client, station: ChargingStation) -> None:
    make_monitor(station, component=HOSTILE, reason_info=HOSTILE, reason_code="X")
    for address in (tab(station), BASE, url("clear", station, "&ids=101")):
        assert "<img src=x" not in root.get(address).content.decode()


# Setting


def test_only_variables_that_can_be_monitored_are_offered(
    root: Client, station: ChargingStation, temperature: ReportedVariable
) -> None:
    known(station, STATE, supports_monitoring=False)
    page = text_of(root.get(url("set", station)))
    assert "TemperatureSensor[Cabinet] · Temperature" in page
    assert "-40 … 120 Celsius" in page
    assert "AvailabilityState" not in page
    assert "No variable matches" in text_of(root.get(url("set", station, "&q=nothing")))


def test_a_known_variable_offers_the_types_that_its_data_type_allows(
    root: Client, station: ChargingStation, temperature: ReportedVariable
) -> None:
    state = known(station, STATE, data_type="OptionList")
    page = root.get(url("set", station, f"&variable={state.pk}")).content.decode()
    assert 'value="Delta"' in page and 'value="Periodic"' in page
    assert 'value="UpperThreshold"' not in page
    assert 'value="TargetDelta"' not in page  # 2.1
    numeric = root.get(url("set", station, f"&variable={temperature.pk}")).content.decode()
    assert 'value="UpperThreshold"' in numeric


def test_several_monitors_on_several_variables_go_in_one_form(
    root: Client, station: ChargingStation, temperature: ReportedVariable
) -> None:
    """OCTT N_08, N_09: Delta on AvailabilityState uses the value 1."""
    state = known(station, STATE, data_type="OptionList")
    query = f"&variable={temperature.pk}&variable={state.pk}&free=1"
    names = [form.heading for form in root.get(url("set", station, query)).context["setting"].forms]
    by_heading = {
        "": {"component": "EVSE", "evse": "1", "variable": "Power", "type": "Periodic",
             "value": "60", "severity": "8"},
        str(CABINET): {"type": "UpperThreshold", "value": "75", "severity": "4"},
        str(STATE): {"type": "Delta", "severity": "2"},
    }  # fmt: skip
    data = {
        f"m{i}-{field}": value
        for i, heading in enumerate(names)
        for field, value in by_heading[heading].items()
    }
    response = root.post(url("set", station, query), data)
    assert response["Location"] == tab(station)
    rows = {str(row.reference): row for row in Monitor.objects.all()}
    assert rows[str(STATE)].value == 1
    assert rows["EVSE 1 · Power"].severity == 8
    assert rows[str(CABINET)].requested_by is not None
    assert OutboundCall.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"value": "121"}, "never goes above 120 Celsius"),
        ({"value": ""}, "Give a value."),
        ({"type": "Delta", "value": "-2"}, "A change has no direction"),
        ({"severity": "10"}, "Select a valid choice"),
        ({"type": "TargetDelta"}, "Select a valid choice"),
    ],
)
def test_mistakes_are_sentences_at_the_field(
    root: Client,
    station: ChargingStation,
    temperature: ReportedVariable,
    fields: dict[str, str],
    sentence: str,
) -> None:
    address = url("set", station, f"&variable={temperature.pk}")
    assert sentence in text_of(root.post(address, filled(**fields)))
    assert not Monitor.objects.exists()


def test_a_threshold_at_the_limit_is_asked_twice(
    root: Client, station: ChargingStation, temperature: ReportedVariable
) -> None:
    address = url("set", station, f"&variable={temperature.pk}")
    first = root.post(address, filled(value="120"))
    assert "never fires" in text_of(first)
    assert not Monitor.objects.exists()
    root.post(address, {**filled(value="120"), "cautioned": "1"})
    assert Monitor.objects.get().value == 120


def test_without_a_device_model_names_are_given_by_hand(
    root: Client, station: ChargingStation
) -> None:
    page = text_of(root.get(url("set", station)))
    assert "cannot be checked here" in page
    missing = filled(connector="1", variable="Power")
    wrong = text_of(root.post(url("set", station), missing))
    assert "Name the component." in wrong and "A connector belongs to an EVSE" in wrong
    data = filled(component="EVSE", evse="1", variable="Power", transaction="on", monitor_id="0")
    root.post(url("set", station), data)
    row = Monitor.objects.get()
    assert (row.component, row.evse_id, row.variable) == ("EVSE", 1, "Power")
    assert row.transaction and row.monitor_id == 0


def test_2_1_offers_streams_and_target_deltas(root: Client, station: ChargingStation) -> None:
    station.ocpp_version = "2.1"
    station.save()
    data = filled(
        component="EVSE", variable="Power", type="Periodic", value="1", stream_interval="10"
    )
    root.post(url("set", station), data)
    assert Monitor.objects.get().stream_interval == 10
    assert 'value="TargetDeltaRelative"' in root.get(url("set", station)).content.decode()


def test_replacing_comes_filled(
    root: Client, station: ChargingStation, temperature: ReportedVariable
) -> None:
    make_monitor(station)
    line = root.get(tab(station)).context["lines"][0]
    page = root.get(line.replace).content.decode()
    assert 'value="75.5"' in page and 'value="101"' in page
    assert '<option value="4" selected>' in page


# Clearing


def test_clearing_says_what_will_happen_then_does_it(
    root: Client, station: ChargingStation
) -> None:
    row = make_monitor(station)
    built_in = make_monitor(
        station, monitor_id=7, event_notification_type="HardWiredMonitor", variable="Other"
    )
    query = f"&monitor={row.pk}&monitor={built_in.pk}"
    page = text_of(root.get(url("clear", station, query)))
    assert "asked to clear 2 monitors" in page
    assert "One of them is built into the station" in page
    assert not OutboundCall.objects.exists()
    data = {"monitor": [row.pk, built_in.pk], "ids": ""}
    assert root.post(url("clear", station), data)["Location"] == tab(station)
    row.refresh_from_db()
    assert row.status == "Clearing"


def test_clearing_by_ids_that_nobody_knows(root: Client, station: ChargingStation) -> None:
    assert "Monitor 999" in text_of(root.get(url("clear", station, "&ids=999,+3")))
    root.post(url("clear", station), {"ids": "999 3"})
    assert OutboundCall.objects.get().payload == {"ids": [3, 999]}


@pytest.mark.parametrize(
    ("ids", "sentence"),
    [("x", "Give ids as numbers"), ("99999999999", "as large as that"), ("", "Nothing is chosen")],
)
def test_ids_that_are_none_are_sentences(
    root: Client, station: ChargingStation, ids: str, sentence: str
) -> None:
    assert sentence in text_of(root.get(url("clear", station, f"&ids={ids}")))


# Base, level, reading


def test_each_base_says_what_it_wipes(root: Client, station: ChargingStation) -> None:
    """OCTT N_05."""
    make_monitor(station, event_notification_type="CustomMonitor")
    page = text_of(root.get(url("base", station)))
    assert "Deletes every monitor that was set" in page
    assert "One monitor that is known here will be gone." in page
    for base in ("All", "FactoryDefault", "HardWiredOnly"):
        root.post(url("base", station), {"base": base})
    bases = [call.payload["base"] for call in OutboundCall.objects.order_by("pk")]
    assert bases == ["All", "FactoryDefault", "HardWiredOnly"]
    assert "required" in text_of(root.post(url("base", station), {}))


def test_a_level_is_chosen_by_what_it_means(root: Client, station: ChargingStation) -> None:
    """OCTT N_16."""
    assert "0 Danger" in text_of(root.get(url("level", station)))
    root.post(url("level", station), {"severity": "0"})
    assert OutboundCall.objects.get().payload == {"severity": 0}
    MonitoringInfo.objects.create(station=station, level=0, level_at=timezone.now())
    told = {"monitoring_level": "7", "monitoring_base": "All"}
    info = StationInfo.objects.create(station=station, limits=told)
    assert "Level 0 Danger" in text_of(root.get(tab(station)))
    info.limits_read_at = timezone.now()  # what the station says later is truer
    info.save()
    assert "Level 7 Notice" in text_of(root.get(tab(station)))


@pytest.mark.parametrize(
    ("data", "criteria"),
    [
        ({}, {}),
        (
            {"criteria": ["ThresholdMonitoring", "PeriodicMonitoring"]},
            {"monitoringCriteria": ["ThresholdMonitoring", "PeriodicMonitoring"]},
        ),
        (
            {"n0-component": "EVSE", "n0-evse": "1", "n1-component": "ChargingStation",
             "n1-variable": "Power"},
            {"componentVariable": [
                {"component": {"name": "EVSE", "evse": {"id": 1}}},
                {"component": {"name": "ChargingStation"}, "variable": {"name": "Power"}},
            ]},
        ),
        (
            {"criteria": ["DeltaMonitoring"], "n2-component": "EVSE"},
            {"monitoringCriteria": ["DeltaMonitoring"],
             "componentVariable": [{"component": {"name": "EVSE"}}]},
        ),
    ],
)  # fmt: skip
def test_every_combination_of_filters_can_be_read(
    root: Client, station: ChargingStation, data: dict[str, Any], criteria: dict[str, Any]
) -> None:
    """OCTT N_01, N_02, N_03, N_60, N_47."""
    assert root.post(url("read", station), data)["Location"] == tab(station)
    assert Report.objects.get().criteria == criteria


# Permissions


@pytest.mark.parametrize("name", ["set", "clear", "base", "level", "enable"])
def test_changing_takes_a_permission(staff: Staff, station: ChargingStation, name: str) -> None:
    looker = staff("diagnostics.view_monitor", "stations.view_chargingstation")
    assert looker.get(url(name, station)).status_code == 403
    assert looker.post(url(name, station)).status_code == 403
    setter = staff("diagnostics.set_monitor")
    assert setter.get(url(name, station)).status_code == 200
    assert not OutboundCall.objects.exists()


def test_looking_and_reading_take_theirs(staff: Staff, station: ChargingStation) -> None:
    make_monitor(station)
    nobody = staff("stations.view_chargingstation")
    assert nobody.get(url("live", station)).status_code == 403
    assert nobody.get(url("read", station)).status_code == 403
    assert nobody.get(BASE).status_code == 403
    assert "Monitors" not in text_of(nobody.get(tab(station)))
    looker = staff("stations.view_chargingstation", "diagnostics.view_monitor")
    page = text_of(looker.get(tab(station)))
    assert "above 75.5" in page
    assert "Set monitors" not in page and "Read from the station" not in page


def test_a_station_that_does_not_exist_is_not_found(root: Client, db: None) -> None:
    for key in ("0", "x", ""):
        assert root.get(f"{BASE}set/?station={key}").status_code == 404


def test_the_list_over_the_fleet(root: Client, station: ChargingStation) -> None:
    make_monitor(station)
    page = text_of(root.get(BASE))
    assert "CS-1" in page and "above 75.5" in page and "4 Error" in page


def test_the_columns_of_one_monitor_can_be_looked_at_and_not_changed(
    root: Client, station: ChargingStation
) -> None:
    row = make_monitor(station)
    page = root.get(f"{BASE}{row.pk}/change/").content.decode()
    assert "TemperatureSensor" in page
    assert 'name="_save"' not in page
