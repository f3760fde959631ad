"""Chats and pagers, by the addresses of the package `apprise`: slack://…, tgram://…, pagerduty://…

It is optional, the extra [notifications], and knows more than a hundred of them.
"""

from __future__ import annotations

import logging
from typing import Any

from diagnostics.models import NotificationTarget
from diagnostics.notify.addresses import allowed_ip, confined
from diagnostics.notify.message import Message, Problem, SendFailed

try:
    import apprise
except ImportError:  # pragma: no cover
    apprise = None  # type: ignore[assignment]

# These act on this machine, or send to any address whatever: a webhook does that, with its guards.
NOT_TAKEN = frozenset({"dbus", "form", "forms", "glib", "gnome", "json", "jsons", "kde", "macosx",
                       "qt", "syslog", "rsyslog", "windows", "xml", "xmls"})  # fmt: skip

# What it logs has addresses in it, and those have tokens.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


def send_to_service(target: NotificationTarget, message: Message) -> str:
    """Hand a message to a service. Returns "Taken"; raises SendFailed."""
    service = read_service(target.address)
    _check_host(service)
    with confined():
        taken = service.notify(body=message.text, title=message.subject)
    if not taken:
        raise SendFailed(Problem.NOT_TAKEN, again=True)
    return "Taken"


def read_service(address: str) -> Any:
    """The service that an address names. Raises SendFailed where there is none."""
    if apprise is None:
        raise SendFailed(Problem.NOT_INSTALLED, again=True)
    scheme = address.strip().partition("://")[0].lower()
    if scheme in NOT_TAKEN:
        raise SendFailed(Problem.NOT_ALLOWED, again=False)
    service = apprise.Apprise.instantiate(address.strip(), suppress_exceptions=True)
    if service is None:
        raise SendFailed(Problem.BAD_ADDRESS, again=False)
    return service


def _check_host(service: Any) -> None:
    """Where the service is a server of one's own, it has to be one that may be sent to.

    Elsewhere what stands in the host's place is a token, which no name server should hear of.
    """
    if any("{host}" in template for template in type(service).templates):
        allowed_ip(str(service.host), service.port or 443)
