from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.call import OPEN, CallStatus


def new_message_id() -> str:
    """A message id: at most 36 characters, unique over all connections (OCPP-J part 4)."""
    return str(uuid.uuid4())


class CallQuerySet(models.QuerySet["OutboundCall"]):
    def open(self) -> CallQuerySet:
        return self.filter(status__in=OPEN)

    def pending(self) -> CallQuerySet:
        return self.filter(status=CallStatus.PENDING)

    def in_flight(self) -> CallQuerySet:
        return self.filter(status=CallStatus.SENT)

    def overdue(self, now: datetime) -> CallQuerySet:
        return self.in_flight().filter(deadline_at__lt=now)

    def expired(self, now: datetime) -> CallQuerySet:
        return self.pending().filter(expires_at__lt=now)


class OutboundCall(models.Model):
    """A call to a station: the outbox, and the record of what came of it.

    `action` and `payload` are what was asked. What went over the wire, which depends on the
    version the station speaks when it is delivered, is in `wire_action` and `wire_payload`.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    message_id = models.CharField(
        _("message id"), max_length=36, unique=True, default=new_message_id, editable=False
    )
    action = models.CharField(_("action"), max_length=64)
    payload = models.JSONField(_("payload"), default=dict, blank=True)
    raw = models.BooleanField(
        _("raw"), default=False, help_text=_("Sent in these very words, whatever the version.")
    )
    request_id = models.PositiveIntegerField(_("request id"), null=True, blank=True)
    log_request = models.ForeignKey(
        "diagnostics.LogRequest",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("log request"),
    )
    report = models.ForeignKey(
        "diagnostics.Report",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("report"),
    )
    variable_request = models.ForeignKey(
        "diagnostics.VariableRequest",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("request for variables"),
    )
    customer_information = models.ForeignKey(
        "diagnostics.CustomerInformation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("customer information"),
    )

    status = models.CharField(
        _("status"), max_length=16, choices=CallStatus.choices, default=CallStatus.PENDING
    )
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("placed by"),
    )
    timeout = models.FloatField(_("time-out"), default=30.0, help_text=_("Seconds."))
    created_at = models.DateTimeField(_("placed"))
    expires_at = models.DateTimeField(_("expires"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    deadline_at = models.DateTimeField(_("answer due"), null=True, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    connection = models.CharField(_("connection"), max_length=64, blank=True)
    wire_action = models.CharField(_("action on the wire"), max_length=64, blank=True)
    wire_payload = models.JSONField(_("payload on the wire"), null=True, blank=True)
    answer = models.JSONField(_("answer"), null=True, blank=True)
    late = models.BooleanField(_("answered late"), default=False)
    error_code = models.CharField(_("error code"), max_length=64, blank=True)
    error_description = models.CharField(_("error"), max_length=255, blank=True)

    # Of a call that was taken from its queue, and not of the row: whether it was not the only one.
    others_wait = True

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        permissions = [
            ("place_call", _("Can send any OCPP call to a station")),
            ("trigger_message", _("Can have a station send a message now")),
        ]
        constraints = [
            # Rule of OCPP-J: one CALL in flight per connection per direction.
            models.UniqueConstraint(
                fields=["station"],
                condition=models.Q(status=CallStatus.SENT),
                name="diagnostics_one_call_in_flight",
            )
        ]
        indexes = [
            models.Index(fields=["station", "status", "id"], name="diag_call_queue"),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(status=CallStatus.PENDING),
                name="diag_call_pending",
            ),
            models.Index(fields=["station", "request_id"], name="diag_call_request_id"),
            models.Index(fields=["-created_at"], name="diag_call_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.wire_action or self.action} {self.message_id[:8]}"
