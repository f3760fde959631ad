from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics.models.group import StationGroup
from diagnostics.models.selection import StationSelection


class NarrowedToStations(models.Model):
    """What is about the stations of a group, of a selection, or about all.

    Both are protected: without its group, what was about a few stations would be about all.
    """

    group = models.ForeignKey(
        StationGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("group of stations"),
    )
    selection = models.ForeignKey(
        StationSelection,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("selection of stations"),
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(group__isnull=True) | models.Q(selection__isnull=True),
                name="%(app_label)s_%(class)s_scope",
                violation_error_message=_("Choose a group or a selection, not both."),
            )
        ]
