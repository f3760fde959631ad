"""How a station stands to its monitor profile, and the life of one bringing into step.

    Waiting ──► Running ──► Done     the station has all that the profile says
       │           ├──────► Partly   all that it can have; the rest is named
       │           └──────► Failed   it still differs: it did not answer, or was not reached
       └───────────┴──────► Canceled by somebody, or because the profile is not for it any more

A run waits for a station that is away. Once ended it never moves again: another one is begun.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ProfileState(TextChoices):
    """The words of `profiles.plan.State`."""

    IN_STEP = "InStep", _("In step")
    DRIFTED = "Drifted", _("Drifted")
    CANNOT = "Cannot", _("As far as it can")
    UNKNOWN = "Unknown", _("Not known")
    NO_MONITORS = "NoMonitors", _("Has no monitors")


class RunCause(TextChoices):
    BY_HAND = "ByHand", _("by hand")
    REPAIR = "Repair", _("by itself")


class RunStatus(TextChoices):
    WAITING = "Waiting", _("Waiting")
    RUNNING = "Running", _("Running")
    DONE = "Done", _("Done")
    PARTLY = "Partly", _("Partly")
    FAILED = "Failed", _("Failed")
    CANCELED = "Canceled", _("Canceled")


OPEN_RUNS = frozenset({RunStatus.WAITING, RunStatus.RUNNING})


class Stage(TextChoices):
    """What a run does, in this order: each stage begins when the one before has ended."""

    READ = "Read", _("Read its monitors")
    MODEL = "Model", _("Read its device model")
    SETTINGS = "Settings", _("Switch on, base and level")
    CLEAR = "Clear", _("Clear monitors")
    SET = "Set", _("Set and replace monitors")


# A stage that brought no answer is begun again: this often at most in one run.
MOST_TRIES = 3

# Why a run ended, where its outcome does not say it.
BY_OPERATOR = "ByOperator"
NOT_FOR_IT = "NotForIt"
NO_MONITORS = "NoMonitors"
REFUSED_HERE = "RefusedHere"
