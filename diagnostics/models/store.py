from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.models.retention import RunStatus


class DoomedObject(models.Model):
    """An object in the store that no row speaks of any more, and that is still to be removed.

    Written in the transaction that deletes the row, so that it is found whatever happens then.
    """

    key = models.CharField(_("key in the store"), max_length=512, unique=True)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("object to remove")
        verbose_name_plural = _("objects to remove")
        indexes = [models.Index(fields=["since"], name="diag_doomed_since")]

    def __str__(self) -> str:
        return self.key


class StoreCheck(models.Model):
    """One comparison of the store with the rows: what either side has that the other lacks.

    `examples` has some keys of objects ("orphans", "copies", "foreign") and some keys of rows
    ("missing", "differing").
    """

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
    deletes = models.BooleanField(_("removes orphans"), default=False)
    older_than = models.DurationField(_("older than"))
    objects_count = models.PositiveIntegerField(_("objects"), default=0)
    octets = models.BigIntegerField(_("bytes"), default=0)
    files = models.PositiveIntegerField(_("files"), default=0)
    orphans = models.PositiveIntegerField(_("objects without a row"), default=0)
    copies = models.PositiveIntegerField(_("readable copies without a file"), default=0)
    orphan_octets = models.BigIntegerField(_("their bytes"), default=0)
    foreign = models.PositiveIntegerField(_("objects of others"), default=0)
    removed = models.PositiveIntegerField(_("objects removed"), default=0)
    missing = models.PositiveIntegerField(_("files without an object"), default=0)
    differing = models.PositiveIntegerField(_("files of another size"), default=0)
    waiting = models.PositiveIntegerField(_("objects still to remove"), default=0)
    examples = models.JSONField(_("some of them"), default=dict, blank=True)
    problem = models.CharField(_("problem"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("check of the log store")
        verbose_name_plural = _("checks of the log store")

    def __str__(self) -> str:
        return f"{_('check')} #{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.status == RunStatus.RUNNING

    @property
    def is_clean(self) -> bool:
        """Whether store and rows agree, what was removed aside."""
        left = self.orphans + self.copies - self.removed
        return not (left or self.missing or self.differing)
