from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.examination import READABLE, ContentKind
from diagnostics.models.log_file import LogFile


class LogMemberQuerySet(models.QuerySet["LogMember"]):
    def listed(self) -> LogMemberQuerySet:
        """Without the index, which only reading needs."""
        return self.defer("blocks").order_by("index")

    def readable(self) -> LogMemberQuerySet:
        """Texts, which `services.files.reading.open_text` opens."""
        return self.listed().filter(kind__in=READABLE)


class LogMember(models.Model):
    """One thing in a log file: a file in an archive, or the one text that the file is.

    Written anew by each examination. Text is read through `services.files.reading`, by blocks: they
    lie in the file itself, or packed one by one in its readable copy (`LogFile.copy_key`).
    """

    log_file = models.ForeignKey(
        LogFile, on_delete=models.CASCADE, related_name="members", verbose_name=_("log file")
    )
    index = models.PositiveIntegerField(_("number"), help_text=_("Counted from 0."))
    path = models.CharField(
        _("path"), max_length=512, blank=True, help_text=_("As the archive has it, to be shown.")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=ContentKind.choices)
    encoding = models.CharField(_("encoding"), max_length=16, blank=True)
    garbled = models.BooleanField(
        _("garbled"), default=False, help_text=_("Some bytes are no characters of the encoding.")
    )
    size = models.BigIntegerField(_("size"), help_text=_("Unpacked bytes, as far as readable."))
    claimed_size = models.BigIntegerField(_("size in the archive"), null=True, blank=True)
    lines = models.BigIntegerField(_("lines"), default=0)
    oldest = models.DateTimeField(_("oldest line"), null=True, blank=True)
    newest = models.DateTimeField(_("newest line"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=24, blank=True)
    copied = models.BooleanField(
        _("copied"), default=False, help_text=_("Its blocks lie in the readable copy.")
    )
    blocks = models.BinaryField(_("index of blocks"), null=True, editable=False)

    objects = LogMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a log file")
        verbose_name_plural = _("members of log files")
        constraints = [
            models.UniqueConstraint(fields=["log_file", "index"], name="diag_member_index")
        ]

    def __str__(self) -> str:
        return self.path or str(self.log_file)

    @property
    def is_readable(self) -> bool:
        return self.kind in READABLE
