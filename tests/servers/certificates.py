"""Certificates: one of no authority for this machine, and those that an authority issues."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
DAY = timedelta(days=1)


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Write a certificate for 127.0.0.1, signed by itself, and its key; returns their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("127.0.0.1")
    host = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    builder = _builder(name, name, key, lasts=DAY).add_extension(host, critical=False)
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(PEM))
    paths[1].write_bytes(_text(key))
    return paths


class Authority:
    """Issues client certificates; `path` is the file with its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Authority of the tests")
        self.path = directory / "authority.pem"
        own = _builder(self._name, self._name, self._key, lasts=DAY)
        signed = own.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.path.write_bytes(signed.sign(self._key, hashes.SHA256()).public_bytes(PEM))

    def issue(
        self, common_name: str, *, organization: str = "Operator", lasts: timedelta = 90 * DAY
    ) -> Path:
        """A file with a certificate and its key; valid from two days ago, for `lasts` from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(common_name, organization), self._name, key, lasts=lasts)
        signed = builder.sign(self._key, hashes.SHA256())
        path = self._directory / f"{signed.serial_number}.pem"
        path.write_bytes(signed.public_bytes(PEM) + _text(key))
        return path


def client_context(server: Path, own: Path | None = None) -> ssl.SSLContext:
    """The TLS of a client that knows a server by its certificate, and maybe has one of its own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(server)
    if own is not None:
        context.load_cert_chain(own)
    return context


def _name(common_name: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, lasts: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    return (
        builder.public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * DAY)
        .not_valid_after(now + lasts)
    )


def _text(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
