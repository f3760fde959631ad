from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model

# Answers are counted by how long they took: below each of these, in milliseconds, and above all.
LATENCIES = (100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000)
LATENCY_COLUMNS = tuple(f"latency_{number}" for number in range(len(LATENCIES) + 1))


def hour_of(moment: datetime) -> datetime:
    """The hour that a moment falls in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def percentile(counts: Sequence[int], share: float) -> int | None:
    """The time in milliseconds within which this share of the answers came, as far as counted.

    It is the end of the step that the answer falls in; of the last one, its beginning. None where
    nothing was counted.
    """
    total, passed = sum(counts), 0
    for number, count in enumerate(counts):
        passed += count
        if count and passed >= share * total:
            return LATENCIES[min(number, len(LATENCIES) - 1)]
    return None


class StationHealth(models.Model):
    """How the connection of a station was in one hour: counters, added to in batches.

    They come from the stream of messages beside the work, so the database does not check the
    station: one that was deleted meanwhile must not cost the others theirs.
    """

    station = models.ForeignKey(
        station_model(),
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("station"),
    )
    hour = models.DateTimeField(_("hour"))
    heard_at = models.DateTimeField(_("last heard"), null=True, blank=True)
    received = models.PositiveIntegerField(_("messages from the station"), default=0)
    sent = models.PositiveIntegerField(_("messages to the station"), default=0)
    connections = models.PositiveIntegerField(_("connections"), default=0)
    turned_away = models.PositiveIntegerField(
        _("turned away"), default=0, help_text=_("For a wrong password, or none.")
    )
    errors_by_station = models.PositiveIntegerField(_("errors it answered"), default=0)
    errors_by_us = models.PositiveIntegerField(_("errors it was answered"), default=0)
    unreadable = models.PositiveIntegerField(_("messages that break the standard"), default=0)
    unanswered = models.PositiveIntegerField(_("calls without an answer"), default=0)
    latency_0 = models.PositiveIntegerField(default=0)
    latency_1 = models.PositiveIntegerField(default=0)
    latency_2 = models.PositiveIntegerField(default=0)
    latency_3 = models.PositiveIntegerField(default=0)
    latency_4 = models.PositiveIntegerField(default=0)
    latency_5 = models.PositiveIntegerField(default=0)
    latency_6 = models.PositiveIntegerField(default=0)
    latency_7 = models.PositiveIntegerField(default=0)
    latency_8 = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        verbose_name = _("hour of a connection")
        verbose_name_plural = _("hours of connections")
        constraints = [
            models.UniqueConstraint(fields=["station", "hour"], name="diagnostics_one_hour")
        ]
        indexes = [models.Index(fields=["hour"], name="diag_health_hour")]

    def __str__(self) -> str:
        return f"{self.station_id} {self.hour:%Y-%m-%d %H}"

    @property
    def errors(self) -> int:
        return self.errors_by_station + self.errors_by_us

    @property
    def slow(self) -> int | None:
        """Milliseconds within which 95 of 100 answers came, in steps; None without answers."""
        return percentile([getattr(self, name) for name in LATENCY_COLUMNS], 0.95)


class HealthProblem(models.Model):
    """Something that is wrong with the connection of a station now; gone when it is right again.

    `figures` are what it was drawn from, for `wording.health`.
    """

    class Kind(models.TextChoices):
        FLAPPING = "Flapping", _("Connection comes and goes")
        CREDENTIALS = "Credentials", _("Turned away for its password")
        SILENT = "Silent", _("Connected and silent")
        CLOCK = "Clock", _("Clock wrong")
        ERRORS = "Errors", _("Many errors")
        UNREADABLE = "Unreadable", _("Messages that break the standard")
        UNANSWERED = "Unanswered", _("Calls without an answer")
        SLOW = "Slow", _("Slow answers")

    station = models.ForeignKey(
        station_model(), on_delete=models.CASCADE, related_name="+", verbose_name=_("station")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    figures = models.JSONField(_("figures"), default=dict)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("problem of a connection")
        verbose_name_plural = _("problems of connections")
        constraints = [
            models.UniqueConstraint(fields=["station", "kind"], name="diagnostics_one_problem")
        ]
        indexes = [models.Index(fields=["kind", "station"], name="diag_problem_kind")]

    def __str__(self) -> str:
        return self.get_kind_display()
