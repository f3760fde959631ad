"""Files over FTP, brought by real clients: ftplib and curl, in passive mode."""

from __future__ import annotations

import io
import socket
import struct
from contextlib import suppress
from datetime import timedelta
from ftplib import FTP, FTP_TLS, error_perm, error_temp
from pathlib import Path

import pytest
from django.utils import timezone

from diagnostics.models import FileServer
from diagnostics.uploads import guard, reception
from diagnostics.uploads.ftp import server as ftp_server
from diagnostics.uploads.ftp.data import DataConnection
from diagnostics.uploads.ftp.session import Session
from tests.servers.certificates import make_certificate
from tests.servers.processes import PATIENCE, wait_until
from tests.servers.seaweedfs import BUCKET, SeaweedFS
from tests.servers.small_disk import ROOM, small_disk
from tests.uploads.conftest import content_of, stored_keys
from tests.uploads.file_servers import account_at, reply_of, run_curl, serving, signed_in

LOG = b"2026-03-02T08:00:00Z a line of a log\r\n" * 40_000


@pytest.fixture(scope="module")
def server():
    with serving(FileServer.Kind.FTP) as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))[0]


@pytest.fixture(scope="module")
def tls_server(certificate):
    with serving(FileServer.Kind.FTP, **with_tls(certificate)) as server:
        yield server


def with_tls(certificate: Path) -> dict[str, str]:
    key = certificate.with_name("key.pem")
    return {"FTP_CERTIFICATE": str(certificate), "FTP_KEY": str(key)}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Tests have no time for what makes strangers wait."""
    monkeypatch.setattr(Session, "auth_failed_timeout", 0.05)
    monkeypatch.setattr(ftp_server, "HELLO_SECONDS", 0.3)


@pytest.fixture(autouse=True)
def nobody_stays():
    """What a test leaves open would stay until it is collected, whenever that is."""
    yield
    while signed_in:
        signed_in.pop().close()


@pytest.fixture
def account(server, configured, transactional_db):
    return account_at(server.port)


@pytest.fixture
def tls_account(tls_server, configured, transactional_db):
    return account_at(tls_server.port)


def store(client: FTP, command: str, content: bytes = LOG) -> str:
    return client.storbinary(command, io.BytesIO(content))


def test_a_file_is_kept_with_all_that_is_known_of_it(account):
    with account.ftp() as client:
        reply = store(client, "STOR diagnostics.log")
    (file,) = account.files()
    assert reply.startswith("226 ")
    assert content_of(file) == LOG
    assert (file.name, file.method, file.complete) == ("diagnostics.log", "FTP", True)
    assert (file.size, file.remote_address) == (len(LOG), "127.0.0.1")
    assert [kind for kind, _ in account.notes()] == ["upload.started", "upload.received"]


@pytest.mark.parametrize("commands", [
    ["MKD in", "CWD in", "MKD deeper", "CWD deeper", "PWD", "STOR diagnostics.log"],
    ["XMKD /a/b", "XCWD /a/b", "CDUP", "TYPE A", "STOR ../../x/diagnostics.log"],
    ["CWD diagnostics.log", "SYST", "FEAT", "OPTS UTF8 ON", "NOOP", "APPE diagnostics.log"],
    ["CWD /", "STOU diagnostics.log"],
], ids=lambda commands: commands[-1])  # fmt: skip
def test_a_path_never_matters_beyond_its_name(account, commands):
    *before, last = commands
    with account.ftp() as client:
        for command in before:
            client.sendcmd(command)
        # As it comes, whatever the type: line ends included.
        with client.transfercmd(last) as data:
            data.sendall(LOG)
        client.voidresp()
    (file,) = account.files()
    assert (file.name, file.complete) == ("diagnostics.log", True)
    assert content_of(file) == LOG


def test_curl_brings_a_file_with_and_without_a_name_in_the_address(account, log_file):
    for path in ("", "diagnostics.log", "new/dir/", "new/dir/x%20y.log"):
        done = run_curl("--ftp-create-dirs", "-T", str(log_file), f"{account.url}{path}")
        assert done.returncode == 0, done.stderr
    (file,) = account.files()
    assert (file.complete, file.size, file.times_received) == (True, log_file.stat().st_size, 4)
    begun = account.request.timeline.filter(kind="upload.started").order_by("pk")
    names = [entry.data["name"] for entry in begun]
    assert names == [log_file.name, "diagnostics.log", log_file.name, "x y.log"]


def test_curl_appends_and_resumes_what_was_cut_off(account, log_file, tmp_path):
    beginning = tmp_path / "beginning"
    beginning.write_bytes(log_file.read_bytes()[:1_000_000])
    url = f"{account.url}diagnostics.log"
    assert run_curl("-T", str(beginning), url).returncode == 0
    assert run_curl("-C", "-", "-T", str(log_file), url).returncode == 0
    first, whole = account.files()
    assert content_of(whole) == log_file.read_bytes()
    assert (first.complete, whole.complete) == (True, True)
    assert run_curl("--append", "-T", str(beginning), url).returncode == 0
    assert content_of(account.files()[-1]) == log_file.read_bytes() + beginning.read_bytes()


def test_a_part_that_is_continued_goes_with_its_object(account, log_directory):
    cut_off(account, declared=len(LOG)).close()
    part = account.awaited_file()
    assert not part.complete
    with account.ftp() as client:
        kept = client.size("diagnostics.log")
        assert kept == part.size
        client.storbinary("STOR diagnostics.log", io.BytesIO(LOG[kept:]), rest=kept)
    (file,) = account.files()
    assert (file.complete, content_of(file)) == (True, LOG)
    assert stored_keys(log_directory) == [file.key]
    started = account.request.timeline.filter(kind="upload.started").last()
    assert started.data["continued"] == kept


def test_to_go_on_where_nothing_is_here_is_refused_in_words(account):
    with account.ftp() as client:
        with pytest.raises(error_perm, match="550 Nothing is here of this file"):
            client.size("diagnostics.log")
        with pytest.raises(error_perm, match="554 0 bytes are here of this file"):
            client.storbinary("STOR diagnostics.log", io.BytesIO(b"rest"), rest=100)
        assert store(client, "STOR diagnostics.log").startswith("226 ")


def test_nothing_can_be_read_or_changed(account):
    other = account_at(account.port)
    with other.ftp() as client:
        store(client, "STOR secret.log")
    with account.ftp() as client:
        store(client, "STOR own.log")
        lines: list[str] = []
        client.retrlines("LIST", lines.append)
        client.retrlines("NLST", lines.append)
        assert [*lines, *client.mlsd()] == []
        for command in (
            "DELE own.log",
            "DELE ../secret.log",
            "RNFR own.log",
            "RMD in",
            "SITE CHMOD 777 own.log",
        ):
            with pytest.raises(error_perm):
                client.sendcmd(command)
        for path in ("own.log", "secret.log", "/etc/passwd"):
            with pytest.raises(error_perm):
                client.retrbinary(f"RETR {path}", lines.append)
        with pytest.raises(error_perm):
            client.size("secret.log")
        client.set_pasv(False)
        with pytest.raises(error_perm, match="502 Active mode"):
            store(client, "STOR active.log")


def test_a_wrong_password_is_refused_and_noted_where_the_log_is_awaited(account):
    for user, password in (
        (account.user, "wrong"),
        ("nobody", account.password),
        (account.user[:3], account.user[3:] + account.password),
        ("anonymous", "x"),
        ("nul\0", "l\0ng" * 100),
    ):
        client = FTP()
        client.connect("127.0.0.1", account.port, timeout=PATIENCE)
        with pytest.raises(error_perm) as error:
            client.login(user, password)
        assert reply_of(error) == "530"
        client.close()
    assert [kind for kind, _ in account.notes()] == ["upload.wrong_password"]


def test_an_address_with_too_many_wrong_passwords_is_kept_out_for_a_while(
    configured, transactional_db, monkeypatch, caplog
):
    monkeypatch.setattr(guard, "MOST", 2)
    with serving(FileServer.Kind.FTP) as server, FTP() as client:
        account = account_at(server.port)
        client.connect("127.0.0.1", account.port, timeout=PATIENCE)
        for _ in range(2):
            with pytest.raises(error_perm):
                client.login(account.user, "wrong")
        with pytest.raises(error_temp, match="421 Too many wrong passwords"):
            account.ftp()
    assert "2 wrong passwords from 127.0.0.1: it is kept out for 10 minutes" in caplog.text


def test_a_request_whose_time_is_over_takes_nothing(account):
    with account.ftp() as client:
        account.request.address_expires_at = timezone.now() - timedelta(seconds=1)
        account.request.save()
        with pytest.raises(error_perm, match="550 This address is no longer valid"):
            store(client, "STOR late.log")
    with pytest.raises(error_perm, match="530 The time of this user is over"):
        account.ftp()
    assert account.notes()[-1][0] == "upload.expired"
    assert account.files() == []


def test_a_file_that_is_too_large_is_kept_as_far_as_it_may_be(account, configured):
    configured(MAX_UPLOAD_SIZE=100_000)
    with account.ftp() as client:
        with pytest.raises(error_perm, match="552 The file is too large"):
            store(client, "STOR large.log")
        client.sendcmd(f"ALLO {len(LOG)}")
        with pytest.raises(error_perm, match="552 The file is too large"):
            store(client, "STOR announced.log")
    (file,) = account.files()
    assert (file.name, file.complete, file.size) == ("large.log", False, 100_000)


# What is cut off


def cut_off(account, *, declared=None, reset=False, leaves=False):
    """Send half of the log, then lose the data connection, and the control connection too."""
    client = account.ftp()
    if declared:
        client.sendcmd(f"ALLO {declared}")
    data = client.transfercmd("STOR diagnostics.log")
    data.sendall(LOG[: len(LOG) // 2])
    if reset:
        wait_until(lambda: received(account) > 0, "bytes have arrived")
        data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if leaves:
        client.close()
    data.close()
    return client


def received(account):
    account.request.refresh_from_db()
    return account.request.receiving_bytes or 0


@pytest.mark.parametrize(
    "how", [{"declared": len(LOG)}, {"reset": True}, {"leaves": True}], ids=str
)
def test_a_file_that_is_cut_off_is_kept_and_marked(account, how, monkeypatch):
    monkeypatch.setattr(reception, "PROGRESS_SECONDS", 0.0)
    client = cut_off(account, **how)
    if not how.get("leaves"):
        with pytest.raises(error_temp, match="426 The transfer ended early"):
            client.voidresp()
    file = account.awaited_file()
    assert not file.complete
    assert LOG.startswith(content_of(file))
    assert account.notes()[-1][0] == "upload.partial"


def test_a_cut_that_looks_like_an_end_is_taken_for_one(account):
    """Nobody can tell: no size, a connection closed as by the book. The examination may."""
    client = cut_off(account)
    assert client.voidresp().startswith("226 ")
    assert account.awaited_file().complete


def test_an_aborted_transfer_and_one_that_never_began_are_noted(account):
    with account.ftp() as client:
        client.sendcmd("PASV")
        client.sendcmd("STOR never.log")
        data = client.transfercmd("STOR diagnostics.log")
        data.sendall(b"half of it")
        client.putcmd("ABOR")
        assert client.getmultiline()[:3] in ("426", "225")
        data.close()
        client.putcmd("NOOP")
        while client.getline()[:3] != "200":
            continue
    kinds = [kind for kind, _ in account.notes()]
    assert kinds[:3] == ["upload.started", "upload.failed", "upload.started"]
    assert not any(file.complete for file in account.files())


def test_a_station_that_falls_silent_loses_its_connection_and_not_its_bytes(account, monkeypatch):
    monkeypatch.setattr(DataConnection, "timeout", 3)
    client = account.ftp()
    with client.transfercmd("STOR diagnostics.log") as data:
        data.sendall(b"half of it")
        with pytest.raises(error_temp, match="426 "):
            client.voidresp()
    assert content_of(account.awaited_file()) == b"half of it"


def test_a_server_that_stops_keeps_what_has_arrived(configured, transactional_db):
    with serving(FileServer.Kind.FTP) as server:
        account = account_at(server.port)
        client = account.ftp()
        data = client.transfercmd("STOR diagnostics.log")
        data.sendall(b"half of it")
        wait_until(lambda: bool(account.notes()), "the upload has begun")
    file = account.awaited_file()
    assert (file.complete, content_of(file)) == (False, b"half of it")
    data.close()
    client.close()


def test_a_store_that_dies_midway_is_451_and_the_attempt_is_noted(
    account, configured, tmp_path, monkeypatch
):
    store_server = SeaweedFS(tmp_path)
    store_server.start()
    try:
        for name, value in store_server.environment.items():
            monkeypatch.setenv(name, value)
        configured(LOG_STORE_URL=f"s3://{BUCKET}/dying")
        client = account.ftp()
        data = client.transfercmd("STOR diagnostics.log")
        data.sendall(bytes(12_000_000))
        store_server.stop()
        with pytest.raises(OSError):  # noqa: PT011  reset or broken, as it comes
            for _ in range(100):
                data.sendall(bytes(1_000_000))
        with pytest.raises(error_temp, match="451 "):
            client.voidresp()
    finally:
        store_server.stop()
    assert account.notes()[-1][0] == "upload.failed"
    assert account.files() == []


def test_a_disk_that_fills_midway_is_452_and_the_attempt_is_noted(account, configured, tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        configured(LOG_STORE_URL=f"file://{disk}")
        client = account.ftp()
        with client.transfercmd("STOR diagnostics.log") as data, suppress(ConnectionError):
            data.sendall(bytes(2 * ROOM))
        with pytest.raises(error_temp, match="452 There is no room"):
            client.voidresp()
        assert stored_keys(disk) == []
    assert account.notes()[-1] == ("upload.failed", "The disk of the log store is full.")
    assert account.files() == []


def test_slow_stations_do_not_wait_for_each_other(server, configured, transactional_db):
    """Each holds a connection open, half way through its file, while another one is served."""
    slow = [account_at(server.port) for _ in range(8)]
    clients = [account.ftp() for account in slow]
    sockets = [client.transfercmd("STOR slow.log") for client in clients]
    for data in sockets:
        data.sendall(b"half of it")
    quick = account_at(server.port)
    with quick.ftp() as client:
        assert store(client, "STOR quick.log").startswith("226 ")
    wait_until(lambda: server.connected == len(slow), "the slow ones are left")
    for client, data in zip(clients, sockets, strict=True):
        data.close()
        client.voidresp()
        client.close()
    assert all(account.awaited_file().complete for account in slow)


def test_too_many_connections_are_turned_away(server, account, configured):
    wait_until(lambda: server.connected == 0, "those of other tests have ended")
    configured(FTP_MAX_CONNECTIONS_PER_ADDRESS=1)
    with account.ftp(), pytest.raises(error_temp, match="421 Too many connections"):
        account.ftp()


# TLS


def test_tls_covers_the_password_and_the_file(tls_account):
    with tls_account.ftp(FTP_TLS()) as client:
        client.prot_p()
        assert store(client, "STOR diagnostics.log").startswith("226 ")
    (file,) = tls_account.files()
    assert (file.method, file.complete, content_of(file)) == ("FTPS", True, LOG)


def test_curl_uses_tls_in_each_of_its_ways_on_the_same_port(tls_account, certificate, log_file):
    """Explicitly with AUTH, and from the first byte: what curl means by ftps://."""
    at_once = tls_account.url.replace("ftp://", "ftps://")
    for arguments, url in ((["--ssl-reqd"], tls_account.url), ([], at_once)):
        done = run_curl("--cacert", str(certificate), *arguments, "-T", str(log_file), url)
        assert done.returncode == 0, done.stderr
    (file,) = tls_account.files()
    assert (file.method, file.complete, file.times_received) == ("FTPS", True, 2)
    assert file.size == log_file.stat().st_size


def test_curl_may_protect_the_password_alone(tls_account, certificate, log_file):
    ways = ("--cacert", str(certificate), "--ftp-ssl-control", "--verbose")
    done = run_curl(*ways, "-T", str(log_file), tls_account.url)
    assert done.returncode == 0, done.stderr
    assert "> PROT C" in done.stderr
    (file,) = tls_account.files()
    assert (file.method, file.complete) == ("FTPS", True)
    assert file.size == log_file.stat().st_size


def test_a_plain_station_is_served_beside_tls_unless_tls_is_required(
    tls_account, certificate, log_file
):
    assert run_curl("-T", str(log_file), tls_account.url).returncode == 0
    keys = {**with_tls(certificate), "FTP_TLS_REQUIRED": True}
    with serving(FileServer.Kind.FTP, **keys) as strict:
        account = account_at(strict.port)
        with pytest.raises(error_perm, match="550 SSL/TLS required"):
            account.ftp()
        with account.ftp(FTP_TLS()) as client:
            with pytest.raises(error_perm, match="550 SSL/TLS required on the data channel"):
                store(client, "STOR clear.log")
            client.prot_p()
            assert store(client, "STOR private.log").startswith("226 ")


def test_a_station_that_is_gone_without_closing_tls_did_not_send_all(tls_account):
    client = tls_account.ftp(FTP_TLS())
    client.prot_p()
    data = client.transfercmd("STOR diagnostics.log")
    data.sendall(LOG)
    for connection in (client.sock, data):
        connection.unwrap = None
        socket.socket(fileno=connection.detach()).close()
    file = tls_account.awaited_file()
    assert not file.complete
    assert LOG.startswith(content_of(file))


def test_a_station_that_closes_without_having_read_anything_has_sent_all(tls_account):
    """What TLS 1.3 sends after the handshake would have its TCP drop what was under way."""
    content = LOG * 6
    client = tls_account.ftp(FTP_TLS())
    client.prot_p()
    data = client.transfercmd("STOR diagnostics.log")
    assert data.version() == "TLSv1.3"
    data.sendall(content)  # more than lies in buffers: the server has begun to read
    socket.socket(fileno=data.detach()).close()
    assert client.voidresp().startswith("226 ")
    (file,) = tls_account.files()
    assert file.complete
    assert content_of(file) == content


def test_a_connection_that_breaks_within_tls_did_not_bring_all(tls_account, monkeypatch):
    monkeypatch.setattr(reception, "PROGRESS_SECONDS", 0.0)
    client = tls_account.ftp(FTP_TLS())
    client.prot_p()
    data = client.transfercmd("STOR diagnostics.log")
    data.sendall(LOG[: len(LOG) // 2])
    wait_until(lambda: received(tls_account) > 0, "bytes have arrived")
    data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    socket.socket(fileno=data.detach()).close()
    with pytest.raises(error_temp, match="426 The transfer ended early"):
        client.voidresp()
    assert not tls_account.awaited_file().complete


def test_a_renewed_certificate_is_used_from_the_next_connection_on(
    tls_account, certificate, log_file
):
    old = certificate.read_bytes()
    make_certificate(certificate.parent)
    assert certificate.read_bytes() != old
    done = run_curl(
        "--cacert", str(certificate), "--ssl-reqd", "-T", str(log_file), tls_account.url
    )
    assert done.returncode == 0, done.stderr


def test_without_a_certificate_tls_is_declined_and_nothing_is_lost(account, log_file):
    with pytest.raises(error_perm, match="502 TLS is not offered here"):
        account.ftp(FTP_TLS())
    assert run_curl("--ssl", "-T", str(log_file), account.url).returncode == 0
