"""What a station sends to an upload address, byte by byte, without sending it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from diagnostics.testing.behaviour import Behaviour, BodyForm, NameUse

_BOUNDARY = "----StationBoundary7MA4YWxk"
_PADDED = "        " + _BOUNDARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One attempt to deliver one file; `number` tells attempts of a station apart."""

    number: int
    location: str
    filename: str
    content: bytes = field(repr=False)
    behaviour: Behaviour


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as it goes over the wire, and what its sender does around it.

    Of `body`, the first `sent` bytes go out before the sender hangs up; they are spread over
    `lasts` seconds. `chunked` frames them without announcing a length.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    sent: int
    chunked: bool = False
    expects_continue: bool = False
    reads_response: bool = True
    lasts: float = 0.0


def address_for(location: str, filename: str, use: NameUse) -> str:
    """The URL that a file goes to, without user information and fragment."""
    split = urlsplit(location)
    path = split.path or "/"
    if use is NameUse.ALWAYS or (use is NameUse.TO_DIRECTORY and path.endswith("/")):
        path = f"{path.removesuffix('/')}/{quote(filename, safe='')}"
    return urlunsplit((split.scheme, split.netloc.rpartition("@")[2], path, split.query, ""))


def http_request(upload: Upload) -> HttpRequest:
    """The HTTP request of an upload, in the form that its station's behaviour asks for."""
    behaviour = upload.behaviour
    content_type, body = _FORMS[behaviour.body_form](upload)
    headers = [("Content-Type", content_type)]
    if behaviour.chunked:
        headers.append(("Transfer-Encoding", "chunked"))
    else:
        headers.append(("Content-Length", str(len(body))))
    if behaviour.expects_continue:
        headers.append(("Expect", "100-continue"))
    headers += _authorization(upload.location)
    return HttpRequest(
        method="PUT" if behaviour.body_form is BodyForm.RAW else "POST",
        url=address_for(upload.location, upload.filename, behaviour.name_use),
        headers=tuple(headers),
        body=body,
        sent=int(len(body) * behaviour.sends_part),
        chunked=behaviour.chunked,
        expects_continue=behaviour.expects_continue,
        reads_response=behaviour.reads_response,
        lasts=behaviour.upload_lasts,
    )


def _authorization(location: str) -> list[tuple[str, str]]:
    """HTTP Basic from the user information of the address (N01.FR.25)."""
    split = urlsplit(location)
    if split.username is None:
        return []
    pair = f"{unquote(split.username)}:{unquote(split.password or '')}"
    return [("Authorization", "Basic " + b64encode(pair.encode()).decode())]


def _raw(upload: Upload) -> tuple[str, bytes]:
    return "application/octet-stream", upload.content


def _multipart(upload: Upload) -> tuple[str, bytes]:
    """As the standard's own example has it, field name included (N01.FR.19)."""
    disposition = f'form-data; name="uploadfile"; filename="{upload.filename}"'
    return f"multipart/form-data; boundary={_BOUNDARY}", _part(
        f"--{_BOUNDARY}", disposition, upload.content
    )


def _openevse(upload: Upload) -> tuple[str, bytes]:
    disposition = f'form-data; name="file"; filename="{upload.filename}"'
    return f"multipart/form-data; boundary={_BOUNDARY}", _part(
        _BOUNDARY, disposition, upload.content
    )


def _zaptec(upload: Upload) -> tuple[str, bytes]:
    disposition = f'form-data; filename="{upload.filename}"'
    return f'multipart/form-data; boundary="{_PADDED}"', _part(
        f"--{_BOUNDARY}", disposition, upload.content
    )


def _part(delimiter: str, disposition: str, content: bytes) -> bytes:
    head = f"{delimiter}\r\nContent-Disposition: {disposition}\r\nContent-Type: text/plain\r\n\r\n"
    return head.encode() + content + f"\r\n{delimiter}--\r\n".encode()


_FORMS = {
    BodyForm.RAW: _raw,
    BodyForm.MULTIPART: _multipart,
    BodyForm.OPENEVSE: _openevse,
    BodyForm.ZAPTEC: _zaptec,
}
