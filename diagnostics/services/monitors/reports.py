"""What a complete monitoring report means for the monitors that are known (N02, N04.FR.19)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.lifecycles.monitor import (
    ID_REUSED,
    NOT_REPORTED,
    MonitorEvent,
    MonitorStatus,
    sources_of,
)
from diagnostics.lifecycles.report import SUCCEEDED
from diagnostics.models import Monitor, MonitoringInfo, Report
from diagnostics.ocpp.codecs.monitoring import monitoring_codec
from diagnostics.ocpp.monitoring import CRITERIA, ReportedMonitor
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.events import alerts
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.services.timeline import Source, note

# The words of both versions that have monitors are read alike; 2.1 only adds to them.
_CODEC = monitoring_codec(OcppVersion.V21)

# How far back a monitor that was thought gone is found again.
MOST_REMEMBERED = 1000


def reconcile(report: Report) -> None:
    """Bring the known monitors in line with a monitoring report.

    Monitors are told by the station's id; one whose id changed (after a reboot) by component,
    variable, type, severity and value. New ones are added, and active ones that a complete report
    should have shown are Lost. A report with criteria speaks only for what it was asked about.
    """
    reported = _reported(report)
    with transaction.atomic():
        station = report.station
        monitor_facts.hold(station)
        rows = _candidates(station)
        pairs = _paired(rows, reported)
        matched = {row.pk for row, _ in pairs}
        lost = [
            row
            for row in rows
            if row.pk not in matched and _is_missing(row, report) and _covers(report, row)
        ]
        for row in lost:
            monitor_facts.move(row, MonitorEvent.LOSE, reason_code=NOT_REPORTED, reason_info="")
        _free_ids(station, pairs)
        for row, monitor in pairs:
            _confirm(row, monitor)
        paired = {monitor.monitor_id for _, monitor in pairs}
        fresh = [monitor for monitor in reported if monitor.monitor_id not in paired]
        for monitor in fresh:
            _add(station, monitor)
        alerts.learn_severities(station, {each.monitor_id: each.severity for each in reported})
        _note_read(report, len(reported), len(lost), len(fresh))


def _reported(report: Report) -> list[ReportedMonitor]:
    """The monitors of all parts; of two with one id, the later one counts."""
    found: dict[int, ReportedMonitor] = {}
    for part in report.parts.order_by("seq_no"):
        found.update((each.monitor_id, each) for each in _CODEC.decode_report(part.items))
    return list(found.values())


def _candidates(station: Any) -> list[Monitor]:
    """Rows that a reported monitor may be: those that run, then those that were missed."""
    live = Monitor.objects.live().filter(station=station).order_by("-pk")
    missed = Monitor.objects.filter(
        station=station, status__in=sources_of(MonitorEvent.REPORT)
    ).order_by("-pk")
    return [*live, *missed[:MOST_REMEMBERED]]


def _paired(
    rows: Sequence[Monitor], reported: Iterable[ReportedMonitor]
) -> list[tuple[Monitor, ReportedMonitor]]:
    """Pair each reported monitor with its row, the surest likeness first.

    What it is comes before its id: after a reboot two monitors of one variable may have swapped
    theirs. A change of value or severity under the same id comes before what was missed.
    """
    pairs: list[tuple[Monitor, ReportedMonitor]] = []
    left, taken = list(reported), set[int]()
    for same in (_unchanged, _renumbered, _same_id, _same_kind):
        for monitor in left[:]:
            row = next((r for r in rows if r.pk not in taken and same(r, monitor)), None)
            if row is not None:
                pairs.append((row, monitor))
                taken.add(row.pk)
                left.remove(monitor)
    return pairs


def _unchanged(row: Monitor, monitor: ReportedMonitor) -> bool:
    return _same_id(row, monitor) and _same_kind(row, monitor)


def _renumbered(row: Monitor, monitor: ReportedMonitor) -> bool:
    return row.is_live and _same_kind(row, monitor)


def _same_id(row: Monitor, monitor: ReportedMonitor) -> bool:
    """An id is used again after its monitor was removed, so it alone says little."""
    return (
        row.is_live
        and row.monitor_id == monitor.monitor_id
        and row.type == monitor.type
        and row.watches(monitor.target)
    )


def _same_kind(row: Monitor, monitor: ReportedMonitor) -> bool:
    return (
        row.type == monitor.type
        and row.severity == monitor.severity
        and abs(row.value - monitor.value) <= 1e-6 * max(1.0, abs(row.value))
        and row.watches(monitor.target)
    )


def _is_missing(row: Monitor, report: Report) -> bool:
    """What was set after the report was asked for may be too new for it.

    And what a report lacks that was not read as a whole may be in the rest of it.
    """
    is_old = row.status == MonitorStatus.ACTIVE and row.changed_at <= report.created_at
    return is_old and report.status in SUCCEEDED


def _free_ids(station: Any, pairs: Sequence[tuple[Monitor, ReportedMonitor]]) -> None:
    """Take the ids from everything: two monitors may have swapped theirs."""
    moved = [row for row, monitor in pairs if row.monitor_id != monitor.monitor_id]
    for row in moved:
        if row.is_live:
            monitor_facts.close_alerts(row)
    Monitor.objects.filter(pk__in=[row.pk for row in moved]).update(monitor_id=None)
    ids = {monitor.monitor_id for _, monitor in pairs}
    holders = Monitor.objects.live().filter(station=station, monitor_id__in=ids)
    for holder in holders.exclude(pk__in=[row.pk for row, _ in pairs]):
        monitor_facts.move(holder, MonitorEvent.LOSE, reason_code=ID_REUSED, reason_info="")


def _confirm(row: Monitor, monitor: ReportedMonitor) -> None:
    now = timezone.now()
    if not row.is_live:
        monitor_facts.move(row, MonitorEvent.REPORT, reason_code="", reason_info="")
    origin = monitor.event_notification_type or row.event_notification_type
    Monitor.objects.filter(pk=row.pk).update(**_columns(monitor, now, origin))
    monitor_facts.announce(row)


def _add(station: Any, monitor: ReportedMonitor) -> None:
    now = timezone.now()
    blank = Monitor(station=station)
    monitor_facts.take_id(blank, monitor.monitor_id, MonitorEvent.LOSE, ID_REUSED)
    row = Monitor.objects.create(
        station=station,
        **Monitor.columns(monitor.target),
        type=monitor.type,
        status=MonitorStatus.ACTIVE,
        created_at=now,
        changed_at=now,
        **_columns(monitor, now, monitor.event_notification_type),
    )
    monitor_facts.announce(row)


def _columns(monitor: ReportedMonitor, now: datetime, origin: str) -> dict[str, Any]:
    return {
        "monitor_id": monitor.monitor_id,
        "value": monitor.value,
        "severity": monitor.severity,
        "transaction": monitor.transaction,
        "event_notification_type": origin,
        "reported_at": now,
    }


def _covers(report: Report, row: Monitor) -> bool:
    """Whether the report was asked for such a monitor (N02.FR.05 to .08, .12 to .21)."""
    criteria, named = _asked_for(report)
    if criteria and not any(row.type in CRITERIA.get(each, ()) for each in criteria):
        return False
    return not named or any(_includes(each, row.reference) for each in named)


def _asked_for(report: Report) -> tuple[list[str], list[ComponentVariable]]:
    asked = report.criteria if isinstance(report.criteria, dict) else {}
    named = [ComponentVariable.from_wire(each) for each in asked.get("componentVariable", ())]
    return list(asked.get("monitoringCriteria", ())), named


def _includes(asked: ComponentVariable, target: ComponentVariable) -> bool:
    """What is not named is a wildcard (N02.FR.16 to .21)."""
    wanted, found = asked.key(), target.key()
    return all(
        part in ("", None) or part == other for part, other in zip(wanted, found, strict=True)
    )


def _note_read(report: Report, total: int, lost: int, fresh: int) -> None:
    criteria, named = _asked_for(report)
    whole = report.status in SUCCEEDED
    if whole and not criteria and not named:
        monitor_facts.info_of(report.station)
        known = MonitoringInfo.objects.filter(station=report.station)
        known.update(read_at=timezone.now())
    note(
        station=report.station,
        kind="monitor.read" if whole else "monitor.read_partly",
        source=Source.STATION,
        count=total,
        lost=lost or None,
        fresh=fresh or None,
    )
    monitor_facts.announce_station(report.station)
