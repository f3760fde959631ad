"""Signed messages (part 4, section 7): an action with a suffix and a JWS around the payload."""

from base64 import urlsafe_b64decode
from typing import Any

from diagnostics.ocpp.errors import OcppError, RpcErrorCode
from diagnostics.ocpp.frames import load_json

SUFFIX = "-Signed"


def unsigned(payload: Any) -> Any:
    """Return the payload inside a JWS in flattened form, without checking its signature.

    Raises OcppError(NotSupported) when it cannot be read.
    """
    try:
        encoded = payload["payload"]
        raw = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        inner = load_json(raw.decode("utf-8"))
    except (KeyError, TypeError, ValueError):
        sentence = "the signed message cannot be read"
        raise OcppError(RpcErrorCode.NOT_SUPPORTED, sentence) from None
    return {} if inner is None else inner
