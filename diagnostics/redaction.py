"""What of a message may be kept where people read it: no passwords, no personal data.

REDACTED is the table. It goes by names and not by schemas: what a station sends wrongly, in an
answer whose call nobody remembers, or under an action that nobody knows, is hidden all the same.
Certificates stay: they are public.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import re2

from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.personal import MASK, without_personal_data
from diagnostics.ocpp.secrets import without_secrets
from diagnostics.ocpp.signed import SUFFIX, unsigned

#: What is hidden: a field whose name contains one of these words, in whatever case.
REDACTED: dict[str, tuple[str, ...]] = {
    "secrets": ("password", "passwd", "passphrase", "secret", "privatekey", "simpin",
                "authorizationkey"),
    "personal data": ("idtoken", "idtag", "customeridentifier"),
}  # fmt: skip

#: An object that names a variable or key which is secret hides the fields whose names hold this.
_VALUE = "value"

_NAMES = tuple(name for names in REDACTED.values() for name in names)
# What a text holds that may need hiding: those names, the actions and fields that `ocpp.personal`
# and `ocpp.secrets` know, addresses, and every escape, behind which any name may be. Few and long
# words are found faster; a test holds them to the table.
_SUSPECT = (
    "passw", "passphrase", "secret", "privatekey", "simpin", "authorizationkey", "idtoken", "idtag",
    "customer", "writeonly", "setnetworkprofile", SUFFIX.lower(), "://", "\\",
)  # fmt: skip

# All of them in one pass, whatever their number.
_ANY_SUSPECT = re2.compile("(?i)" + "|".join(map(re2.escape, _SUSPECT)))
_TOGETHER = 25

# user:password@ in an address, up to the last @ before the path.
_USERINFO = re.compile(r"(?<=://)[^/?#\s\"]*@")
# What makes an address that S3 signed one: with the rest alone nobody gets anywhere.
_SIGNATURE = re.compile(r"(?<=[?&]X-Amz-)(Signature|Security-Token|Credential)=[^&\s\"]+", re.I)
_ADDRESS = "://"
# Tokens of upload addresses are 22 characters long; `Upload/u/part` is a path of somebody else.
_TOKEN = r"[A-Za-z0-9_%-]{16,}"  # noqa: S105  a pattern

UPLOAD_PATH = "/u/"


def redact(action: str, payload: Any, *, upload_path: str = UPLOAD_PATH) -> Any:
    """A copy of a payload without secrets and personal data; the payload is left alone.

    `action` is "" where it is not known. Where the upload endpoint is not mounted at /u/, say so.
    """
    if action.endswith(SUFFIX):
        try:
            action, payload = action.removesuffix(SUFFIX), unsigned(payload)
        except OcppError:
            return MASK
    payload = without_secrets(action, without_personal_data(action, payload))
    return _walk(upload_path).value(payload)


def may_need_redaction(text: str, *, upload_path: str = UPLOAD_PATH) -> bool:
    """Whether a frame must be parsed and redacted; False is certain, and costs microseconds."""
    lowered = text.lower()
    for word in _SUSPECT:  # noqa: SIM110  a generator costs as much again
        if word in lowered:
            return True
    return upload_path in text


def which_may_need_redaction(
    texts: Sequence[str], *, upload_path: str = UPLOAD_PATH
) -> frozenset[int]:
    """The places of the texts of which `may_need_redaction` holds: found in a few of them together,
    which takes a fifth of the time where there are none."""
    found: list[int] = []
    for start in range(0, len(texts), _TOGETHER):
        some = texts[start : start + _TOGETHER]
        joined = "\n".join(some)
        if _ANY_SUSPECT.search(joined.encode("utf-8", "replace")) or upload_path in joined:
            found += (
                start + place
                for place, text in enumerate(some)
                if may_need_redaction(text, upload_path=upload_path)
            )
    return frozenset(found)


def redact_text(text: str, *, limit: int, upload_path: str = UPLOAD_PATH) -> str:
    """As much of a text that is no message as may be kept: nothing of a payload that is suspect."""
    kept = text[:limit]
    if may_need_redaction(text, upload_path=upload_path):
        head, brace, _ = _walk(upload_path).text(kept).partition("{")
        kept = head + brace + ("…" if brace else "")
        if any(name in head.lower() for name in _NAMES):
            kept = MASK
    return storable(kept)


def storable(text: str) -> str:
    """The text without what UTF-8 or PostgreSQL cannot hold: lone surrogates and NUL."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


def is_sensitive(name: str) -> bool:
    """Whether a field, a variable or a configuration key is secret or personal by its name."""
    lowered = name.lower()
    return any(word in lowered for word in _NAMES)


class _Walk:
    """Walks through payloads, making new objects only."""

    def __init__(self, upload_path: str) -> None:
        self._tokens = re.compile(re.escape(upload_path) + _TOKEN)
        self._upload_path = upload_path

    def value(self, value: Any, hidden: bool = False) -> Any:
        """`hidden`: what stands here directly, or in a list here, is sensitive."""
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self.value(each, hidden) for each in value]
        if hidden and value not in (None, "") and not isinstance(value, bool):
            return MASK
        return self.text(value) if isinstance(value, str) else value

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        secret = _names_a_secret(value)
        result = {}
        for name, child in value.items():
            hidden = is_sensitive(name) or (secret and _VALUE in name.lower())
            if secret and isinstance(child, list) and not hidden:
                child = [_hide_values(each) for each in child]
            result[self.text(name)] = self.value(child, hidden)
        return result

    def text(self, text: str) -> str:
        if _ADDRESS in text:
            text = _USERINFO.sub(f"{MASK}@", text)
            text = _SIGNATURE.sub(rf"\1={MASK}", text)
        if self._upload_path in text:
            text = self._tokens.sub(f"{self._upload_path}{MASK}", text)
        return text


@cache
def _walk(upload_path: str) -> _Walk:
    return _Walk(upload_path)


def _names_a_secret(value: dict[str, Any]) -> bool:
    """{"key": "AuthorizationKey", …} of 1.6, {"variable": {"name": "BasicAuthPassword"}, …}."""
    variable = value.get("variable")
    name = variable.get("name") if isinstance(variable, dict) else variable
    return any(isinstance(each, str) and is_sensitive(each) for each in (name, value.get("key")))


def _hide_values(attribute: Any) -> Any:
    """One attribute of a secret variable in a report."""
    if not isinstance(attribute, dict):
        return attribute
    return {
        name: MASK if _VALUE in name.lower() and value not in (None, "") else value
        for name, value in attribute.items()
    }
