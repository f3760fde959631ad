"""The OCPP side of the CSMS, on the `ocpp` package. Diagnostics adds its mixin, and no more."""

from datetime import UTC, datetime

from ocpp import v16, v21, v201
from ocpp.routing import on

from diagnostics.adapters.mobilityhouse import DiagnosticsMixin


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Everyday:
    """What this CSMS does with every station. Charging itself is left out of the example."""

    @on("BootNotification")
    def on_boot(self, **_):
        return self.answers.BootNotification(current_time=now(), interval=300, status="Accepted")

    @on("Heartbeat")
    def on_heartbeat(self):
        return self.answers.Heartbeat(current_time=now())

    @on("StatusNotification")
    def on_status(self, **_):
        return self.answers.StatusNotification()


class Box16(Everyday, DiagnosticsMixin, v16.ChargePoint):
    answers = v16.call_result


class Box201(Everyday, DiagnosticsMixin, v201.ChargePoint):
    answers = v201.call_result


class Box21(Everyday, DiagnosticsMixin, v21.ChargePoint):
    answers = v21.call_result
