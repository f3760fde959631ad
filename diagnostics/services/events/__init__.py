"""What stations report: kept once, and made into alerts (N07, N08; faults of 1.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from django.db import IntegrityError, connection, transaction

from diagnostics.copy_text import takes_copy
from diagnostics.lifecycles.monitor import EventNotificationType
from diagnostics.models import Alert, Monitor
from diagnostics.ocpp.event_data import HARD_WIRED
from diagnostics.services.events import alerts
from diagnostics.services.events.rows import (
    EventRow,
    Received,
    connector_key,
    rows_of,
    store,
    store_slowly,
    store_unseen,
)
from diagnostics.signals import events_recorded

# What an event may say of its monitor; a HardWiredNotification has none.
MONITOR_MAKERS = frozenset(EventNotificationType.values) - {HARD_WIRED}


def record_reports(batch: Iterable[Received]) -> None:
    """Keep the events of some messages, each once, and what follows of them, in one transaction.

    All or nothing. Raises what the database raises, IntegrityError for a station that is gone.
    """
    record_rows(map(rows_of, batch))


def record_rows(batch: Iterable[Iterable[EventRow]]) -> None:
    """As `record_reports`, with what `rows_of` made of each message."""
    unique: dict[str, EventRow] = {}
    for row in chain.from_iterable(batch):
        unique.setdefault(row.fingerprint, row)
    rows = list(unique.values())
    if not rows:
        return
    if _is_trusted():
        try:
            _record(rows, store_unseen)
        except IntegrityError:
            _doubt()
        else:
            return
    try:
        _record(rows, store)
    except IntegrityError:  # another process got one of them in the same moment
        _record(rows, store_slowly)


Store = Callable[[list[EventRow]], list[EventRow]]

# Events come twice after a reconnect, and then seldom one batch only. Else nobody looks whether one
# is known: the unique index says so, at the price of doing the batch again.
DOUBT = 50
_to_be_looked_up = 0


def _is_trusted() -> bool:
    global _to_be_looked_up
    if _to_be_looked_up:
        _to_be_looked_up -= 1
        return False
    return True


def _doubt() -> None:
    global _to_be_looked_up
    _to_be_looked_up = DOUBT - 1


def _record(rows: list[EventRow], store_new: Store) -> None:
    alone = takes_copy(connection) and not any(row.alert_key for row in rows)
    if alone and not connection.in_atomic_block:
        _tell(store_new(rows))  # one COPY, which needs no transaction around it
        return
    with transaction.atomic():
        new = store_new(rows)
        alerts.apply(new, _severities(new))
        _tell(new)


def _tell(new: list[EventRow]) -> None:
    if new and events_recorded.has_listeners():
        transaction.on_commit(
            lambda: events_recorded.send_robust(sender=EventRow, rows=new), robust=True
        )


def _severities(rows: list[EventRow]) -> alerts.Severities:
    """The severities of the monitors behind alerts whose events do not tell them (2.0.1)."""
    asked = {
        (row.received.station_id, row.facts.variable_monitoring_id)
        for row in rows
        if row.alert_key is not None
        and row.facts.severity is None
        and row.facts.variable_monitoring_id is not None
    }
    if not asked:
        return {}
    stations, ids = {station for station, _ in asked}, {monitor for _, monitor in asked}
    live = Monitor.objects.live().filter(station__in=stations, monitor_id__in=ids)
    found: dict[tuple[Any, Any], Monitor] = {(row.station_id, row.monitor_id): row for row in live}
    _learn_origins(rows, found)
    return {key: row.severity for key, row in found.items()}


def _learn_origins(rows: Iterable[EventRow], found: dict[tuple[Any, Any], Monitor]) -> None:
    """Who made a monitor: before 2.1 its events say so, and its reports do not (N02.FR.22)."""
    for row in rows:
        kind = row.facts.event_notification_type
        monitor = found.get((row.received.station_id, row.facts.variable_monitoring_id))
        if monitor and not monitor.event_notification_type and kind in MONITOR_MAKERS:
            monitor.event_notification_type = kind
            monitor.save(update_fields=["event_notification_type"])


def record_statuses(batch: Sequence[Received]) -> None:
    """Keep the faults that StatusNotifications tell, and their ends; all else is no event.

    As `record_reports`; each report has one event, of source STATUS.
    """
    told = [(connector_key(each.station_id, each.report.events[0]), each) for each in batch]
    ending = {key for key, each in told if each.report.events[0].ends_alert}
    open_alerts = Alert.objects.open().filter(key__in=ending)
    faulty = {key.hex for key in open_alerts.values_list("key", flat=True)}
    news = []
    for key, each in told:
        if not each.report.events[0].ends_alert:
            faulty.add(key)
        elif key not in faulty:
            continue
        news.append(each)
    record_reports(news)
