"""What can go wrong, named for what happened. Every message is safe to show an operator.

DiagnosticsError
├── RequestRefused       an operator's request that cannot be made; nothing was written
├── RequestClosed        the row is in a state that does not allow this any more
├── UploadRefused
│   ├── UploadUnknown    no request has this upload address (HTTP 404)
│   └── UploadExpired    the address was valid once (HTTP 410)
└── (storage errors live in `diagnostics.storage`, OCPP errors in `diagnostics.ocpp.errors`)
"""


class DiagnosticsError(Exception):
    """Base of everything this app raises on purpose."""


class RequestRefused(DiagnosticsError):
    """The request cannot be made; the message says why and what to do."""


class RequestClosed(DiagnosticsError):
    """The request has ended, or moved on, so this can no longer be done to it."""


class UploadRefused(DiagnosticsError):
    """A station (or a stranger) uploaded where nothing is expected."""


class UploadUnknown(UploadRefused):
    """No log request was ever given this upload address."""


class UploadExpired(UploadRefused):
    """The upload address belongs to a log request whose time is over."""
