"""System checks: a misconfigured project hears of it at start, not from a station."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connections, router
from django.utils.module_loading import import_string

from diagnostics.conf import app_settings, current_settings
from diagnostics.file_server_checks import check_file_servers
from diagnostics.lifecycles.log_request import UploadRoute
from diagnostics.models import LogRequest

# A PLC library in the field stores the upload location in 255 characters; the token takes 23.
LONGEST_BASE_URL = 230
# What is shorter can be guessed by somebody who has time.
SHORTEST_TOKEN = 16

# What `gateway.StationGateway` asks for.
GATEWAY_METHODS = ("identity", "version", "find", "is_online", "send")


@register
def check_settings(**_: Any) -> list[CheckMessage]:
    """diagnostics.E001 to E007, W001 to W003; those of the file servers are E010 to E015."""
    if problems := current_settings.problems():
        return [Error(problem, id="diagnostics.E001") for problem in problems]
    return [
        *_check_gateway(),
        *_check_public_url(),
        *_check_paths(),
        *_check_log_store(),
        *_check_ways_in(),
        *check_file_servers(),
        *_check_sqlite(),
        *_check_metrics_token(),
    ]


def _check_gateway() -> list[CheckMessage]:
    problem = _problem_of(app_settings.gateway)
    return [Error(f"DIAGNOSTICS['GATEWAY'] {problem}", id="diagnostics.E002")] if problem else []


def _problem_of(gateway: str) -> str:
    if not gateway:
        return "is not set: name the class that reaches your stations."
    try:
        found = import_string(gateway)
    except ImportError as error:
        return f"cannot be imported: {error}."
    if not callable(found):
        return f"must name a class: {gateway} is none."
    lacking = [name for name in GATEWAY_METHODS if not hasattr(found, name)]
    return f"lacks {', '.join(lacking)}: see docs/embedding.md." if lacking else ""


def _check_log_store() -> list[CheckMessage]:
    """A relative directory would be another one for each process."""
    parts = urlsplit(app_settings.log_store_url)
    is_directory = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
    if is_directory or (parts.scheme == "s3" and parts.netloc):
        return []
    return [
        Error(
            "DIAGNOSTICS['LOG_STORE_URL'] must be file:///directory, the whole path, or "
            "s3://bucket/prefix.",
            id="diagnostics.E004",
        )
    ]


def _check_paths() -> list[CheckMessage]:
    return [
        Error(
            f"DIAGNOSTICS['{name.upper()}'] must begin and end with a slash, as {default} does.",
            id="diagnostics.E007",
        )
        for name, default in (("upload_path", "/u/"), ("socket_path", "/ws/diagnostics/"))
        if not re.fullmatch(r"/([^/?#]+/)+", getattr(app_settings, name))
    ]


def _check_sqlite() -> list[CheckMessage]:
    """A transaction that reads first and writes later fails at once where another one wrote."""
    connection = connections[router.db_for_write(LogRequest)]
    options = connection.settings_dict.get("OPTIONS", {})
    if connection.vendor != "sqlite" or options.get("transaction_mode"):
        return []
    return [
        Warning(
            "SQLite turns processes that write at the same time away: “database is locked”. Set "
            '"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20} in DATABASES.',
            id="diagnostics.W002",
        )
    ]


def _check_public_url() -> list[CheckMessage]:
    base = app_settings.public_url
    parts = urlsplit(base)
    if (
        parts.scheme not in ("http", "https")
        or not parts.netloc
        or base.endswith("/")
        or "?" in base
        or "#" in base
    ):
        return [
            Error(
                "DIAGNOSTICS['PUBLIC_URL'] must be the http(s) address that stations can reach, "
                "without a slash at its end: https://csms.example.com.",
                id="diagnostics.E003",
            )
        ]
    if len(base) + len(app_settings.upload_path) > LONGEST_BASE_URL:
        return [
            Warning(
                f"DIAGNOSTICS['PUBLIC_URL'] is long: with the upload path it should stay below "
                f"{LONGEST_BASE_URL} characters, or some stations cut it.",
                id="diagnostics.W001",
            )
        ]
    return []


def _check_ways_in() -> list[CheckMessage]:
    found: list[CheckMessage] = [
        Error(
            f"DIAGNOSTICS['UPLOAD_ROUTES'] names {name}; known: {', '.join(UploadRoute)}.",
            id="diagnostics.E005",
        )
        for name in app_settings.upload_routes
        if name not in UploadRoute.values
    ]
    public = urlsplit(app_settings.store_public_url)
    if app_settings.store_public_url and not (public.scheme in ("http", "https") and public.netloc):
        found.append(
            Error(
                "DIAGNOSTICS['STORE_PUBLIC_URL'] must be the http(s) address of the S3 server.",
                id="diagnostics.E006",
            )
        )
    return found


def _check_metrics_token() -> list[CheckMessage]:
    if 0 < len(app_settings.metrics_token) < SHORTEST_TOKEN:
        text = f"DIAGNOSTICS['METRICS_TOKEN'] has fewer than {SHORTEST_TOKEN} characters."
        return [Warning(text, id="diagnostics.W003")]
    return []
