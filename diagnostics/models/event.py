from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.alert import (
    DEFAULT_SEVERITY,
    AlertSource,
    AlertState,
    ClosedBy,
    Severity,
)
from diagnostics.models.naming import NamesVariable


class StationEvent(NamesVariable):
    """One entry of NotifyEvent, or what is read as one. Written once, never changed.

    `fingerprint` makes an event that is sent again the same row; `alert_key` ties it to the alerts
    it belongs to (`Alert.key`), and is empty for Delta and Periodic events.
    """

    station = models.ForeignKey(
        station_model(),
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("station"),
        db_index=False,  # every index costs with every event: there is one that begins with it
    )
    fingerprint = models.UUIDField(unique=True, editable=False)
    alert_key = models.UUIDField(null=True, blank=True, editable=False)
    source = models.CharField(_("told by"), max_length=12, choices=AlertSource.choices)
    event_id = models.IntegerField(_("event id"), null=True, blank=True)
    timestamp = models.DateTimeField(_("happened"))
    trigger = models.CharField(_("trigger"), max_length=20)
    cause = models.IntegerField(_("caused by event"), null=True, blank=True)
    actual_value = models.TextField(_("value"), blank=True)
    tech_code = models.CharField(_("technical code"), max_length=50, blank=True)
    tech_info = models.CharField(_("technical information"), max_length=500, blank=True)
    cleared = models.BooleanField(_("cleared"), null=True, blank=True)
    transaction_id = models.CharField(_("transaction"), max_length=36, blank=True)
    variable_monitoring_id = models.IntegerField(_("monitor id"), null=True, blank=True)
    event_notification_type = models.CharField(_("notification type"), max_length=30, blank=True)
    severity = models.SmallIntegerField(
        _("severity"), null=True, blank=True, choices=Severity.choices
    )
    unread = models.TextField(
        _("as it came"), blank=True, help_text=_("The whole entry, where not all could be read.")
    )
    generated_at = models.DateTimeField(_("message made"), null=True, blank=True)
    seq_no = models.IntegerField(_("sequence number"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["station", "-id"], name="diag_event_station"),
            models.Index(
                fields=["alert_key", "-id"],
                condition=models.Q(alert_key__isnull=False),
                name="diag_event_alert",
            ),
            models.Index(fields=["-id"], condition=~models.Q(unread=""), name="diag_event_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} = {self.actual_value[:50]}"


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> AlertQuerySet:
        """Not cleared, acknowledged or not."""
        return self.filter(cleared_at=None)

    def unseen(self) -> AlertQuerySet:
        """Open, and acknowledged by nobody: what needs somebody now."""
        return self.filter(cleared_at=None, acknowledged_at=None)

    def worst_first(self) -> AlertQuerySet:
        return self.order_by("severity", "-id")


class Alert(NamesVariable):
    """Something that a station reported wrong, from its first event until it is cleared.

    At most one is open for a `key`. The times are the station's, except `updated_at`.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    key = models.UUIDField(editable=False)
    source = models.CharField(_("told by"), max_length=12, choices=AlertSource.choices)
    severity = models.SmallIntegerField(
        _("severity"), choices=Severity.choices, default=DEFAULT_SEVERITY
    )
    variable_monitoring_id = models.IntegerField(_("monitor id"), null=True, blank=True)
    event_notification_type = models.CharField(_("notification type"), max_length=30, blank=True)
    tech_code = models.CharField(_("technical code"), max_length=50, blank=True)
    tech_info = models.CharField(_("technical information"), max_length=500, blank=True)
    last_value = models.TextField(_("value"), blank=True)
    cause = models.IntegerField(_("caused by event"), null=True, blank=True)
    transaction_id = models.CharField(_("transaction"), max_length=36, blank=True)
    count = models.PositiveIntegerField(_("times"), default=1)
    first_at = models.DateTimeField(_("since"))
    last_at = models.DateTimeField(_("last time"))
    updated_at = models.DateTimeField(_("last heard"))
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)
    closed_by = models.CharField(
        _("cleared by"), max_length=12, choices=ClosedBy.choices, blank=True
    )
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("acknowledged by"),
    )
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        permissions = [("acknowledge_alert", _("Can acknowledge alerts"))]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(cleared_at__isnull=True),
                name="diagnostics_one_open_alert",
            )
        ]
        indexes = [
            models.Index(fields=["severity", "-id"], name="diag_alert_worst"),
            models.Index(
                fields=["severity", "-id"],
                condition=models.Q(cleared_at__isnull=True),
                name="diag_alert_open",
            ),
            models.Index(fields=["station", "-id"], name="diag_alert_station"),
            models.Index(fields=["key", "-id"], name="diag_alert_key"),
        ]

    def __str__(self) -> str:
        named = str(self.reference) if self.component else ""
        return named or f"{_('monitor')} {self.variable_monitoring_id}"

    @property
    def state(self) -> AlertState:
        if self.cleared_at is not None:
            return AlertState.CLEARED
        return AlertState.OPEN if self.acknowledged_at is None else AlertState.ACKNOWLEDGED
