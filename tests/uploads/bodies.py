"""Bodies of upload requests, byte by byte as station software writes them."""

from __future__ import annotations

LOG = b"2026-03-02T08:00:00Z boot\r\n\r\n2026-03-02T08:00:01Z ready\n"


def form(
    content: bytes = LOG,
    *,
    boundary: bytes = b"d74496d66958873e",
    disposition: bytes = b'form-data; name="file"; filename="diagnostics.log"',
    newline: bytes = b"\r\n",
) -> tuple[str, bytes]:
    """A form with one file as the standard wants it: its content type and its body."""
    lines = [
        b"--" + boundary,
        b"Content-Disposition: " + disposition,
        b"Content-Type: text/plain",
        b"",
        content,
        b"--" + boundary + b"--",
        b"",
    ]
    return f"multipart/form-data; boundary={boundary.decode()}", newline.join(lines)


def openevse(content: bytes = b'{"diagnostics": []}') -> tuple[str, bytes]:
    """OpenEVSE: the delimiters are the declared boundary itself, without two dashes more."""
    boundary = b"-----------------------------OpenEVSE1742900000"
    body = (
        boundary + b"\r\n"
        b'Content-Disposition: form-data; name="file"; filename="diagnostics.log"\r\n'
        b"Content-Type: application/json\r\n\r\n" + content + b"\r\n" + boundary + b"--\r\n"
    )
    return f"multipart/form-data; boundary={boundary.decode()}", body


def zaptec(content: bytes = LOG) -> tuple[str, bytes]:
    """Zaptec: a quoted boundary with spaces before it, and a part without a name."""
    boundary = b"----------------------------9051914041544843365972754266"
    body = (
        b"--" + boundary + b"\r\n"
        b'Content-Disposition: form-data; filename="diagnostics_log.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\n" + content + b"\r\n--" + boundary + b"--\r\n"
    )
    return f'multipart/form-data; boundary="    {boundary.decode()}"', body
