"""A log store in an S3 bucket, on AWS or on any server that speaks its protocol."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from django.utils.http import content_disposition_header

from diagnostics.conf import app_settings
from diagnostics.storage.base import (
    CHUNK,
    ObjectFacts,
    ObjectMissing,
    SignedAddress,
    StorageError,
    StorageUnavailable,
    Upload,
    portions,
)
from diagnostics.storage.s3_client import Clients, connect, translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

# The smallest part that S3 takes, and how many parts an object may have: together 48 GiB.
PART = 5 * 1024 * 1024
MOST_PARTS = 10_000
# Parts of one upload on their way at the same time: one alone leaves the store waiting for us.
AHEAD = 2
# The same over all uploads of this process.
SENDERS = 16


def part_size(largest: int) -> int:
    """Bytes of a part where an object may have up to `largest`: the same for all, as some stores
    want it."""
    return max(PART, -(-largest // MOST_PARTS))


class S3LogStore:
    """Objects below one prefix of one bucket."""

    def __init__(self, bucket: str, prefix: str, clients: Clients) -> None:
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._client, self._patient, self._signer = clients
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="s3-part")

    @classmethod
    def from_url(cls, url: str) -> S3LogStore:
        """Open `s3://bucket/prefix` with the usual AWS_* environment."""
        parts = urlsplit(url)
        return cls(parts.netloc, parts.path.strip("/"), connect())

    def open_upload(self, key: str, expected: int | None = None) -> Upload:
        largest = max(app_settings.max_upload_size, app_settings.max_unpacked_size, expected or 0)
        name, part = self._prefix + key, part_size(largest)
        return _S3Upload(key, self._client, self._patient, self._bucket, name, self._senders, part)

    def size(self, key: str) -> int:
        with translated():
            found = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
            return found["ContentLength"]

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        if end is not None and end <= start:
            return
        last = "" if end is None else str(end - 1)
        with translated():
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

    def read_pieces(self, key: str, start: int, lengths: Sequence[int]) -> Iterator[bytes]:
        return portions(self.read(key, start, start + sum(lengths)), lengths)

    def head(self, key: str) -> ObjectFacts:
        with translated():
            found = self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
        return ObjectFacts(
            key,
            found["ContentLength"],
            found["LastModified"],
            found["ETag"],
            found.get("ContentType", ""),
        )

    def list(self, prefix: str = "") -> Iterator[ObjectFacts]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix + prefix
        )
        with translated():
            for page in pages:
                for found in page.get("Contents", []):
                    key = found["Key"].removeprefix(self._prefix)
                    yield ObjectFacts(key, found["Size"], found["LastModified"], found["ETag"])

    def copy(self, key: str, target: str, *, etag: str) -> None:
        with translated():
            self._patient.copy_object(
                Bucket=self._bucket,
                Key=self._prefix + target,
                CopySource={"Bucket": self._bucket, "Key": self._prefix + key},
                CopySourceIfMatch=etag,
            )

    def delete(self, key: str, *, etag: str = "") -> None:
        condition: dict[str, Any] = {"IfMatch": etag} if etag else {}
        with suppress(ObjectMissing), translated():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key, **condition)

    def sign_put(self, key: str, lifetime: timedelta) -> SignedAddress:
        # Nothing but bucket and key: each further parameter is a header that the station must send.
        wanted = {"Bucket": self._bucket, "Key": self._prefix + key}
        return self._signer.sign("put_object", wanted, lifetime)

    def sign_get(self, key: str, lifetime: timedelta, *, name: str) -> SignedAddress:
        wanted = {
            "Bucket": self._bucket,
            "Key": self._prefix + key,
            "ResponseContentDisposition": content_disposition_header(True, name),
            "ResponseContentType": "application/octet-stream",
        }
        return self._signer.sign("get_object", wanted, lifetime)

    def check(self) -> None:
        try:
            with translated():
                self._client.head_bucket(Bucket=self._bucket)
        except ObjectMissing as error:
            raise StorageUnavailable(f"There is no bucket {self._bucket}.") from error


class _S3Upload(Upload):
    """One PUT when everything fits a part, else a multipart upload.

    At most three parts are in memory: the one being filled and two being sent.
    """

    def __init__(
        self,
        key: str,
        client: S3Client,
        patient: S3Client,
        bucket: str,
        name: str,
        senders: ThreadPoolExecutor,
        part: int,
    ) -> None:
        super().__init__(key)
        self._client, self._patient = client, patient
        self._bucket = bucket
        self._name = name
        self._senders = senders
        self._part = part
        self._filling = bytearray()
        self._sending: deque[Future[CompletedPartTypeDef]] = deque()
        self._parts: list[CompletedPartTypeDef] = []
        self._upload_id = ""

    def _append(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            if len(self._filling) == self._part:
                self._send_part()
            taken = rest[: self._part - len(self._filling)]
            self._filling += taken
            rest = rest[len(taken) :]

    def _finish(self) -> None:
        if not self._upload_id:
            with translated():
                self._client.put_object(
                    Bucket=self._bucket, Key=self._name, Body=_as_body(self._filling)
                )
            return
        self._send_part()
        self._collect_parts(leave=0)
        with translated():
            self._patient.complete_multipart_upload(
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
        with suppress(StorageError), translated():
            self._client.abort_multipart_upload(
                Bucket=self._bucket, Key=self._name, UploadId=self._upload_id
            )

    def _send_part(self) -> None:
        if not self._upload_id:
            with translated():
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
        with translated():
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
