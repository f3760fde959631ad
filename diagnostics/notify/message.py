"""What is sent, and why it could not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Problem(TextChoices):
    """Why a message did not get through, where no code of the receiver tells."""

    TIMED_OUT = "TimedOut", _("no answer came in time")
    UNREACHABLE = "Unreachable", _("nobody answers at the address")
    UNKNOWN_HOST = "UnknownHost", _("the host of the address is unknown")
    BAD_TLS = "BadTls", _("the certificate of the receiver cannot be trusted")
    NOT_ALLOWED = "NotAllowed", _("the address is one that this site does not send to")
    BAD_ADDRESS = "BadAddress", _("the address cannot be read")
    BAD_ANSWER = "BadAnswer", _("the receiver's answer cannot be read")
    NOT_INSTALLED = "NotInstalled", _("the package for chats and pagers is not installed")
    UNREADABLE = "Unreadable", _("its address is encrypted with another SECRET_KEY")
    NOT_TAKEN = "NotTaken", _("the service did not take it")


@dataclass(frozen=True, slots=True)
class Message:
    """A text with a subject, and the same as data for programs.

    `id` is the same at every attempt, `made_at` when it was made.
    """

    id: str
    subject: str
    text: str
    made_at: datetime
    data: dict[str, Any] = field(default_factory=dict)


class SendFailed(Exception):
    """It was not delivered: `answer` is a code or a `Problem`, `again` whether to try once more."""

    def __init__(self, answer: str, *, again: bool) -> None:
        super().__init__(answer)
        self.answer, self.again = str(answer), again
