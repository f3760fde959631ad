"""Shows how far uploads are, all those of a process together: for the pages, and for nothing else.

One thread writes for all of them, every two seconds. Hundreds of slow stations then cost one
connection to the database, and none of them waits for it.
"""

from __future__ import annotations

import logging
import threading

from diagnostics.services import following, uploads
from diagnostics.services.uploads import UploadTicket
from diagnostics.workers import database_turn

logger = logging.getLogger(__name__)

EVERY_SECONDS = 2.0


class Showing:
    """Gathers what is to be shown; `received` is the bytes of the upload so far."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: dict[UploadTicket, int] = {}
        self._watched: set[UploadTicket] = set()
        self._thread: threading.Thread | None = None

    def show(self, ticket: UploadTicket, received: int) -> bool:
        """Have it shown soon; returns at once, whether somebody watched the file arrive just now."""
        with self._lock:
            self._news[ticket] = received
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="showing", daemon=True)
                self._thread.start()
            return ticket in self._watched

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(EVERY_SECONDS)
            with self._lock:
                news, self._news = self._news, {}
                if not news:
                    self._thread, self._watched = None, set()
                    return
            self._write(news)

    def _write(self, news: dict[UploadTicket, int]) -> None:
        try:
            with database_turn():
                for ticket, received in news.items():
                    uploads.upload_progress(ticket, received)
                watched = {each for each in news if following.is_watched(each.log_request_id)}
            with self._lock:
                self._watched = watched
        except Exception:  # whatever it is, the next two seconds may be better
            logger.exception("The progress of uploads is not shown")


showing = Showing()
