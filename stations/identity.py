"""The identity of a station: what is allowed, and how it is read from the address (part 4, 3.1)."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# OCPP allows 48 characters; some backends hand out longer ones.
LONGEST_IDENTITY = 64


def check_identity(identity: str) -> None:
    """Raise ValidationError, with a sentence for an operator, for what no station can be called.

    1.6 does not restrict the characters, 2.x does. A colon would end the user name of HTTP Basic
    authentication, and a slash the identity in the address.
    """
    if not identity or len(identity) > LONGEST_IDENTITY:
        raise ValidationError(
            _("An identity has 1 to %(limit)s characters."), params={"limit": LONGEST_IDENTITY}
        )
    if not identity.isprintable() or identity != identity.strip():
        raise ValidationError(
            _("An identity has no control characters, and no blanks at its ends.")
        )
    if ":" in identity or "/" in identity:
        raise ValidationError(_("An identity has no colon and no slash."))


def identity_in(raw_path: bytes) -> str:
    """Read the identity from the path as it came over the wire: its last part, decoded once.

    Raises ValidationError for what is no UTF-8 or no identity.
    """
    last = raw_path.rstrip(b"/").rpartition(b"/")[2]
    try:
        identity = unquote_to_bytes(last).decode()
    except UnicodeDecodeError as error:
        raise ValidationError(_("The identity in the address is not UTF-8.")) from error
    check_identity(identity)
    return identity


def shown(raw_path: bytes) -> str:
    """The last part of a path that holds no identity, safe to keep and to show."""
    last = unquote_to_bytes(raw_path.rstrip(b"/").rpartition(b"/")[2])
    text = last[: 4 * LONGEST_IDENTITY].decode(errors="replace")
    return "".join(char if char.isprintable() else "\ufffd" for char in text)[:LONGEST_IDENTITY]


def address_of(identity: str, public_url: str) -> str:
    """The address the station connects to, from the http(s) address of this server."""
    return f"{public_url.replace('http', 'ws', 1)}/ocpp/{quote(identity, safe='')}"
