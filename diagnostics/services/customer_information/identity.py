"""Who a request is about: one identifier, how it is shown, and the hash that stays of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.crypto import salted_hmac

from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.customer_information import CustomerKind
from diagnostics.ocpp.codecs.certificates import CertificateId

_SALT = "diagnostics.customer_information"

# Letters of a long identifier that stay legible, and how long it must be for that.
SHOWN, LONG = 3, 8


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer as the wire names it: `wire` is the one field that is sent."""

    kind: CustomerKind
    wire: dict[str, Any]
    name: str
    token_type: str = ""

    def __repr__(self) -> str:
        return f"Customer({self.kind.value}, {self.masked})"

    @property
    def masked(self) -> str:
        """ "•••680": enough to recognise, too little to know."""
        return f"•••{self.name[-SHOWN:]}" if len(self.name) >= LONG else "•••"

    @property
    def digest(self) -> str:
        return digest(self.name)


def digest(name: str) -> str:
    """The keyed hash (HMAC-SHA256 under SECRET_KEY) of an identifier, in hexadecimal.

    Tokens are case-insensitive, so case and surrounding blanks do not count.
    """
    return salted_hmac(_SALT, name.strip().casefold(), algorithm="sha256").hexdigest()


def customer(
    *,
    customer_identifier: str = "",
    id_token: str = "",
    id_token_type: str = "",
    additional_info: Sequence[tuple[str, str]] = (),
    customer_certificate: CertificateId | None = None,
) -> Customer:
    """The one customer that is named. Raises RequestRefused for none, or more than one (N09.FR.09).

    `additional_info` holds pairs of a further token and its type.
    """
    given = [bool(customer_identifier.strip()), bool(id_token.strip()), customer_certificate]
    if sum(map(bool, given)) != 1:
        raise RequestRefused(
            "Name the customer in exactly one way: by customer identifier, token or certificate."
        )
    if customer_certificate is not None:
        return _by_certificate(customer_certificate)
    if customer_identifier.strip():
        name = customer_identifier.strip()
        return Customer(CustomerKind.IDENTIFIER, {"customerIdentifier": name}, name)
    return _by_token(id_token.strip(), id_token_type.strip(), additional_info)


def _by_token(name: str, token_type: str, further: Sequence[tuple[str, str]]) -> Customer:
    if not token_type:
        raise RequestRefused("Say of which type the token is: ISO14443 for most cards.")
    token: dict[str, Any] = {"idToken": name, "type": token_type}
    if further:
        token["additionalInfo"] = [
            {"additionalIdToken": text, "type": kind} for text, kind in further
        ]
    return Customer(CustomerKind.ID_TOKEN, {"idToken": token}, name, token_type)


def _by_certificate(found: CertificateId) -> Customer:
    wire = found.to_wire()
    if not all(wire.values()):
        raise RequestRefused("A certificate is named by its algorithm, both hashes and its number.")
    return Customer(CustomerKind.CERTIFICATE, {"customerCertificate": wire}, found.serial_number)
