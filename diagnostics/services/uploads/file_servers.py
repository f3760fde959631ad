"""The FTP and SFTP servers: where stations reach them, and which are alive."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.models import FileServer

KEPT = timedelta(days=7)

Kind = FileServer.Kind

_PORTS = {Kind.FTP: 21, Kind.SFTP: 22}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A server as the settings have it: `host` and `port` as stations see it, and where it listens.

    An empty address to listen on means all of them.
    """

    kind: FileServer.Kind
    host: str
    port: int
    listen: tuple[str, int]

    @property
    def netloc(self) -> str:
        """Host and port, the port also where it is the usual one: some stations need it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.kind}://{self.netloc}/"


def configured(kind: FileServer.Kind) -> Endpoint | None:
    """The server that DIAGNOSTICS asks for, None where it asks for none.

    Raises ImproperlyConfigured, with a sentence.
    """
    name = f"{kind.upper()}_URL"
    url = getattr(app_settings, name.lower())
    if not url:
        return None
    parts = urlsplit(url)
    port = _port(name, url, _PORTS[kind])
    if parts.scheme != kind or not parts.hostname or parts.path.strip("/") or parts.username:
        raise ImproperlyConfigured(f"DIAGNOSTICS['{name}'] must be {kind}://host or host:port.")
    return Endpoint(kind=kind, host=parts.hostname, port=port, listen=_listen(kind, port))


def _listen(kind: FileServer.Kind, port: int) -> tuple[str, int]:
    name = f"{kind.upper()}_LISTEN"
    address = getattr(app_settings, name.lower())
    if not address:
        return "", port
    return urlsplit(f"//{address}").hostname or "", _port(name, f"//{address}", port)


def _port(name: str, url: str, usual: int) -> int:
    try:
        port = urlsplit(url).port
    except ValueError as error:
        raise ImproperlyConfigured(f"DIAGNOSTICS['{name}']: {error}.") from error
    return usual if port is None else port


def start(endpoint: Endpoint, *, port: int) -> FileServer:
    """Make a server known that has begun to listen at `port`; forget those long gone."""
    now = timezone.now()
    FileServer.objects.filter(heartbeat_at__lt=now - KEPT).delete()
    is_ftp = endpoint.kind == Kind.FTP
    return FileServer.objects.create(
        kind=endpoint.kind,
        url=endpoint.url,
        tls=is_ftp and bool(app_settings.ftp_certificate),
        tls_required=is_ftp and app_settings.ftp_tls_required,
        host=socket.gethostname()[:255],
        pid=os.getpid(),
        port=port,
        started_at=now,
        heartbeat_at=now,
    )


def beat(server: FileServer, *, connected: int) -> None:
    """Say that a server is alive; one whose row was forgotten meanwhile is made known again."""
    server.heartbeat_at, server.connected = timezone.now(), connected
    alive = {"heartbeat_at": server.heartbeat_at, "connected": connected, "stopped_at": None}
    if not FileServer.objects.filter(pk=server.pk).update(**alive):
        server.save(force_insert=True)


def stop(server: FileServer) -> None:
    """A server takes no more files."""
    now = timezone.now()
    FileServer.objects.filter(pk=server.pk).update(stopped_at=now, heartbeat_at=now, connected=0)


def running(kind: FileServer.Kind) -> FileServer | None:
    """A server of this kind that is alive; of several, one that offers TLS."""
    return FileServer.objects.running().filter(kind=kind).order_by("-tls", "-started_at").first()


def missing() -> list[tuple[FileServer.Kind, FileServer | None]]:
    """Kinds that should run and do not, with the last server there was: set up and never started,
    or gone without a word."""
    gone = []
    for kind in Kind:
        last = FileServer.objects.filter(kind=kind).order_by("-heartbeat_at").first()
        wanted = _is_configured(kind) or (last is not None and last.stopped_at is None)
        if wanted and running(kind) is None:
            gone.append((kind, last))
    return gone


def _is_configured(kind: FileServer.Kind) -> bool:
    try:
        return configured(kind) is not None
    except ImproperlyConfigured:  # a system check says so
        return False
