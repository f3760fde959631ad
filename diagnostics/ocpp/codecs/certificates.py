"""GetInstalledCertificateIds (M03; 1.6 security extension): which certificates a station has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from diagnostics.ocpp.codecs.base import Codec
from diagnostics.ocpp.codecs.fields import inner, text
from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.ocpp.messages import WireCall

ACTION = "GetInstalledCertificateIds"

#: Certificates read of one answer.
MOST = 500


@dataclass(frozen=True, slots=True)
class CertificateId:
    """CertificateHashData: the hashes that name a certificate, by the algorithm that made them.

    It may name a customer, so its text shows nothing of it.
    """

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    def __repr__(self) -> str:
        return f"CertificateId({self.hash_algorithm})"

    @classmethod
    def from_wire(cls, payload: Any) -> CertificateId:
        """Read a CertificateHashDataType; what cannot be read is empty."""
        return cls(
            text(payload, "hashAlgorithm", 10),
            text(payload, "issuerNameHash", 128),
            text(payload, "issuerKeyHash", 128),
            text(payload, "serialNumber", 40),
        )

    def to_wire(self) -> dict[str, str]:
        """Write a CertificateHashDataType."""
        return {
            "hashAlgorithm": self.hash_algorithm,
            "issuerNameHash": self.issuer_name_hash,
            "issuerKeyHash": self.issuer_key_hash,
            "serialNumber": self.serial_number,
        }

    def serial(self) -> str:
        """Return the serial number in the one spelling that can be compared."""
        return self.serial_number.strip().lower().lstrip("0")


@dataclass(frozen=True, slots=True)
class InstalledFacts:
    """One installed certificate; ``depth`` counts from 0 down the chain that it came in."""

    type: str
    named: CertificateId
    depth: int = 0


def encode_installed_certificates(codec: Codec) -> WireCall:
    """Ask for all. Raises UnsupportedAction for 1.6, which asks for one type at a time."""
    if not codec.knows("CustomerInformation"):
        raise UnsupportedAction(f"OCPP {codec.version} knows no certificates of customers.")
    codec.check_call(ACTION, {})
    return WireCall(ACTION, {})


def asked_types(payload: Mapping[str, Any]) -> frozenset[str]:
    """Return the types that a call asked for; empty for all."""
    asked = payload.get("certificateType")
    listed = asked if isinstance(asked, list) else [asked]
    return frozenset(each for each in listed if isinstance(each, str))


def decode_installed(call: Mapping[str, Any], answer: Mapping[str, Any]) -> list[InstalledFacts]:
    """Read the answer, of 2.x with its chains, or of 1.6 without."""
    kinds = asked_types(call)
    found: list[InstalledFacts] = []
    for each in _listed(answer, "certificateHashData"):
        found.append(InstalledFacts(min(kinds, default=""), CertificateId.from_wire(each)))
    for chain in _listed(answer, "certificateHashDataChain"):
        kind = text(chain, "certificateType", 30)
        hashes = [inner(chain, "certificateHashData"), *_listed(chain, "childCertificateHashData")]
        found += [
            InstalledFacts(kind, CertificateId.from_wire(each), depth)
            for depth, each in enumerate(hashes)
        ]
    return found[:MOST]


def _listed(payload: Any, name: str) -> list[Any]:
    listed = payload.get(name) if isinstance(payload, dict) else None
    return listed if isinstance(listed, list) else []
