"""CustomerInformation: who is meant, and what the station knows (N09, N10). 2.0.1 and 2.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from diagnostics.ocpp.codecs.base import Codec
from diagnostics.ocpp.codecs.device_model import NO_PART
from diagnostics.ocpp.codecs.fields import inner, text, whole
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.times import parse_time

ACTION = "CustomerInformation"

#: NotifyCustomerInformation.data has 512 characters; what is longer is kept as far as this.
LONGEST_DATA = 4096


@dataclass(frozen=True, slots=True)
class CustomerPart:
    """One part of what a station knows of a customer."""

    request_id: int | None
    seq_no: int
    tbc: bool
    data: str
    generated_at: datetime | None


@dataclass(frozen=True, slots=True)
class CustomerAnswer:
    """The answer to the request itself."""

    status: str
    reason_code: str


def encode_customer_information(
    codec: Codec, *, request_id: int, report: bool, clear: bool, identifier: Mapping[str, Any]
) -> WireCall:
    """Write the request; ``identifier`` is the one field that names the customer.

    Raises UnsupportedAction where the version has no such message, InvalidPayload where the
    identifier does not fit it: longer tokens, and types of any name, are new in 2.1.
    """
    payload = {"requestId": request_id, "report": report, "clear": clear, **identifier}
    codec.check_call(ACTION, payload)
    return WireCall(ACTION, payload)


def decode_answer(payload: Mapping[str, Any]) -> CustomerAnswer:
    """Read the answer; a station that says nothing has rejected."""
    status = text(payload, "status", 20) or "Rejected"
    return CustomerAnswer(status, text(inner(payload, "statusInfo"), "reasonCode", 20))


def decode_part(payload: Mapping[str, Any]) -> CustomerPart:
    """Read one NotifyCustomerInformation."""
    number = whole(payload, "seqNo")
    return CustomerPart(
        request_id=whole(payload, "requestId"),
        seq_no=NO_PART if number is None else number,
        tbc=payload.get("tbc") is True,
        data=text(payload, "data", LONGEST_DATA),
        generated_at=parse_time(payload.get("generatedAt")),
    )
