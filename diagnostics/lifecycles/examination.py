"""The examination of a file that arrived: what it is, what is in it, where its lines are.

    Waiting ──► Running ──► Done
       ▲           ├──────► Failed
       └───────────┘ interrupted: the store was away, or the process died

Done says that the file was looked at to its end, also where it turned out to be broken. Failed
means that it could not be looked at in several tries. Either may be examined again by hand.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Examination(TextChoices):
    WAITING = "Waiting", _("Waiting")
    RUNNING = "Running", _("Running")
    DONE = "Done", _("Done")
    FAILED = "Failed", _("Failed")


class ExaminationEvent(TextChoices):
    CLAIM = "claim"  # by a worker; of what runs, when nothing was heard of it for a while
    FINISH = "finish"
    INTERRUPT = "interrupt"
    GIVE_UP = "give_up"
    ASK_AGAIN = "ask_again"


S, E = Examination, ExaminationEvent

TRANSITIONS: dict[tuple[Examination, ExaminationEvent], Examination] = {
    (S.WAITING, E.CLAIM): S.RUNNING,
    (S.RUNNING, E.CLAIM): S.RUNNING,
    (S.RUNNING, E.FINISH): S.DONE,
    (S.RUNNING, E.INTERRUPT): S.WAITING,
    (S.RUNNING, E.GIVE_UP): S.FAILED,
    **{(status, E.ASK_AGAIN): S.WAITING for status in S},
}

OPEN = frozenset({S.WAITING, S.RUNNING})


def target_of(event: ExaminationEvent) -> Examination:
    """The status that `event` leads to; every event has exactly one."""
    return next(target for (_, other), target in TRANSITIONS.items() if other is event)


class ContentKind(TextChoices):
    """What the first bytes of some contents say that it is."""

    TEXT = "text", _("text")
    JSON = "json", "JSON"
    CSV = "csv", "CSV"
    GZIP = "gzip", "gzip"
    ZSTD = "zstd", "zstd"
    ZIP = "zip", "zip"
    TAR = "tar", "tar"
    TAR_GZ = "tar.gz", "tar.gz"
    TAR_ZST = "tar.zst", "tar.zst"
    PCAP = "pcap", _("network capture")
    BINARY = "binary", _("binary data")
    EMPTY = "empty", _("empty")


READABLE = frozenset({ContentKind.TEXT, ContentKind.JSON, ContentKind.CSV})
