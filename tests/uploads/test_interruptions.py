"""Stations that hang up, servers that stop, stores that fail: nothing is lost silently."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.conf import settings
from django.db import OperationalError

from diagnostics.services.uploads import arrivals as uploads
from diagnostics.uploads import body, reception
from diagnostics.uploads.app import upload_app
from tests.servers.application import served
from tests.servers.processes import PATIENCE, wait_until
from tests.servers.seaweedfs import BUCKET, SeaweedFS
from tests.servers.small_disk import ROOM, small_disk
from tests.uploads.bodies import LOG, form, zaptec
from tests.uploads.conftest import Address, address_at, content_of


def send(address, request, *, hang_up=True):
    """Send the bytes of a request; close without reading, or return what is answered."""
    with socket.create_connection(address.endpoint, timeout=PATIENCE) as connection:
        connection.sendall(request)
        if hang_up:
            return b""
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def put(address, content, *, length=None, content_type="text/plain"):
    head = (
        f"PUT {address.path} HTTP/1.1\r\nHost: station\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(content) if length is None else length}\r\n\r\n"
    )
    return head.encode() + content


def test_a_body_cut_off_midway_is_kept_and_marked_partial(address):
    content = b"line of a log\n" * 100_000
    send(address, put(address, content, length=len(content) * 2))
    file = address.awaited_file()
    assert not file.complete
    assert content_of(file) == content
    assert (file.size, file.declared_size) == (len(content), 2 * len(content))
    assert address.notes()[-1][0] == "upload.partial"


def test_a_chunked_body_cut_off_midway_is_kept_and_marked_partial(address):
    head = f"PUT {address.path} HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n"
    send(address, head.encode() + b"5\r\nhello\r\n5\r\nwor")
    file = address.awaited_file()
    assert not file.complete
    assert content_of(file).startswith(b"hello")


def test_a_form_cut_off_midway_gives_the_beginning_of_its_file(address):
    content_type, whole = form(b"line of a log\n" * 1000)
    sent = whole[: len(whole) // 2]
    send(address, put(address, sent, length=len(whole), content_type=content_type))
    file = address.awaited_file()
    assert (file.complete, file.form, file.name) == (False, "salvaged", "diagnostics.log")
    assert content_of(file).startswith(b"line of a log\n")
    assert b"form-data" not in content_of(file)


def test_nothing_is_kept_of_a_body_that_never_began(address):
    send(address, put(address, b"", length=1000))
    wait_until(lambda: len(address.notes()) == 2, "the attempt is noted")
    assert [kind for kind, _ in address.notes()] == ["upload.started", "upload.failed"]
    assert address.files() == []


@pytest.mark.parametrize("size", [100, 60_000, 200_000, 5_000_000])
def test_a_station_that_reads_no_answer_loses_nothing(server, size):
    """Zaptec's firmware closes the connection right after its last byte."""
    for _ in range(8):
        address = address_at(server)
        content_type, whole = zaptec((LOG * (size // len(LOG) + 1))[:size])
        send(address, put(address, whole, content_type=content_type))
        file = address.awaited_file()
        assert (file.complete, file.size, file.form) == (True, size, "salvaged")


def test_a_station_that_falls_silent_is_told_so_and_its_bytes_are_kept(address, monkeypatch):
    monkeypatch.setattr(body, "STALL_SECONDS", 0.3)
    answer = send(address, put(address, b"half", length=1000), hang_up=False)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert content_of(address.awaited_file()) == b"half"


def test_a_refused_station_that_sends_on_still_gets_its_answer(address):
    """Without lingering, a connection closed on unread bytes is reset and the answer lost."""
    nowhere = Address(f"{address.url}-x", address.request)
    answer = send(nowhere, put(nowhere, bytes(3_000_000)), hang_up=False)
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_two_uploads_may_share_a_connection(address):
    first, second = put(address, b"first"), put(address, b"second")
    with socket.create_connection(address.endpoint, timeout=PATIENCE) as connection:
        for request in (first, second):
            connection.sendall(request)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert [content_of(file) for file in address.files()] == [b"first", b"second"]


def test_progress_is_shown_while_a_slow_station_sends(address, monkeypatch):
    monkeypatch.setattr(body, "GATHER_SECONDS", 0.05)
    monkeypatch.setattr(reception, "PROGRESS_SECONDS", 0.1)
    with socket.create_connection(address.endpoint, timeout=PATIENCE) as connection:
        connection.sendall(put(address, b"", length=100_000))
        wait_until(lambda: received(address, connection) > 100, "progress is shown")
        assert address.files() == []


def received(address, connection):
    connection.sendall(b"a line\n")
    address.request.refresh_from_db()
    return address.request.receiving_bytes or 0


def test_a_server_that_stops_keeps_what_has_arrived(configured, transactional_db):
    with served(upload_app) as server:
        address = address_at(server)
        connection = socket.create_connection(address.endpoint, timeout=PATIENCE)
        connection.sendall(put(address, b"half of it", length=20))
        wait_until(lambda: bool(address.notes()), "the upload has begun")
    with connection:
        file = address.awaited_file()
    assert (file.complete, content_of(file)) == (False, b"half of it")


async def test_a_request_given_up_while_its_file_is_recorded_is_recorded_once(
    configured, transactional_db, monkeypatch
):
    address = await asyncio.to_thread(address_at, "http://station")
    recorded = asyncio.Event()
    loop = asyncio.get_running_loop()
    record = uploads.record_upload

    def slow_record(*arguments, **named):
        loop.call_soon_threadsafe(recorded.set)
        time.sleep(0.2)
        return record(*arguments, **named)

    monkeypatch.setattr(uploads, "record_upload", slow_record)
    request = asyncio.create_task(upload_app(scope(address), messages(b"all of it"), ignore))
    await recorded.wait()
    request.cancel()
    file = await asyncio.to_thread(address.awaited_file)
    assert (file.complete, file.times_received) == (True, 1)


def scope(address):
    return {"type": "http", "method": "PUT", "path": address.path, "headers": []}


def messages(content):
    waiting = [{"type": "http.request", "body": content}]

    async def receive():
        return waiting.pop() if waiting else await asyncio.Event().wait()

    return receive


async def ignore(message):
    """Send an answer to nobody."""


def test_a_disk_that_fills_midway_is_507_and_the_attempt_is_noted(address, configured, tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        configured(LOG_STORE_URL=f"file://{disk}")
        head = f"PUT {address.path} HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunks = b"%x\r\n" % (2 * ROOM) + bytes(2 * ROOM) + b"\r\n0\r\n\r\n"
        answer = send(address, head.encode() + chunks, hang_up=False)
        assert answer.startswith(b"HTTP/1.1 507 ")
        assert address.notes()[-1] == ("upload.failed", "The disk of the log store is full.")
        assert not [path for path in disk.rglob("*") if path.is_file()]


def test_many_slow_stations_hold_nobody_up_and_lose_nothing(server, monkeypatch):
    """More of them than there are workers, each taking longer in all than a pause may."""
    monkeypatch.setattr(body, "STALL_SECONDS", 5.0)
    addresses = [address_at(server) for _ in range(24)]
    fast = address_at(server)
    with ExitStack() as stack, ThreadPoolExecutor(1) as another:
        slow = []
        for each in addresses:
            connection = stack.enter_context(socket.create_connection(each.endpoint, timeout=60))
            connection.sendall(put(each, b"", length=24_000))
            slow.append(connection)
        begun = time.monotonic()
        quick = another.submit(send, fast, put(fast, bytes(3_000_000)), hang_up=False)
        sent = 0
        while sent < 23_900 and not (quick.done() and time.monotonic() - begun > 6):
            time.sleep(0.25)  # the pace of the stations: four hundred bytes a second
            sent += 100
            for connection in slow:
                connection.sendall(b"k" * 100)
        assert quick.done() and quick.result().endswith(b"ok")
        for connection in slow:
            connection.sendall(b"k" * (24_000 - sent))
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - begun > body.STALL_SECONDS
    assert {each.awaited_file().size for each in addresses} == {24_000}


def test_an_address_takes_no_more_files_at_once_than_one_after_the_other(address, configured):
    configured(LOG_STORE_URL=settings.DIAGNOSTICS["LOG_STORE_URL"], MAX_FILES_PER_REQUEST=2)
    with ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(address.endpoint, timeout=PATIENCE))
            for _ in range(3)
        ]
        for number, connection in enumerate(opened):
            connection.sendall(put(address, b"", length=1))
            wait_until(lambda n=number: len(address.notes()) > n, "it has begun, or is refused")
        for number, connection in enumerate(opened):
            connection.sendall(b"%d" % number)
        answers = [connection.recv(65536)[9:12] for connection in opened]
    assert answers == [b"200", b"200", b"410"]
    assert {content_of(file) for file in address.files()} == {b"0", b"1"}
    assert address.notes()[2][0] == "upload.too_many"


def test_a_store_that_dies_midway_is_503_and_the_attempt_is_noted(
    address, configured, tmp_path, monkeypatch
):
    server = SeaweedFS(tmp_path)
    server.start()
    try:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        configured(LOG_STORE_URL=f"s3://{BUCKET}/dying")
        with socket.create_connection(address.endpoint, timeout=PATIENCE) as connection:
            connection.sendall(put(address, bytes(12_000_000), length=40_000_000))
            server.stop()
            connection.sendall(bytes(28_000_000))
            assert connection.recv(65536).startswith(b"HTTP/1.1 503 ")
    finally:
        server.stop()
    assert address.notes()[-1][0] == "upload.failed"
    assert address.files() == []


def test_a_database_that_is_away_is_503_and_the_station_may_try_again(address, monkeypatch):
    def away(token):
        raise OperationalError("connection refused")

    monkeypatch.setattr(uploads, "find_upload", away)
    answer = send(address, put(address, b"log"), hang_up=False)
    assert answer.startswith(b"HTTP/1.1 503 ")
