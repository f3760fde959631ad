"""The local authorization list, which clearing a customer does not touch (N10.FR.02).

A token that stands in a station's list has to be removed by a call of its own: SendLocalList with
the token and nothing about it, and a version higher than the station's.
"""

from __future__ import annotations

from typing import Any

from django.utils.crypto import constant_time_compare

from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import CallStatus
from diagnostics.lifecycles.customer_information import CustomerKind
from diagnostics.models import CustomerInformation, OutboundCall, VariableAttribute
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.codecs.fields import text, whole
from diagnostics.ocpp.errors import OcppError
from diagnostics.services import calls
from diagnostics.services.customer_information import answers as customer_answers
from diagnostics.services.customer_information.identity import digest
from diagnostics.services.timeline import Source

GET_VERSION = "GetLocalListVersion"
SEND_LIST = "SendLocalList"


def may_be_listed(row: CustomerInformation) -> bool:
    """Whether the customer may be left in the station's list: cleared, and named by a token."""
    return row.clear and row.kind == CustomerKind.ID_TOKEN and row.answer == "Accepted"


def ask_list_version(row: CustomerInformation, *, requested_by: Any = None) -> OutboundCall:
    """Ask the station for the version of its list; the answer goes into `row.list_version`.

    Raises RequestRefused where the station's version has no such call.
    """
    return _place(row, GET_VERSION, {}, requested_by)


def entries(station: Any) -> int | None:
    """How many entries the station last said its list has; None: it did not say."""
    listed = VariableAttribute.objects.filter(
        variable__station=station,
        variable__component__iexact="LocalAuthListCtrlr",
        variable__variable__iexact="Entries",
        type="Actual",
    )
    value = listed.values_list("value", flat=True).first() or ""
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None


def remove_from_list(
    row: CustomerInformation,
    *,
    id_token: str,
    version: int | None = None,
    requested_by: Any = None,
) -> OutboundCall:
    """Remove the token of a request from the station's list.

    `id_token` is the token itself, since only its hash was kept; `version` must be higher than
    the station's, and is one more than that where none is given. Raises RequestRefused for another
    token than the request's.
    """
    if version is None and row.list_version is not None:
        version = row.list_version + 1
    if not may_be_listed(row):
        raise RequestRefused("Only a token that the station has cleared can be removed here.")
    if not constant_time_compare(digest(id_token), row.identifier_hash):
        raise RequestRefused("This is not the token that the request was about.")
    if version is None:
        raise RequestRefused("Ask for the version of the station's list first, or give a new one.")
    if row.list_version is not None and version <= row.list_version:
        raise RequestRefused(
            f"The version must be higher than the station's, which is {row.list_version}."
        )
    entry = {"idToken": {"idToken": id_token.strip(), "type": row.token_type}}
    payload = {
        "versionNumber": version,
        "updateType": "Differential",
        "localAuthorizationList": [entry],
    }
    return _place(row, SEND_LIST, payload, requested_by)


def _place(
    row: CustomerInformation, action: str, payload: dict[str, Any], requested_by: Any
) -> OutboundCall:
    version = get_gateway().version(row.station)
    try:
        if version is not None:
            codec_for(version).check_call(action, payload)
    except OcppError as error:
        raise RequestRefused(str(error)) from error
    call = calls.add_call(
        station=row.station,
        action=action,
        payload=payload,
        raw=True,
        customer_information=row,
        placed_by=requested_by,
    )
    if action == SEND_LIST:
        customer_answers.note_row(
            row, "customer.list_requested", Source.OPERATOR, user=requested_by
        )
    return call


def version_moved(call: OutboundCall) -> None:
    """GetLocalListVersion was answered: keep the number."""
    if call.customer_information is None or call.status != CallStatus.ANSWERED:
        return
    with customer_answers.locked(call.customer_information) as row:
        row.list_version = whole(call.answer or {}, "versionNumber")


def list_moved(call: OutboundCall) -> None:
    """SendLocalList was sent or settled: the tokens in it are not kept any longer."""
    customer_answers.redact(call)
    if call.customer_information is None or call.status in (CallStatus.PENDING, CallStatus.SENT):
        return
    with customer_answers.locked(call.customer_information) as row:
        row.list_status = text(call.answer or {}, "status", 24) or call.error_code[:24]
        if row.list_status == "Accepted":
            row.list_version = whole(call.payload, "versionNumber")
        customer_answers.note_row(
            row, "customer.list_answered", Source.STATION, status=row.list_status or call.status
        )
