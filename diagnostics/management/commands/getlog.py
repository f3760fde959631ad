"""`manage.py getlog`: ask one station for its log, and wait for the file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics import ringing
from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.log_request import OPEN, SUCCEEDED, LogType, LogVerdict
from diagnostics.management.asking import (
    CANCELED,
    EXPIRED,
    FAILED,
    INTERRUPTED,
    REFUSED,
    STILL_WAITING,
    USAGE,
    ProgressLine,
    at_least,
    find_station,
    moment,
    wait_until,
)
from diagnostics.models import LogFile, LogRequest
from diagnostics.services.files.downloads import open_download, record_download
from diagnostics.services.logs import request_log
from diagnostics.storage import StorageError
from diagnostics.wording import verdict_sentence

EXIT_CODES = {
    LogVerdict.REJECTED: REFUSED,
    LogVerdict.CANCELED: CANCELED,
    LogVerdict.EXPIRED: EXPIRED,
}


class Command(BaseCommand):
    help = (
        "Ask a station for its log. With --wait, exit 0 only when the file is here; "
        "1: it will not come (failed, claimed without a file, lost); 2: wrong use; "
        "3: still waiting when --timeout was over, the request goes on; 4: the station refused; "
        "5: canceled; 6: the station stayed away until the request expired."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("identity", help="the station's identity")
        parser.add_argument(
            "--log-type",
            default=LogType.DIAGNOSTICS.value,
            choices=LogType.values,
            help="which log",
        )
        parser.add_argument(
            "--since", type=moment, help="from: 30m, 2h, 3d or 1w ago, or 2026-03-01T08:00:00Z"
        )
        parser.add_argument("--until", type=moment, help="to, written like --since")
        parser.add_argument(
            "--retries", type=at_least(1), help="how often the station may try again"
        )
        parser.add_argument("--retry-interval", type=at_least(0), help="seconds between its tries")
        parser.add_argument("--wait", action="store_true", help="stay until it has ended")
        parser.add_argument("--timeout", type=float, help="seconds to wait at most")
        parser.add_argument(
            "--output",
            metavar="PATH",
            help="write the file there, or into that directory (- for stdout); waits",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._ask(options)
        except KeyboardInterrupt:
            sentence = "What was asked for goes on without this command; the admin shows it."
            raise CommandError(sentence, returncode=INTERRUPTED) from None
        finally:
            ringing.flush()

    def _ask(self, options: dict[str, Any]) -> None:
        output = options["output"]
        check_output(output)
        row = self._request(options)
        if not options["wait"] and output is None:
            self.stdout.write(f"Request {row.pk}. {verdict_sentence(row)}")
            return
        self._wait(row, options["timeout"])
        if output is not None:
            self._write(row, output)

    def _request(self, options: dict[str, Any]) -> LogRequest:
        station = find_station(options["identity"])
        try:
            return request_log(
                station=station,
                log_type=options["log_type"],
                oldest=options["since"],
                latest=options["until"],
                retries=options["retries"],
                retry_interval=options["retry_interval"],
            )
        except RequestRefused as error:
            raise CommandError(str(error), returncode=USAGE) from error

    def _wait(self, row: LogRequest, timeout: float | None) -> None:
        """Show how it stands until the file is here; anything else ends the command."""
        line = ProgressLine(self.stderr)

        def is_over() -> bool:
            row.refresh_from_db()
            line.show(verdict_sentence(row))
            return row.verdict not in OPEN

        try:
            over = wait_until(is_over, timeout)
        finally:
            line.end()
        if not over:
            sentence = f"Still waiting after {timeout:g} s. Request {row.pk} goes on."
            raise CommandError(sentence, returncode=STILL_WAITING)
        if row.verdict not in SUCCEEDED:
            code = EXIT_CODES.get(LogVerdict(row.verdict), FAILED)
            raise CommandError(verdict_sentence(row), returncode=code)

    def _write(self, row: LogRequest, output: str) -> None:
        file = row.best_file
        if file is None:
            raise CommandError("The file is no longer kept.", returncode=FAILED)
        try:
            if output == "-":
                self._copy(file, sys.stdout.buffer)
            else:
                self._replace(file, place_of(file, Path(output)))
        except OSError as error:
            raise CommandError(f"Cannot write {output}: {error.strerror}.") from error
        except StorageError as error:
            raise CommandError(str(error)) from error
        record_download(file, user=None)

    def _replace(self, file: LogFile, path: Path) -> None:
        """Write beside the path and rename: what is there is whole or what it was before."""
        partial = path.with_name(f".{path.name}.part")
        try:
            with partial.open("wb") as target:
                self._copy(file, target)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        self.stderr.write(f"{path}: {file.size} bytes, SHA-256 {file.sha256}")

    def _copy(self, file: LogFile, target: BinaryIO) -> None:
        for piece in open_download(file):
            target.write(piece)
        target.flush()


def check_output(output: str | None) -> None:
    """Raise CommandError, before the station is troubled, when nothing could be written there."""
    if output is not None and output != "-" and not Path(output).parent.is_dir():
        sentence = f"There is no directory {Path(output).parent}."
        raise CommandError(sentence, returncode=USAGE)


def place_of(file: LogFile, path: Path) -> Path:
    """Where the file is written: in a directory under its own name, which leads nowhere else."""
    if not path.is_dir():
        return path
    return path / (Path(file.name).name.lstrip(".") or f"log-{file.pk}")
