"""The kinds of calls there are: how each is said on the wire, and what follows when it moved."""

from __future__ import annotations

from collections.abc import Callable

from diagnostics.models import OutboundCall
from diagnostics.ocpp.codecs.certificates import ACTION as GET_CERTIFICATES
from diagnostics.ocpp.codecs.event_streams import ADJUST as ADJUST_STREAM
from diagnostics.ocpp.codecs.event_streams import GET as GET_STREAMS
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import customer_information, logs, monitors, reports
from diagnostics.services.calls import triggers
from diagnostics.services.customer_information import answers as customer_answers
from diagnostics.services.customer_information import certificates, local_list
from diagnostics.services.device_model import variable_answers, variables
from diagnostics.services.event_streams import answers as stream_answers
from diagnostics.services.logs import answers as log_answers
from diagnostics.services.logs import watch as log_watch
from diagnostics.services.monitors import answers as monitor_answers
from diagnostics.services.reports import facts as report_facts

# How a call that was placed in no version's words is said in the station's version when it is sent.
ENCODERS: dict[str, Callable[[OutboundCall, OcppVersion], WireCall]] = {
    customer_information.CUSTOMER_INFORMATION: customer_information.encode_call,
    "GetBaseReport": reports.encode_call,
    logs.GET_LOG: logs.encode_call,
    "GetMonitoringReport": reports.encode_call,
    "GetReport": reports.encode_call,
    "GetVariables": variables.encode_call,
    "SetVariables": variables.encode_call,
    log_watch.POLL: log_watch.encode_poll,
    triggers.ACTION: triggers.encode_call,
    **dict.fromkeys(monitors.ACTIONS, monitors.encode_call),
}

# What follows when a call of this action was sent or settled, in the same transaction. Calls that
# were placed in the wire's words (`raw`) have followers too, under their own action.
FOLLOWERS: dict[str, Callable[[OutboundCall], None]] = {
    customer_information.CUSTOMER_INFORMATION: customer_answers.call_moved,
    GET_STREAMS: stream_answers.streams_listed,
    GET_CERTIFICATES: certificates.ids_moved,
    ADJUST_STREAM: stream_answers.stream_adjusted,
    local_list.GET_VERSION: local_list.version_moved,
    local_list.SEND_LIST: local_list.list_moved,
    "GetBaseReport": report_facts.call_moved,
    logs.GET_LOG: log_answers.call_moved,
    "GetMonitoringReport": report_facts.call_moved,
    "GetReport": report_facts.call_moved,
    "GetVariables": variable_answers.call_moved,
    "SetVariables": variable_answers.call_moved,
    **dict.fromkeys(monitors.ACTIONS, monitor_answers.call_moved),
}

# Of these nothing follows before they have ended.
SENT_WITHOUT_CONSEQUENCES = frozenset(
    {
        ADJUST_STREAM,
        GET_CERTIFICATES,
        GET_STREAMS,
        local_list.GET_VERSION,
        *monitors.ACTIONS,
        *variables.ACTIONS.values(),
    }
)
