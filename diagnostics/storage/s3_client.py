"""The way to an S3 server: a client for it, signatures that stations use, errors by our names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from diagnostics.conf import app_settings
from diagnostics.storage.base import (
    ObjectChanged,
    ObjectMissing,
    SignedAddress,
    StorageError,
    StorageFull,
    StorageUnavailable,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# SigV4 knows no longer one.
LONGEST_SIGNATURE = timedelta(days=7)

_MISSING = {"NoSuchKey", "404", "NotFound"}
_CHANGED = {"PreconditionFailed", "412"}
_NO_ROOM = {"507", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"}
# Connections kept by one client.
CONNECTIONS = 48


class Patience(NamedTuple):
    """Seconds that a server may be silent, and how often it is asked. A store that hangs keeps
    whoever waits for it as long as both together: a station, or an operator."""

    seconds: int
    times: int


# The second is for what a server does by itself while it says nothing: put an object together.
USUAL, LONG = Patience(20, 3), Patience(120, 2)


class Clients(NamedTuple):
    """How a store is reached; `signer` is for those outside."""

    usual: S3Client
    patient: S3Client
    signer: Signer


def connect() -> Clients:
    """Clients with the usual AWS_* environment."""
    session = boto3.session.Session(region_name=_region())
    usual, patient = (_client(session, _endpoint(), each) for each in (USUAL, LONG))
    public = app_settings.store_public_url
    return Clients(usual, patient, Signer(_client(session, public) if public else usual, session))


class Signer:
    """Signs addresses of a bucket, as they are reached from outside (STORE_PUBLIC_URL)."""

    def __init__(self, client: S3Client, session: boto3.session.Session) -> None:
        self._client = client
        self._session = session

    def sign(self, operation: str, wanted: dict[str, Any], lifetime: timedelta) -> SignedAddress:
        """Allow one operation for `lifetime`, or for as long as a signature can last."""
        begun = datetime.now(UTC).replace(microsecond=0)  # signatures count in seconds
        with translated():
            seconds = int(min(lifetime, LONGEST_SIGNATURE, self._left()).total_seconds())
            url = self._client.generate_presigned_url(operation, Params=wanted, ExpiresIn=seconds)
        return SignedAddress(url, begun + timedelta(seconds=seconds))

    def _left(self) -> timedelta:
        """How long the credentials will live: a signature ends with them."""
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        if not credentials.get_frozen_credentials().token:  # fetches new ones when it is time
            return LONGEST_SIGNATURE
        # botocore tells nobody the end of credentials it fetches, and knows none of those it is
        # given: an hour is what most of them get.
        ends = getattr(credentials, "_expiry_time", None)
        return ends - datetime.now(UTC) if ends else timedelta(hours=1)


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None


def _client(session: boto3.session.Session, endpoint: str, patience: Patience = USUAL) -> S3Client:
    """Build a client: SigV4 always, path style where a server of one's own is named.

    boto3 adds CRC trailers by default since 1.36, which many other servers refuse; we keep a
    SHA-256 of our own. Bodies are signed, which costs a second SHA-256, only where no TLS
    protects them on their way.
    """
    config = Config(
        signature_version="s3v4",
        s3={
            "addressing_style": "path" if endpoint else "virtual",
            "payload_signing_enabled": endpoint.startswith("http://"),
        },
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "total_max_attempts": patience.times},
        connect_timeout=5,
        read_timeout=patience.seconds,
        max_pool_connections=CONNECTIONS,
    )
    return session.client("s3", endpoint_url=endpoint or None, config=config)


@contextmanager
def translated() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise _storage_error(error) from error


def _storage_error(error: BotoCoreError | ClientError) -> StorageError:
    """Name the failure without the server's own words, which may carry addresses and keys."""
    if not isinstance(error, ClientError):
        return StorageUnavailable(f"The log store cannot be reached ({type(error).__name__}).")
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    if code in _CHANGED:
        return ObjectChanged("The object was replaced meanwhile.")
    if code in _MISSING:
        return ObjectMissing("The log store has no such object.")
    if code in _NO_ROOM or status == "507":
        return StorageFull("The log store has no room.")
    return StorageUnavailable(f"The log store refuses ({code or status}).")
