"""What pages say of themselves: in the browser's tab, where they are empty, and what is next."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from diagnostics.admin.base import Precise
from diagnostics.admin.profiles.forms import EntryForm
from diagnostics.models import Alert, LogRequest, OutboundCall, ReportedVariable
from diagnostics.services.calls import place_call
from stations.models import ChargingStation
from tests.admin.conftest import Staff, page_of, text_of
from tests.admin.test_alerts import page, tell

LISTS = sorted(
    f"{model._meta.app_label}_{model._meta.model_name}"
    for model, model_admin in admin.site._registry.items()
    if isinstance(model_admin, Precise)
)


def title_of(response: Any) -> str:
    found = re.search(r"<title>\s*(.*?)\s*</title>", response.content.decode(), re.DOTALL)
    assert found is not None
    return found[1].removesuffix(" | Station diagnostics")


def test_an_empty_list_says_what_would_fill_it(root: Client) -> None:
    """In its own template, with its own words; housekeeping is a page of another kind."""
    pages = {name: root.get(reverse(f"admin:{name}_changelist")).content.decode() for name in LISTS}
    mute = {name for name, text in pages.items() if 'class="dx-empty"' not in text}
    assert mute == {"diagnostics_housekeeping"}
    assert not {name for name, text in pages.items() if "Nothing here yet." in text}


def test_an_empty_list_has_the_button_that_fills_it(root: Client, staff: Staff) -> None:
    button = 'class="button dx-primary" href="/admin/diagnostics/stationgroup/add/"'
    assert button in root.get("/admin/diagnostics/stationgroup/").content.decode()
    onlooker = staff("diagnostics.view_stationgroup")
    assert button not in onlooker.get("/admin/diagnostics/stationgroup/").content.decode()


def test_a_filter_that_nothing_passes_is_not_taken_for_an_empty_list(root: Client) -> None:
    answer = root.get("/admin/diagnostics/outboundcall/?status__exact=Refused")
    assert "No call is like that. Show all" in text_of(answer)
    assert 'class="button" href="?"' in answer.content.decode()


def test_connections_are_open_or_closed(root: Client) -> None:
    text = text_of(root.get("/admin/stations/stationconnection/"))
    assert "By state All Open Closed" in text


def test_what_to_do_about_an_alert_stands_below_its_verdict(root: Client, station: Any) -> None:
    tell(station)
    text = root.get(page(Alert.objects.get())).content.decode()
    ask = f"/request/?station={station.pk}&amp;log_type=DiagnosticsLog"
    order = [text.index(each) for each in ("nobody has ack", 'name="note"', ask, "Its monitor")]
    assert order == sorted(order)


def test_who_may_not_ask_for_logs_is_not_offered_one(staff: Staff, station: Any) -> None:
    tell(station)
    shown = staff("diagnostics.view_alert").get(page(Alert.objects.get()))
    assert "Request its log" not in text_of(shown)


def test_the_tab_of_the_browser_names_station_and_page(
    root: Client, station: ChargingStation
) -> None:
    base = f"/admin/stations/chargingstation/{station.pk}/change/"
    assert title_of(root.get(f"{base}?tab=logs")) == "CS-1 · Logs"
    assert title_of(root.get(f"{base}?tab=settings")) == "CS-1 · Settings"


def test_the_tab_of_the_browser_names_a_call(root: Client, station: ChargingStation) -> None:
    place_call(station=station, action="ClearCache", payload={})
    call = OutboundCall.objects.get()
    shown = root.get(f"/admin/diagnostics/outboundcall/{call.pk}/change/")
    assert title_of(shown) == "ClearCache · CS-1"


def test_the_tab_of_the_browser_names_what_a_campaign_does(root: Client) -> None:
    shown = root.get("/admin/diagnostics/campaign/start/?operation=Log")
    assert title_of(shown) == "Start a campaign: Get a log"


def test_what_a_station_cannot_do_comes_after_what_it_can(
    root: Client, station: ChargingStation
) -> None:
    shown = root.get(f"/admin/stations/chargingstation/{station.pk}/change/")
    troubles = [bool(offer.problem) for offer in shown.context["offers"]]
    assert troubles == [False, False, False, False, True]


def test_home_is_called_home(root: Client) -> None:
    assert title_of(root.get("/admin/")) == "Home"


def test_nothing_chosen_to_watch_is_said(root: Client, station: ChargingStation) -> None:
    ReportedVariable.objects.create(
        station=station,
        component="EVSE",
        variable="Power",
        supports_monitoring=True,
        updated_at=timezone.now(),
    )
    base = f"/admin/diagnostics/monitor/set/?station={station.pk}"
    assert "Choose at least one variable." not in text_of(root.get(base))
    assert "Choose at least one variable." in text_of(root.get(f"{base}&go=Go+on"))


def test_a_row_of_a_profile_that_is_left_out_lacks_nothing() -> None:
    blank = EntryForm({"type": "UpperThreshold", "severity": "5"})
    assert blank.is_valid() and blank.is_empty()
    assert not EntryForm(
        {"component": "EVSE", "type": "UpperThreshold", "severity": "5"}
    ).is_valid()


def test_the_menu_names_nothing_that_cannot_be_opened(staff: Staff) -> None:
    runs_campaigns = staff("diagnostics.view_campaign", "diagnostics.run_campaign")
    text = text_of(runs_campaigns.get("/admin/"))
    assert "Campaigns" in text and "Schedules" not in text


def test_what_a_claim_without_a_file_advises_is_one_click_away(
    root: Client, row: LogRequest
) -> None:
    settings = f'href="/admin/stations/chargingstation/{row.station_id}/change/?tab=settings"'
    assert settings not in root.get(page_of(row)).content.decode()
    LogRequest.objects.update(verdict="Claimed")
    assert settings in root.get(page_of(row)).content.decode()


def test_a_call_that_may_end_charging_says_so_and_is_not_repeated_with_one_click(
    root: Client, station: ChargingStation
) -> None:
    address, warning = f"/admin/diagnostics/outboundcall/place/?station={station.pk}", "cut the sta"
    assert warning in text_of(root.get(f"{address}&action=Reset"))
    assert warning not in text_of(root.get(f"{address}&action=GetVariables"))
    place_call(station=station, action="Reset", payload={"type": "OnIdle"})
    place_call(station=station, action="ClearCache", payload={})
    OutboundCall.objects.update(status="Answered")
    pages = {
        call.action: root.get(f"/admin/diagnostics/outboundcall/{call.pk}/change/")
        for call in OutboundCall.objects.all()
    }
    assert 'id="dx-repeat"' not in pages["Reset"].content.decode()
    assert 'id="dx-console"' in pages["Reset"].content.decode()
    assert 'id="dx-repeat"' in pages["ClearCache"].content.decode()
