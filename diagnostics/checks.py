"""System checks: a misconfigured project hears of it at start, not from a station."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from diagnostics.conf import app_settings, current_settings
from diagnostics.file_server_checks import check_file_servers
from diagnostics.lifecycles.log_request import UploadRoute

# A PLC library in the field stores the upload location in 255 characters; the token takes 23.
LONGEST_BASE_URL = 230


@register
def check_settings(**_: Any) -> list[CheckMessage]:
    """diagnostics.E001 to E006, W001; those of the file servers are E010 to E015."""
    found: list[CheckMessage] = [
        Error(f"DIAGNOSTICS has an unknown key {key}.", id="diagnostics.E001")
        for key in current_settings.unknown_keys()
    ]
    found += _check_gateway()
    found += _check_public_url()
    found += _check_ways_in()
    found += check_file_servers()
    if not app_settings.log_store_url.startswith(("file://", "s3://")):
        found.append(
            Error(
                "DIAGNOSTICS['LOG_STORE_URL'] must be file:///directory or s3://bucket/prefix.",
                id="diagnostics.E004",
            )
        )
    return found


def _check_gateway() -> list[CheckMessage]:
    if not app_settings.gateway:
        return [
            Error(
                "DIAGNOSTICS['GATEWAY'] is not set: name the class that reaches your stations.",
                id="diagnostics.E002",
            )
        ]
    try:
        import_string(app_settings.gateway)
    except ImportError as error:
        return [Error(f"DIAGNOSTICS['GATEWAY'] cannot be imported: {error}", id="diagnostics.E002")]
    return []


def _check_public_url() -> list[CheckMessage]:
    base = app_settings.public_url
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        return [
            Error(
                "DIAGNOSTICS['PUBLIC_URL'] must be the http(s) address that stations can reach.",
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
