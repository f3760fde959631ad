from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.examination import ContentKind, Examination


class UploadForm(models.TextChoices):
    """How a file lay in the body of the request that brought it."""

    RAW = "raw", _("raw body")
    MULTIPART = "multipart", _("multipart form")
    SALVAGED = "salvaged", _("cut out of a malformed multipart form")
    RAW_MULTIPART = "raw multipart", _("malformed multipart form, kept as it came")


class LogFile(models.Model):
    """A file that arrived, or as much of it as did. The fact beside the station's claim."""

    log_request = models.ForeignKey(
        "diagnostics.LogRequest",
        on_delete=models.CASCADE,
        related_name="files",
        verbose_name=_("log request"),
    )
    received_at = models.DateTimeField(_("received"))
    name = models.CharField(
        _("name"), max_length=255, blank=True, help_text=_("As the station gave it; never a path.")
    )
    key = models.CharField(_("key in the store"), max_length=512, editable=False)
    size = models.BigIntegerField(_("size"))
    declared_size = models.BigIntegerField(_("announced size"), null=True, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64)
    complete = models.BooleanField(_("complete"), default=True)
    method = models.CharField(_("method"), max_length=8, blank=True)
    form = models.CharField(
        _("form"), max_length=16, choices=UploadForm.choices, default=UploadForm.RAW
    )
    content_type = models.CharField(_("content type"), max_length=255, blank=True)
    remote_address = models.CharField(_("from address"), max_length=64, blank=True)
    times_received = models.PositiveIntegerField(
        _("times received"), default=1, help_text=_("Stations retry; equal contents count here.")
    )

    examination = models.CharField(
        _("examination"), max_length=8, choices=Examination.choices, default=Examination.WAITING
    )
    examination_at = models.DateTimeField(
        _("examined"), null=True, blank=True, help_text=_("When it last got on.")
    )
    examination_tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    examined_bytes = models.BigIntegerField(_("examined so far"), default=0)
    kind = models.CharField(_("kind"), max_length=12, choices=ContentKind.choices, blank=True)
    problem = models.CharField(_("problem"), max_length=24, blank=True)
    copy_key = models.CharField(
        _("key of the readable copy"), max_length=512, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("log file")
        verbose_name_plural = _("log files")
        indexes = [
            models.Index(fields=["log_request", "-received_at"], name="diag_file_newest"),
            models.Index(fields=["key"], name="diag_file_key"),
            models.Index(fields=["copy_key"], condition=~Q(copy_key=""), name="diag_file_copy_key"),
            models.Index(
                fields=["examination_at"],
                condition=Q(examination__in=["Waiting", "Running"]),
                name="diag_file_unexamined",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"{_('log file')} {self.pk}"


class FileAccess(models.Model):
    """Who read or downloaded which file, and when."""

    class Kind(models.TextChoices):
        READ = "Read", _("read in the browser")
        DOWNLOAD = "Download", _("downloaded")
        SEARCH = "Search", _("searched")

    log_file = models.ForeignKey(
        LogFile, on_delete=models.CASCADE, related_name="accesses", verbose_name=_("log file")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)

    class Meta:
        verbose_name = _("file access")
        verbose_name_plural = _("file accesses")
        indexes = [models.Index(fields=["log_file", "-at"], name="diag_access_file")]

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()} {self.log_file}"
