"""Bring stations into step with their profile, stage by stage; each is a row before it goes out.

A run never holds what is to be done. At each turn the station is compared anew, and the first stage
of that plan is begun; so any process may die, and what somebody else changed meanwhile is seen. A
turn comes when something that the run waits for has ended (`profile_queue.mark`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import OPEN as OPEN_CALLS
from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.monitor import FAILED, MonitorStatus
from diagnostics.lifecycles.profile import (
    BY_OPERATOR,
    MOST_TRIES,
    NO_MONITORS,
    REFUSED_HERE,
    RunCause,
    RunStatus,
    Stage,
)
from diagnostics.lifecycles.report import ReportKind
from diagnostics.lifecycles.variables import VariablesStatus
from diagnostics.models import (
    Monitor,
    OutboundCall,
    ProfileRun,
    Report,
    StationInfo,
    StationProfile,
    VariableRequest,
)
from diagnostics.ocpp.codecs.monitoring import BASE, LEVEL, monitoring_codec
from diagnostics.profiles.steps import Action, Plan, State, Why, refusal_key, setting_key
from diagnostics.progress import publish_on_commit
from diagnostics.services import monitors
from diagnostics.services.calls import delivery
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.profiles.stages import BEGIN
from diagnostics.services.timeline import Source, note

# When a run is looked at that nothing has called: something hangs, or its station is away.
LOOK_AGAIN, LATER = timedelta(minutes=10), timedelta(hours=1)
BATCH = 500

# What a station said for good, as opposed to silence, or to one that a report will show.
_SAID_NO = FAILED - {MonitorStatus.UNANSWERED, MonitorStatus.NOT_ASKED, MonitorStatus.DUPLICATE}


def start_runs(*, stations: QuerySet[StationProfile], requested_by: Any = None) -> int:
    """Bring these stations into step, those that are away once they return; returns how many.

    What they refused before is asked again. One that is being brought into step goes on as it is.
    """
    begun = 0
    wanted = stations.filter(profile__current__isnull=False)
    busy = ProfileRun.objects.open().values("station")
    keys = list(wanted.exclude(station__in=busy).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        rows = StationProfile.objects.filter(pk__in=keys[start : start + BATCH])
        with transaction.atomic():
            rows.update(refused={})
            begun += len(
                begin(list(rows.select_related("profile__current")), RunCause.BY_HAND, requested_by)
            )
            profile_queue.mark_all(rows)
            profile_queue.hurry()
    return begun


def begin(
    rows: Sequence[StationProfile], cause: RunCause, requested_by: Any = None
) -> list[ProfileRun]:
    """Write down that these are to be brought into step, for what their profile says then."""
    now = timezone.now()
    made = ProfileRun.objects.bulk_create(
        [
            ProfileRun(
                station_id=row.station_id,
                version=row.profile.current,
                cause=cause,
                requested_by=requested_by,
                created_at=now,
            )
            for row in rows
            if row.profile is not None and row.profile.current is not None
        ],
        ignore_conflicts=True,  # another process has just begun one
    )
    for row in rows:
        publish_on_commit("monitors", row.station_id)
    return made


@transaction.atomic
def cancel_run(run: ProfileRun, *, canceled_by: Any = None) -> None:
    """End a run. What the station has been sent already is not taken back.

    Raises RequestClosed when it had ended.
    """
    monitor_facts.hold(run.station)
    if not _end(run, RunStatus.CANCELED, BY_OPERATOR):
        raise RequestClosed("It had ended already.")
    for call in _calls(run).filter(status=CallStatus.PENDING):
        delivery.withdraw(call)
    source = Source.OPERATOR if canceled_by else Source.SYSTEM
    note(station=run.station, kind="profile.canceled", source=source, user=canceled_by)


def _calls(run: ProfileRun) -> QuerySet[OutboundCall]:
    of_monitors = Monitor.objects.filter(run=run, call__isnull=False).values("call")
    return OutboundCall.objects.filter(pk__in=of_monitors) | OutboundCall.objects.filter(
        pk__in=run.calls.values("pk")
    )


# What came of the stages so far


def collect(row: StationProfile, run: ProfileRun) -> None:
    """Learn what the station said no to, so that the next plan does not ask for it again."""
    info = StationInfo.objects.filter(station=row.station).first()
    firmware = info.firmware_version if info else ""
    refused = dict(row.refused) if row.refused_firmware == firmware else {}
    for monitor in run.monitors.filter(status__in=_SAID_NO):
        words = [monitor.status, monitor.reason_code, monitor.reason_info]
        refused[refusal_key(monitor.spec)] = " – ".join(filter(None, words))
    results = {**_said_of_calls(run), **_said_of_switch(run)}
    for key, said in results.items():
        if not said.startswith("Accepted"):
            refused[key] = said
    if results != run.results:
        run.results = results
        ProfileRun.objects.filter(pk=run.pk).update(results=results)
    if (refused, firmware) != (row.refused, row.refused_firmware):
        row.refused, row.refused_firmware = refused, firmware
        StationProfile.objects.filter(pk=row.pk).update(refused=refused, refused_firmware=firmware)


def _said_of_calls(run: ProfileRun) -> dict[str, str]:
    found = {}
    asked = run.calls.filter(action__in=(BASE, LEVEL)).order_by("pk")
    for call in asked.filter(status__in=(CallStatus.ANSWERED, CallStatus.REFUSED)):
        name = "base" if call.action == BASE else "level"
        wanted = str(call.payload.get("base", call.payload.get("severity", "")))
        if call.status == CallStatus.REFUSED:
            said = call.error_code
        else:
            codec = monitoring_codec(monitors.spoken_by(run.station))
            verdict = codec.decode_verdict(call.answer or {})
            why = filter(None, [verdict.reason_code, verdict.additional_info])
            said = " – ".join([verdict.status, *why])
        found[setting_key(name, wanted)] = said
    return found


def _said_of_switch(run: ProfileRun) -> dict[str, str]:
    asked: VariableRequest | None = run.variables
    if asked is None or asked.is_open:
        return {}
    said = {"RebootRequired": "Accepted", CallStatus.TIMED_OUT: "", CallStatus.EXPIRED: ""}
    found = {}
    for item in asked.items:
        word = said.get(item.get("status", ""), item.get("status", ""))
        if word:
            found[setting_key("enabled", str(item.get("value", "")))] = str(word)
    return found


# The next stage


def advance(row: StationProfile, run: ProfileRun, found: Plan) -> datetime | None:
    """Begin the next stage, or end; returns when to look again if nothing calls before.

    None where it waits for a place among those that are being brought into step at once.
    """
    if not get_gateway().is_online(row.station):
        return timezone.now() + LATER
    if run.status == RunStatus.WAITING and _next_stage(run, found) and profile_queue.places() <= 0:
        return None
    later = timezone.now() + LOOK_AGAIN
    with transaction.atomic():
        monitor_facts.hold(row.station)
        held = ProfileRun.objects.open().select_for_update().filter(pk=run.pk).first()
        if held is None or held.tries != run.tries or _is_busy(held):
            return later
        held.version = row.profile.current if row.profile else held.version
        stage = _next_stage(held, found)
        if stage is None:
            _conclude(held, found)
            return timezone.now()
        try:
            with transaction.atomic():
                BEGIN[stage](held, found)
        except RequestRefused as error:
            _end(held, RunStatus.FAILED, REFUSED_HERE, str(error))
            return None
        _keep(held, stage)
    return later


def _is_busy(run: ProfileRun) -> bool:
    """Whether something is under way, asked by whomever, that may change what the station runs."""
    station = run.station
    waiting = VariableRequest.objects.filter(station=station, status=VariablesStatus.WAITING)
    return (
        Monitor.objects.open().filter(station=station).exists()
        or OutboundCall.objects.filter(
            station=station, action__in=monitors.ACTIONS, status__in=OPEN_CALLS
        ).exists()
        or waiting.exclude(purpose=VariableRequest.Purpose.OPERATOR).exists()
        or waiting.filter(pk__in=[run.variables_id]).exists()
        or Report.objects.open()
        .filter(station=station, kind__in=(ReportKind.MONITORING, ReportKind.BASE))
        .exists()
    )


def _next_stage(run: ProfileRun, found: Plan) -> Stage | None:
    wanted = {
        Stage.READ: found.why == Why.NOT_READ or _has_unknown_ones(run),
        Stage.MODEL: found.why == Why.NO_MODEL,
        Stage.SETTINGS: bool(found.to_switch),
        Stage.CLEAR: bool(found.of(Action.CLEAR)),
        Stage.SET: bool(found.of(Action.SET, Action.REPLACE)),
    }
    for stage, is_wanted in wanted.items():
        if is_wanted and run.tries.get(stage, 0) < MOST_TRIES:
            return stage
    return None


def _has_unknown_ones(run: ProfileRun) -> bool:
    """A duplicate of what nobody here has heard of: reading the monitors tells which."""
    if run.tries.get(Stage.READ):
        return False
    return run.monitors.filter(status=MonitorStatus.DUPLICATE).exists()


def _keep(run: ProfileRun, stage: Stage) -> None:
    run.tries = {**run.tries, stage: run.tries.get(stage, 0) + 1}
    run.status = RunStatus.RUNNING
    run.started_at = run.started_at or timezone.now()
    run.save(update_fields=["tries", "status", "started_at", "version", "variables"])
    publish_on_commit("monitors", run.station_id)


def _conclude(run: ProfileRun, found: Plan) -> None:
    if found.state is State.NO_MONITORS:
        _end(run, RunStatus.CANCELED, NO_MONITORS)
        return
    ends = {State.IN_STEP: RunStatus.DONE, State.CANNOT: RunStatus.PARTLY}
    status = ends.get(found.state, RunStatus.FAILED)
    if status == RunStatus.FAILED and run.monitors.filter(status=MonitorStatus.ACTIVE).exists():
        status = RunStatus.PARTLY
    _end(run, status)


def _end(run: ProfileRun, status: RunStatus, reason: str = "", info: str = "") -> bool:
    """Compare-and-set; False when it had ended before."""
    ended = ProfileRun.objects.open().filter(pk=run.pk)
    if not ended.update(
        status=status, reason=reason, reason_info=info[:500], ended_at=timezone.now(),
        version=run.version,
    ):  # fmt: skip
        return False
    if status != RunStatus.CANCELED:
        note(
            station=run.station, kind="profile.applied", source=Source.SYSTEM,
            profile=str(run.version.profile), version=run.version.number, status=status, info=info,
        )  # fmt: skip
    publish_on_commit("monitors", run.station_id)
    publish_on_commit("monitorprofile", run.version.profile_id)
    return True
