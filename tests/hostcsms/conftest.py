"""The example CSMS for real: its ASGI server in a thread, its sockets in a process of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from csms.models import ChargeBox
from django.conf import settings
from django.test import override_settings

from tests.hostcsms.settings import PROJECT
from tests.servers.processes import ServerProcess, free_port, port_answers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def public_url(asgi_server: str) -> Iterator[str]:
    """The address of the ASGI server, which upload addresses then begin with."""
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "PUBLIC_URL": asgi_server}):
        yield asgi_server


@pytest.fixture
def sockets(public_url: str, process_environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """ws://HOST:PORT of `manage.py sockets`."""
    port = free_port()
    search_path = os.pathsep.join([str(ROOT), process_environment.get("PYTHONPATH", "")])
    process = ServerProcess(
        [sys.executable, str(PROJECT / "manage.py"), "sockets", "--port", str(port)],
        log=tmp_path / "sockets.log",
        environment={
            **process_environment,
            "PUBLIC_URL": public_url,
            "PYTHONPATH": search_path,
        },
    )
    process.start(lambda: port_answers(port))
    yield f"ws://127.0.0.1:{port}"
    process.stop()


@pytest.fixture
def box(transactional_db: None) -> ChargeBox:
    return ChargeBox.objects.create(box_id="BOX-7", site="Depot")
