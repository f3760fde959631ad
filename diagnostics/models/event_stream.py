from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model
from diagnostics.models.naming import NamesVariable

# This many messages in a row with more waiting than before mean that the stream is too slow.
RISES_THAT_MATTER = 2


class StreamStatus(models.TextChoices):
    OPEN = "Open", _("Open")
    UNKNOWN = "Unknown", _("Never announced")
    CLOSING = "Closing", _("Closing")
    CLOSED = "Closed", _("Closed")


RUNNING = frozenset({StreamStatus.OPEN, StreamStatus.UNKNOWN, StreamStatus.CLOSING})


class EventStreamQuerySet(models.QuerySet["EventStream"]):
    def running(self) -> EventStreamQuerySet:
        return self.filter(closed_at=None)

    def nameless(self) -> EventStreamQuerySet:
        """Running, and nobody knows yet what they carry."""
        return self.running().filter(component="", variable_monitoring_id__isnull=False)


class EventStream(NamesVariable):
    """A periodic event stream of a station (N11 to N15): values of one monitor, in batches.

    The id is the station's, unique while the stream runs. What the values are of stands in the
    monitor; the columns of it are copied here, since monitors come and go (N11.FR.04).
    """

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    stream_id = models.IntegerField(_("stream id"))
    status = models.CharField(
        _("state"), max_length=10, choices=StreamStatus.choices, default=StreamStatus.OPEN
    )
    variable_monitoring_id = models.IntegerField(_("monitor id"), null=True, blank=True)
    severity = models.SmallIntegerField(_("severity"), null=True, blank=True)
    event_notification_type = models.CharField(_("made by"), max_length=30, blank=True)
    interval = models.PositiveIntegerField(
        _("interval"), null=True, blank=True, help_text=_("Seconds between messages.")
    )
    values_per_message = models.PositiveIntegerField(_("values per message"), null=True, blank=True)
    pending = models.PositiveIntegerField(
        _("waiting at the station"), default=0, help_text=_("Values not sent yet.")
    )
    pending_rises = models.PositiveSmallIntegerField(_("times it grew"), default=0)
    own_adjustments = models.PositiveSmallIntegerField(
        _("times it was sped up by itself"), default=0, help_text=_("Since nothing waited last.")
    )
    opened_at = models.DateTimeField(_("opened"))
    last_at = models.DateTimeField(_("last message"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = EventStreamQuerySet.as_manager()

    class Meta:
        verbose_name = _("event stream")
        verbose_name_plural = _("event streams")
        constraints = [
            models.UniqueConstraint(
                fields=["station", "stream_id"],
                condition=Q(closed_at=None),
                name="diagnostics_one_running_stream",
            )
        ]
        indexes = [models.Index(fields=["station", "-id"], name="diag_stream_station")]

    def __str__(self) -> str:
        return f"{self.reference}" if self.component else f"{_('stream')} {self.stream_id}"

    @property
    def is_running(self) -> bool:
        return self.closed_at is None

    @property
    def is_too_slow(self) -> bool:
        """More and more waits at the station (N15.FR.05)."""
        return self.is_running and self.pending_rises >= RISES_THAT_MATTER


class EventStreamSample(models.Model):
    """One value of a stream. There is no event id: the time tells values apart."""

    stream = models.ForeignKey(EventStream, on_delete=models.CASCADE, related_name="samples")
    at = models.DateTimeField(_("at"))
    value = models.CharField(_("value"), max_length=2500, blank=True)
    received_at = models.DateTimeField(_("received"))

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["stream", "at"], name="diagnostics_one_sample")
        ]
        indexes = [models.Index(fields=["received_at"], name="diag_sample_age")]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.value[:50]}"
