from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.parts import Parts
from diagnostics.lifecycles.report import (
    EXPECTING,
    OPEN,
    Facts,
    GivenUp,
    ReportKind,
    ReportStatus,
)


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> ReportQuerySet:
        return self.filter(status__in=OPEN)

    def expecting(self) -> ReportQuerySet:
        """Parts are to come: the station agreed, or has begun without a word."""
        return self.filter(status__in=EXPECTING)

    def with_parts(self) -> ReportQuerySet:
        """For lists: the parts without what is in them."""
        without = ReportPart.objects.defer("items", "unread")
        return self.prefetch_related(models.Prefetch("parts", without))

    def stalled(self, moment: datetime) -> ReportQuerySet:
        """Nothing was heard of these since `moment`."""
        return self.expecting().filter(heard_at__lt=moment)


class Report(models.Model):
    """A report asked of one station: on its device model (B07, B08) or its monitors (N02).

    `criteria` has the wire's own names: reportBase, componentCriteria, monitoringCriteria,
    componentVariable; what was not asked for is absent. `status` is drawn from the facts by
    `lifecycles.report.judge`.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ReportKind.choices)
    criteria = models.JSONField(_("criteria"), default=dict, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    created_at = models.DateTimeField(_("requested"))

    call = models.ForeignKey(
        "diagnostics.OutboundCall",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("call"),
    )
    request_id = models.PositiveIntegerField(_("request id"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=20, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    reason_code = models.CharField(_("station's reason"), max_length=20, blank=True)
    reason_info = models.CharField(_("station's explanation"), max_length=1024, blank=True)
    heard_at = models.DateTimeField(
        _("last heard"), null=True, blank=True, help_text=_("The answer, or the newest part.")
    )
    given_up = models.CharField(
        _("given up because"), max_length=8, choices=GivenUp.choices, blank=True
    )
    applied_at = models.DateTimeField(
        _("taken over"), null=True, blank=True, help_text=_("Into what is known of the station.")
    )

    status = models.CharField(
        _("status"), max_length=16, choices=ReportStatus.choices, default=ReportStatus.QUEUED
    )
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        permissions = [("request_report", _("Can ask stations for reports"))]
        indexes = [
            models.Index(fields=["station", "-id"], name="diag_report_station"),
            models.Index(fields=["station", "request_id"], name="diag_report_request_id"),
            models.Index(
                fields=["heard_at"],
                condition=models.Q(status__in=["Accepted", "Receiving"]),
                name="diag_report_expecting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def received(self) -> Parts:
        """Which parts are here, and which is the last."""
        return Parts.of(self.parts.values_list("seq_no", "tbc"))

    def facts(self) -> Facts:
        """The row's columns, and what its call and parts say, as `judge` reads them."""
        return Facts(
            call_status=self.call.status if self.call else CallStatus.CANCELED,
            call_error=self.call.error_code if self.call else "",
            answer=self.answer,
            parts=self.received(),
            damaged=self.parts.filter(damaged=True).exists(),
            given_up=self.given_up,
        )


class ReportPart(models.Model):
    """One NotifyReport or NotifyMonitoringReport, as it came, without secrets."""

    report = models.ForeignKey(
        Report, on_delete=models.CASCADE, related_name="parts", verbose_name=_("report")
    )
    seq_no = models.IntegerField(_("number"))
    tbc = models.BooleanField(_("to be continued"))
    generated_at = models.DateTimeField(_("generated"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"))
    items = models.JSONField(_("entries"), default=list)
    count = models.PositiveIntegerField(_("number of entries"), default=0)
    unread = models.JSONField(
        _("not readable"), default=list, help_text=_("Entries as they came; the first ones.")
    )
    unread_count = models.PositiveIntegerField(_("number of those"), default=0)
    damaged = models.BooleanField(
        _("damaged"), default=False, help_text=_("It came empty, or with entries not readable.")
    )
    times_received = models.PositiveIntegerField(_("times received"), default=1)

    class Meta:
        verbose_name = _("part of a report")
        verbose_name_plural = _("parts of reports")
        ordering = ["seq_no"]
        constraints = [
            models.UniqueConstraint(fields=["report", "seq_no"], name="diagnostics_report_part")
        ]

    def __str__(self) -> str:
        return str(self.seq_no)
