"""A file on its way in over SFTP, whose pieces say where they belong. Blocking: for threads.

SFTP lets a client write anywhere in a file. The store takes bytes in order: pieces that come early
are held for a while, and a client that goes back is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from diagnostics.exceptions import UploadRefused
from diagnostics.models import LogFile
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.services.uploads.arrivals import UploadTicket
from diagnostics.uploads.reception import Announcement, Reception
from diagnostics.workers import database_turn

# Bytes held for those that belong before them. Clients have a few MiB under way.
HELD = 8 * 1024 * 1024


class OutOfOrder(Exception):
    """A piece that cannot be put where it belongs any more."""


class ArrivingFile:
    """One open file. `sign_in` gives the ticket anew: time passes between opening and writing.

    `appending`: pieces go behind what is here of the file, wherever they say they belong.
    """

    def __init__(
        self, sign_in: Callable[[], UploadTicket], announced: Announcement, *, appending: bool
    ) -> None:
        self._sign_in = sign_in
        self._announced = announced
        self._appending = appending
        self._reception: Reception | None = None
        self._shift = 0
        self._next = 0
        self._early: dict[int, bytes] = {}
        self._failure: Exception | None = None

    @property
    def size(self) -> int:
        """Bytes in order so far."""
        return self._next

    def write(self, offset: int, data: bytes) -> None:
        """Take a piece. Raises OutOfOrder, UploadRefused, StorageError; then it is over.

        Clients have many pieces under way: whichever answer they look at says what went wrong.
        """
        if self._failure is not None:
            raise self._failure
        try:
            if self._reception is None:
                self._begin(offset)
            self._take(offset + self._shift, data)
        except Exception as failure:
            self._failure = failure
            raise

    def close(self, *, cut_off: bool) -> None:
        """Keep what came. Raises StorageError."""
        if self._reception is None and not cut_off and self._failure is None:
            self._begin(0)
        if self._reception is not None:
            self._reception.finish(whole=not (cut_off or self._early or self._failure))

    def _begin(self, offset: int) -> None:
        """The first piece tells where the client goes on: at 0, or behind what is here."""
        ticket = self._sign_in()
        part = self._part(ticket) if offset or self._appending else None
        kept = part.size if part else 0
        start = kept if self._appending else offset
        if start > kept:
            raise OutOfOrder(f"{kept} bytes are here of this file: go on from there.")
        self._shift, self._next = start - offset, start
        self._reception = Reception(ticket, self._announced)
        self._reception.begin(part, start)

    def _part(self, ticket: UploadTicket) -> LogFile | None:
        with database_turn():
            return uploads.find_part(ticket, self._announced.name)

    def _take(self, offset: int, data: bytes) -> None:
        if offset < self._next:
            raise OutOfOrder("Bytes that came once cannot be written again.")
        self._early[offset] = data
        if sum(map(len, self._early.values())) > HELD:
            raise OutOfOrder("Bytes are missing before these.")
        ready = []
        while (piece := self._early.pop(self._next, None)) is not None and piece:
            ready.append(piece)
            self._next += len(piece)
        assert self._reception is not None  # noqa: S101
        if ready and not self._reception.write(ready):
            raise UploadRefused("The file is too large; what fits was kept.")
