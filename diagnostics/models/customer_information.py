from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.customer_information import (
    OPEN,
    CustomerKind,
    CustomerStatus,
    Facts,
)
from diagnostics.lifecycles.parts import Parts


class CustomerInformationQuerySet(models.QuerySet["CustomerInformation"]):
    def open(self) -> CustomerInformationQuerySet:
        return self.filter(status__in=OPEN)

    def silent_since(self, moment: datetime) -> CustomerInformationQuerySet:
        """Accepted, not whole, and nothing was heard since `moment`."""
        expected = [CustomerStatus.ACCEPTED, CustomerStatus.RECEIVING]
        return self.filter(status__in=expected, heard_at__lt=moment)


class CustomerInformation(models.Model):
    """A station asked what it knows of one customer, told to forget it, or both (N09, N10).

    Personal data. The identifier is in `identifier` only until the call is sent; what stays are
    its last letters (until the purge) and a keyed hash. The text is in the parts, which are
    deleted when their time is over: the row stays, as proof of who asked for what, and why.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    report = models.BooleanField(_("report"), default=True)
    clear = models.BooleanField(_("clear"), default=False)
    purpose = models.CharField(_("purpose"), max_length=500)
    kind = models.CharField(_("named by"), max_length=20, choices=CustomerKind.choices)
    token_type = models.CharField(_("type of token"), max_length=20, blank=True)
    identifier = models.JSONField(null=True, blank=True, editable=False)
    identifier_masked = models.CharField(_("customer"), max_length=40, blank=True)
    identifier_hash = models.CharField(_("hash of the identifier"), max_length=64)

    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    requested_by_name = models.CharField(_("name of who asked"), max_length=150, blank=True)
    created_at = models.DateTimeField(_("requested"))
    expires_at = models.DateTimeField(_("expires"))

    call = models.ForeignKey(
        "diagnostics.OutboundCall",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("call"),
    )
    request_id = models.PositiveIntegerField(_("request id"))
    answer = models.CharField(_("answer"), max_length=20, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    reason_code = models.CharField(_("station's reason"), max_length=50, blank=True)
    heard_at = models.DateTimeField(_("last heard"), null=True, blank=True)
    silent = models.BooleanField(_("fell silent"), default=False)
    canceled_at = models.DateTimeField(_("canceled"), null=True, blank=True)

    status = models.CharField(
        _("status"), max_length=16, choices=CustomerStatus.choices, default=CustomerStatus.QUEUED
    )
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    purged_at = models.DateTimeField(_("purged"), null=True, blank=True)

    list_version = models.BigIntegerField(_("version of the local list"), null=True, blank=True)
    list_status = models.CharField(_("answer to the local list"), max_length=24, blank=True)

    objects = CustomerInformationQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for customer information")
        verbose_name_plural = _("customer information")
        permissions = [
            ("request_customer_information", _("Can ask stations for customer information")),
            ("read_customer_information", _("Can read what stations know of a customer")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["station", "request_id"], name="diagnostics_customer_request_id"
            ),
            # N09.FR.07: neither of them asks for nothing.
            models.CheckConstraint(
                condition=Q(report=True) | Q(clear=True), name="diagnostics_customer_asks"
            ),
        ]
        indexes = [
            models.Index(fields=["station", "-id"], name="diag_customer_station"),
            models.Index(fields=["identifier_hash"], name="diag_customer_hash"),
            models.Index(
                fields=["created_at"], condition=Q(purged_at=None), name="diag_customer_kept"
            ),
        ]

    def __str__(self) -> str:
        return f"{_('customer information')} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def parts_state(self) -> Parts:
        return Parts.of(self.parts.values_list("seq_no", "tbc"))

    def facts(self) -> Facts:
        """The row's columns, and what its call and parts say, as `judge` reads them."""
        parts = self.parts_state()
        return Facts(
            call_status=self.call.status if self.call else CallStatus.PENDING,
            call_error=self.call.error_code if self.call else "",
            answer=self.answer,
            report=self.report,
            has_parts=bool(parts.received),
            closed=parts.is_closed,
            silent=self.silent,
            canceled=self.canceled_at is not None,
        )


class CustomerInformationPart(models.Model):
    """One part of the text, as it came; deleted by the purge."""

    information = models.ForeignKey(
        CustomerInformation, on_delete=models.CASCADE, related_name="parts"
    )
    seq_no = models.IntegerField()
    tbc = models.BooleanField(default=False)
    data = models.TextField(blank=True)
    received_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["information", "seq_no"], name="diagnostics_customer_part"
            )
        ]

    def __str__(self) -> str:
        return f"part {self.seq_no}"


class CustomerInformationAccess(models.Model):
    """Who opened the text, and when. The name stays when the user is deleted."""

    information = models.ForeignKey(
        CustomerInformation, on_delete=models.CASCADE, related_name="accesses"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    user_name = models.CharField(_("name"), max_length=150)
    at = models.DateTimeField(_("at"))

    class Meta:
        default_permissions = ()
        verbose_name = _("opening of customer information")
        verbose_name_plural = _("openings of customer information")

    def __str__(self) -> str:
        return f"{self.user_name} {self.at:%Y-%m-%d %H:%M}"
