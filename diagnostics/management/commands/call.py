"""`manage.py call`: send a station any OCPP call, and print what it answers."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics import ringing
from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.call import OPEN, UNSUPPORTED, CallStatus
from diagnostics.management.asking import (
    CANCELED,
    EXPIRED,
    FAILED,
    INTERRUPTED,
    REFUSED,
    STILL_WAITING,
    USAGE,
    find_station,
    seconds,
    wait_until,
)
from diagnostics.models import OutboundCall
from diagnostics.services.calls import place_call


class Command(BaseCommand):
    help = (
        "Send a station any call of its OCPP version. With --wait, print the answer as JSON and "
        "exit 0; 1: no answer; 2: wrong use; 3: still waiting when --timeout was over, the call "
        "goes on; 4: the station refused it (CALLERROR); 5: canceled; 6: the station stayed away "
        "until the call expired."
    )

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        """Take the payload after options, too: `call CS-1 Reset --wait '{…}'`."""
        parser = super().create_parser(*args, **kwargs)
        parser.parse_args = parser.parse_intermixed_args  # type: ignore[method-assign]
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("identity", help="the station's identity")
        parser.add_argument("action", help="such as GetVariables")
        parser.add_argument(
            "payload", nargs="?", default="{}", help="JSON, - for stdin, or @FILE (default {})"
        )
        parser.add_argument("--wait", action="store_true", help="stay until the station answers")
        parser.add_argument("--timeout", type=float, help="seconds to wait at most")
        parser.add_argument(
            "--answer-within",
            type=seconds,
            metavar="SECONDS",
            help="time the station may take",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._call(options)
        except KeyboardInterrupt:
            sentence = "What was asked for goes on without this command; the admin shows it."
            raise CommandError(sentence, returncode=INTERRUPTED) from None
        finally:
            ringing.flush()

    def _call(self, options: dict[str, Any]) -> None:
        call = self._place(options)
        if not options["wait"]:
            self.stdout.write(f"Call {call.pk} placed, message id {call.message_id}.")
            return
        self._wait(call, options["timeout"])
        if call.status != CallStatus.ANSWERED:
            sentence, code = _ending(call)
            raise CommandError(sentence, returncode=code)
        self.stdout.write(json.dumps(call.answer, indent=2, ensure_ascii=False))

    def _place(self, options: dict[str, Any]) -> OutboundCall:
        station = find_station(options["identity"])
        within = options["answer_within"]
        try:
            return place_call(
                station=station,
                action=options["action"],
                payload=read_payload(options["payload"]),
                timeout=None if within is None else timedelta(seconds=within),
            )
        except RequestRefused as error:
            raise CommandError(str(error), returncode=USAGE) from error

    def _wait(self, call: OutboundCall, timeout: float | None) -> None:
        def is_over() -> bool:
            call.refresh_from_db()
            return call.status not in OPEN

        if not wait_until(is_over, timeout):
            where = "has not answered" if call.status == CallStatus.SENT else "has not been asked"
            raise CommandError(
                f"The station {where} after {timeout:g} s. Call {call.pk} goes on.",
                returncode=STILL_WAITING,
            )


def read_payload(text: str) -> dict[str, Any]:
    """Read the payload from the argument itself, from stdin (-) or from a file (@FILE).

    Ends the command, naming the place, for what is no JSON object.
    """
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text()
        payload = json.loads(text)
    except OSError as error:
        raise CommandError(
            f"Cannot read {text[1:]}: {error.strerror}.", returncode=USAGE
        ) from error
    except ValueError as error:
        raise CommandError(f"The payload is no JSON: {error}.", returncode=USAGE) from error
    if not isinstance(payload, dict):
        raise CommandError("The payload must be an object: {…}.", returncode=USAGE)
    return payload


def _ending(call: OutboundCall) -> tuple[str, int]:
    """Why a call ended without an answer, in words, and the exit code."""
    if call.status == CallStatus.REFUSED:
        said = f": {call.error_description}" if call.error_description else "."
        return f"The station refused the call with {call.error_code}{said}", REFUSED
    if call.status == CallStatus.EXPIRED:
        return "The station stayed away until the call expired.", EXPIRED
    if call.status == CallStatus.CANCELED:
        if call.error_code == UNSUPPORTED:
            return call.error_description, USAGE
        return "The call was canceled.", CANCELED
    return f"The station did not answer ({call.error_code}).", FAILED
