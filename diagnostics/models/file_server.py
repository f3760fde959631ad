from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# A server says every HEARTBEAT that it is alive, and counts as dead after DEAD_AFTER of silence.
HEARTBEAT = timedelta(seconds=10)
DEAD_AFTER = timedelta(seconds=30)


class FileServerQuerySet(models.QuerySet["FileServer"]):
    def running(self, now: datetime | None = None) -> FileServerQuerySet:
        since = (now or timezone.now()) - DEAD_AFTER
        return self.filter(heartbeat_at__gt=since, stopped_at=None)


class FileServer(models.Model):
    """An FTP or SFTP server; its row tells whether it still lives."""

    class Kind(models.TextChoices):
        FTP = "ftp", _("FTP")
        SFTP = "sftp", _("SFTP")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    url = models.CharField(_("stations reach it at"), max_length=255)
    tls = models.BooleanField(_("offers TLS"), default=False)
    tls_required = models.BooleanField(_("takes only TLS"), default=False)
    host = models.CharField(_("machine"), max_length=255)
    pid = models.PositiveIntegerField(_("process id"))
    port = models.PositiveIntegerField(_("listens at port"))
    connected = models.PositiveIntegerField(_("connections"), default=0)
    started_at = models.DateTimeField(_("started"))
    heartbeat_at = models.DateTimeField(_("last sign of life"))
    stopped_at = models.DateTimeField(_("stopped"), null=True, blank=True)

    objects = FileServerQuerySet.as_manager()

    class Meta:
        verbose_name = _("file server")
        verbose_name_plural = _("file servers")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.host}:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether it gave a sign of life just now."""
        return self.stopped_at is None and self.heartbeat_at > timezone.now() - DEAD_AFTER
