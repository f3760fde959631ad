"""Ask a station what it knows of a customer, and tell it to forget (N09, N10).

What comes back is taken by `answers`; reading and forgetting it is in `privacy`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import CallEvent
from diagnostics.lifecycles.customer_information import CustomerKind
from diagnostics.models import CustomerInformation, OutboundCall
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.codecs.certificates import CertificateId
from diagnostics.ocpp.codecs.customer_information import ACTION, encode_customer_information
from diagnostics.ocpp.errors import InvalidPayload, OcppError, UnsupportedAction
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import calls
from diagnostics.services.customer_information import answers as customer_answers
from diagnostics.services.customer_information import certificates
from diagnostics.services.customer_information.identity import Customer, customer
from diagnostics.services.fleet import capabilities
from diagnostics.services.timeline import Source

CUSTOMER_INFORMATION = ACTION

LONGEST_PURPOSE = 500


def request_customer_information(
    *,
    station: Any,
    report: bool,
    clear: bool,
    purpose: str,
    requested_by: Any = None,
    expires_in: timedelta | None = None,
    **named: Any,
) -> CustomerInformation:
    """Ask `station` to report what it knows of one customer, to clear it, or both.

    `named` is one of `customer_identifier`, `id_token` with `id_token_type` (and
    `additional_info`), or `customer_certificate`: see `customer_identity.customer`. `purpose`
    says why, and stays on record. One named by a certificate waits until the station's are known
    (`certificates.look_up`). Raises RequestRefused, with a sentence for the operator, before any
    row is written.
    """
    found = check_request(station=station, report=report, clear=clear, purpose=purpose, **named)
    now = timezone.now()
    with transaction.atomic():
        if found.kind == CustomerKind.CERTIFICATE:
            certificates.look_up(station)
        row = CustomerInformation.objects.create(
            station=station,
            report=report,
            clear=clear,
            purpose=purpose.strip(),
            kind=found.kind,
            token_type=found.token_type,
            identifier=found.wire,
            identifier_masked=found.masked,
            identifier_hash=found.digest,
            requested_by=requested_by,
            requested_by_name=str(requested_by)[:150] if requested_by else "",
            created_at=now,
            expires_at=now + (expires_in or app_settings.call_lifetime),
            request_id=calls.allocate_request_id(station),
        )
        row.call = calls.add_call(
            station=station,
            action=CUSTOMER_INFORMATION,
            customer_information=row,
            request_id=row.request_id,
            expires_at=row.expires_at,
            placed_by=requested_by,
        )
        row.save(update_fields=["call"])
        source = Source.OPERATOR if requested_by else Source.SYSTEM
        customer_answers.note_row(row, "customer.requested", source, user=requested_by)
    return row


def check_request(
    *, station: Any, report: bool, clear: bool, purpose: str, **named: Any
) -> Customer:
    """The customer who is meant. Raises RequestRefused where this cannot be asked, and says why."""
    if not report and not clear:
        raise RequestRefused("Choose what to ask for: a report, clearing, or both.")
    if not purpose.strip():
        raise RequestRefused("Say why: the purpose stays on record with the request.")
    if len(purpose.strip()) > LONGEST_PURPOSE:
        raise RequestRefused(f"The purpose may have {LONGEST_PURPOSE} characters.")
    found = customer(**named)
    if found.kind == CustomerKind.CERTIFICATE and certificates.is_known(station):
        _check_algorithm(station, found.wire)
    version = get_gateway().version(station)
    if version is not None:
        try:
            _encode(version, 0, report, clear, found.wire)
        except OcppError as error:
            raise RequestRefused(str(error)) from error
    capabilities.check(station, CUSTOMER_INFORMATION)
    return found


def _encode(
    version: OcppVersion, request_id: int, report: bool, clear: bool, identifier: dict[str, Any]
) -> WireCall:
    """Raises UnsupportedAction, with a sentence that names no customer."""
    codec = codec_for(version)
    try:
        return encode_customer_information(
            codec, request_id=request_id, report=report, clear=clear, identifier=identifier
        )
    except InvalidPayload as error:
        raise UnsupportedAction(
            f"OCPP {version}, which this station speaks, takes no such identifier: "
            f"{error.description}."
        ) from error


def encode_call(call: OutboundCall, version: OcppVersion) -> WireCall:
    """CustomerInformation in the words of the version that the station speaks now."""
    row = call.customer_information
    if row is None or row.identifier is None:
        raise UnsupportedAction("The identifier is not kept any more: ask anew.")
    if row.kind == CustomerKind.CERTIFICATE:
        try:
            _check_algorithm(row.station, row.identifier)
        except RequestRefused as error:
            raise UnsupportedAction(str(error)) from error
    return _encode(version, row.request_id, row.report, row.clear, row.identifier)


def _check_algorithm(station: Any, identifier: dict[str, Any]) -> None:
    """N09.FR.08, N10.FR.09: by the hashes as the station has them. Raises RequestRefused."""
    named = CertificateId.from_wire(identifier["customerCertificate"])
    certificates.check_algorithm(station, named)


def cancel_customer_information(row: CustomerInformation, *, canceled_by: Any = None) -> None:
    """Take back a request that has not been sent. Raises RequestClosed when it has.

    OCPP has no message that stops a report or brings back what was cleared.
    """
    now = timezone.now()
    with transaction.atomic():
        if row.call is None or not calls.move(row.call, CallEvent.CANCEL, settled_at=now):
            raise RequestClosed("The station has been asked already, or the request has ended.")
        with customer_answers.locked(row) as held:
            held.canceled_at, held.identifier = now, None
            customer_answers.note_row(held, "customer.canceled", Source.OPERATOR, user=canceled_by)
