"""What a scripted station wants done by whoever runs it: it touches no socket itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from diagnostics.testing.uploads import Upload


@dataclass(frozen=True, slots=True)
class StartUpload:
    """Bring the file (over HTTP: `uploads.http_request(upload)`), then report with
    `ScriptedStation.upload_ended`."""

    upload: Upload


@dataclass(frozen=True, slots=True)
class StopUpload:
    """Break off the transfer, if it still runs."""

    upload: Upload


@dataclass(frozen=True, slots=True)
class HangUp:
    """Send what there is to send, close the connection, and connect again after a while."""


Work: TypeAlias = StartUpload | StopUpload | HangUp


@dataclass(frozen=True, slots=True)
class UploadEnd:
    """How a transfer ended.

    `whole`: every byte went out. `http_status`, or `ftp_reply`, is what the server answered; both
    are None where no answer came or none was awaited.
    """

    whole: bool
    http_status: int | None = None
    ftp_reply: int | None = None

    @property
    def answer(self) -> int | None:
        """What the server answered, in the numbers of HTTP or FTP: 200 to 299 is well."""
        return self.ftp_reply if self.http_status is None else self.http_status

    def __str__(self) -> str:
        if self.http_status is not None:
            return f"HTTP {self.http_status}"
        if self.ftp_reply is not None:
            return f"FTP {self.ftp_reply}"
        return "no answer" if self.whole else "broken off"
