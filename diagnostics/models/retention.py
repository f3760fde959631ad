from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from diagnostics.lifecycles.log_request import LogType
from diagnostics.models.group import StationGroup


class RetentionRule(models.Model):
    """How long log files are kept: by days, or by how many newer ones a station has.

    The most specific rules decide about a file: those for a group and a type of log, then those
    for a group, then for a type, then for all. It goes when all of these let it go.
    """

    group = models.ForeignKey(
        StationGroup,
        on_delete=models.PROTECT,  # without it, rules for more stations would decide
        null=True,
        blank=True,
        related_name="retention_rules",
        verbose_name=_("station group"),
        help_text=_("Empty: all stations."),
    )
    log_type = models.CharField(
        _("log"),
        max_length=20,
        choices=LogType.choices,
        blank=True,
        help_text=_("Empty: all logs."),
    )
    keep_days = models.PositiveIntegerField(
        _("keep for days"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    keep_newest = models.PositiveIntegerField(
        _("keep the newest"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Whole files of each log of each station."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        constraints = [
            models.CheckConstraint(
                # Beside NULL a comparison is not false, and a check would pass.
                condition=Q(keep_days__isnull=True, keep_newest__isnull=False, keep_newest__gte=1)
                | Q(keep_newest__isnull=True, keep_days__isnull=False, keep_days__gte=1),
                name="diagnostics_rule_keeps_one_way",
                violation_error_message=_("Say for how many days, or how many files: one of both."),
            )
        ]

    def __str__(self) -> str:
        return f"{_('retention rule')} {self.pk}"

    @property
    def rank(self) -> tuple[bool, bool]:
        """How specific it is; the highest decides."""
        return self.group_id is not None, bool(self.log_type)

    def snapshot(self) -> dict[str, Any]:
        """What the rule says now, for `wording.retention`, when it may say something else."""
        return {
            "rule": self.pk,
            "group": self.group.name if self.group else "",
            "log_type": self.log_type,
            "days": self.keep_days,
            "newest": self.keep_newest,
        }


class RunStatus(models.TextChoices):
    RUNNING = "Running", _("Running")
    DONE = "Done", _("Done")
    FAILED = "Failed", _("Failed")


class RetentionRun(models.Model):
    """One application of all rules: what went, or what would go.

    Files are gone through by their keys; `position` is the last one that was looked at, so that a
    run that is cut short goes on where it was. `by_rule` has a snapshot of each rule that let files
    go, with their number and bytes; `examples` the keys of some files of a dry run.
    """

    is_dry = models.BooleanField(_("only tried"), default=False)
    status = models.CharField(
        _("status"), max_length=8, choices=RunStatus.choices, default=RunStatus.RUNNING
    )
    started_at = models.DateTimeField(_("started"))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started by"),
    )
    heard_at = models.DateTimeField(_("last progress"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    position = models.BigIntegerField(default=0, editable=False)
    looked_at = models.PositiveIntegerField(_("files looked at"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)
    octets = models.BigIntegerField(_("bytes"), default=0)
    held = models.PositiveIntegerField(_("files on hold"), default=0)
    by_rule = models.JSONField(_("by rule"), default=dict, blank=True)
    examples = models.JSONField(_("some of them"), default=list, blank=True)
    problem = models.CharField(_("problem"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("run of retention")
        verbose_name_plural = _("runs of retention")
        permissions = [("run_retention", _("Can run retention, and check the log store"))]

    def __str__(self) -> str:
        return f"{_('run')} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status == RunStatus.RUNNING


class DeletedFile(models.Model):
    """That a file was here, and went: the fact that stays on its request."""

    log_request = models.ForeignKey(
        "diagnostics.LogRequest",
        on_delete=models.CASCADE,
        related_name="deleted_files",
        verbose_name=_("log request"),
    )
    name = models.CharField(_("name"), max_length=255, blank=True)
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField("SHA-256", max_length=64)
    complete = models.BooleanField(_("complete"), default=True)
    received_at = models.DateTimeField(_("received"))
    times_opened = models.PositiveIntegerField(_("times opened"), default=0)
    deleted_at = models.DateTimeField(_("deleted"))
    rule = models.JSONField(_("rule"), default=dict, help_text=_("As it was then."))
    run = models.ForeignKey(
        RetentionRun,
        on_delete=models.SET_NULL,
        null=True,
        related_name="deleted",
        verbose_name=_("run"),
    )

    class Meta:
        verbose_name = _("deleted log file")
        verbose_name_plural = _("deleted log files")

    def __str__(self) -> str:
        return self.name or f"{_('deleted log file')} {self.pk}"
