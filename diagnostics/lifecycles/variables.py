"""What became of reading or setting variables (B05, B06): one word per variable, and their sum."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class VariablesKind(TextChoices):
    GET = "Get", _("Read variables")
    SET = "Set", _("Set variables")


class Attribute(TextChoices):
    """AttributeEnumType."""

    ACTUAL = "Actual", _("value")
    TARGET = "Target", _("target")
    MIN_SET = "MinSet", _("minimum")
    MAX_SET = "MaxSet", _("maximum")


class Mutability(TextChoices):
    READ_ONLY = "ReadOnly", _("read only")
    WRITE_ONLY = "WriteOnly", _("write only")
    READ_WRITE = "ReadWrite", _("can be changed")


class VariablesStatus(TextChoices):
    WAITING = "Waiting", _("Waiting")
    DONE = "Done", _("Done")
    PARTLY = "Partly", _("Partly done")
    FAILED = "Failed", _("Failed")


S = VariablesStatus

# What a station says of a variable that it read or set.
ACCEPTED = "Accepted"
REBOOT_REQUIRED = "RebootRequired"
GOOD = frozenset({ACCEPTED, REBOOT_REQUIRED})

# Ours, where a station says nothing: no call yet, or an answer that does not mention the variable.
NOT_ASKED = ""
NOT_MENTIONED = "NotMentioned"


def judge(words: Collection[str], *, waiting: bool) -> VariablesStatus:
    """The sum of the words of all variables; `waiting` while a call is still out.

    No word at all: asked for everything, the station named nothing.
    """
    if waiting:
        return S.WAITING
    good = sum(word in GOOD for word in words)
    if good and good == len(words):
        return S.DONE
    return S.PARTLY if good else S.FAILED
