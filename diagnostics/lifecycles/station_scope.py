"""The ways to say which stations something is about."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class StationScope(TextChoices):
    STATIONS = "Stations", _("chosen stations")
    GROUP = "Group", _("a group of stations")
    SELECTION = "Selection", _("a selection of stations")
    ALL = "All", _("all stations")
