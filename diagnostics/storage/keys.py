"""Names of objects in the store."""

from __future__ import annotations

import hashlib
import re

# What stations put into the store by themselves lies here until it is taken in. No station's own
# keys begin so: they have a hash before the first slash.
INCOMING = "incoming/"

_INCOMING = re.compile(rf"{INCOMING}([0-9]{{1,18}})-[0-9a-f]{{12}}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def object_key(station_identity: str, log_request_id: int, upload_id: str) -> str:
    """Build the key of one upload: `<station>-<hash>/<log request>/<upload>`.

    Letters, digits, `-` and `_` only, at most 150 characters: a station's identity is hostile
    and may be no file name. The hash keeps stations apart whose identities look alike when
    cleaned, also on file systems that ignore case.
    """
    digest = hashlib.sha256(station_identity.encode("utf-8", "surrogatepass")).hexdigest()
    station = _clean(station_identity, 48)
    return f"{station}-{digest[:12]}/{int(log_request_id)}/{_clean(upload_id, 64)}"


def incoming_key(log_request_id: int, token: str) -> str:
    """Build the key at which a station may put the file of a request: short, and it names nobody.

    It is no secret, unlike the token: buckets list keys, and their access logs keep them. The
    digest keeps installations apart that share a bucket.
    """
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f"{INCOMING}{log_request_id}-{digest[:12]}"


def incoming_request(key: str) -> int | None:
    """The number of the request that an incoming key names, if it is one."""
    found = _INCOMING.fullmatch(key)
    return int(found[1]) if found else None


def _clean(text: str, limit: int) -> str:
    return _UNSAFE.sub("_", text)[:limit] or "_"
