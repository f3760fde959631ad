"""`manage.py ftpserver` as a process: it serves, says that it lives, and keeps what it has."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from diagnostics.models import FileServer
from diagnostics.services.uploads import file_servers
from tests.servers.processes import free_port, wait_until
from tests.uploads.file_servers import account_at, run_curl

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.servers
def test_both_servers_run_and_end_with_what_they_have(process_environment, tmp_path):
    ftp, sftp = free_port(), free_port()
    settings = {
        "FTP_URL": f"ftp://ftp.example.com:{ftp}",
        "SFTP_URL": "sftp://ftp.example.com",
        "SFTP_LISTEN": f"127.0.0.1:{sftp}",
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "ftpserver"],
        cwd=ROOT,
        env={**process_environment, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until(lambda: FileServer.objects.running().count() == 2, "both servers run", 60)
        log = tmp_path / "diagnostics.log"
        log.write_text("a line of a log\n")
        for account in (account_at(ftp), account_at(sftp, "sftp")):
            done = run_curl("--insecure", "-T", str(log), account.url)
            assert done.returncode == 0, done.stderr
            (file,) = account.files()
            assert (file.complete, file.name) == (True, "diagnostics.log")
        unfinished = account_at(ftp)
        client = unfinished.ftp()
        data = client.transfercmd("STOR diagnostics.log")
        data.sendall(b"half of it")
        wait_until(lambda: bool(unfinished.notes()), "the upload has begun")
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert not unfinished.awaited_file().complete
    assert f"FTP at port {ftp}. Stations: ftp://ftp.example.com:{ftp}/" in output
    assert f"SFTP at port {sftp}. Stations: sftp://ftp.example.com:22/" in output
    assert not FileServer.objects.running().exists()
    data.close()
    client.close()


def test_without_a_server_to_run_it_says_what_to_set():
    with pytest.raises(CommandError, match="Set FTP_URL, or SFTP_URL"):
        call_command("ftpserver")


def test_a_server_counts_as_running_while_it_gives_signs_of_life(db):
    with override_settings(DIAGNOSTICS={"FTP_URL": "ftp://ftp.example.com"}):
        endpoint = file_servers.configured(FileServer.Kind.FTP)
    assert (endpoint.url, endpoint.listen) == ("ftp://ftp.example.com:21/", ("", 21))
    row = file_servers.start(endpoint, port=21)
    assert file_servers.running(FileServer.Kind.FTP) == row
    FileServer.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    assert file_servers.running(FileServer.Kind.FTP) is None
    file_servers.beat(row, connected=3)
    assert file_servers.running(FileServer.Kind.FTP).connected == 3
    FileServer.objects.all().delete()  # forgotten while its process was held up
    file_servers.beat(row, connected=2)
    file_servers.stop(row)
    assert file_servers.running(FileServer.Kind.FTP) is None
