"""What is known of a station's monitors, and the only place where it changes (N02 to N06)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from diagnostics.lifecycles.call import UNSUPPORTED
from diagnostics.lifecycles.monitor import GONE, MonitorEvent, MonitorStatus, sources_of, target_of
from diagnostics.lifecycles.report import ReportStatus
from diagnostics.models import Monitor, MonitoringInfo, Report, ReportedVariable, StationInfo
from diagnostics.models.variable import digest_of
from diagnostics.ocpp.monitoring import NOTHING_KNOWN, Watchable
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.progress import publish_on_commit
from diagnostics.services import event_streams
from diagnostics.services.device_model.limits import read_limits
from diagnostics.services.events import alerts


def move(row: Monitor, event: MonitorEvent, **columns: Any) -> bool:
    """Compare-and-set: let `event` happen to the monitor. False when its state does not allow it.

    A monitor that is gone reports nothing any more, not even that all is well again (N07.FR.12):
    its open alerts are closed here. One that is replaced is judged anew by the station (N07.FR.11).
    """
    changes = {**columns, "status": target_of(event), "changed_at": timezone.now()}
    moved = Monitor.objects.filter(pk=row.pk, status__in=sources_of(event)).update(**changes)
    if not moved:
        return False
    for column, value in changes.items():
        setattr(row, column, value)
    if row.status in GONE - {MonitorStatus.REPLACED}:
        close_alerts(row)
        close_stream(row)
    announce(row)
    return True


def close_alerts(row: Monitor) -> None:
    """End what the monitor's id reported: nobody will say any more that it is over."""
    if row.monitor_id is not None:
        alerts.close_alerts_of_monitor(row.station, row.monitor_id)


def close_stream(row: Monitor) -> None:
    """The station closes the stream of a monitor that is gone (N13.FR.05)."""
    if row.monitor_id is not None:
        event_streams.close_streams_of_monitor(row.station, row.monitor_id)


def announce(row: Monitor) -> None:
    publish_on_commit("monitor", row.pk, state=row.status)
    announce_station(row.station)


def announce_station(station: Any) -> None:
    """The pages of a station follow all of its monitors at once."""
    publish_on_commit("monitors", station.pk)


def take_id(row: Monitor, monitor_id: int, event: MonitorEvent, reason: str = "") -> None:
    """Free the station's id for `row`: whichever monitor held it before does not any more."""
    holders = Monitor.objects.live().filter(station=row.station, monitor_id=monitor_id)
    for holder in holders.exclude(pk=row.pk):
        move(holder, event, reason_code=reason, reason_info="")


def info_of(station: Any) -> MonitoringInfo:
    info, _ = MonitoringInfo.objects.get_or_create(station=station)
    return info


def hold(station: Any) -> None:
    """Let nobody else change this station's monitors until the transaction ends.

    Whoever holds a call or a report too has taken it first.
    """
    info_of(station)
    MonitoringInfo.objects.select_for_update().get(station=station)


def learn_support(station: Any, supported: bool) -> None:
    """Remember whether the station knows monitors at all; holds for its present firmware."""
    info_of(station)
    MonitoringInfo.objects.filter(station=station).update(
        supported=supported, supported_firmware=_firmware(station)
    )


def report_moved(report: Report) -> None:
    """A monitoring report has another status: pages show it.

    A whole one that the station cannot give tells that it has no monitors.
    """
    announce_station(report.station)
    refused = report.status == ReportStatus.NOT_SUPPORTED and report.reason != UNSUPPORTED
    if not report.criteria and (refused or report.reason in ("NotImplemented", "NotSupported")):
        learn_support(report.station, False)


def is_known_to_lack(station: Any) -> bool:
    """Whether the station said, with the firmware it has now, that it knows no monitors."""
    told = StationInfo.objects.filter(station=station).first() or StationInfo()
    return lacks_monitors(told, MonitoringInfo.objects.filter(station=station).first())


def lacks_monitors(told: StationInfo, known: MonitoringInfo | None) -> bool:
    """`is_known_to_lack`, of the two rows that tell it."""
    if read_limits(told.limits).monitoring_available is False:
        return True
    return (
        known is not None
        and known.supported is False
        and known.supported_firmware == told.firmware_version
    )


def _firmware(station: Any) -> str:
    found = StationInfo.objects.filter(station=station).values_list("firmware_version", flat=True)
    return found.first() or ""


def monitorable(station: Any) -> QuerySet[ReportedVariable]:
    """The variables that can be monitored, as far as the station has reported."""
    known = ReportedVariable.objects.filter(station=station, supports_monitoring=True)
    return known.order_by("component", "component_instance", "evse_id", "connector_id", "variable")


def watchable_of(station: Any, target: ComponentVariable) -> Watchable:
    """What the station reported of a variable, as far as it concerns monitors."""
    known = ReportedVariable.objects.filter(station=station, digest=digest_of(target))
    return watchable(known.first())


def watchable(variable: ReportedVariable | None) -> Watchable:
    if variable is None:
        return NOTHING_KNOWN
    return Watchable(
        data_type=variable.data_type,
        unit=variable.unit,
        min_limit=variable.min_limit,
        max_limit=variable.max_limit,
        supports_monitoring=variable.supports_monitoring is not False,
    )


def same_monitor(rows: Iterable[Monitor], key: tuple[object, ...]) -> list[Monitor]:
    """The rows whose variable, type and severity are these."""
    return [row for row in rows if row.spec.key() == key]
