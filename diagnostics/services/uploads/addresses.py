"""How each way for a file to come in makes the station's address, or says why it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.lifecycles.log_request import UploadRoute
from diagnostics.models import FileServer, LogRequest, StationInfo
from diagnostics.ocpp.codecs.base import Codec
from diagnostics.services.uploads import file_servers
from diagnostics.storage import StorageError, get_log_store, incoming_key

# A signature that ends earlier would end before many a station has packed its log.
SHORTEST_SIGNATURE = timedelta(minutes=15)
# Time that signing may take, so that no signature outlives the address it is for.
SIGNING = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is known when an address is made.

    `row` has no number yet where it is only a preview. `codec` is of the version that the station
    speaks; of one that was never here, 2.0.1's, which has the strictest limits. `action` asks for
    the log: GetLog or GetDiagnostics. `protocols` are those the station announces, in capitals: a
    hint, often wrong.
    """

    row: LogRequest
    info: StationInfo
    codec: Codec
    action: str
    protocols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """An upload address. `signed_until`: the store takes the file by itself, until then."""

    location: str
    signed_until: datetime | None = None


class NotThisWay(Exception):
    """This way is closed to this request: a code of `wording.routes`, and its parameters."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.reason = {"code": code, **facts}


def relay_address(asking: Asking) -> Address:
    """Our own endpoint: short, with a final slash, which suits both kinds of stations, those that
    append a file name and those that do not (N01.FR.21, N01.FR.29)."""
    base = asking.info.upload_base_url or app_settings.public_url
    return Address(f"{base.rstrip('/')}{app_settings.upload_path}{asking.row.token}/")


def direct_address(asking: Asking) -> Address:
    """One that the store has signed for a PUT, and for nothing else.

    It takes no appended name, and no network of the station's own; whoever chooses this way for a
    station knows better.
    """
    if asking.info.upload_route != UploadRoute.DIRECT:
        if asking.info.appends_names and not asking.codec.addresses_are_left_alone:
            raise NotThisWay("appends_names")
        if asking.info.upload_base_url:
            raise NotThisWay("own_address")
    now, row = timezone.now(), asking.row
    try:
        signed = get_log_store().sign_put(
            incoming_key(row.pk or 0, row.token), row.address_expires_at - now - SIGNING
        )
    except StorageError as error:
        raise NotThisWay("cannot_sign", info=str(error)) from error
    if signed is None:
        raise NotThisWay("no_s3")
    if signed.expires_at < min(row.address_expires_at - 2 * SIGNING, now + SHORTEST_SIGNATURE):
        left = signed.expires_at - now
        raise NotThisWay("short_signature", minutes=int(left.total_seconds() // 60))
    return Address(signed.url, signed.expires_at)


def ftp_address(asking: Asking) -> Address:
    """FTP, with TLS where the station asks for it by itself (`curl --ssl`)."""
    server = _running(FileServer.Kind.FTP)
    if server.tls_required:
        raise NotThisWay("tls_only")
    return _on(server, UploadRoute.FTP, asking.row)


def ftps_address(asking: Asking) -> Address:
    """FTP over TLS, explicit or implicit, as the station understands the word."""
    server = _running(FileServer.Kind.FTP)
    if not server.tls:
        raise NotThisWay("no_tls")
    return _on(server, UploadRoute.FTPS, asking.row)


def sftp_address(asking: Asking) -> Address:
    return _on(_running(FileServer.Kind.SFTP), UploadRoute.SFTP, asking.row)


def _running(kind: FileServer.Kind) -> FileServer:
    server = file_servers.running(kind)
    if server is None:
        raise NotThisWay("not_running", server=kind.upper())
    return server


def _on(server: FileServer, scheme: str, row: LogRequest) -> Address:
    """With user and password, and a final slash, which suits those that enter a directory, those
    that glue a name to the address, and `curl -T`."""
    netloc = urlsplit(server.url).netloc
    return Address(f"{scheme}://{row.upload_user}:{row.upload_password}@{netloc}/")
