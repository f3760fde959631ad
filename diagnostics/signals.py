"""Django signals for hosts that want to react. Sent after the change is committed.

Receivers must not raise: an exception in one is logged and does not reach the station.
"""

from django.dispatch import Signal

# provides args: log_request
log_request_changed = Signal()

# The verdict became one of `LogVerdict.settled()`. provides args: log_request
log_request_settled = Signal()

# A file arrived, whole or in part. provides args: log_file
log_file_received = Signal()

# Events were stored, in the order they came. provides args: rows, a list of
# `diagnostics.services.events.rows.EventRow`: each has its `facts` and `received.station_id`
events_recorded = Signal()

# An alert was opened or cleared; not sent for repetitions. provides args: alert
alert_changed = Signal()

# A call reached its end: answered, refused, timed out, expired or canceled. provides args: call
call_settled = Signal()
