"""Stations that hang up: in the middle, or as soon as their last byte is out."""

import socket

import pytest
from django.test import override_settings

from diagnostics.uploads import body
from tests.servers.processes import wait_until
from tests.uploads.bodies import LOG, form, zaptec
from tests.uploads.conftest import address_at, content_of


def send(address, request, *, hang_up=True):
    """Send the bytes of a request; close without reading, or return what is answered."""
    with socket.create_connection(address.endpoint, timeout=10) as connection:
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
    content = bytes(3_000_000)
    with override_settings(DIAGNOSTICS={"MAX_UPLOAD_SIZE": 1000, "GATEWAY": "x"}):
        path = type(address)(address.url + "x", address.request)
        assert send(address, put(path, content), hang_up=False).startswith(b"HTTP/1.1 404 ")


def test_two_uploads_may_share_a_connection(address):
    first, second = put(address, b"first"), put(address, b"second")
    with socket.create_connection(address.endpoint, timeout=10) as connection:
        for request in (first, second):
            connection.sendall(request)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert [content_of(file) for file in address.files()] == [b"first", b"second"]
