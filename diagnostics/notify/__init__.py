"""The port to people and programs outside: the only sender of e-mail, webhooks and chat messages.

`send` either returns the receiver's answer, a code, or raises `SendFailed`, which says whether it
may be tried again. Nothing here keeps anything, and no address or secret is ever logged.
"""

from __future__ import annotations

from collections.abc import Callable

from diagnostics.lifecycles.notification import TargetKind
from diagnostics.models import NotificationTarget
from diagnostics.notify.mail import send_mail
from diagnostics.notify.message import Message, Problem, SendFailed
from diagnostics.notify.services import send_to_service
from diagnostics.notify.webhook import post_webhook

__all__ = ["Message", "Problem", "SendFailed", "send"]

_SENDERS: dict[TargetKind, Callable[[NotificationTarget, Message], str]] = {
    TargetKind.EMAIL: send_mail,
    TargetKind.WEBHOOK: post_webhook,
    TargetKind.SERVICE: send_to_service,
}


def send(target: NotificationTarget, message: Message) -> str:
    """Bring a message to a target, within some seconds. Returns the receiver's code.

    Raises SendFailed.
    """
    if not target.is_readable:
        raise SendFailed(Problem.UNREADABLE, again=True)
    return _SENDERS[TargetKind(target.kind)](target, message)
