"""A station's own certificate (security profile 3), as a proxy hands it over in a header.

Proxies spell it in three ways: PEM that is percent-encoded (nginx, Envoy), the base64 of its DER
form (HAProxy, Caddy), and that between colons (RFC 9440). Which one it is shows.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

# Bytes of a header; one of 4096 bits takes about three thousand.
LONGEST = 16 * 1024
LONGEST_NAME = 300
LONGEST_COMMON_NAME = 64  # X.520 allows no longer one

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is looked at: names as they are, and texts that are fit to be kept and shown.

    `serial_number` is that of the certificate, in hexadecimal digits; the station's own is the
    common name. `fingerprint` is the SHA-256 of the whole.
    """

    common_names: tuple[str, ...]
    organizations: tuple[str, ...]
    subject: str
    issuer: str
    serial_number: str
    fingerprint: str
    not_before: datetime
    not_after: datetime

    @property
    def name(self) -> str:
        """The common name; empty where there is none that a station could have."""
        names = self.common_names
        usable = len(names) == 1 and len(names[0]) <= LONGEST_COMMON_NAME and names[0].isprintable()
        return names[0] if usable else ""


def read_certificate(header: bytes) -> Certificate:
    """Raises ValueError for what is no certificate, or longer than any."""
    if len(header) > LONGEST:
        raise ValueError("The certificate is too long")
    try:
        return _facts_of(x509.load_der_x509_certificate(_der(header.strip())))
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from error


def _der(header: bytes) -> bytes:
    """The bytes of the certificate; of one only, since a list may hold what others put there."""
    if len(header) > 2 and header.startswith(b":") and header.endswith(b":"):
        return base64.b64decode(header[1:-1], validate=True)
    text = unquote_to_bytes(header)
    if text.startswith(_BEGIN):
        text = text.removeprefix(_BEGIN).partition(_END)[0]
    return base64.b64decode(b"".join(text.split()), validate=True)


def _facts_of(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        common_names=_names(certificate, NameOID.COMMON_NAME),
        organizations=_names(certificate, NameOID.ORGANIZATION_NAME),
        subject=_shown(certificate.subject),
        issuer=_shown(certificate.issuer),
        serial_number=f"{certificate.serial_number:X}"[:64],
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


def _names(certificate: x509.Certificate, kind: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(str(each.value) for each in certificate.subject.get_attributes_for_oid(kind))


def _shown(name: x509.Name) -> str:
    text = name.rfc4514_string()
    return "".join(char if char.isprintable() else "\ufffd" for char in text)[:LONGEST_NAME]
