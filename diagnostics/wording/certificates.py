"""What installed certificates are for, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# GetCertificateIdUseEnumType, and the words of 1.6.
TYPES = {
    "CSMSRootCertificate": gettext_noop("Root of this server"),
    "CentralSystemRootCertificate": gettext_noop("Root of this server"),
    "MORootCertificate": gettext_noop("Root of a mobility operator"),
    "ManufacturerRootCertificate": gettext_noop("Root of the manufacturer"),
    "OEMRootCertificate": gettext_noop("Root of a car maker"),
    "V2GCertificateChain": gettext_noop("The station's own, for cars"),
    "V2GRootCertificate": gettext_noop("Root for cars"),
}


def certificate_type(word: str, depth: int) -> str:
    """The station's word for a certificate in ours; one below the first is told by its depth."""
    name = _(TYPES[word]) if word in TYPES else word
    return f"{name}, +{depth}" if depth else name
