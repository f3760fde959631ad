"""What the head of an upload request says, before any of its body is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diagnostics.uploads.names import display_name, disposition_parameters, printable
from diagnostics.uploads.reception import Announcement

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadRequest(Announcement):
    """An upload over HTTP. `declared_size` is None when the body comes in chunks."""

    token: str
    expects_continue: bool

    @classmethod
    def from_scope(cls, scope: Mapping[str, Any], upload_path: str) -> UploadRequest | None:
        """Read an ASGI scope; None when its path is no upload address.

        `<upload path><token>`, with a slash behind or without, and whatever name a station
        appends: some always do, some do when the address ends in a slash, some never.
        """
        path = own_path(scope)
        token, _, appended = path.removeprefix(upload_path).partition("/")
        if not path.startswith(upload_path) or not _TOKEN.fullmatch(token):
            return None
        headers = {name: _text(value) for name, value in scope["headers"]}
        disposition = disposition_parameters(headers.get(b"content-disposition", ""))
        length = headers.get(b"content-length", "")
        return cls(
            token=token,
            method=scope["method"],
            name=display_name(appended) or display_name(disposition.get("filename", "")),
            declared_size=int(length) if re.fullmatch(r"[0-9]{1,18}", length) else None,
            content_type=printable(headers.get(b"content-type", "")),
            remote_address=printable(str((scope.get("client") or ("",))[0])),
            expects_continue=headers.get(b"expect", "").lower() == "100-continue",
            name_was_appended=bool(display_name(appended)),
        )


def own_path(scope: Mapping[str, Any]) -> str:
    """The path below the prefix that the server was told of (`--root-path`)."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()
