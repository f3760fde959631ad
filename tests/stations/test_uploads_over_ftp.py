"""Simulated stations that know nothing but FTP or SFTP, asked for their logs by the service."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from diagnostics import tasks
from diagnostics.models import FileServer, LogRequest, MessageRecord, StationInfo
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import logs
from diagnostics.testing import Quirk, ScriptedStation, typical_device
from diagnostics.testing.client import StationClient
from diagnostics.uploads import servers
from stations.services import register_station
from tests.servers.certificates import make_certificate
from tests.servers.processes import free_port, wait_until
from tests.servers.valkey import Valkey

PASSWORD = "sixteen-letters-"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return make_certificate(tmp_path)[0]


@pytest.fixture
def server(asgi_server: str, valkey: Valkey, tmp_path: Path, certificate: Path) -> Iterator[str]:
    """The running project, with the servers for files beside it."""
    keys = {
        **settings.DIAGNOSTICS,
        "READ_LIMITS": True,
        "FTP_URL": f"ftp://127.0.0.1:{free_port()}",
        "FTP_CERTIFICATE": str(certificate),
        "FTP_KEY": str(certificate.with_name("key.pem")),
        "SFTP_URL": f"sftp://127.0.0.1:{free_port()}",
        "SFTP_HOST_KEY": str(tmp_path / "host_key"),
    }
    stop = threading.Event()
    with override_settings(DIAGNOSTICS=keys):
        running = threading.Thread(target=servers.run, args=(stop,))
        running.start()
        try:
            wait_until(lambda: FileServer.objects.running().count() == 2, "both servers run", 40)
            yield asgi_server
        finally:
            stop.set()
            running.join()


@contextmanager
def connected(
    server: str, certificate: Path, version: OcppVersion, *quirks: Quirk, **options: Any
) -> Iterator[Any]:
    """A station that is connected and known by what it lists; yields its row."""
    row = register_station("CS-1", password=PASSWORD)[0]
    device = typical_device(version, "NL0004711")
    station = ScriptedStation(version, device=device, quirks=quirks, **options)
    client = StationClient(
        station,
        f"{server.replace('http', 'ws', 1)}/ocpp",
        "CS-1",
        password=PASSWORD,
        tls=ssl.create_default_context(cafile=str(certificate)),
    )
    loop = asyncio.new_event_loop()
    task = loop.create_task(client.run())
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([task])))
    thread.start()
    try:
        wait_until(lambda: bool(listed(row)), "the station has said what it knows", 40)
        yield row
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


def listed(station: Any) -> str:
    info = StationInfo.objects.filter(station=station).first()
    return str((info.limits if info else {}).get("file_transfer_protocols", ""))


def asked(station: Any, verdict: str) -> LogRequest:
    """Ask for the log and wait for the verdict."""
    row = logs.request_log(station=station)
    tasks.dispatch_calls([row.call_id])

    def is_there() -> bool:
        row.refresh_from_db()
        return row.verdict == verdict

    wait_until(is_there, f"{verdict} instead of {row.verdict}", 40)
    return row


@pytest.mark.parametrize(
    ("version", "schemes", "quirks"),
    [
        (OcppVersion.V16, ("ftp",), (Quirk.NO_GET_LOG, Quirk.STATUS_BEFORE_ANSWER)),
        (OcppVersion.V16, ("ftps",), (Quirk.NO_GET_LOG,)),
        (OcppVersion.V201, ("sftp",), ()),
    ],
    ids=["1.6 ftp", "1.6 ftps", "2.0.1 sftp"],
)
def test_a_log_is_fetched(
    server: str, certificate: Path, version: OcppVersion, schemes: Any, quirks: Any
) -> None:
    with connected(server, certificate, version, *quirks, transfers_by=schemes) as station:
        row = asked(station, "Received")
    (file,) = row.files.all()
    assert (row.route, row.route_reason["code"]) == (schemes[0], "announced")
    assert (file.method, file.complete) == (schemes[0].upper(), True)
    assert file.size > 10_000
    assert row.location.startswith(f"{schemes[0]}://{row.upload_user}:")
    sent = MessageRecord.objects.filter(action__in=["GetLog", "GetDiagnostics"])
    wait_until(lambda: sent.count() >= 2, "the messages are recorded")
    recorded = "".join(str(record.payload) for record in sent)
    assert "127.0.0.1" in recorded
    assert row.upload_password not in recorded


def test_a_log_that_breaks_off_is_kept_as_a_part(server: str, certificate: Path) -> None:
    quirks = (Quirk.NO_GET_LOG, Quirk.CUTS_OFF_MIDWAY)
    with connected(server, certificate, OcppVersion.V16, *quirks, transfers_by=("ftp",)) as station:
        row = asked(station, "Failed")
        wait_until(lambda: row.files.exists(), "the part is recorded")
    (part,) = row.files.all()
    assert not part.complete


def test_a_station_that_refuses_the_usual_address_is_given_another(
    server: str, certificate: Path
) -> None:
    """It lists nothing, so its refusal is what tells."""
    with connected(server, certificate, OcppVersion.V201, transfers_by=("ftps",)) as station:
        StationInfo.objects.filter(station=station).update(limits={})
        row = asked(station, "Failed")
        assert (row.route, row.reason) == ("relay", "NotSupportedOperation")
        row = asked(station, "Received")
        assert (row.route, row.route_reason["code"]) == ("ftps", "failed")
