"""Which certificates a station has installed, and by which hash algorithm (M03).

A customer who is named by a certificate must be named by the algorithm that the station uses for it
(N09.FR.08, N10.FR.09). It is looked up before the first such request, and anew for each firmware.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import OPEN, CallStatus
from diagnostics.lifecycles.customer_information import CustomerKind
from diagnostics.models import InstalledCertificate, OutboundCall, StationInfo
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.codecs.certificates import (
    ACTION,
    CertificateId,
    asked_types,
    decode_installed,
    encode_installed_certificates,
)
from diagnostics.ocpp.errors import OcppError, RpcErrorCode, parse_error_code
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.fleet import capabilities
from diagnostics.services.timeline import Source, note

# A station that does not know the message has nothing to be looked up.
_CANNOT = frozenset({RpcErrorCode.NOT_IMPLEMENTED, RpcErrorCode.NOT_SUPPORTED})


@transaction.atomic
def request_certificates(*, station: Any, requested_by: Any = None) -> OutboundCall:
    """Ask a station which certificates it has. Raises RequestRefused where it has no customers."""
    version = get_gateway().version(station) or OcppVersion.V201
    try:
        wire = encode_installed_certificates(codec_for(version))
    except OcppError as error:
        raise RequestRefused(str(error)) from error
    capabilities.check(station, wire.action)
    note(
        station=station,
        kind="certificates.requested",
        source=Source.OPERATOR if requested_by else Source.SYSTEM,
        user=requested_by,
    )
    return calls.add_call(
        station=station,
        action=ACTION,
        payload=wire.payload,
        raw=True,
        placed_by=requested_by,
    )


def look_up(station: Any) -> None:
    """Ask, unless it is known for the present firmware, or was asked already."""
    if is_known(station) or _asked(station).exists():
        return
    try:
        request_certificates(station=station)
    except RequestRefused:  # it has no certificates of customers
        return


def after_boot(booted: Sequence[StationInfo]) -> None:
    """A new firmware may have installed them anew, where they were ever looked up."""
    for info in booted:
        if info.certificates_asked_at is not None:
            look_up(info.station)


def is_known(station: Any) -> bool:
    """Whether the station was asked with the firmware that it has now."""
    info = StationInfo.objects.filter(station=station).first()
    if info is None or info.certificates_asked_at is None:
        return False
    return info.certificates_firmware == info.firmware_version


def must_wait(call: OutboundCall) -> bool:
    """Whether a call names a customer by a certificate that is being looked up."""
    about = call.customer_information
    if about is None or about.kind != CustomerKind.CERTIFICATE or call.action == ACTION:
        return False
    return _asked(call.station).exists()


def _asked(station: Any) -> QuerySet[OutboundCall]:
    return OutboundCall.objects.filter(station=station, action=ACTION, status__in=OPEN)


def check_algorithm(station: Any, named: CertificateId) -> None:
    """Raise RequestRefused where the station has the certificate, by another hash algorithm.

    Whatever is not installed is let through: the certificates of customers seldom are. The sentence
    names nobody.
    """
    rows = InstalledCertificate.objects.filter(station=station)
    same = [each for each in map(_named, rows) if each.serial() == named.serial()]
    algorithms = {each.hash_algorithm for each in same}
    if same and named.hash_algorithm not in algorithms:
        raise RequestRefused(
            f"The station has installed this certificate with {', '.join(sorted(algorithms))}: "
            "name it by these hashes, as its list of installed certificates shows them."
        )


def _named(row: InstalledCertificate) -> CertificateId:
    return CertificateId(
        row.hash_algorithm, row.issuer_name_hash, row.issuer_key_hash, row.serial_number
    )


def ids_moved(call: OutboundCall) -> None:
    """GetInstalledCertificateIds was answered, by whomever it was asked: keep the list."""
    refused = call.status == CallStatus.REFUSED and parse_error_code(call.error_code) in _CANNOT
    if call.status == CallStatus.ANSWERED:
        _record(call)
    elif refused:
        InstalledCertificate.objects.filter(station=call.station).delete()
        _keep_firmware(call.station)


def _record(call: OutboundCall) -> None:
    asked = call.wire_payload or {}
    found = decode_installed(asked, call.answer or {})
    old = InstalledCertificate.objects.filter(station=call.station)
    kinds = asked_types(asked)
    (old.filter(type__in=kinds) if kinds else old).delete()
    InstalledCertificate.objects.bulk_create(
        InstalledCertificate(
            station=call.station,
            type=each.type,
            depth=each.depth,
            hash_algorithm=each.named.hash_algorithm,
            issuer_name_hash=each.named.issuer_name_hash,
            issuer_key_hash=each.named.issuer_key_hash,
            serial_number=each.named.serial_number,
        )
        for each in found
    )
    if not kinds:
        _keep_firmware(call.station, certificates_read_at=timezone.now())
    note(
        station=call.station,
        kind="certificates.read",
        source=Source.STATION,
        count=len(found),
    )


def _keep_firmware(station: Any, **more: Any) -> None:
    info, _ = StationInfo.objects.get_or_create(station=station)
    StationInfo.objects.filter(pk=info.pk).update(
        certificates_firmware=info.firmware_version, certificates_asked_at=timezone.now(), **more
    )
