"""What is old goes, what is needed stays, in batches that may be cut short."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings
from django.db.models import CASCADE, ProtectedError
from django.test import override_settings
from django.utils import timezone

from diagnostics.lifecycles.alert import AlertSource
from diagnostics.models import (
    Alert,
    Housekeeping,
    LogRequest,
    MessageRecord,
    OutboundCall,
    Report,
    ReportPart,
    StationEvent,
    StationGroup,
    TimelineEntry,
)
from diagnostics.services import housekeeping
from diagnostics.services.fleet import groups
from diagnostics.services.housekeeping.rules import Rows, Rule, all_rules, bounded
from diagnostics.services.housekeeping.table_sizes import table_states
from diagnostics.services.retention import holds
from diagnostics.testing.factories import make_call, make_log_file, make_log_request
from tests.services.conftest import make_station

NOW = timezone.now()
OLD, YOUNG = NOW - timedelta(days=5000), NOW - timedelta(days=1)
OURS = ("diagnostics", "stations")


@pytest.fixture
def station(db: None) -> Any:
    return make_station()


@contextmanager
def kept(**setting: timedelta | None) -> Iterator[None]:
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **setting}):
        yield


def applied(name: str, **options: Any) -> Housekeeping:
    assert housekeeping.apply(all_rules()[name], **options)
    return Housekeeping.objects.get(rule=name)


def messages(station: Any, *times: datetime) -> None:
    columns = {"station": station, "direction": "FromStation", "size": 2}
    MessageRecord.objects.bulk_create(MessageRecord(at=at, **columns) for at in times)


def event(station: Any, at: datetime, alert_key: Any = None) -> StationEvent:
    return StationEvent.objects.create(
        station=station, fingerprint=uuid4(), alert_key=alert_key, source=AlertSource.NOTIFY_EVENT,
        timestamp=at, trigger="Alerting", received_at=at,
    )  # fmt: skip


def alert(station: Any, cleared_at: datetime | None) -> Alert:
    return Alert.objects.create(
        station=station, key=uuid4(), source=AlertSource.NOTIFY_EVENT, first_at=OLD, last_at=OLD,
        updated_at=OLD, cleared_at=cleared_at,
    )  # fmt: skip


def report(station: Any, status: str, kind: str = "Base", at: datetime = OLD) -> Report:
    row = Report.objects.create(
        station=station, kind=kind, status=status, created_at=at, settled_at=at
    )
    ReportPart.objects.create(report=row, seq_no=0, tbc=False, received_at=at)
    return row


def test_every_table_has_a_rule_or_a_reason_why_it_needs_none() -> None:
    installed = [app for app in OURS if apps.is_installed(app)]
    models = {model for app in installed for model in apps.get_app_config(app).get_models()}
    ruled = {rule.model for rule in all_rules().values()}
    along = {model for rule in all_rules().values() for model in rule.along}
    assert models - ruled - along - bounded().keys() == set()
    assert (ruled | along) & bounded().keys() == set()


def test_what_goes_along_really_does() -> None:
    for rule in all_rules().values():
        for model in rule.along:
            ways = [
                each.remote_field.on_delete
                for each in model._meta.concrete_fields
                if each.related_model in {rule.model, *rule.along} - {model}
            ]
            assert ways == [CASCADE], model


@pytest.mark.django_db
def test_every_rule_can_be_asked_and_applied_on_an_empty_table() -> None:
    for name, rule in all_rules().items():
        assert applied(name).deleted == 0
        assert housekeeping.count_going(replace(rule, lifetime=lambda: timedelta(0))) == 0
    assert all(state.run and not state.run.problem for state in table_states())


def test_old_messages_go_and_young_ones_stay(station: Any) -> None:
    messages(station, OLD, OLD, YOUNG)
    assert housekeeping.count_going(all_rules()["messages"]) == 2
    run = applied("messages")
    assert (run.deleted, run.deleted_in_all, run.unfinished) == (2, 2, False)
    assert MessageRecord.objects.get().at == YOUNG
    assert applied("messages").deleted == 0
    assert Housekeeping.objects.get(rule="messages").deleted_in_all == 2


def test_none_keeps_for_ever(station: Any) -> None:
    event(station, OLD)
    with kept(EVENT_HISTORY=None):
        assert applied("events").deleted == 0
        assert housekeeping.count_going(all_rules()["events"]) == 0
    assert applied("events").deleted == 1


def test_a_run_that_is_cut_short_goes_on_in_batches(station: Any) -> None:
    messages(station, *[OLD] * 5, YOUNG)
    rule = replace(all_rules()["messages"], batch=2)
    ends = [housekeeping.apply(rule, seconds=0) for _ in range(4)]
    assert ends == [False, False, False, True]
    run = Housekeeping.objects.get()
    assert (run.deleted, run.unfinished) == (5, False)
    assert MessageRecord.objects.count() == 1


def test_two_workers_do_not_apply_one_rule_at_once(station: Any) -> None:
    messages(station, OLD)
    claim = timezone.now() + timedelta(minutes=1)
    Housekeeping.objects.create(rule="messages", due_at=NOW, busy_until=claim)
    applied("messages")
    assert MessageRecord.objects.exists()
    Housekeeping.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    applied("messages")
    assert not MessageRecord.objects.exists()


def test_what_is_protected_is_told_and_holds_up_nothing(station: Any) -> None:
    messages(station, OLD, OLD, OLD)
    protected = MessageRecord.objects.order_by("pk")[1].pk

    def forget(rows: Rows) -> int:
        if rows.filter(pk=protected).exists():
            raise ProtectedError("It is needed elsewhere.", set())
        return rows.delete()[0]

    rule = replace(all_rules()["messages"], batch=1, forget=forget)
    assert housekeeping.apply(rule)
    run = Housekeeping.objects.get()
    assert (run.deleted, run.problem) == (2, "It is needed elsewhere.")
    assert MessageRecord.objects.get().pk == protected


def test_rules_are_due_once_in_an_interval(db: None) -> None:
    assert set(housekeeping.claim_due(NOW)) == set(all_rules())
    assert housekeeping.claim_due(NOW) == []
    assert housekeeping.claim_due(NOW + timedelta(minutes=59)) == []
    assert set(housekeeping.claim_due(NOW + timedelta(minutes=61))) == set(all_rules())
    housekeeping.start_now(["events"])
    assert housekeeping.claim_due(timezone.now()) == ["events"]


@pytest.mark.parametrize("old", range(7))
def test_the_end_of_what_is_old_is_found_by_halving(station: Any, old: int) -> None:
    messages(station, *[OLD] * old, *[YOUNG] * (6 - old))
    keys = list(MessageRecord.objects.order_by("pk").values_list("pk", flat=True))
    MessageRecord.objects.filter(pk=keys[2]).delete()
    found = housekeeping.last_before(MessageRecord.objects.all(), "at", NOW - timedelta(days=9))
    going = MessageRecord.objects.filter(pk__lte=found or 0)
    assert going.count() == MessageRecord.objects.filter(at=OLD).count()


def test_events_of_open_alerts_stay(station: Any) -> None:
    is_open, is_cleared = alert(station, None), alert(station, OLD)
    stays = event(station, OLD, is_open.key)
    event(station, OLD, is_cleared.key)
    event(station, OLD)
    assert applied("events").deleted == 2
    assert StationEvent.objects.get() == stays


def test_cleared_alerts_go_by_when_they_were_cleared(station: Any) -> None:
    stay = {alert(station, None).pk, alert(station, YOUNG).pk}
    alert(station, OLD)
    assert applied("alerts").deleted == 1
    assert set(Alert.objects.values_list("pk", flat=True)) == stay


def test_the_newest_complete_report_of_each_kind_stays(station: Any) -> None:
    report(station, "Complete")
    stay = {report(station, "Complete").pk, report(station, "Complete", "Monitoring").pk}
    report(station, "Rejected")
    stay.add(report(station, "Receiving").pk)
    assert applied("reports").deleted == 2
    assert set(Report.objects.values_list("pk", flat=True)) == stay
    assert ReportPart.objects.count() == 3


def test_calls_of_a_request_go_with_it_and_others_by_themselves(station: Any) -> None:
    ended = {"created_at": OLD, "settled_at": OLD, "status": "Answered"}
    row = make_log_request(station, created_at=OLD, settled_at=OLD, answer="Rejected", call=ended)
    make_call(station, **ended)
    waiting = make_call(station, created_at=OLD)
    assert applied("calls").deleted == 1
    assert set(OutboundCall.objects.all()) == {row.call, waiting}


def test_a_log_request_goes_with_its_history_once_its_files_are_gone(station: Any) -> None:
    ended = {"created_at": OLD, "settled_at": OLD}
    rejected = make_log_request(station, answer="Rejected", **ended)
    holding = make_log_request(station, answer="Rejected", **ended)
    make_log_file(holding)
    for row in (rejected, holding):
        TimelineEntry.objects.create(
            station=station, log_request=row, at=OLD, last_at=OLD, source="System", kind="k"
        )
    assert applied("timeline").deleted == 0
    assert applied("log_requests").deleted == 1
    assert LogRequest.objects.get() == holding
    assert TimelineEntry.objects.get().log_request == holding
    assert OutboundCall.objects.count() == 1


def test_nothing_of_a_station_on_hold_goes_until_it_is_released(station: Any) -> None:
    messages(station, OLD)
    messages(make_station("CS-2"), OLD)
    hold = holds.place_hold(reason="dispute", station=station)
    assert applied("messages").deleted == 1
    assert MessageRecord.objects.get().station == station
    group = StationGroup.objects.create(name="Harbour")
    groups.add_stations(group=group, stations=[station])
    second = holds.place_hold(reason="dispute", group=group)
    holds.release_hold(hold)
    assert applied("messages").deleted == 0
    holds.release_hold(second)
    assert applied("messages").deleted == 1


def test_a_request_on_hold_stays(station: Any) -> None:
    rows = [
        make_log_request(station, answer="Rejected", created_at=OLD, settled_at=OLD)
        for _ in range(2)
    ]
    holds.place_hold(reason="dispute", log_request=rows[0])
    run = applied("log_requests")
    assert (run.deleted, run.problem) == (1, "")
    assert LogRequest.objects.get() == rows[0]


def test_the_page_knows_how_much_there_is(station: Any) -> None:
    messages(station, OLD, YOUNG)
    state = next(each for each in table_states() if each.rule.name == "messages")
    assert (state.rows, state.exact, state.oldest) == (2, True, OLD)


def test_a_host_may_have_rules_of_its_own(station: Any) -> None:
    messages(station, OLD)
    own = Rule(
        name="own", model=MessageRecord, title="own", age="at", setting="OWN",
        lifetime=lambda: timedelta(days=1),
    )  # fmt: skip
    assert housekeeping.apply(own)
    assert not MessageRecord.objects.exists()
