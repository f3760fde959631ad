"""The certificate of the FTP server, read again when it is renewed."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock

from OpenSSL import SSL

logger = logging.getLogger(__name__)


class Certificate:
    """A certificate chain and its key, in PEM files. TLS 1.2 and newer."""

    def __init__(self, chain: str, key: str) -> None:
        """Read the files; raises OSError or SSL.Error when they cannot be used."""
        self._files = (Path(chain), Path(key or chain))
        self._lock = Lock()
        self._read_at = self._times()
        self._context = self._read()

    def context(self) -> SSL.Context:
        """The context for a new connection; a renewal that cannot be read leaves the old one."""
        with self._lock:
            try:
                times = self._times()
                if times != self._read_at:
                    self._context, self._read_at = self._read(), times
                    logger.info("The certificate of the FTP server was read again")
            except (OSError, SSL.Error) as error:
                logger.error("The new certificate cannot be used, the old one stays: %s", error)
            return self._context

    def _times(self) -> tuple[int, ...]:
        return tuple(file.stat().st_mtime_ns for file in self._files)

    def _read(self) -> SSL.Context:
        chain, key = self._files
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.set_min_proto_version(SSL.TLS1_2_VERSION)
        context.use_certificate_chain_file(str(chain))
        context.use_privatekey_file(str(key))
        context.check_privatekey()
        return context
