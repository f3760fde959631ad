"""A station of whatever model the project has, and a gateway whose answers the tests set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import override_settings

from diagnostics import message_log
from diagnostics.gateway import get_gateway
from diagnostics.message_log.queue import MessageLog
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import logs
from diagnostics.services.calls import delivery
from diagnostics.storage import StoredObject

# How the projects that this suite runs in call the identity of a station.
IDENTITY_FIELDS = {"stations.ChargingStation": "identity", "csms.ChargeBox": "box_id"}


def make_station(identity: str = "CS-1") -> Any:
    name = settings.DIAGNOSTICS_STATION_MODEL
    manager = apps.get_model(name)._default_manager
    return manager.create(**{IDENTITY_FIELDS[name]: identity})


class TellingGateway:
    """Says of every station what the test wants, and keeps whom it was told to ring for."""

    spoken: OcppVersion | None = OcppVersion.V201
    is_here = True

    def __init__(self) -> None:
        self.rung: list[Any] = []

    def identity(self, station: Any) -> str:
        return str(getattr(station, IDENTITY_FIELDS[settings.DIAGNOSTICS_STATION_MODEL]))

    def version(self, station: Any) -> OcppVersion | None:
        return self.spoken

    def find(self, identity: str) -> Any:
        return None

    def is_online(self, station: Any) -> bool:
        return self.is_here

    def send(self, call: Any) -> None:
        self.rung.append(call.pk)


@pytest.fixture
def gateway() -> Iterator[TellingGateway]:
    path = f"{TellingGateway.__module__}.{TellingGateway.__qualname__}"
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "GATEWAY": path}):
        current = get_gateway()
        assert isinstance(current, TellingGateway)
        yield current


@dataclass
class Dialogue:
    """A station as the services see it: takes calls, answers them, says things, brings files."""

    station: Any
    gateway: TellingGateway
    taken: list[Any] = field(default_factory=list)

    def takes(self, registration: str = "Accepted") -> Any:
        version = self.gateway.spoken
        assert version is not None
        call = delivery.next_call(
            self.station, version=version, connection="c1", registration=registration
        )
        self.taken.append(call)
        return call

    def answers(self, payload: dict[str, Any]) -> bool:
        return delivery.record_answer(self.station, self.taken[-1].message_id, payload)

    def refuses(self, code: str, words: str = "") -> bool:
        return delivery.record_refusal(self.station, self.taken[-1].message_id, code, words, {})

    def is_silent(self) -> bool:
        return delivery.record_timeout(self.station, self.taken[-1].message_id)


@pytest.fixture
def dialogue(db: None, gateway: TellingGateway) -> Dialogue:
    return Dialogue(make_station(), gateway)


@pytest.fixture
def asked(dialogue: Dialogue) -> Callable[..., Any]:
    """Request a log of the dialogue's station and let it take the call."""

    def ask(**wanted: Any) -> Any:
        row = logs.request_log(station=dialogue.station, **wanted)
        dialogue.takes()
        row.refresh_from_db()
        return row

    return ask


def stored(content: str = "line", key: str = "k") -> StoredObject:
    digest = f"{hash(content) & (2**256 - 1):064x}"
    return StoredObject(key=key, size=len(content), sha256=digest)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> MessageLog:
    """A log of its own whose thread sleeps: the test flushes, in its own transaction."""
    log = MessageLog()
    monkeypatch.setattr(log, "_start", lambda: None)
    monkeypatch.setattr(message_log, "LOG", log)
    return log
