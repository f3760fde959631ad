"""Uploads as bytes on a real socket, against a server that keeps what it got."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from diagnostics.testing import HttpRequest, UploadEnd
from diagnostics.testing.transfer import transfer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BODY = bytes(range(256)) * 1000


class Server:
    """Answers each connection with `answer` after having read all, or up to `reads` bytes."""

    def __init__(self, answer, reads):
        self.answer, self.reads = answer, reads
        self.got = b""
        self.done = asyncio.Event()

    async def serve(self, reader, writer):
        try:
            while len(self.got) < self.reads and (piece := await reader.read(65536)):
                self.got += piece
                if b"100-continue" in self.got and self.answer is OK:
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            writer.write(self.answer)
            await writer.drain()
        finally:
            writer.close()
            self.done.set()

    @property
    def body(self):
        return self.got.partition(b"\r\n\r\n")[2]


@asynccontextmanager
async def serving(answer=OK, reads=256_000):
    server = Server(answer, reads)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        server.url = f"http://127.0.0.1:{port}/u/token/name.log?a=b"
        yield server


def request_to(url, **changes):
    plain = HttpRequest(method="PUT", url=url, headers=(), body=BODY, sent=len(BODY))
    return replace(plain, **changes)


async def test_a_body_arrives_whole_under_its_address():
    async with serving() as server:
        end = await transfer(request_to(server.url, headers=(("X-Station", "7"),)))
        assert end == UploadEnd(whole=True, http_status=200)
        head, _, body = server.got.partition(b"\r\n\r\n")
        assert head.startswith(b"PUT /u/token/name.log?a=b HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"\r\nX-Station: 7" in head
        assert body == BODY


@pytest.mark.parametrize("status", [302, 404, 507])
async def test_the_status_is_told(status):
    async with serving(b"HTTP/1.1 %d No\r\n\r\n" % status) as server:
        assert (await transfer(request_to(server.url))).http_status == status


async def test_chunks_are_framed():
    async with serving(reads=len(BODY) + 200) as server:
        sent = asyncio.create_task(transfer(request_to(server.url, chunked=True)))
        sent.add_done_callback(lambda _: server.done.set())
        while not server.body.endswith(b"\r\n0\r\n\r\n"):
            await asyncio.sleep(0.01)
        assert server.body.startswith(b"10000\r\n" + BODY[:65536] + b"\r\n")
        sent.cancel()


async def test_a_cut_off_body_ends_early():
    async with serving(reads=10**9) as server:
        end = await transfer(request_to(server.url, sent=1000))
        assert end == UploadEnd(whole=False)
        await server.done.wait()
        assert server.body == BODY[:1000]


async def test_the_body_waits_for_100_continue():
    async with serving() as server:
        headers = (("Expect", "100-continue"),)
        end = await transfer(request_to(server.url, headers=headers, expects_continue=True))
        assert end == UploadEnd(whole=True, http_status=200)


async def test_a_refusal_in_place_of_100_continue_saves_the_body():
    async with serving(b"HTTP/1.1 413 Too large\r\n\r\n", reads=1) as server:
        end = await transfer(request_to(server.url, expects_continue=True))
        assert end == UploadEnd(whole=False, http_status=413)
        assert server.body == b""


async def test_without_100_continue_the_body_goes_all_the_same(monkeypatch):
    monkeypatch.setattr("diagnostics.testing.transfer.CONTINUE_PATIENCE", 0.05)
    async with serving(b"HTTP/1.1 201 Created\r\n\r\n") as server:
        end = await transfer(request_to(server.url, expects_continue=True))
        assert end == UploadEnd(whole=True, http_status=201)


async def test_a_slow_body_takes_its_time():
    async with serving() as server:
        began = time.monotonic()
        await transfer(request_to(server.url, lasts=0.4))
        assert time.monotonic() - began >= 0.4


async def test_a_response_that_is_not_read_is_not_awaited():
    async with serving(reads=10**9) as server:
        end = await transfer(request_to(server.url, reads_response=False))
        assert end == UploadEnd(whole=True)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 nonsense\r\n\r\n", b"HTTP/1.1 20"])
async def test_what_is_no_answer_is_told_as_none(answer):
    async with serving(answer) as server:
        assert await transfer(request_to(server.url)) == UploadEnd(whole=True)


async def test_nobody_there_is_a_broken_transfer():
    async with serving() as server:
        url = server.url
    assert await transfer(request_to(url)) == UploadEnd(whole=False)
