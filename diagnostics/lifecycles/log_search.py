"""A search over many logs, and each file in it.

    search   Running ──► Complete          file   Waiting ──► Running ──► Searched
                │   ◄── again, what             ▲           ├──────► Unread
                └────► Canceled                 └───────────┘ the process died

A search is over when none of its files waits or runs. What could not be read may be tried again.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SearchStatus(TextChoices):
    RUNNING = "Running", _("Running")
    COMPLETE = "Complete", _("Complete")
    CANCELED = "Canceled", _("Canceled")


class FileState(TextChoices):
    WAITING = "Waiting", _("Waiting")
    RUNNING = "Running", _("Running")
    SEARCHED = "Searched", _("Searched")
    UNREAD = "Unread", _("Not read")


# Files whose turn has not come, or is not over.
UNFINISHED = frozenset({FileState.WAITING, FileState.RUNNING})


class Unread(TextChoices):
    """Why a file was not searched."""

    NOT_EXAMINED = "NotExamined", _("It has not been examined yet, so its lines are not known.")
    NO_TEXT = "NoText", _("There is no text in it.")
    GONE = "Gone", _("The log store does not have it any more.")
    STORE = "Store", _("The log store could not be reached.")
    GAVE_UP = "GaveUp", _("It stopped the worker that searched it, several times.")


class SearchScope(TextChoices):
    """Whose logs are searched."""

    STATIONS = "Stations", _("chosen stations")
    GROUP = "Group", _("a group of stations")
    SELECTION = "Selection", _("a selection of stations")
    REQUESTS = "Requests", _("chosen log requests")
    ALL = "All", _("all stations")
