from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.conf import station_model

# A process says every HEARTBEAT that it is alive, and counts as dead after DEAD_AFTER of silence.
HEARTBEAT = timedelta(seconds=10)
# Its connections are closed when it has had SUSPECTED from then to say that it lives after all:
# while the database is away, nobody can.
DEAD_AFTER, SUSPECTED = timedelta(seconds=30), timedelta(seconds=20)


class ServerProcess(models.Model):
    """An ASGI process that holds stations' sockets; its row tells whether it still lives."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process id"))
    started_at = models.DateTimeField(_("started"))
    heartbeat_at = models.DateTimeField(_("last sign of life"))
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    class Meta:
        verbose_name = _("server process")
        verbose_name_plural = _("server processes")

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class CloseReason(models.TextChoices):
    STATION = "Station", _("Closed by the station")
    LOST = "Lost", _("Connection lost")
    REPLACED = "Replaced", _("Replaced by a newer connection")
    BLOCKED = "Blocked", _("The station was blocked")
    OTHER_SERIAL = "OtherSerial", _("Its serial number is not that of its certificate")
    TOO_LARGE = "TooLarge", _("A message was too large")
    BINARY = "Binary", _("A binary message came")
    SERVER_STOPPED = "ServerStopped", _("The server was stopped")
    SERVER_DIED = "ServerDied", _("The server died")


class ConnectionQuerySet(models.QuerySet["StationConnection"]):
    def open(self) -> ConnectionQuerySet:
        return self.filter(closed_at=None)

    def live(self, now: datetime | None = None) -> ConnectionQuerySet:
        """Open, on a process that is alive."""
        since = (now or timezone.now()) - DEAD_AFTER
        return self.open().filter(server__heartbeat_at__gt=since, server__stopped_at=None)

    def orphaned(self, now: datetime | None = None) -> ConnectionQuerySet:
        """Open in name only: the process that held the socket is gone."""
        now = now or timezone.now()
        silent = models.Q(
            server__heartbeat_at__lte=now - DEAD_AFTER, server__stopped_at__lte=now - SUSPECTED
        )
        return self.open().filter(silent | models.Q(server=None))


class StationConnection(models.Model):
    """One connection of a station, from the handshake to the end of the socket."""

    station = models.ForeignKey(
        station_model(),
        on_delete=models.CASCADE,
        related_name="connections",
        verbose_name=_("station"),
    )
    server = models.ForeignKey(
        ServerProcess,
        on_delete=models.SET_NULL,
        null=True,
        related_name="connections",
        verbose_name=_("server process"),
    )
    ocpp_version = models.CharField(_("OCPP version"), max_length=8)
    remote_address = models.CharField(_("remote address"), max_length=64, blank=True)
    user_agent = models.CharField(_("user agent"), max_length=200, blank=True)
    is_encrypted = models.BooleanField(_("encrypted"), default=False)
    opened_at = models.DateTimeField(_("opened"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    close_reason = models.CharField(
        _("why it closed"), max_length=16, choices=CloseReason.choices, blank=True
    )

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        indexes = [
            models.Index(fields=["station", "-opened_at"], name="stations_connections"),
            models.Index(
                fields=["station", "server"],
                condition=models.Q(closed_at=None),
                name="stations_open_connections",
            ),
            models.Index(fields=["closed_at"], name="stations_closed_connections"),
        ]

    def __str__(self) -> str:
        return f"{self.station_id} {self.opened_at:%Y-%m-%d %H:%M:%S}"
