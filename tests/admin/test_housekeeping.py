"""The page of housekeeping: what each table holds, how long, what went; and the button."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from diagnostics.models import GroupLimit, Housekeeping, MessageRecord, TaskPulse
from diagnostics.services import housekeeping, pulses
from diagnostics.services.housekeeping.rules import all_rules
from stations.models import ChargingStation
from tests.admin.conftest import Staff, text_of

LIST = "/admin/diagnostics/housekeeping/"
VIEW, RUN = "diagnostics.view_housekeeping", "diagnostics.run_housekeeping"


def test_the_page_shows_every_rule_and_what_it_did(staff: Staff, station: ChargingStation) -> None:
    assert staff().get(LIST).status_code == 403
    long_ago = timezone.now() - timedelta(days=400)
    MessageRecord.objects.create(station=station, at=long_ago, direction="FromStation", size=2)
    assert text_of(staff(VIEW).get(LIST)).count("It has not run yet.") == len(all_rules())
    housekeeping.apply(all_rules()["messages"])
    page = text_of(staff(VIEW).get(LIST))
    assert "1 row went" in page
    assert "30 days MESSAGE_LOG_LIFETIME" in page
    assert "stay: open alerts" in page
    assert "Run all now" not in staff(VIEW).get(LIST).content.decode()
    assert staff(VIEW).get(f"{LIST}live/").status_code == 200


def test_a_rule_is_started_by_those_who_may(staff: Staff) -> None:
    housekeeping.claim_due(timezone.now())
    assert staff(VIEW).post(f"{LIST}run/").status_code == 403
    assert staff(VIEW, RUN).get(f"{LIST}run/").status_code == 405
    assert "Run all now" in staff(VIEW, RUN).get(LIST).content.decode()
    assert staff(VIEW, RUN).post(f"{LIST}run/", {"rule": "events"}).status_code == 302
    assert Housekeeping.objects.due(timezone.now()).get().rule == "events"
    staff(VIEW, RUN).post(f"{LIST}run/")
    assert Housekeeping.objects.due(timezone.now()).count() == len(all_rules())


def test_what_could_not_go_is_on_the_home_page(staff: Staff) -> None:
    words = "Housekeeping could not delete"
    Housekeeping.objects.create(rule="events", due_at=timezone.now(), problem="It is needed.")
    assert words in text_of(staff(VIEW).get("/admin/"))
    assert words not in text_of(staff().get("/admin/"))


def test_who_is_limited_to_groups_sees_nothing_of_it(staff: Staff) -> None:
    client = staff(VIEW, RUN)
    GroupLimit.objects.create(user_id=client.session["_auth_user_id"])
    Housekeeping.objects.create(rule="events", due_at=timezone.now(), problem="It is needed.")
    assert client.get(LIST).status_code == 403
    assert client.post(f"{LIST}run/").status_code == 403
    assert "could not delete" not in text_of(client.get("/admin/"))


def test_home_says_when_nothing_happens_by_itself_any_more(staff: Staff) -> None:
    pulses.beat(pulses.SWEEP, began_at=timezone.now())
    assert "stands still" not in text_of(staff(VIEW).get("/admin/"))
    TaskPulse.objects.update(ended_at=timezone.now() - timedelta(minutes=5))
    assert "Work in the background stands still" in text_of(staff(VIEW).get("/admin/"))
    assert "stands still" not in text_of(staff().get("/admin/"))
