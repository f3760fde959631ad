"""A proxy that ends TLS in front of a server, asks for client certificates and hands them over.

It does what nginx does with `ssl_verify_client optional` and the headers of `docs/deployment.md`:
what a client sends under their names never gets through.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from tests.servers.processes import PATIENCE

# Where its connections to the server come from: not from where those of the tests do.
ADDRESS = "127.0.0.2"
HEADER, VERDICT = "X-SSL-Client-Cert", "X-SSL-Client-Verify"
# OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which ssl has no name for.
NO_CHECK_TIME = 0x200000


@contextmanager
def tls_proxy(
    upstream: str, own: tuple[Path, Path], authority: Path, *, checks_dates: bool = True
) -> Iterator[str]:
    """Run it in a thread; `own` are its certificate and key. Yields https://127.0.0.1:PORT."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*own)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_OPTIONAL
    if not checks_dates:
        context.verify_flags |= NO_CHECK_TIME
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="tls-proxy", daemon=True)
    thread.start()
    proxy = _Proxy(upstream)
    listening = asyncio.start_server(proxy.serve, "127.0.0.1", 0, ssl=context)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(PATIENCE)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(proxy.stop(server), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


class _Proxy:
    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._serving: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two is gone
        finally:
            self._serving.discard(task)
            writer.close()

    async def stop(self, server: asyncio.Server) -> None:
        server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        host, port = self._upstream.hostname, self._upstream.port
        back, on = await asyncio.open_connection(host, port, local_addr=(ADDRESS, 0))
        try:
            on.write(_rewritten(head, writer.get_extra_info("ssl_object").getpeercert(True)))
            both = [
                asyncio.create_task(_pump(reader, on)),
                asyncio.create_task(_pump(back, writer)),
            ]
            _, others = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in others:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
        finally:
            on.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


def _rewritten(head: bytes, certificate: bytes | None) -> bytes:
    """The head of a request with the proxy's own headers in the place of the client's."""
    mine = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    mine |= {HEADER: "", VERDICT: "NONE"}
    if certificate is not None:
        pem = ssl.DER_cert_to_PEM_cert(certificate)
        mine |= {HEADER: quote(pem, safe=""), VERDICT: "SUCCESS"}
    taken = {name.lower().encode() for name in mine}
    request, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in taken]
    added = [f"{name}: {value}".encode() for name, value in mine.items() if value]
    return b"\r\n".join([request, *kept, *added, b"", b""])
