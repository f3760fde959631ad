"""Passwords of stations: made up, kept as salted hashes, compared in the forms stations send.

The hash is a fast one on purpose. A password has at least 16 characters and is normally 128 random
bits made here, so that guessing it from a leaked hash is hopeless however fast each guess is; and
after a restart thousands of stations authenticate within a minute, on every connection (A00), where
a slow hash would take minutes of all processors. People's passwords are not hashed with this.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import blake2b
from string import hexdigits

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# BasicAuthPassword: 16 to 40 characters, to 64 in 2.1; AuthorizationKey of 1.6: 16 to 20 bytes.
SHORTEST, LONGEST = 16, 64
KEY_BYTES = range(16, 21)


def new_password() -> str:
    """32 hex digits: a valid password in 2.x, and a valid AuthorizationKey in 1.6."""
    return secrets.token_hex(16)


def check_password_rules(password: str) -> None:
    """Raise ValidationError, with a sentence for an operator, for what stations cannot use."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValidationError(
            _("A station's password has %(shortest)s to %(longest)s characters."),
            params={"shortest": SHORTEST, "longest": LONGEST},
        )
    if not password.isprintable():
        raise ValidationError(_("A station's password has no control characters."))


def hash_password(password: str) -> str:
    """`blake2b$salt$digest`, in hex."""
    salt = secrets.token_bytes(16)
    return f"blake2b${salt.hex()}${_digest(_canonical(password.encode()), salt)}"


def matches(presented: bytes, stored: str) -> bool:
    """Whether the bytes a station sent are this password, in any form stations send it.

    2.x sends the text. For the AuthorizationKey of 1.6, whose configured value is hex, stations
    send the raw bytes, the hex digits, or plain text (OCTT and field practice).
    """
    scheme, _, rest = stored.partition("$")
    salt, _, digest = rest.partition("$")
    if scheme != "blake2b" or not digest:
        return False
    found = [
        hmac.compare_digest(_digest(form, bytes.fromhex(salt)), digest)
        for form in _forms(presented)
    ]
    return any(found)


def _forms(presented: bytes) -> set[bytes]:
    """What may have been stored when these bytes come."""
    forms = {presented, _canonical(presented)}
    if len(presented) in KEY_BYTES:
        forms.add(presented.hex().encode())
    if _is_hex_key(presented):
        forms.add(bytes.fromhex(presented.decode()))
    return forms


def _canonical(password: bytes) -> bytes:
    """Hex digits of a key mean the same in either case."""
    return password.lower() if _is_hex_key(password) else password


def _is_hex_key(password: bytes) -> bool:
    digits = hexdigits.encode()
    return (
        len(password) % 2 == 0
        and len(password) // 2 in KEY_BYTES
        and all(character in digits for character in password)
    )


def _digest(password: bytes, salt: bytes) -> str:
    return blake2b(password, salt=salt, digest_size=32).hexdigest()
