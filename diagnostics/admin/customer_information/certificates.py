"""The certificates that a station has installed, beside what is asked of it about customers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from diagnostics.models import InstalledCertificate, StationInfo
from diagnostics.ocpp.codecs.certificates import CertificateId
from diagnostics.services.customer_information import certificates
from diagnostics.wording.certificates import certificate_type

# Certificates that a page or a form lists.
MOST_LISTED = 200


def installed(station: Any) -> QuerySet[InstalledCertificate]:
    return InstalledCertificate.objects.filter(station=station).order_by("pk")


def certificates_context(station: Any) -> dict[str, Any]:
    """What the section of a page about installed certificates shows."""
    info = StationInfo.objects.filter(station=station).first()
    rows = list(installed(station)[:MOST_LISTED])
    return {
        "certificates": [(certificate_type(row.type, row.depth), row) for row in rows],
        "certificates_read_at": info.certificates_read_at if info else None,
        "certificates_known": certificates.is_known(station),
    }


def choices(station: Any) -> list[tuple[str, str]]:
    """For a form: each certificate by its key, in words that tell it from the others."""
    listed = [] if station is None else installed(station)[:MOST_LISTED]
    words = [
        (
            str(row.pk),
            f"{certificate_type(row.type, row.depth)} · {row.serial_number} · {row.hash_algorithm}",
        )
        for row in listed
    ]
    return [("", _("none of these")), *words]


def chosen(key: str) -> CertificateId | None:
    """The certificate that a form's choice stands for; "" is none."""
    row = InstalledCertificate.objects.filter(pk=key).first() if key else None
    if row is None:
        return None
    return CertificateId(
        row.hash_algorithm, row.issuer_name_hash, row.issuer_key_hash, row.serial_number
    )
