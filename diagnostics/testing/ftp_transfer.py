"""Brings one file by FTP as a station would: enters the directory, PASV, STOR.

`ftps://` is explicit TLS, as in most stations.
"""

from __future__ import annotations

import asyncio
import ftplib  # noqa: S402  what some stations speak
import socket
import ssl
import time
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from diagnostics.testing.transfer import PIECE, RESPONSE_PATIENCE, SLOW_PIECES
from diagnostics.testing.uploads import Upload
from diagnostics.testing.work import UploadEnd


async def ftp_transfer(upload: Upload, *, tls: ssl.SSLContext | None = None) -> UploadEnd:
    """Send the file and say how it ended; raises nothing of its own. `tls` is for ftps."""
    carrier = _Carrier(upload, tls)
    try:
        return await asyncio.to_thread(carrier.run)
    finally:
        carrier.hang_up()


class _Carrier:
    """One session of ftplib, which blocks: `run` in a thread, `hang_up` from anywhere."""

    def __init__(self, upload: Upload, tls: ssl.SSLContext | None) -> None:
        self._upload = upload
        split = urlsplit(upload.location)
        self._address = split
        self._client = ftplib.FTP()  # noqa: S321
        if split.scheme == "ftps":
            context = tls or ssl.create_default_context()
            self._client = ftplib.FTP_TLS(context=context)  # noqa: S321

    def run(self) -> UploadEnd:
        try:
            self._sign_in()
            return self._bring()
        except ftplib.Error as refusal:
            return UploadEnd(whole=False, ftp_reply=_code(refusal))
        except (OSError, EOFError):
            return UploadEnd(whole=False)

    def hang_up(self) -> None:
        """Leave without a word: a transfer that still runs breaks off."""
        with suppress(OSError):
            if self._client.sock is not None:
                self._client.sock.shutdown(socket.SHUT_RDWR)
            self._client.close()

    def _sign_in(self) -> None:
        user, password = self._address.username or "anonymous", self._address.password or ""
        host, port = self._address.hostname or "", self._address.port or ftplib.FTP_PORT
        self._client.connect(host, port, timeout=RESPONSE_PATIENCE)
        self._client.login(unquote(user), unquote(password))
        if isinstance(self._client, ftplib.FTP_TLS):
            self._client.prot_p()
        self._client.voidcmd("TYPE I")
        self._client.cwd(unquote(self._address.path) or "/")

    def _bring(self) -> UploadEnd:
        behaviour, content = self._upload.behaviour, self._upload.content
        sent = int(len(content) * behaviour.sends_part)
        with self._client.transfercmd(f"STOR {self._upload.filename}") as data:
            self._send(data, content[:sent])
            if sent < len(content):
                self.hang_up()
                return UploadEnd(whole=False)
            if isinstance(data, ssl.SSLSocket):
                with suppress(OSError):
                    data.unwrap()
        if not behaviour.reads_response:
            return UploadEnd(whole=True)
        try:
            reply = int(self._client.voidresp()[:3])
        except ftplib.Error as refusal:
            return UploadEnd(whole=True, ftp_reply=_code(refusal))
        with suppress(OSError, EOFError, ftplib.Error):
            self._client.quit()
        return UploadEnd(whole=True, ftp_reply=reply)

    def _send(self, data: socket.socket, content: bytes) -> None:
        lasts = self._upload.behaviour.upload_lasts
        step = max(1, min(PIECE, len(content) // SLOW_PIECES)) if lasts else PIECE
        pieces = max(1, -(-len(content) // step))
        for start in range(0, len(content), step):
            data.sendall(content[start : start + step])
            if lasts:
                time.sleep(lasts / pieces)


def _code(refusal: Exception) -> int | None:
    code = str(refusal)[:3]
    return int(code) if code.isdecimal() else None
