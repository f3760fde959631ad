"""What a CSMS with a transport of its own calls, and when. Nothing here needs the `ocpp` package.

This project does not use it, a test does: it shows the whole seam in one place.
"""

from diagnostics import inbound
from diagnostics.ocpp.errors import OcppError
from diagnostics.services.calls import delivery


class Link:
    """One connection of one station; `write` puts a frame on the wire."""

    def __init__(self, box, version, name, write):
        self.box, self.version, self.name, self.write = box, version, name, write
        self.taken = None

    def opened(self):
        inbound.station_connected(self.box)
        self.deliver()

    def closed(self):
        inbound.station_disconnected(self.box, connection=self.name)

    def received(self, frame):
        match frame:
            case [2, message_id, action, payload]:
                self.write(self.answer_to(message_id, action, payload))
            case [3, message_id, payload]:
                if inbound.receive_result(self.box, message_id, payload):
                    self.deliver()  # otherwise it answers a call of our own
            case [4, message_id, code, description, details]:
                if inbound.receive_error(self.box, message_id, code, description, details):
                    self.deliver()
            case [5, message_id, code, description, details]:
                inbound.receive_result_error(self.box, message_id, code, description, details)
            case [6, _, action, payload]:
                inbound.receive_send(self.box, self.version, action, payload)

    def answer_to(self, message_id, action, payload):
        try:
            answer = inbound.receive_call(self.box, self.version, action, payload)
        except OcppError as error:
            return [4, message_id, error.code.spelled(self.version), error.description, {}]
        return [3, message_id, self.own_answer(action) if answer is None else answer]

    def deliver(self):
        """Whenever a call may wait: when the gateway rings, when a station has answered."""
        call = delivery.next_call(self.box, version=self.version, connection=self.name)
        if call is not None:
            self.taken = call.message_id
            self.write([2, call.message_id, call.wire_action, call.wire_payload])

    def overdue(self):
        """No answer within `call.timeout` seconds; one that comes later still counts."""
        inbound.receive_timeout(self.box, self.taken)
        self.deliver()

    def own_answer(self, action):
        """For BootNotification, and for all that diagnostics has no part in."""
        return {}
