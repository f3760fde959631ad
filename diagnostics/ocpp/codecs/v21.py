"""OCPP 2.1: the table of 2.0.1 with its replacements."""

from typing import Any

from diagnostics.ocpp.codecs.base import AnswerContext
from diagnostics.ocpp.codecs.fields import refuse, text
from diagnostics.ocpp.codecs.v201 import ANSWERS, Codec201
from diagnostics.ocpp.versions import OcppVersion


def _vat_number(call: AnswerContext) -> dict[str, Any]:
    return {"vatNumber": text(call.payload, "vatNumber", 20), "status": "Rejected"}


class Codec21(Codec201):
    """The words of 2.1, where they are not those of 2.0.1."""

    version = OcppVersion.V21
    # N01.FR.24: the data collector is new.
    log_types = Codec201.log_types | {"DataCollectorLog"}
    # LogParametersType.remoteLocation and StatusInfoType.additionalInfo grew.
    location_limits = {"GetLog": 2000}
    additional_info_limit = 1024
    # N01.FR.21, N01.FR.29: names are appended to addresses that end with a slash, to no others.
    addresses_are_left_alone = True
    # GetCertificateChainStatus is absent: it would need revocation data per certificate.
    answers = ANSWERS | {
        "BatterySwap": {},
        "ClosePeriodicEventStream": {},
        "NotifyDERAlarm": {},
        "NotifyDERStartStop": {},
        "NotifyPeriodicEventStream": {},  # a SEND that some simulators send as a CALL
        "NotifyPriorityCharging": {},
        "NotifySettlement": {},
        "NotifyWebPaymentStarted": {},
        "OpenPeriodicEventStream": {"status": "Rejected"},  # N11.FR.07: NotifyEvent instead
        "PullDynamicScheduleUpdate": {"status": "Rejected"},
        "ReportDERControl": {},
        "VatNumberValidation": _vat_number,
    }

    def check_location(self, wire_action: str, location: str) -> None:
        """Check the length, and the rules on an upload address that are new in 2.1."""
        super().check_location(wire_action, location)
        if "#" in location:
            raise refuse("remote_location", "The upload address has a fragment (N01.FR.27).")
        if location.partition("?")[2].endswith("/"):
            raise refuse(
                "remote_location", "The query of the upload address ends with / (N01.FR.28)."
            )


CODEC = Codec21()
