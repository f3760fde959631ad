"""What can go wrong, named for what happened. Every message is safe to show an operator.

DiagnosticsError
├── RequestRefused       an operator's request that cannot be made; nothing was written
├── RequestClosed        the row is in a state that does not allow this any more
├── FileUnreadable       the file, or the wanted part of it, is no text that can be shown
│   └── FileNotExamined  not yet: it has not been looked at to its end
├── UploadRefused
│   ├── UploadUnknown    no request has this upload address (HTTP 404)
│   ├── UploadExpired    the address was valid once (HTTP 410)
│   └── UploadTooLarge   the file is announced larger than allowed (HTTP 413)
└── (storage errors live in `diagnostics.storage`, OCPP errors in `diagnostics.ocpp.errors`)
"""


class DiagnosticsError(Exception):
    """Base of everything this app raises on purpose."""


class RequestRefused(DiagnosticsError):
    """The request cannot be made; the message says why and what to do."""


class RequestClosed(DiagnosticsError):
    """The request has ended, or moved on, so this can no longer be done to it."""


class FileUnreadable(DiagnosticsError):
    """There is no text to show of this file, or of this member; the message says why."""


class FileNotExamined(FileUnreadable):
    """The file has not been examined yet, so nobody knows where its lines are."""


class UploadRefused(DiagnosticsError):
    """A station (or a stranger) uploaded where nothing is expected."""


class UploadUnknown(UploadRefused):
    """No log request was ever given this upload address."""


class UploadExpired(UploadRefused):
    """The upload address belongs to a log request whose time is over."""


class UploadTooLarge(UploadRefused):
    """More bytes are announced than MAX_UPLOAD_SIZE allows."""
