"""`manage.py serve`: the whole product on one small machine, as children of one command."""

from __future__ import annotations

import asyncio
import os
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config import programs
from config.supervisor import Program, Supervisor


class Command(BaseCommand):
    """Migrates, then runs Valkey (unless REDIS_URL is set), the server, the workers and beat.

    Where FTP_URL or SFTP_URL is set, those servers too.
    """

    help = "Run everything: Valkey (unless REDIS_URL is set), the web server, the workers and beat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address to listen on and what to leave out or add."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument("--no-migrate", action="store_true", help="leave the database alone")
        parser.add_argument("--demo", action="store_true", help="connect simulated stations")

    def handle(self, *, host: str, port: int, no_migrate: bool, demo: bool, **_: Any) -> None:
        """Run until SIGTERM or Ctrl-C."""
        self.refuse_taken_port(host, port)
        os.chdir(settings.BASE_DIR)  # where the children find the project
        # Stations must be told this port; whoever wants another address has set it.
        os.environ.setdefault("PUBLIC_URL", programs.address(host, port))
        if not no_migrate:
            call_command("migrate", interactive=False, verbosity=0)
            connections.close_all()
        asyncio.run(Supervisor(self.programs(host, port, demo=demo), self.stdout.write).run())

    def refuse_taken_port(self, host: str, port: int) -> None:
        """Raise CommandError when somebody listens there already."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error

    def programs(self, host: str, port: int, *, demo: bool) -> list[Program]:
        """Return what to run, in the order of starting."""
        workers = [programs.worker(queue.name) for queue in settings.CELERY_TASK_QUEUES]
        running = [programs.web(host, port), *workers, programs.beat(settings.VAR_DIR)]
        if not os.environ.get("REDIS_URL"):
            try:
                valkey = programs.valkey(settings.VAR_DIR / "valkey", settings.REDIS_SOCKET)
            except ValueError as error:
                raise CommandError(str(error)) from error
            running.insert(0, valkey)
        if settings.DIAGNOSTICS["FTP_URL"] or settings.DIAGNOSTICS["SFTP_URL"]:
            running.append(programs.ftpserver())
        if demo:
            running.append(programs.demo())
        return running
