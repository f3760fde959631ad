"""A station's own certificate, in words, and which ones are to be renewed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from diagnostics.admin import parts
from diagnostics.admin.home import Line, Section, register_section
from diagnostics.services import access
from stations.admin.filters import in_need
from stations.models import SecurityProfile, StationCertificate

LINES = 6


def certificate_of(station: Any) -> StationCertificate | None:
    """The one that it came in with, as long as it needs one."""
    if station.security_profile != SecurityProfile.CLIENT_CERTIFICATE:
        return None
    return StationCertificate.objects.filter(station=station).first()


def standing(station: Any) -> tuple[str, SafeString | str] | None:
    """Label and words for the header of a station: what has to be done about its certificate."""
    if station.security_profile != SecurityProfile.CLIENT_CERTIFICATE:
        return None
    certificate = certificate_of(station)
    if certificate is None:
        words = _("not shown yet; until then its password is accepted")
        plain = _("not shown yet")
        return _("Certificate"), words if station.takes_password_meanwhile else plain
    if not certificate.is_ending:
        return None
    return _("Certificate"), format_html('<span class="dx-note">{}</span>', ending(certificate))


def ending(certificate: StationCertificate) -> str:
    """ "expires in 12 d: renew it", "expired 3 d ago: renew it"."""
    when = parts.relative(certificate.not_after)
    is_over = certificate.not_after < timezone.now()
    words = _("expired %(when)s: renew it") if is_over else _("expires %(when)s: renew it")
    return words % {"when": when}


def expiring(request: HttpRequest) -> Section | None:
    """Certificates that have expired or will soon, those first that end first."""
    if not request.user.has_perm("stations.view_chargingstation"):
        return None
    found = access.visible(in_need(), request.user)
    rows = found.select_related("station").order_by("not_after")[:LINES]
    lines = [
        Line(row.station.identity, f"{parts.station_url(row.station)}?tab=connections",
             detail=ending(row))
        for row in rows
    ]  # fmt: skip
    more = max(found.count() - LINES, 0) if len(lines) == LINES else 0
    url = reverse("admin:stations_chargingstation_changelist") + "?certificate=ending"
    return Section(_("Client certificates to renew"), "busy", lines, url, more)


register_section(expiring, weight=30)
