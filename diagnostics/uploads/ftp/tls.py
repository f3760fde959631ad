"""The certificate of the FTP server, read again when it is renewed."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path
from threading import Lock

from OpenSSL import SSL

from diagnostics.uploads.ftp.ticketless import ticketless_context

logger = logging.getLogger(__name__)


class Certificate:
    """A certificate chain and its key, in PEM files. TLS 1.2 and newer."""

    def __init__(self, chain: str, key: str) -> None:
        """Read the files; raises OSError or SSL.Error when they cannot be used."""
        self._files = (Path(chain), Path(key or chain))
        self._lock = Lock()
        self._read_at = self._times()
        self._contexts = self._read()

    def context(self) -> SSL.Context:
        """For a new control connection; a renewal that cannot be read leaves the old one."""
        return self._newest()[0]

    def data_context(self) -> ssl.SSLContext:
        """For a new data connection."""
        return self._newest()[1]

    def _newest(self) -> tuple[SSL.Context, ssl.SSLContext]:
        with self._lock:
            try:
                times = self._times()
                if times != self._read_at:
                    self._contexts, self._read_at = self._read(), times
                    logger.info("The certificate of the FTP server was read again")
            except (OSError, SSL.Error) as error:
                logger.error("The new certificate cannot be used, the old one stays: %s", error)
            return self._contexts

    def _times(self) -> tuple[int, ...]:
        return tuple(file.stat().st_mtime_ns for file in self._files)

    def _read(self) -> tuple[SSL.Context, ssl.SSLContext]:
        chain, key = self._files
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate_chain_file(str(chain))
        context.use_privatekey_file(str(key))
        context.check_privatekey()
        return context, ticketless_context(chain, key)
