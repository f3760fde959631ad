"""Which certificate lets which station in (security profile 3; A00.FR.404, .405, B01.FR.11).

The proxy has checked the chain. Here it is checked whom the certificate is made out to, and its
dates, since proxies can be told to overlook them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from diagnostics.models import StationInfo
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from stations.certificates import Certificate, read_certificate
from stations.conf import stations_settings
from stations.models import ChargingStation, RefusalReason, StationCertificate
from stations.proxies import Presented

# How nginx and Apache ("SUCCESS") and HAProxy ("0", no error) say that a certificate is good.
GOOD = frozenset({b"SUCCESS", b"0"})

_KEPT = ("subject", "issuer", "serial_number", "fingerprint", "not_before", "not_after")


class CertificateRefused(Exception):
    """The certificate, if it could be read, does not let this station in."""

    def __init__(self, reason: RefusalReason, certificate: Certificate | None = None) -> None:
        super().__init__(str(reason.label))
        self.reason = reason
        self.certificate = certificate


class SerialNumberDiffers(Exception):
    """The station that booted is not the one that its certificate is made out to."""


def check_certificate(station: ChargingStation, presented: Presented) -> Certificate:
    """The certificate that lets the station in. Raises CertificateRefused."""
    certificate = good_certificate(presented)
    if certificate.name != certificate_name(station):
        raise CertificateRefused(RefusalReason.OTHER_STATION, certificate)
    return certificate


def good_certificate(presented: Presented) -> Certificate:
    """One that lets some station in. Raises CertificateRefused."""
    certificate = _shown_by(presented)
    operator = stations_settings().client_certificate_operator
    if not certificate.not_before <= timezone.now() <= certificate.not_after:
        raise CertificateRefused(RefusalReason.CERTIFICATE_EXPIRED, certificate)
    if operator and operator not in certificate.organizations:
        raise CertificateRefused(RefusalReason.OTHER_OPERATOR, certificate)
    return certificate


def _shown_by(presented: Presented) -> Certificate:
    if not presented.is_anything:
        raise CertificateRefused(RefusalReason.NO_CERTIFICATE)
    if not presented.is_from_proxy:
        raise CertificateRefused(RefusalReason.NO_PROXY)
    try:
        (header,) = presented.certificates  # twice: one of them is not the proxy's
        certificate = read_certificate(header)
    except ValueError as error:
        raise CertificateRefused(RefusalReason.BAD_CERTIFICATE) from error
    verdicts = presented.verdicts
    if verdicts is not None and not (len(verdicts) == 1 and verdicts[0] in GOOD):
        raise CertificateRefused(RefusalReason.NOT_VERIFIED, certificate)
    return certificate


def certificate_name(station: ChargingStation) -> str:
    """The common name that the station's certificate must have.

    That is its serial number (A00.FR.405): the one that was entered, or that it came with the
    first time; before that the one it booted with, and of a station that never did, its identity.
    """
    if station.certificate_name:
        return station.certificate_name
    known = StationInfo.objects.filter(station=station).values_list("serial_number", flat=True)
    return known.first() or station.identity


def keep_certificates(shown: Mapping[ChargingStation, Certificate], now: datetime) -> None:
    """Keep what stations came in with, and hold them to it from now on.

    Their names stay as they are, and their passwords are not asked for any more (A05.FR.07). The
    caller has locked the stations.
    """
    StationCertificate.objects.bulk_create(
        [
            StationCertificate(
                station=station,
                shown_at=now,
                **{name: getattr(certificate, name) for name in _KEPT},
            )
            for station, certificate in shown.items()
        ],
        update_conflicts=True,
        unique_fields=["station"],
        update_fields=[*_KEPT, "shown_at"],
    )
    for station, certificate in shown.items():
        if not station.certificate_name:
            mine = ChargingStation.objects.filter(pk=station.pk, certificate_name="")
            mine.update(certificate_name=certificate.name)
    waited = [station.pk for station in shown if station.takes_password_meanwhile]
    if waited:
        ChargingStation.objects.filter(pk__in=waited).update(takes_password_meanwhile=False)


def check_serial_number(name: str, version: OcppVersion, payload: dict[str, Any]) -> None:
    """Compare what a station boots with to the name in its certificate (B01.FR.11).

    Raises SerialNumberDiffers. A boot without a serial number has nothing to compare.
    """
    boot = codec_for(version).decode_boot(payload)
    numbers = {boot.serial_number, boot.box_serial_number} - {""}
    if numbers and name not in numbers:
        raise SerialNumberDiffers
