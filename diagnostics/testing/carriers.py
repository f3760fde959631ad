"""Carries a file by whatever its upload address asks for."""

from __future__ import annotations

import ssl
from importlib import import_module
from urllib.parse import urlsplit

from diagnostics.testing.ftp_transfer import ftp_transfer
from diagnostics.testing.transfer import transfer
from diagnostics.testing.uploads import Upload, http_request
from diagnostics.testing.work import UploadEnd

# By name, so that nobody needs asyncssh whose stations do not speak SFTP.
_SFTP = "diagnostics.testing.sftp_transfer"

#: Schemes that a simulated station can be made to know.
SCHEMES = ("http", "https", "ftp", "ftps", "sftp")


async def carry(upload: Upload, *, tls: ssl.SSLContext | None = None) -> UploadEnd:
    """Bring the file and say how it ended. `tls` is for https and ftps, by default one that checks
    the server's certificate (N01.FR.15)."""
    scheme = urlsplit(upload.location).scheme
    if scheme in ("ftp", "ftps"):
        return await ftp_transfer(upload, tls=tls)
    if scheme == "sftp":
        end: UploadEnd = await import_module(_SFTP).sftp_transfer(upload)
        return end
    return await transfer(http_request(upload), tls=tls)
