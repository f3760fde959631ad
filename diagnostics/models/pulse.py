from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TaskPulse(models.Model):
    """When a task that runs by itself last came to its end: the proof that somebody works."""

    task = models.CharField(_("task"), max_length=64, unique=True)
    ended_at = models.DateTimeField(_("ended"))
    seconds = models.FloatField(_("took"), help_text=_("Seconds."))

    class Meta:
        default_permissions = ()
        verbose_name = _("pulse of a task")
        verbose_name_plural = _("pulses of tasks")

    def __str__(self) -> str:
        return self.task
