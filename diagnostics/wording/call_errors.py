"""What an error code means to an operator. The code itself stands beside the words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from diagnostics.lifecycles.call import CONNECTION_LOST, INVALID_ANSWER, NO_ANSWER, UNSUPPORTED
from diagnostics.models.message import IGNORED, INVALID
from diagnostics.ocpp.errors import RpcErrorCode, parse_error_code


def error_words(code: str) -> str:
    """A CALLERROR code, in either spelling, or one of ours, in a sentence; "" for a foreign one."""
    known = parse_error_code(code)
    return _words().get(known.value if known else code, "")


def _words() -> dict[str, str]:
    code = RpcErrorCode
    return {
        code.NOT_IMPLEMENTED: _("The station does not know this message."),
        code.NOT_SUPPORTED: _("The station knows this message, but does not support it."),
        code.INTERNAL_ERROR: _("An error inside the receiver: try again, and look at its log."),
        code.PROTOCOL_ERROR: _("The message does not fit the state of the conversation."),
        code.SECURITY_ERROR: _(
            "Refused for security: the station is not accepted yet, or this is not allowed to it."
        ),
        code.FORMAT_VIOLATION: _(
            "The message could not be read: its form is wrong, or it is too large for the station."
        ),
        code.PROPERTY_CONSTRAINT_VIOLATION: _("A value is outside of what is allowed."),
        code.OCCURRENCE_CONSTRAINT_VIOLATION: _(
            "Something required is missing, or there are more entries than the station takes."
        ),
        code.TYPE_CONSTRAINT_VIOLATION: _("A value is of the wrong type."),
        code.GENERIC_ERROR: _("The station gave no reason."),
        code.MESSAGE_TYPE_NOT_SUPPORTED: _("The type of the message is not known."),
        code.RPC_FRAMEWORK_ERROR: _("The message could not be read at all."),
        NO_ANSWER: _("No answer came in time. The station may have done it all the same."),
        CONNECTION_LOST: _(
            "The connection was lost before the answer. The station may have done it all the same."
        ),
        UNSUPPORTED: _("The OCPP version that the station speaks does not have this."),
        INVALID_ANSWER: _("The station answered, but its answer breaks the standard."),
        INVALID: _("It breaks the standard."),
        IGNORED: _("It was left alone."),
    }
