"""A log store in an S3 bucket, on AWS or on any server that speaks its protocol."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from diagnostics.storage.base import (
    CHUNK,
    ObjectMissing,
    StorageError,
    StorageFull,
    StorageUnavailable,
    Upload,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# The smallest part that S3 takes; 10,000 of them reach 48 GiB.
PART = 5 * 1024 * 1024
# Parts of one upload on their way at the same time: one alone leaves the store waiting for us.
AHEAD = 2
# The same over all uploads of this process.
SENDERS = 16

_MISSING = {"NoSuchKey", "404", "NotFound"}
_NO_ROOM = {"507", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"}


class S3LogStore:
    """Objects below one prefix of one bucket."""

    def __init__(self, bucket: str, prefix: str, client: S3Client) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client = client
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="s3-part")

    @classmethod
    def from_url(cls, url: str) -> S3LogStore:
        """Open `s3://bucket/prefix` with the usual AWS_* environment."""
        parts = urlsplit(url)
        return cls(parts.netloc, parts.path.strip("/"), _client())

    def open_upload(self, key: str, expected: int | None = None) -> Upload:
        return _S3Upload(key, self._client, self._bucket, self._prefix + key, self._senders)

    def size(self, key: str) -> int:
        with _translated():
            found = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
            return found["ContentLength"]

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            return
        last = "" if end is None else str(end - 1)
        with _translated():
            try:
                found = self._client.get_object(
                    Bucket=self._bucket, Key=self._prefix + key, Range=f"bytes={start}-{last}"
                )
            except ClientError as error:
                # An empty object has no byte 0, and no object has one past its end.
                if error.response["Error"]["Code"] in ("InvalidRange", "416"):
                    return
                raise
            with closing(found["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    def delete(self, key: str) -> None:
        with _translated():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def check(self) -> None:
        try:
            with _translated():
                self._client.head_bucket(Bucket=self._bucket)
        except ObjectMissing as error:
            raise StorageUnavailable(f"There is no bucket {self._bucket}.") from error


class _S3Upload(Upload):
    """One PUT when everything fits a part, else a multipart upload.

    At most three parts are in memory: the one being filled and two being sent.
    """

    def __init__(
        self, key: str, client: S3Client, bucket: str, name: str, senders: ThreadPoolExecutor
    ) -> None:
        super().__init__(key)
        self._client = client
        self._bucket = bucket
        self._name = name
        self._senders = senders
        self._filling = bytearray()
        self._sending: deque[Future[CompletedPartTypeDef]] = deque()
        self._parts: list[CompletedPartTypeDef] = []
        self._upload_id = ""

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            if len(self._filling) == PART:
                self._send_part()
            taken = rest[: PART - len(self._filling)]
            self._filling += taken
            rest = rest[len(taken) :]

    def _finish(self) -> None:
        if not self._upload_id:
            with _translated():
                self._client.put_object(
                    Bucket=self._bucket, Key=self._name, Body=_as_body(self._filling)
                )
            return
        self._send_part()
        self._collect_parts(leave=0)
        with _translated():
            self._client.complete_multipart_upload(
                Bucket=self._bucket,
                Key=self._name,
                UploadId=self._upload_id,
                MultipartUpload={"Parts": self._parts},
            )

    def abort(self) -> None:
        self._filling = bytearray()
        if not self._upload_id:
            return
        # A part that arrives after the abort would be kept, and paid for: wait for it first.
        wait(self._sending)
        with suppress(StorageError), _translated():
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=self._name, UploadId=self._upload_id
            )

    def _send_part(self) -> None:
        if not self._upload_id:
            with _translated():
                begun = self._client.create_multipart_upload(Bucket=self._bucket, Key=self._name)
                self._upload_id = begun["UploadId"]
        self._collect_parts(leave=AHEAD - 1)
        full, self._filling = self._filling, bytearray()
        number = len(self._parts) + len(self._sending) + 1
        self._sending.append(self._senders.submit(self._put_part, number, full))

    def _collect_parts(self, *, leave: int) -> None:
        while len(self._sending) > leave:
            self._parts.append(self._sending.popleft().result())

    def _put_part(self, number: int, content: bytearray) -> CompletedPartTypeDef:
        with _translated():
            put = self._client.upload_part(
                Bucket=self._bucket,
                Key=self._name,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=_as_body(content),
            )
        return {"PartNumber": number, "ETag": put["ETag"]}


def _as_body(content: bytearray) -> bytes:
    """botocore sends a bytearray as it is, which its types do not say; bytes would be a copy."""
    return cast("bytes", content)


def _client() -> S3Client:
    """Build a client: SigV4 always, path style where a server of one's own is named.

    boto3 adds CRC trailers by default since 1.36, which many other servers refuse; we keep a
    SHA-256 of our own. Bodies are signed, which costs a second SHA-256, only where no TLS
    protects them on their way.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    config = Config(
        signature_version="s3v4",
        s3={
            "addressing_style": "path" if endpoint else "virtual",
            "payload_signing_enabled": endpoint.startswith("http://"),
        },
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        retries={"mode": "standard", "max_attempts": 4},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=3 * SENDERS,
    )
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return boto3.session.Session(region_name=region or None).client(
        "s3", endpoint_url=endpoint or None, config=config
    )


@contextmanager
def _translated() -> Iterator[None]:
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
    if code in _MISSING:
        return ObjectMissing("The log store has no such object.")
    if code in _NO_ROOM or status == "507":
        return StorageFull("The log store has no room.")
    return StorageUnavailable(f"The log store refuses ({code or status}).")
