"""Which way a file comes in, and why, as `services.uploads.routes` decided it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from diagnostics.lifecycles.log_request import UploadRoute

# How a way is spoken of in the middle of a sentence.
_NAMES = {
    UploadRoute.RELAY: gettext_noop("through this server"),
    UploadRoute.DIRECT: gettext_noop("straight to S3"),
    UploadRoute.FTP: gettext_noop("over FTP"),
    UploadRoute.FTPS: gettext_noop("over FTPS"),
    UploadRoute.SFTP: gettext_noop("over SFTP"),
}

# Code of `services.uploads.routes` -> why a way was taken.
_FOR = {
    "usual": gettext_noop("the usual way"),
    "chosen": gettext_noop("chosen for this station"),
}

# Code of `services.uploads.routes` -> why a way was not taken.
_AGAINST = {
    "announced": gettext_noop("the station says that it uses %(protocols)s only"),
    "failed": gettext_noop("that failed with its present firmware on %(at)s (%(word)s)"),
    "appends_names": gettext_noop(
        "the station appends a file name to its address, which a signature does not allow"
    ),
    "cannot_sign": gettext_noop("no address could be signed (%(info)s)"),
    "no_s3": gettext_noop("the log store is no S3 server"),
    "no_tls": gettext_noop("the FTP server here has no certificate"),
    "not_running": gettext_noop("no %(server)s server is running here"),
    "not_served": gettext_noop("it is not set up here"),
    "own_address": gettext_noop("the station has an upload address of its own"),
    "short_signature": gettext_noop(
        "the credentials of this server end in %(minutes)s min, and the signature with them"
    ),
    "tls_only": gettext_noop("the FTP server here takes only stations with TLS"),
    "too_long": gettext_noop(
        "the address has %(length)s characters and the station takes %(limit)s"
    ),
    "unfit": gettext_noop("the address does not suit the station: %(info)s"),
}


def route_sentence(kind: str, reason: Mapping[str, Any]) -> str:
    """The way a file comes in, and why: `kind` and `reason` as a log request has them."""
    way = str(UploadRoute(kind).label)
    code = reason.get("code", "")
    facts = {**reason, "at": _moment(reason.get("at", ""))}
    if code in _FOR:
        return _("%(way)s: %(why)s.") % {"way": way, "why": _(_FOR[code]) % facts}
    if code not in _AGAINST:
        return f"{way}: {code}." if code else f"{way}."
    why = _(_AGAINST[code]) % facts
    if reason.get("instead_of") in (kind, None):
        return _("%(way)s, although %(why)s: there is no other way.") % {"way": way, "why": why}
    return _("%(way)s instead of %(other)s: %(why)s.") % {
        "way": way,
        "other": _(_NAMES[UploadRoute(reason["instead_of"])]),
        "why": why,
    }


def _moment(text: str) -> str:
    when = parse_datetime(text) if text else None
    return date_format(timezone.localtime(when), "j M, H:i") if when else text
