from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.monitor import (
    LIVE,
    OPEN,
    EventNotificationType,
    MonitorStatus,
    MonitorType,
)
from diagnostics.models.naming import NamesVariable
from diagnostics.ocpp.monitoring import MonitorSpec, StreamParams
from diagnostics.ocpp.types import ComponentVariable


class MonitorQuerySet(models.QuerySet["Monitor"]):
    def live(self) -> MonitorQuerySet:
        """What the station runs, as far as known."""
        return self.filter(status__in=LIVE)

    def open(self) -> MonitorQuerySet:
        """What the station is being asked to set or to clear."""
        return self.filter(status__in=OPEN)

    def shown(self) -> MonitorQuerySet:
        """What runs or is waited for."""
        return self.filter(status__in=LIVE | OPEN)


def stream_of(interval: int | None, values: int | None) -> StreamParams | None:
    """The stream that two columns tell of."""
    return None if interval is None and values is None else StreamParams(interval, values)


class Monitor(NamesVariable):
    """A VariableMonitoring of a station: one that it runs, ran, or was asked to run (N04).

    `monitor_id` is the station's and holds until its next reboot; before an answer it names the
    monitor to replace. One row per asking: `replaces` leads to the row it took the place of.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    monitor_id = models.IntegerField(_("monitor id"), null=True, blank=True)
    type = models.CharField(_("type"), max_length=30, choices=MonitorType.choices)
    value = models.FloatField(_("value"))
    severity = models.PositiveSmallIntegerField(_("severity"), default=5)
    transaction = models.BooleanField(
        _("only in transactions"), default=False, help_text=_("Idle while nobody charges.")
    )
    stream_interval = models.PositiveIntegerField(_("stream interval"), null=True, blank=True)
    stream_values = models.PositiveIntegerField(_("values per message"), null=True, blank=True)
    event_notification_type = models.CharField(
        _("made by"), max_length=30, choices=EventNotificationType.choices, blank=True
    )

    status = models.CharField(
        _("state"), max_length=24, choices=MonitorStatus.choices, default=MonitorStatus.PENDING
    )
    reason_code = models.CharField(_("reason"), max_length=64, blank=True)
    reason_info = models.CharField(_("explanation"), max_length=1024, blank=True)
    call = models.ForeignKey(
        "diagnostics.OutboundCall",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="monitors",
        verbose_name=_("call"),
    )
    replaces = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("replaces"),
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("set by"),
    )
    asked_here = models.BooleanField(_("set from here"), default=False)
    by_profile = models.BooleanField(_("set by a profile"), default=False)
    run = models.ForeignKey(
        "diagnostics.ProfileRun",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="monitors",
        verbose_name=_("application of a profile"),
    )
    created_at = models.DateTimeField(_("known since"))
    changed_at = models.DateTimeField(_("changed"))
    reported_at = models.DateTimeField(_("last reported"), null=True, blank=True)

    objects = MonitorQuerySet.as_manager()

    class Meta:
        verbose_name = _("monitor")
        verbose_name_plural = _("monitors")
        permissions = [("set_monitor", _("Can set and clear monitors of stations"))]
        constraints = [
            models.UniqueConstraint(
                fields=["station", "monitor_id"],
                condition=Q(status__in=["Active", "Clearing"]),
                name="diagnostics_one_live_monitor",
            )
        ]
        indexes = [
            models.Index(fields=["station", "status", "id"], name="diag_monitor_station"),
            models.Index(fields=["status", "-id"], name="diag_monitor_status"),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.get_type_display()} {self.value:g}"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    @property
    def stream(self) -> StreamParams | None:
        return stream_of(self.stream_interval, self.stream_values)

    @property
    def spec(self) -> MonitorSpec:
        """The monitor as it is asked of a station."""
        return MonitorSpec(
            target=self.reference,
            type=self.type,
            value=self.value,
            severity=self.severity,
            transaction=self.transaction,
            monitor_id=self.monitor_id,
            stream=self.stream,
        )

    @classmethod
    def columns_of(cls, spec: MonitorSpec) -> dict[str, Any]:
        """The values of the columns that say what is watched, and how."""
        return {
            **cls.columns(spec.target),
            "type": spec.type,
            "value": spec.value,
            "severity": spec.severity,
            "transaction": spec.transaction,
            "monitor_id": spec.monitor_id,
            "stream_interval": spec.stream.interval if spec.stream else None,
            "stream_values": spec.stream.values if spec.stream else None,
        }

    def watches(self, target: ComponentVariable) -> bool:
        return self.reference.key() == target.key()


class MonitoringInfo(models.Model):
    """What is known of a station's monitoring as a whole (N03, N05).

    `supported` is found out by asking, and holds for one firmware version.
    """

    station = models.OneToOneField(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    supported = models.BooleanField(_("knows monitors"), null=True, blank=True)
    supported_firmware = models.CharField(_("found out with firmware"), max_length=50, blank=True)
    base = models.CharField(_("monitoring base"), max_length=20, blank=True)
    base_at = models.DateTimeField(_("base set"), null=True, blank=True)
    level = models.PositiveSmallIntegerField(_("monitoring level"), null=True, blank=True)
    level_at = models.DateTimeField(_("level set"), null=True, blank=True)
    read_at = models.DateTimeField(_("monitors read"), null=True, blank=True)

    class Meta:
        verbose_name = _("monitoring of a station")
        verbose_name_plural = _("monitoring of stations")

    def __str__(self) -> str:
        return f"{self.station_id}"
