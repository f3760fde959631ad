"""What the desks of a simulated station may ask of the station around them.

A desk knows one dialogue (logs, reports, monitors …) and nothing of sockets, boots or the other
desks. It imports this page instead of the station, which imports the desks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing.behaviour import Behaviour
from diagnostics.testing.device import Device
from diagnostics.testing.dialects import Dialect
from diagnostics.testing.work import Work

Payload: TypeAlias = dict[str, Any]

#: Answers by action; raise OcppError to refuse.
Answers: TypeAlias = dict[str, Callable[[Payload], Payload]]


class Host(Protocol):
    """A station as its desks see it."""

    version: OcppVersion
    device: Device
    behaviour: Behaviour
    dialect: Dialect
    registration: str

    @property
    def is_online(self) -> bool:
        """Whether the station has a connection."""

    def say(
        self, action: str, payload: Payload, then: Callable[[Payload | None], None] | None = None
    ) -> None:
        """Send a CALL once the station is connected and accepted; `then` takes the answer."""

    def send(self, action: str, payload: Payload) -> None:
        """Send a message without an answer (2.1), or nothing when there is no connection."""

    def say_log_status(self, status: str, request_id: int | None, *, legacy: bool) -> None:
        """Send the status of an upload, where the station tells any."""

    def say_connectors(self, evse: int | None = None) -> None:
        """Send the state of every connector, or of the one of an EVSE."""

    def boot_again(self) -> None:
        """Send BootNotification now."""

    def answer(self, message_id: str, payload: Payload) -> None:
        """Answer a call whose answer was owed."""

    def afterwards(self, action: Callable[[], None]) -> None:
        """Do something once the call being served is answered."""

    def later(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        """Do something after a while; what had this name before is replaced."""

    def forget_later(self, name: str) -> None:
        """Do it not after all."""

    def add_work(self, work: Work) -> None:
        """Have something done outside."""

    def hang_up(self) -> None:
        """Close the connection after what is being sent."""

    def reboot(self, reason: str) -> None:
        """Forget everything that does not survive a power cycle, and come back."""

    def tell(self, text: str) -> None:
        """Report something for people."""

    def clock(self) -> datetime:
        """The time of day as the station believes it to be."""

    def time_text(self) -> str:
        """The time of day as the station writes it."""
