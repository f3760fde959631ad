"""Files over SFTP and SCP, brought by real clients: asyncssh, OpenSSH and curl."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest
from django.utils import timezone

from diagnostics.models import FileServer
from diagnostics.uploads.sftp import server as sftp_server
from diagnostics.uploads.sftp.inbox import Inbox
from tests.servers.processes import wait_until
from tests.servers.small_disk import ROOM, small_disk
from tests.uploads.conftest import content_of, stored_keys
from tests.uploads.file_servers import account_at, run_curl, serving

LOG = b"2026-03-02T08:00:00Z a line of a log\r\n" * 40_000


@pytest.fixture(scope="module")
def host_key(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sftp") / "host_key"
    sftp_server.host_key(path)
    return path


@pytest.fixture(scope="module")
def server(host_key):
    with serving(FileServer.Kind.SFTP, SFTP_HOST_KEY=str(host_key)) as server:
        yield server


@pytest.fixture
def account(server, configured, transactional_db):
    return account_at(server.port, "sftp")


def connected(account, password=None):
    return asyncssh.connect(
        "127.0.0.1",
        account.port,
        username=account.user,
        password=password or account.password,
        known_hosts=None,
        client_keys=None,
        agent_path=None,
    )


def over_sftp(account, use):
    """Run a coroutine function with a client, on an event loop of its own."""

    async def session():
        async with connected(account) as connection, connection.start_sftp_client() as client:
            return await use(client)

    return asyncio.run(session())


@pytest.fixture
def openssh(account, tmp_path, monkeypatch):
    """Run OpenSSH's sftp or scp, which ask a program for the password."""
    ask = tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\necho {account.password}\n")
    ask.chmod(0o700)
    environment = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    options += ["-o", "PubkeyAuthentication=no", "-o", "NumberOfPasswordPrompts=1"]
    options += ["-F", "none", "-P", str(account.port)]

    def run(program, *arguments, said=""):
        command = [program, *options, *arguments]
        return subprocess.run(
            command, input=said, capture_output=True, text=True, env=environment, timeout=60,
            check=False, start_new_session=True,
        )  # fmt: skip

    return run


def test_a_file_is_kept_with_all_that_is_known_of_it(account, log_file):
    async def put(client):
        await client.mkdir("in")
        await client.put(log_file, "in/diagnostics.log", preserve=True)

    over_sftp(account, put)
    (file,) = account.files()
    assert content_of(file) == log_file.read_bytes()
    assert (file.name, file.method, file.complete) == ("diagnostics.log", "SFTP", True)
    assert file.remote_address == "127.0.0.1"
    assert [kind for kind, _ in account.notes()] == ["upload.started", "upload.received"]


def test_openssh_and_curl_bring_files_and_openssh_resumes(account, openssh, log_file, tmp_path):
    target = f"{account.user}@127.0.0.1"
    done = openssh("sftp", target, said=f"mkdir in\ncd in\nput {log_file} a.log\n")
    assert done.returncode == 0, done.stderr
    beginning = tmp_path / "beginning"
    beginning.write_bytes(log_file.read_bytes()[:1_000_000])
    assert openssh("sftp", target, said=f"put {beginning} b.log\n").returncode == 0
    assert openssh("sftp", target, said=f"reput {log_file} b.log\n").returncode == 0
    for options in ((), ("-O",)):  # over SFTP, and as scp was before
        done = openssh("scp", *options, str(log_file), f"{target}:c{len(options)}.log")
        assert done.returncode == 0, done.stderr
    done = run_curl("--insecure", "-T", str(log_file), account.url)
    assert done.returncode == 0, done.stderr
    done = run_curl("--insecure", "-T", str(log_file), f"{account.url}d.log")
    assert done.returncode == 0, done.stderr
    whole, part = account.files()
    assert (content_of(whole), whole.times_received) == (log_file.read_bytes(), 6)
    assert (part.name, part.size) == ("b.log", 1_000_000)


def test_nothing_can_be_read_or_changed(account):
    other = account_at(account.port)

    async def put(client):
        async with client.open("secret.log", "wb") as file:
            await file.write(b"secret")

    over_sftp(other, put)

    async def pry(client):
        await put(client)
        assert await client.listdir("/") == []
        for attempt in (
            client.open("secret.log", "rb"),
            client.open("/etc/passwd", "rb"),
            client.remove("secret.log"),
            client.rename("secret.log", "x"),
            client.posix_rename("secret.log", "x"),
            client.symlink("/etc/passwd", "x"),
            client.link("/etc/passwd", "x"),
            client.readlink("secret.log"),
            client.rmdir("in"),
            client.statvfs("/"),
        ):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await attempt
        for path in ("other.log", "/etc/passwd"):
            with pytest.raises(asyncssh.SFTPNoSuchFile):
                await client.stat(path)

    over_sftp(account, pry)
    assert [content_of(file) for file in account.files()] == [b"secret"]


def test_no_file_access_of_the_library_is_left():
    helpers = {"channel", "connection", "convert_attrs", "env", "logger", "map_path"}
    helpers |= {"format_group", "format_longname", "format_user", "reverse_map_path"}
    public = {name for name in dir(asyncssh.SFTPServer) if name[0] != "_"}
    assert public - set(vars(Inbox)) == helpers


def test_nobody_gets_a_shell(account):
    async def shell():
        async with connected(account) as connection:
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.run("id")

    asyncio.run(shell())


def test_pieces_out_of_order_are_put_in_order(account, log_directory):
    async def put(client):
        handler = client._handler
        handle = await handler.open(b"diagnostics.log", asyncssh.FXF_WRITE | asyncssh.FXF_CREAT, asyncssh.SFTPAttrs())  # noqa: E501  # fmt: skip
        await handler.write(handle, 0, LOG[:1000])
        await handler.write(handle, 2000, LOG[2000:])
        await handler.write(handle, 1000, LOG[1000:2000])
        with pytest.raises(asyncssh.SFTPFailure, match="came once"):
            await handler.write(handle, 0, b"again")

    over_sftp(account, put)
    (file,) = account.files()
    assert (file.complete, content_of(file)) == (False, LOG)
    assert stored_keys(log_directory) == [file.key]


@pytest.mark.parametrize("how", ["ends without closing", "is cut"])
def test_a_session_that_ends_before_its_file_leaves_a_part(account, how):
    async def put():
        connection = await connected(account)
        client = await connection.start_sftp_client()
        file = await client.open("diagnostics.log", "wb")
        await file.write(LOG)
        if how == "is cut":
            connection.abort()
        else:
            client.exit()
            connection.close()
        await connection.wait_closed()

    asyncio.run(put())
    file = account.awaited_file()
    assert (file.complete, content_of(file)) == (False, LOG)


def test_a_part_that_is_continued_goes(account):
    async def begin(client):
        file = await client.open("diagnostics.log", "wb")
        await file.write(LOG[:1000])

    async def go_on(client):
        assert (await client.stat("diagnostics.log")).size == 1000
        async with client.open("diagnostics.log", "ab") as file:
            await file.write(LOG[1000:])

    over_sftp(account, begin)
    assert not account.awaited_file().complete
    over_sftp(account, go_on)
    (file,) = account.files()
    assert (file.complete, content_of(file)) == (True, LOG)


def test_a_copy_that_is_cut_off_leaves_a_part(account):
    """The old scp says how long a file is, and closes it in any case."""

    async def copy():
        async with connected(account) as connection:
            process = await connection.create_process("scp -t x.log", encoding=None)
            process.stdin.write(b"C0644 2000000 x.log\n" + LOG[:1000])
            await asyncio.to_thread(wait_until, lambda: bool(account.notes()), "it has begun")
            process.stdin.write_eof()
            await process.wait_closed()

    asyncio.run(copy())
    file = account.awaited_file()
    assert (file.complete, file.size) == (False, 1000)


def test_a_file_that_is_too_large_is_kept_as_far_as_it_may_be(account, configured):
    configured(MAX_UPLOAD_SIZE=100_000)

    async def put(client):
        async with client.open("large.log", "wb") as file:
            with pytest.raises(asyncssh.SFTPPermissionDenied, match="too large"):
                await file.write(LOG)

    over_sftp(account, put)
    (file,) = account.files()
    assert (file.complete, file.size) == (False, 100_000)


def test_a_disk_that_fills_midway_is_told_and_the_attempt_is_noted(account, configured, tmp_path):
    async def put(client):
        async with client.open("diagnostics.log", "wb") as file:
            with pytest.raises(asyncssh.SFTPFailure, match="The disk of the log store is full"):
                await file.write(bytes(2 * ROOM))
            with pytest.raises(asyncssh.SFTPFailure, match="The disk of the log store is full"):
                await file.write(b"one more piece")

    with small_disk(tmp_path / "disk") as disk:
        configured(LOG_STORE_URL=f"file://{disk}")
        over_sftp(account, put)
        assert stored_keys(disk) == []
    assert account.notes()[-1] == ("upload.failed", "The disk of the log store is full.")
    assert account.files() == []


def test_only_the_right_password_in_its_time_gets_in(account):
    with pytest.raises(asyncssh.PermissionDenied):
        asyncio.run(_connect(account, "wrong"))
    account.request.address_expires_at = timezone.now() - timedelta(seconds=1)
    account.request.save()
    with pytest.raises(asyncssh.PermissionDenied):
        asyncio.run(_connect(account))
    assert [kind for kind, _ in account.notes()] == ["upload.wrong_password", "upload.expired"]


async def _connect(account, password=None):
    async with connected(account, password):
        pass


def test_a_silent_station_loses_its_connection_and_not_its_bytes(account, monkeypatch):
    monkeypatch.setattr(sftp_server, "IDLE_SECONDS", 3)
    done = threading.Event()

    async def put(client):
        file = await client.open("diagnostics.log", "wb")
        await file.write(b"half of it")
        await asyncio.to_thread(done.wait, 30)

    thread = threading.Thread(target=over_sftp, args=(account, put))
    thread.start()
    file = account.awaited_file()
    done.set()
    thread.join()
    assert (file.complete, content_of(file)) == (False, b"half of it")


def test_a_server_that_stops_keeps_what_has_arrived(host_key, configured, transactional_db):
    stop = threading.Event()

    async def put(client):
        file = await client.open("diagnostics.log", "wb")
        await file.write(b"half of it")
        stop.set()
        await client.wait_closed()

    with serving(FileServer.Kind.SFTP, SFTP_HOST_KEY=str(host_key)) as server:
        account = account_at(server.port)
        thread = threading.Thread(target=over_sftp, args=(account, put))
        thread.start()
        assert stop.wait(30)
    thread.join()
    file = account.awaited_file()
    assert (file.complete, content_of(file)) == (False, b"half of it")


def test_too_many_connections_are_turned_away(server, account, configured):
    wait_until(lambda: server.connected == 0, "those of other tests have ended")
    configured(FTP_MAX_CONNECTIONS_PER_ADDRESS=1)

    async def another(client):
        with pytest.raises((asyncssh.DisconnectError, ConnectionError)):
            await _connect(account)

    over_sftp(account, another)
