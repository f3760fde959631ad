"""What is kept of those who were turned away, for the operator to see."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from diagnostics import inbound
from stations.auth import Handshake, Refused
from stations.identity import shown
from stations.models import RefusalReason, RefusedConnection

# What the password of a station is at fault for.
CREDENTIALS = frozenset({RefusalReason.NO_CREDENTIALS, RefusalReason.WRONG_PASSWORD})

# Kinds of refusals kept; whoever tries one identity after the other pushes out the oldest.
MOST_REFUSALS = 1000


def record_refusal(handshake: Handshake, refused: Refused) -> None:
    """Keep for the operator that somebody knocked: one row for an identity and a reason, however
    often."""
    now = timezone.now()
    station, certificate = refused.station, refused.certificate
    if station is not None and refused.reason in CREDENTIALS:
        inbound.station_refused(station)
    kind = {
        "identity": station.identity if station else shown(handshake.raw_path),
        "reason": refused.reason,
    }
    newest = {
        "http_status": refused.status,
        "station": station,
        "remote_address": handshake.peer.remote_address,
        "subprotocols": ", ".join(handshake.subprotocols)[:100],
        "certificate": certificate.subject if certificate else "",
        "certificate_name": certificate.name if certificate else "",
        "last_at": now,
    }
    known = RefusedConnection.objects.filter(**kind)
    if known.update(count=F("count") + 1, **newest):
        return
    try:
        with transaction.atomic():
            RefusedConnection.objects.create(first_at=now, **kind, **newest)
    except IntegrityError:  # the same from another thread, just now
        known.update(count=F("count") + 1, **newest)
    _forget_oldest()


def _forget_oldest() -> None:
    by_age = RefusedConnection.objects.order_by("-last_at").values_list("last_at", flat=True)
    oldest_kept = by_age[MOST_REFUSALS : MOST_REFUSALS + 1].first()
    if oldest_kept is not None:
        RefusedConnection.objects.filter(last_at__lte=oldest_kept).delete()
