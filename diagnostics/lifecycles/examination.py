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
