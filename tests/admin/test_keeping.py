"""Rules of retention, runs, legal holds and checks of the store, in the admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from diagnostics import tasks
from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.models import (
    LegalHold,
    LogFile,
    LogRequest,
    RetentionRule,
    RetentionRun,
    StationGroup,
    StoreCheck,
    TimelineEntry,
)
from diagnostics.services import retention
from diagnostics.services.fleet import groups
from diagnostics.services.retention import holds
from diagnostics.storage import get_log_store
from stations.models import ChargingStation
from tests.admin.conftest import HOSTILE, Arrive, Staff, page_of, text_of

RULES = "/admin/diagnostics/retentionrule/"
RUNS = "/admin/diagnostics/retentionrun/"
HOLDS = "/admin/diagnostics/legalhold/"
CHECKS = "/admin/diagnostics/storecheck/"


@pytest.fixture
def file(row: LogRequest, arrive: Arrive) -> LogFile:
    LogRequest.objects.filter(pk=row.pk).update(verdict=LogVerdict.RECEIVED)
    return arrive(row, b"lines\n", received_at=timezone.now() - timedelta(days=40))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is handed to a worker is done before the page answers."""

    def now(name: str, args: tuple[int, ...]) -> object:
        task = getattr(tasks, name.rpartition(".")[2])
        monkeypatch.setattr(task, "apply_async", lambda **_: task(*args), raising=False)
        return task

    monkeypatch.setattr(current_app, "signature", now)


def test_rules_are_sentences_and_their_mistakes_too(root: Client) -> None:
    group = StationGroup.objects.create(name="Harbour")
    wrong = {"group": "", "log_type": "", "is_active": "on"}
    for both in ({}, {"keep_days": "3", "keep_newest": "3"}):
        page = text_of(root.post(f"{RULES}add/", wrong | both))
        assert "Say for how many days, or how many files: one of both." in page
    assert "everything is kept" in text_of(root.get(RULES))
    root.post(f"{RULES}add/", {"group": group.pk, "log_type": "SecurityLog", "keep_days": "365",
                               "is_active": "on"})  # fmt: skip
    root.post(f"{RULES}add/", {"keep_newest": "3", "is_active": "on"})
    page = text_of(root.get(RULES))
    assert "Harbour: SecurityLog" in page or "Harbour: Security log" in page, page
    assert "kept for 365 days" in page
    assert "the newest 3 of each station are kept" in page


def test_a_run_is_tried_then_done_and_the_request_says_what_went(
    root: Client, file: LogFile, at_once: None, django_capture_on_commit_callbacks: object
) -> None:
    page = page_of(file.log_request)
    assert "No retention rule is about it: it is kept." in text_of(root.get(page))
    RetentionRule.objects.create(keep_days=30)
    assert "It goes with the next run of retention" in text_of(root.get(page))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        tried = root.post(f"{RUNS}start/", {"dry": "1"})
    shown = text_of(root.get(tried["Location"]))
    assert "Would delete 1 file, 6 bytes, of 1 looked at." in shown
    assert (
        "cs.log" in shown
        and "Delete such files now: 1 file" in root.get(tried["Location"]).content.decode()
    )
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        done = root.post(f"{RUNS}start/")
    assert "Deleted 1 file, 6 bytes, of 1 looked at." in text_of(root.get(done["Location"]))
    shown = text_of(root.get(page))
    assert (
        "Deleted on" in shown and "by the retention rule “all logs of all stations: kept" in shown
    )
    assert file.sha256[:12] in shown and "Received: 6 bytes" in shown
    assert "No file." not in shown
    assert "Deleted 1 file" in text_of(root.get(RUNS))
    assert "Last run" in text_of(root.get(RULES))


def test_runs_need_rules_and_permissions(staff: Staff, root: Client, file: LogFile) -> None:
    page = text_of(root.post(f"{RUNS}start/", follow=True))
    assert "There is no active rule, so that everything is kept." in page
    RetentionRule.objects.create(keep_days=30)
    looking = staff("diagnostics.view_retentionrule", "diagnostics.view_retentionrun")
    assert looking.post(f"{RUNS}start/").status_code == 403
    assert "Show what would go" not in looking.get(RULES).content.decode()
    assert "Show what would go" in root.get(RULES).content.decode()
    assert staff().get(RUNS).status_code == 403
    assert staff().get(f"{CHECKS}start/").status_code == 403


@pytest.mark.parametrize("scope", ["log_request", "log_file", "station", "group"])
def test_a_hold_is_placed_shown_and_released(
    root: Client, admin_user: User, file: LogFile, station: ChargingStation, scope: str
) -> None:
    group = StationGroup.objects.create(name="Harbour")
    groups.add_stations(group=group, stations=[station])
    held = {"log_request": file.log_request, "log_file": file, "station": station, "group": group}
    place = f"{HOLDS}place/?{scope}={held[scope].pk}"
    assert "This field is required." in text_of(root.post(place, {"reason": " "}))
    answer = root.post(place, {"reason": f"Case {HOSTILE}"})
    hold = LegalHold.objects.get()
    assert answer["Location"] == f"{HOLDS}{hold.pk}/change/"
    for page in (page_of(file.log_request), f"{HOLDS}{hold.pk}/change/", HOLDS):
        shown = root.get(page).content.decode()
        assert "Case" in shown and HOSTILE not in shown
    RetentionRule.objects.create(keep_days=30)
    retention.work(retention.start_run())
    assert LogFile.objects.filter(pk=file.pk).exists()
    for page in (page_of(file.log_request, "delete/"),
                 f"/admin/stations/chargingstation/{station.pk}/delete/"):  # fmt: skip
        assert "On legal hold since" in text_of(root.get(page))
        root.post(page, {"post": "yes"})
    assert LogFile.objects.filter(pk=file.pk).exists()
    root.post(f"{HOLDS}{hold.pk}/release/", {"reason": "Closed."})
    hold.refresh_from_db()
    assert (hold.released_by, hold.release_reason) == (admin_user, "Closed.")
    if scope != "group":
        kinds = TimelineEntry.objects.filter(kind__startswith="hold.").order_by("pk")
        assert list(kinds.values_list("kind", flat=True)) == ["hold.placed", "hold.released"]
    assert "released before" in text_of(root.post(f"{HOLDS}{hold.pk}/release/", follow=True))


def test_holds_take_their_permission(staff: Staff, file: LogFile) -> None:
    looking = staff("diagnostics.view_logrequest", "diagnostics.view_legalhold")
    place = f"{HOLDS}place/?log_request={file.log_request_id}"
    assert looking.get(place).status_code == 403
    assert "legalhold/place" not in looking.get(page_of(file.log_request)).content.decode()
    may = staff("diagnostics.view_logrequest", "diagnostics.place_hold")
    assert "legalhold/place" in may.get(page_of(file.log_request)).content.decode()
    assert may.get(f"{HOLDS}place/?log_request=404").status_code == 404
    assert may.get(f"{HOLDS}place/").status_code == 404


def test_stations_of_a_held_group_stay_in_it(root: Client, station: ChargingStation) -> None:
    group = StationGroup.objects.create(name="Harbour")
    groups.add_stations(group=group, stations=[station])
    holds.place_hold(reason="Case", group=group)
    member = group.members.get()
    form = {"name": "Harbour", "kind": "Site", "remove": [member.pk]}
    page = text_of(
        root.post(f"/admin/diagnostics/stationgroup/{group.pk}/change/", form, follow=True)
    )
    assert "Harbour is on legal hold" in page
    chosen = {"action": "remove_from_group_action", "_selected_action": [station.pk], "apply": "1"}
    answer = root.post(
        "/admin/stations/chargingstation/", chosen | {"group": group.pk}, follow=True
    )
    assert "Harbour is on legal hold" in text_of(answer)
    assert group.members.exists()


def test_the_store_is_checked_and_what_is_found_is_named(
    root: Client, file: LogFile, at_once: None
) -> None:
    assert "never compared" in text_of(root.get(CHECKS))
    get_log_store().delete(file.key)
    answer = root.post(f"{CHECKS}start/", {"hours": "1", "deletes": "on"})
    check = StoreCheck.objects.get()
    assert (check.missing, check.deletes, check.status) == (1, True, "Done")
    shown = text_of(root.get(answer["Location"]))
    assert "They do not agree." in shown and "they are lost" in shown and "cs.log" in shown
    assert "Keeping of log files" in text_of(root.get("/admin/"))
    assert "Not in order" in text_of(root.get(CHECKS))
    StoreCheck.objects.update(status="Running", heard_at=timezone.now())
    wanted = root.post(f"{CHECKS}start/", {"hours": "1"})
    assert "A check is under way already." in text_of(wanted)


def test_home_says_that_a_run_failed(root: Client) -> None:
    now = timezone.now()
    RetentionRun.objects.create(started_at=now, heard_at=now, status="Failed", problem="Crashed")
    assert "Whoever worked on it died" in text_of(root.get("/admin/"))
