"""`manage.py ftpserver`: the FTP and SFTP servers, for stations that speak nothing else."""

from __future__ import annotations

import signal
from threading import Event
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from diagnostics.uploads import servers


class Command(BaseCommand):
    help = "Take files over FTP and SFTP, as FTP_URL and SFTP_URL say, until Ctrl-C or SIGTERM."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        try:
            if not servers.wanted():
                raise CommandError("Set FTP_URL, or SFTP_URL: there is nothing to run.")
            servers.run(stop, self.stdout.write)
        except (ImproperlyConfigured, ImportError, OSError) as error:
            raise CommandError(str(error)) from error
