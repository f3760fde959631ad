"""E-mail, through the mail settings of Django: one message to all addresses of a target."""

from __future__ import annotations

import smtplib
import ssl
from email.utils import format_datetime

from django.core.mail import EmailMessage, get_connection

from diagnostics.models import NotificationTarget
from diagnostics.notify.message import Message, Problem, SendFailed

TIMEOUT = 10
DOMAIN = "diagnostics.invalid"


def send_mail(target: NotificationTarget, message: Message) -> str:
    """Hand a message to the mail server. Returns 250; raises SendFailed.

    The Message-ID is the same at every attempt, so mail programs show what came twice once.
    """
    mail = EmailMessage(
        subject=" ".join(message.subject.split()),
        body=message.text,
        to=target.address.split(),
        headers={
            "Message-ID": f"<{message.id}@{DOMAIN}>",
            "Date": format_datetime(message.made_at),
            "Auto-Submitted": "auto-generated",
        },
        connection=get_connection(timeout=TIMEOUT),
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(max(code for code, _text in error.recipients.values())) from error
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code) from error
    except ssl.SSLError as error:
        raise SendFailed(Problem.BAD_TLS, again=True) from error
    except TimeoutError as error:
        raise SendFailed(Problem.TIMED_OUT, again=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise SendFailed(Problem.UNREACHABLE, again=True) from error
    return "250"


def _refused(code: int) -> SendFailed:
    """4xx is for now, 5xx for good; but a refused login (530 to 535) is mended at the server."""
    return SendFailed(str(code), again=code < 500 or 530 <= code <= 538)
