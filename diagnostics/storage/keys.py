"""Names of objects in the store."""

from __future__ import annotations

import hashlib
import re

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


def _clean(text: str, limit: int) -> str:
    return _UNSAFE.sub("_", text)[:limit] or "_"
