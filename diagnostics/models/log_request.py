from __future__ import annotations

import secrets
import string
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.log_request import (
    OPEN,
    Facts,
    GivenUp,
    LogType,
    LogVerdict,
    UploadRoute,
    UploadStatus,
)
from diagnostics.models.log_file import LogFile

BYTES_ARE_RECENT = timedelta(seconds=60)


# How much of a token is the user where there must be one; the rest, 95 bits, is the password.
_USER_LENGTH = 6
_TOKEN_ALPHABET = string.ascii_letters + string.digits


def new_token() -> str:
    """The unguessable part of an upload address: 131 bits in 22 letters and digits.

    Nothing in it needs an escape: some stations do not decode an address.
    """
    return "".join(secrets.choice(_TOKEN_ALPHABET) for _ in range(22))


class LogRequestQuerySet(models.QuerySet["LogRequest"]):
    def open(self) -> LogRequestQuerySet:
        return self.filter(verdict__in=OPEN)

    def with_upload_expected(self) -> LogRequestQuerySet:
        """Accepted by the station, and not ended by anything since."""
        return self.filter(verdict__in=[LogVerdict.ACCEPTED, LogVerdict.UPLOADING])

    def claimed_since(self, moment: datetime) -> LogRequestQuerySet:
        """The station said "Uploaded" before `moment`, and no whole file is here."""
        return self.open().filter(
            station_status=UploadStatus.UPLOADED, station_status_at__lt=moment, grace_over=False
        )


class LogRequest(models.Model):
    """One log asked of one station, over GetDiagnostics or GetLog of any version (N01).

    Facts in columns of their own: what the station answered and said (`answer`, `station_status`),
    what arrived (`files`), what time did (`grace_over`, `given_up`). `verdict` and `reason` are
    drawn from them by `lifecycles.log_request.judge` and stored for lists and filters.
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    log_type = models.CharField(
        _("log"), max_length=20, choices=LogType.choices, default=LogType.DIAGNOSTICS
    )
    oldest = models.DateTimeField(_("from"), null=True, blank=True)
    latest = models.DateTimeField(_("to"), null=True, blank=True)
    retries = models.PositiveSmallIntegerField(_("retries"), null=True, blank=True)
    retry_interval = models.PositiveIntegerField(
        _("retry interval"), null=True, blank=True, help_text=_("Seconds.")
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    created_at = models.DateTimeField(_("requested"))
    expires_at = models.DateTimeField(
        _("expires"), help_text=_("Until then the request waits for an absent station.")
    )

    token = models.CharField(max_length=43, unique=True, default=new_token, editable=False)
    # Planned when the log is asked for, decided when the call is sent: a station may have returned
    # with another version, and signed addresses age.
    route = models.CharField(
        _("way in"), max_length=8, choices=UploadRoute.choices, default=UploadRoute.RELAY
    )
    route_reason = models.JSONField(_("why this way"), default=dict, blank=True)
    location = models.CharField(_("upload address"), max_length=2000, blank=True)
    signed_until = models.DateTimeField(
        null=True, blank=True, editable=False
    )  # the store itself takes the file until then, at an address that was signed for the station
    address_expires_at = models.DateTimeField(_("upload address valid until"))

    call = models.ForeignKey(
        "diagnostics.OutboundCall",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("call"),
    )
    request_id = models.PositiveIntegerField(_("request id"), null=True, blank=True)
    firmware_version = models.CharField(
        _("firmware when it was asked"), max_length=50, blank=True, editable=False
    )
    answer = models.CharField(_("answer"), max_length=20, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    filename = models.CharField(_("announced file name"), max_length=255, blank=True)
    station_status = models.CharField(
        _("station's word"), max_length=24, choices=UploadStatus.choices, blank=True
    )
    station_status_at = models.DateTimeField(_("said"), null=True, blank=True)
    reason_code = models.CharField(_("station's reason"), max_length=50, blank=True)
    reason_info = models.CharField(_("station's explanation"), max_length=1024, blank=True)
    superseded_by = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("superseded by"),
    )

    # Of the first whole file, for figures over many requests: files go, and there may be several.
    received_after = models.PositiveIntegerField(
        _("file here after"), null=True, blank=True, editable=False, help_text=_("Seconds.")
    )
    received_bytes = models.BigIntegerField(_("its size"), null=True, blank=True, editable=False)

    receiving_bytes = models.BigIntegerField(_("bytes so far"), null=True, blank=True)
    receiving_size = models.BigIntegerField(_("announced size"), null=True, blank=True)
    receiving_at = models.DateTimeField(_("last bytes"), null=True, blank=True)
    watched_at = models.DateTimeField(_("last watched while arriving"), null=True, blank=True)
    tail_key = models.CharField(max_length=512, blank=True, editable=False)

    grace_over = models.BooleanField(_("grace period over"), default=False)
    given_up = models.CharField(
        _("given up because"), max_length=16, choices=GivenUp.choices, blank=True
    )
    polled_at = models.DateTimeField(_("status asked for"), null=True, blank=True)
    canceled_at = models.DateTimeField(_("canceled"), null=True, blank=True)
    canceled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("canceled by"),
    )

    verdict = models.CharField(
        _("verdict"), max_length=24, choices=LogVerdict.choices, default=LogVerdict.QUEUED
    )
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = LogRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("log request")
        verbose_name_plural = _("log requests")
        permissions = [
            ("request_log", _("Can ask stations for logs")),
            ("read_log", _("Can read and download log files")),
        ]
        indexes = [
            models.Index(fields=["watched_at"], condition=~Q(tail_key=""), name="diag_log_tail"),
            models.Index(fields=["created_at"], name="diag_log_created"),
            models.Index(fields=["station", "-id"], name="diag_log_station"),
            models.Index(fields=["verdict", "-id"], name="diag_log_verdict"),
            models.Index(
                fields=["station_status_at"],
                condition=Q(verdict__in=["Queued", "Sent", "Accepted", "Uploading"]),
                name="diag_log_open",
            ),
            models.Index(
                fields=["settled_at"],
                condition=Q(settled_at__isnull=False),
                name="diag_log_settled",
            ),
            models.Index(
                fields=["signed_until"],
                condition=Q(signed_until__isnull=False),
                name="diag_log_signed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_log_type_display()} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.verdict in OPEN

    def take_figures(self, file: LogFile) -> None:
        """Keep, for figures over many requests, when the first whole file came and its size."""
        if file.complete and self.received_after is None:
            took = (file.received_at - self.created_at).total_seconds()
            self.received_after, self.received_bytes = max(round(took), 0), file.size

    @property
    def upload_user(self) -> str:
        """The user that brings the file over FTP or SFTP, and nothing else."""
        return self.token[:_USER_LENGTH]

    @property
    def upload_password(self) -> str:
        return self.token[_USER_LENGTH:]

    def is_receiving(self, now: datetime) -> bool:
        """Whether bytes came just now; a process that died midway leaves an old time behind."""
        return self.receiving_at is not None and self.receiving_at > now - BYTES_ARE_RECENT

    @property
    def best_file(self) -> LogFile | None:
        """The newest whole file, else the newest part of one."""
        newest = sorted(
            self.files.all(),  # prefetched in lists; never more than a few
            key=lambda file: (file.complete, file.received_at, file.pk),
            reverse=True,
        )
        return newest[0] if newest else None

    def facts(self) -> Facts:
        """The row's columns, and what its call and files say, as `judge` reads them."""
        kept = self.files.values_list("complete", flat=True)
        wholes = [*kept, *self.deleted_files.values_list("complete", flat=True)]
        return Facts(
            call_status=self.call.status if self.call else CallStatus.PENDING,
            call_error=self.call.error_code if self.call else "",
            answer=self.answer,
            station_status=self.station_status,
            complete_file=any(wholes),
            partial_file=not all(wholes),
            grace_over=self.grace_over,
            superseded=self.superseded_by_id is not None,
            canceled=self.canceled_at is not None,
            given_up=self.given_up,
        )
