"""Which fields of which messages are about a person, and a payload without them.

Whatever keeps or shows messages (the record of calls, a message log, a trace) asks here first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Stands where personal data stood.
MASK = "•••"

#: Action -> the fields of its request that are about a person; a path goes through lists.
REDACTED_FIELDS: dict[str, tuple[str, ...]] = {
    "CustomerInformation": ("customerIdentifier", "idToken", "customerCertificate"),
    "NotifyCustomerInformation": ("data",),
    "SendLocalList": (
        "localAuthorizationList.idToken",
        "localAuthorizationList.idTag",
        "localAuthorizationList.idTokenInfo",
        "localAuthorizationList.idTagInfo",
    ),
}


def without_personal_data(action: str, payload: Any) -> Any:
    """A copy of a request's payload with the fields of REDACTED_FIELDS masked."""
    for path in REDACTED_FIELDS.get(action, ()):
        payload = _masked(payload, path.split("."))
    return payload


def _masked(value: Any, path: list[str]) -> Any:
    if isinstance(value, list):
        return [_masked(each, path) for each in value]
    if not isinstance(value, Mapping) or path[0] not in value:
        return value
    inside = MASK if len(path) == 1 else _masked(value[path[0]], path[1:])
    return {**value, path[0]: inside}
