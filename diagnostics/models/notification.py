from __future__ import annotations

import secrets
import uuid
from base64 import b64encode
from urllib.parse import urlsplit

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.lifecycles.alert import Severity
from diagnostics.lifecycles.notification import (
    PAUSED_AFTER,
    DeliveryState,
    Digest,
    Kind,
    TargetKind,
)
from diagnostics.models.automation import DAY, WEEK
from diagnostics.models.event import Alert
from diagnostics.models.group import check_time_zone
from diagnostics.models.scope import NarrowedToStations
from diagnostics.models.sealed import SealedTextField, Unreadable


def new_secret() -> str:
    """A key to sign webhooks with, as https://www.standardwebhooks.com writes it."""
    return f"whsec_{b64encode(secrets.token_bytes(24)).decode()}"


class NotificationTarget(models.Model):
    """Somebody outside who can be told: an address of e-mail, a webhook, a chat or a pager.

    `address` and `secret` are known to nobody but the row: they may hold tokens, and lie encrypted
    in the database. The messages of a
    target go out one after the other; `failures` counts those in a row, until `retry_at` it is
    left alone, and until `busy_until` a worker is at it.
    """

    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=8, choices=TargetKind.choices)
    enabled = models.BooleanField(_("switched on"), default=True)
    address = SealedTextField(_("address"))
    secret = SealedTextField(_("signing secret"), blank=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    retry_at = models.DateTimeField(_("next try"), null=True, editable=False)
    busy_until = models.DateTimeField(null=True, editable=False)
    delivered_at = models.DateTimeField(_("last delivery"), null=True, editable=False)
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    class Meta:
        verbose_name = _("notification target")
        verbose_name_plural = _("notification targets")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="diagnostics_target_name",
                violation_error_message=_("There is already a target with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_paused(self) -> bool:
        return self.failures >= PAUSED_AFTER

    @property
    def is_readable(self) -> bool:
        """Whether the keys of today open what is sealed."""
        return not any(isinstance(each, Unreadable) for each in (self.address, self.secret))

    @property
    def shown_address(self) -> str:
        """As much of the address as is no secret."""
        if not self.is_readable:
            return str(_("unknown: SECRET_KEY has changed"))
        if self.kind == TargetKind.EMAIL:
            return ", ".join(self.address.split())
        parts = urlsplit(self.address)
        host = parts.hostname or ""
        return f"{parts.scheme}://{host if self.kind == TargetKind.WEBHOOK else ''}/…"


class NotificationRoute(NarrowedToStations):
    """Who is told of what: kinds of things at some stations, at some hours, to some targets.

    `kinds` are words of `lifecycles.notification.Kind`; `weekdays` are numbers, Monday is 0, and
    none of them means every day. Hours may go past midnight. What happens at another time is not
    told by this route.
    """

    name = models.CharField(_("name"), max_length=100)
    enabled = models.BooleanField(_("switched on"), default=True)
    kinds = models.JSONField(_("when"), default=list)
    severity = models.SmallIntegerField(
        _("alerts at least as bad as"), null=True, blank=True, choices=Severity.choices
    )
    away_minutes = models.PositiveIntegerField(
        _("minutes away"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(WEEK)],
        help_text=_("How long a station stays away before it is told."),
    )
    from_time = models.TimeField(_("from"), null=True, blank=True)
    to_time = models.TimeField(_("until"), null=True, blank=True)
    weekdays = models.JSONField(_("on"), default=list, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, validators=[check_time_zone]
    )
    targets = models.ManyToManyField(
        NotificationTarget, related_name="routes", verbose_name=_("targets")
    )
    digest = models.CharField(
        _("tell"), max_length=8, choices=Digest.choices, default=Digest.AT_ONCE
    )
    digest_minutes = models.PositiveIntegerField(
        _("minutes"), default=15, validators=[MinValueValidator(1), MaxValueValidator(DAY)]
    )
    digest_at = models.TimeField(_("at"), null=True, blank=True)

    class Meta(NarrowedToStations.Meta):
        verbose_name = _("notification route")
        verbose_name_plural = _("notification routes")
        ordering = ["name"]
        constraints = [
            *NarrowedToStations.Meta.constraints,
            models.UniqueConstraint(
                Lower("name"),
                name="diagnostics_route_name",
                violation_error_message=_("There is already a route with this name."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RouteWatch(models.Model):
    """How far a route has looked at what happens of one kind; see `Automation.position`."""

    route = models.ForeignKey(NotificationRoute, on_delete=models.CASCADE, related_name="watches")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    position = models.BigIntegerField(default=0)
    position_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["route", "kind"], name="diagnostics_watched_once")
        ]

    def __str__(self) -> str:
        return f"{self.route}: {self.kind}"


class Notification(models.Model):
    """One thing that somebody is told of. `source` and `source_id` name the row that it is about.

    `what` has codes and names, never sentences, and nothing about customers.
    """

    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    source = models.CharField(max_length=32, editable=False)
    source_id = models.CharField(max_length=64, editable=False)  # a host's keys may be any text
    station = models.ForeignKey(
        station_model(),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("station"),
    )
    at = models.DateTimeField(_("happened"))
    severity = models.SmallIntegerField(_("severity"), null=True, choices=Severity.choices)
    what = models.JSONField(_("what happened"), default=dict)
    alert = models.ForeignKey(
        Alert, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("alert")
    )

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source", "source_id"], name="diagnostics_told_once"
            )
        ]
        indexes = [models.Index(fields=["at"], name="diag_notification_age")]

    def __str__(self) -> str:
        return f"{self.kind} #{self.source_id}"


class Delivery(models.Model):
    """A message to one target: about one notification, or a digest of several.

    `uuid` stays the same at each attempt, for receivers to tell apart what came twice. `answer` is
    the code of the last attempt: an HTTP or SMTP status, or a word of `notify.Problem`.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    target = models.ForeignKey(
        NotificationTarget,
        on_delete=models.CASCADE,
        related_name="deliveries",
        verbose_name=_("target"),
    )
    route = models.ForeignKey(
        NotificationRoute,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("route"),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING
    )
    is_digest = models.BooleanField(_("digest"), default=False)
    is_test = models.BooleanField(_("test"), default=False)
    due_at = models.DateTimeField(_("due"))
    created_at = models.DateTimeField(_("made"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    attempted_at = models.DateTimeField(_("last attempt"), null=True)
    answer = models.CharField(_("answer"), max_length=40, blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True)
    notifications: models.ManyToManyField = models.ManyToManyField(
        Notification,
        through="diagnostics.Told",
        related_name="deliveries",
        verbose_name=_("notifications"),
    )

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["route", "target"],
                condition=models.Q(state="Collecting"),
                name="diagnostics_one_collecting",
            )
        ]
        indexes = [
            models.Index(
                fields=["target", "due_at"],
                condition=models.Q(state__in=["Collecting", "Waiting"]),
                name="diag_delivery_open",
            ),
            models.Index(fields=["settled_at"], name="diag_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.target} #{self.pk}"


class Told(models.Model):
    """A notification in a delivery; a target is told of it once, whatever routes lead there."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="told")
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="told")
    target = models.ForeignKey(NotificationTarget, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["target", "notification"], name="diagnostics_target_told_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.notification} to {self.target}"
