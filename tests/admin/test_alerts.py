"""The inbox, an alert's page, events, Home and the station's tab."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from diagnostics import inbound
from diagnostics.admin.chart import Point, line_chart
from diagnostics.lifecycles.monitor import MonitorStatus
from diagnostics.models import Alert, Monitor, StationEvent
from diagnostics.wording.alerts import alert_name, alert_state
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Staff, text_of

INBOX = "/admin/diagnostics/alert/"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def tell(station: Any, event_id: int = 1, *, after: float = 0, **given: Any) -> None:
    entry = {
        "eventId": event_id,
        "timestamp": (NOON + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "trigger": "Alerting",
        "actualValue": "78.0",
        "variableMonitoringId": 101,
        "eventNotificationType": "CustomMonitor",
        "component": {"name": "TemperatureSensor"},
        "variable": {"name": "Temperature"},
    }
    payload = {"generatedAt": "2026-03-02T12:00:00Z", "seqNo": 0, "eventData": [entry | given]}
    inbound.receive_call(station, "2.1", "NotifyEvent", payload)


@pytest.fixture
def alert(station: ChargingStation) -> Alert:
    tell(station, severity=2)
    return Alert.objects.get()


def page(alert: Alert, tail: str = "change/") -> str:
    return f"{INBOX}{alert.pk}/{tail}"


def order_of(text: str, *words: str) -> bool:
    places = [text.index(word) for word in words]
    return places == sorted(places)


def test_an_empty_inbox_says_what_would_fill_it(root: Client) -> None:
    assert "Nothing is wrong" in text_of(root.get(INBOX))
    assert "will stand here" in text_of(root.get("/admin/diagnostics/stationevent/"))


def test_the_inbox_has_the_worst_first_then_the_newest(root: Client, station: Any) -> None:
    for number, severity in enumerate([5, 1, 5, 0]):
        tell(station, number, severity=severity, variableMonitoringId=number,
             component={"name": f"Part{number}"})  # fmt: skip
    text = text_of(root.get(INBOX))
    rows = text[text.index("selected") :]  # the filters name severities too
    assert order_of(rows, "0 Danger", "Part3", "1 Hardware failure", "Part1", "Part2", "Part0")
    assert "78.0" in text


def test_pages_of_the_inbox_go_on_where_the_last_one_ended(
    root: Client, station: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diagnostics.admin.events.alert.AlertAdmin.list_per_page", 2)
    for number in range(5):
        tell(station, number, severity=number // 3, variableMonitoringId=number)
    seen: list[int] = []
    url = INBOX
    for _ in range(3):
        changelist = root.get(url).context["cl"]
        seen += [row.pk for row in changelist.result_list]
        url = f"{INBOX}{changelist.older_link}"
    expected = list(Alert.objects.worst_first().values_list("pk", flat=True))
    assert seen == expected
    assert changelist.older_link == ""
    assert root.get(f"{INBOX}?after=nonsense").status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?state=cleared", False),
        ("?state=all", True),
        ("?severity=2", True),
        ("?severity=3", False),
        ("?type=CustomMonitor", True),
        ("?type=Status", False),
        ("?of=temperaturesensor", True),
        ("?of=Connector", False),
        ("?q=CS-1", True),
        ("?q=CS-9", False),
    ],
)
def test_filters(root: Client, alert: Alert, query: str, found: bool) -> None:
    shown = root.get(f"{INBOX}{query}").context["cl"].result_list
    assert [row.pk for row in shown] == [alert.pk] * found


def test_one_alert_is_acknowledged_with_a_note(staff: Staff, alert: Alert) -> None:
    client = staff("diagnostics.view_alert", "diagnostics.acknowledge_alert")
    assert "nobody has acknowledged it" in text_of(client.get(page(alert)))
    client.post(page(alert, "acknowledge/"), {"note": "van is on its way"})
    text = text_of(client.get(page(alert)))
    assert "knows of it" in text
    assert "van is on its way" in text
    assert not client.get(INBOX).context["cl"].result_list
    assert client.get(f"{INBOX}?state=acknowledged").context["cl"].result_list


def test_many_alerts_are_acknowledged_with_one_note(staff: Staff, station: Any) -> None:
    for number in range(3):
        tell(station, number, variableMonitoringId=number)
    client = staff("diagnostics.view_alert", "diagnostics.acknowledge_alert")
    chosen = {
        "action": "acknowledge_alerts",
        "_selected_action": list(Alert.objects.values_list("pk", flat=True)[:2]),
    }
    assert "2 alerts are selected" in text_of(client.post(INBOX, chosen))
    assert not Alert.objects.exclude(acknowledged_at=None).exists()
    client.post(INBOX, {**chosen, "apply": "1", "note": "known"})
    assert Alert.objects.filter(note="known", acknowledged_by__isnull=False).count() == 2


def test_those_who_may_only_look_cannot_acknowledge(staff: Staff, alert: Alert) -> None:
    client = staff("diagnostics.view_alert")
    assert 'name="note"' not in client.get(page(alert)).content.decode()
    assert client.post(page(alert, "acknowledge/"), {"note": "x"}).status_code == 403
    chosen = {"action": "acknowledge_alerts", "_selected_action": [alert.pk], "apply": "1"}
    client.post(INBOX, chosen)
    alert.refresh_from_db()
    assert alert.acknowledged_at is None


@pytest.mark.parametrize("tail", ["", "1/change/", "1/live/", "rows/"])
def test_those_without_the_permission_see_nothing(staff: Staff, alert: Alert, tail: str) -> None:
    assert staff().get(f"{INBOX}{tail}").status_code == 403
    assert staff().get("/admin/diagnostics/stationevent/").status_code == 403


def test_the_page_of_an_alert_tells_its_history_causes_and_trend(
    root: Client, station: Any
) -> None:
    fan = {"component": {"name": "Fan"}, "variable": {"name": "Active"}, "trigger": "Delta"}
    tell(station, 7, actualValue="stalled", variableMonitoringId=5, **fan)
    tell(station, 8, after=5, trigger="Periodic", actualValue="60", variableMonitoringId=6)
    tell(station, 9, after=10, cause=7, techInfo="derating")
    tell(station, 10, after=20, actualValue="81", cause=7)
    tell(station, 11, after=30, actualValue="70", cleared=True, cause=7)
    response = root.get(page(Alert.objects.get()))
    text, html = text_of(response), response.content.decode()
    assert order_of(
        text, "Caused by", "Fan · Active = stalled", "The value over time", "Its events"
    )
    assert "2 times" in text
    assert "Cleared by the station." in text
    assert "Monitor 101, of which nothing is known here" in text
    assert html.count("<circle") == 4
    assert html.count('class="dx-dot-bad"') == 2  # those that raised it
    assert 'aria-label="TemperatureSensor · Temperature, from 60 to 81"' in html


def test_a_cause_that_never_came_is_said(root: Client, station: Any) -> None:
    tell(station, cause=99)
    assert "names event 99 as the cause, which never came" in text_of(
        root.get(page(Alert.objects.get()))
    )


def test_a_known_monitor_stands_on_the_page_and_gives_its_severity(
    root: Client, station: ChargingStation
) -> None:
    Monitor.objects.create(
        station=station,
        monitor_id=101,
        type="UpperThreshold",
        value=75.5,
        severity=4,
        status=MonitorStatus.ACTIVE,
        component="TemperatureSensor",
        variable="Temperature",
        created_at=NOON,
        changed_at=NOON,
    )
    tell(station)
    alert = Alert.objects.get()
    assert alert.severity == 4
    text = text_of(root.get(page(alert)))
    assert order_of(text, "Its monitor", Monitor.objects.get().get_type_display(), "75.5")


def test_no_such_alert_is_404(root: Client, alert: Alert) -> None:
    assert root.get(f"{INBOX}{alert.pk + 1}/change/").status_code == 404


def test_what_a_station_says_is_never_html(root: Client, station: ChargingStation) -> None:
    tell(station, actualValue=HOSTILE, techInfo=HOSTILE, techCode=HOSTILE[:50],
         component={"name": HOSTILE[:50]}, variable={"name": HOSTILE[:50]})  # fmt: skip
    alert = Alert.objects.get()
    event = StationEvent.objects.get()
    for url in (
        INBOX,
        f"{INBOX}?of={HOSTILE}",
        page(alert),
        "/admin/",
        "/admin/diagnostics/stationevent/",
        f"/admin/diagnostics/stationevent/{event.pk}/change/",
        f"/admin/stations/chargingstation/{station.pk}/change/?tab=events",
        f"/admin/stations/chargingstation/{station.pk}/change/",
    ):
        assert "<img src=x" not in root.get(url).content.decode()


def test_live_cells_come_as_html(root: Client, alert: Alert) -> None:
    answer = root.get(f"{INBOX}rows/?ids={alert.pk},nonsense").json()
    rows = answer["rows"]
    assert answer["newest"] == alert.pk
    assert set(rows[str(alert.pk)]) == {"value", "times", "state"}
    assert 'data-part="events"' in root.get(page(alert, "live/")).content.decode()


def test_home_has_the_open_alerts_worst_first(root: Client, station: Any) -> None:
    for number in range(8):
        tell(station, number, severity=9 - number, variableMonitoringId=number)
    text = text_of(root.get("/admin/"))
    assert order_of(text, "Open alerts", "System failure: TemperatureSensor", "Critical:", "Error:")
    assert "and 2 more" in text


def test_the_stations_tab_has_its_alerts_and_events(
    root: Client, staff: Staff, alert: Alert, station: ChargingStation
) -> None:
    url = f"/admin/stations/chargingstation/{station.pk}/change/?tab=events"
    text = text_of(root.get(url))
    assert order_of(text, "Open alerts", "System failure", "78.0", "Technical information")
    Alert.objects.all().delete()
    StationEvent.objects.all().delete()
    assert "has reported no event" in text_of(root.get(url))


def test_events_are_listed_and_shown(root: Client, alert: Alert) -> None:
    event = StationEvent.objects.get()
    url = "/admin/diagnostics/stationevent/"
    assert "TemperatureSensor · Temperature" in text_of(root.get(f"{url}?trigger=Alerting"))
    assert not root.get(f"{url}?trigger=Delta").context["cl"].result_list
    shown = text_of(root.get(f"{url}{event.pk}/change/"))
    assert order_of(shown, "CustomMonitor", "Its alert") and "System failure" in shown
    assert "As it came" not in shown
    assert root.get(f"{url}{event.pk + 1}/change/").status_code == 404


def test_an_event_that_breaks_its_schema_is_shown_as_it_came(root: Client, station: Any) -> None:
    tell(station, variable={"instance": "<b>odd"}, variableMonitoringId=None)
    event, url = StationEvent.objects.get(), "/admin/diagnostics/stationevent/"
    listed = text_of(root.get(f"{url}?unread=1"))
    assert "TemperatureSensor not all readable" in listed
    page_ = root.get(f"{url}{event.pk}/change/").content.decode()
    assert "&lt;b&gt;odd" in page_ and "It belongs to none" in page_
    tab = f"/admin/stations/chargingstation/{station.pk}/change/?tab=events"
    assert "not all readable" in text_of(root.get(tab))
    StationEvent.objects.update(unread="")
    assert not root.get(f"{url}?unread=1").context["cl"].result_list


# Words


def test_alerts_speak(admin_user: User) -> None:
    wrong = Alert(component="AcDcConverter", evse_id=1, variable="Problem", source="NotifyEvent")
    assert alert_name(wrong) == "AcDcConverter EVSE 1 has a problem"
    broken = Alert(component="Connector", evse_id=1, connector_id=2, source="Status")
    assert alert_name(broken) == "Connector 2 of EVSE 1 is faulty"
    opened = Alert(source="Security", last_value="TamperDetectionActivated")
    assert alert_name(opened) == "Security event TamperDetectionActivated"
    known = Alert(acknowledged_at=NOON, acknowledged_by=admin_user)
    assert alert_state(known) == "Open, and admin knows of it."
    known.cleared_at, known.closed_by = NOON, "Monitor"
    assert alert_state(known) == "Closed, since its monitor is gone."


def test_a_chart_needs_two_points_and_stands_a_flat_line() -> None:
    assert line_chart([Point(NOON, 1.0)], label="x") == ""
    flat = line_chart([Point(NOON, 1.0), Point(NOON, 1.0)], label="<x>")
    assert "&lt;x&gt;, from 1 to 1" in flat
