"""What a simulated station knows about customers, and forgets when told to (N09, N10).

And the certificates by which it may know them (M03).
"""

from __future__ import annotations

from diagnostics.testing.host import Answers, Host, Payload
from diagnostics.testing.parts import PartSender

#: Longest `data` of a NotifyCustomerInformation.
DATA_LIMIT = 512

_IDENTIFIERS = ("customerIdentifier", "idToken", "customerCertificate")


def _records() -> dict[str, str]:
    visits = "".join(
        f"2026-02-{day:02d}T17:20:11Z EVSE {1 + day % 2} {day * 1.25:.2f} kWh; "
        for day in range(1, 20)
    )
    return {
        "04A2B3C4D5E680": f"cache entry 04A2B3C4D5E680 Accepted; {visits}",
        "C-1001": "contract C-1001; cache entry Accepted",
        "0C4F": "certificate 0C4F; contract DE-NL-C00001-X",
    }


def _certificates() -> list[Payload]:
    return [
        {
            "certificateType": kind,
            "certificateHashData": {
                "hashAlgorithm": "SHA384",
                "issuerNameHash": serial * 24,
                "issuerKeyHash": serial[::-1] * 24,
                "serialNumber": serial,
            },
        }
        for kind, serial in (("MORootCertificate", "0C4F"), ("CSMSRootCertificate", "11A0"))
    ]


class CustomerDesk:
    """Answers CustomerInformation; `records` is by token, identifier or certificate serial.

    `certificates` are those it has installed, as GetInstalledCertificateIds tells them.
    """

    def __init__(self, host: Host, parts: PartSender) -> None:
        self._host = host
        self._parts = parts
        self.records = _records()
        self.certificates = _certificates()

    def answers(self) -> Answers:
        """The calls served here."""
        return {
            "CustomerInformation": self.customer_information,
            "GetInstalledCertificateIds": self.installed_certificates,
        }

    def installed_certificates(self, payload: Payload) -> Payload:
        """GetInstalledCertificateIds: of some types, or all (M03)."""
        kinds = payload.get("certificateType", [])
        found = [
            each for each in self.certificates if not kinds or each["certificateType"] in kinds
        ]
        if not found:
            return {"status": "NotFound"}
        return {"status": "Accepted", "certificateHashDataChain": found}

    def customer_information(self, payload: Payload) -> Payload:
        """CustomerInformation: report, clear, or both; of exactly one customer (N09.FR.09)."""
        named = [name for name in _IDENTIFIERS if name in payload]
        if len(named) != 1:
            reason = "MissingParam" if not named else "UnsupportedParam"
            return {"status": "Invalid", "statusInfo": {"reasonCode": reason}}
        if not self._host.behaviour.shows_customers:
            return {"status": "Rejected"}
        report, clear = payload["report"], payload["clear"]
        if not report and not clear:  # N09.FR.07
            return {"status": "Rejected", "statusInfo": {"reasonCode": "UnsupportedParam"}}
        text = self._text(_key(payload[named[0]]), report=report, clear=clear)
        chunks = [text[at : at + DATA_LIMIT] for at in range(0, len(text), DATA_LIMIT)] or [""]
        self._parts.announce("NotifyCustomerInformation", payload["requestId"], "data", chunks)
        self._host.tell(f"customer information: report {report}, clear {clear}")
        return {"status": "Accepted"}

    def _text(self, key: str, *, report: bool, clear: bool) -> str:
        """What the station says: data, that there is none, or that it is gone (N10.FR.06)."""
        data = self.records.pop(key, "") if clear else self.records.get(key, "")
        if self._host.behaviour.customers_in_words:
            if not data:
                return "no data of this customer"
            return data if report else "data of this customer cleared"
        return data if report else ""


def _key(identifier: str | Payload) -> str:
    if isinstance(identifier, str):
        return identifier
    return str(identifier.get("idToken", identifier.get("serialNumber", ""))).upper()
