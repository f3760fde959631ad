"""Reads the environment variables that the settings are made of."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url
from dj_database_url import DBConfig
from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}


def flag(name: str, *, default: bool) -> bool:
    """Return True for 1, true, yes and on in any case; the default when unset or empty."""
    value = os.environ.get(name, "").strip().lower()
    return value in TRUE if value else default


def words(name: str) -> list[str]:
    """Return the comma-separated parts of a variable, without blanks and empty parts."""
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def port_range(name: str, *, default: tuple[int, int]) -> tuple[int, int]:
    """Return the first and the last port of `50000-50199`; the default when unset or empty.

    Raises ImproperlyConfigured for anything else.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    found = re.fullmatch(r"([0-9]{1,5})\s*-\s*([0-9]{1,5})", value)
    if not found:
        raise ImproperlyConfigured(f"{name} must be two ports, as 50000-50199.")
    return int(found[1]), int(found[2])


def number(name: str, *, default: int) -> int:
    """Return a whole number; the default when unset or empty.

    Raises ImproperlyConfigured for anything else.
    """
    value = os.environ.get(name, "").strip() or str(default)
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} must be a whole number.")
    return int(value)


class MailServer(NamedTuple):
    host: str
    port: int
    user: str
    password: str
    is_tls: bool
    starts_tls: bool


def mail_server(url: str) -> MailServer:
    """Return where mails go for smtp://user:password@host:587; smtps:// begins with TLS.

    smtp:// changes to TLS (STARTTLS) where there is a password, or with `?tls=1`. Raises
    ImproperlyConfigured for anything else.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must be smtp://host:port or smtps://host:port.")
    implicit = parts.scheme == "smtps"
    asked = "1" in parse_qs(parts.query).get("tls", [])
    password = unquote(parts.password or "")
    return MailServer(
        parts.hostname,
        parts.port or (465 if implicit else 587 if password else 25),
        unquote(parts.username or ""),
        password,
        is_tls=implicit,
        starts_tls=not implicit and (asked or bool(password)),
    )


def kept_secret(path: Path) -> str:
    """Return the secret in the file, made up and kept there for its owner only at first use."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text()


def database(url: str) -> DBConfig:
    """Return the Django database of a DATABASE_URL.

    SQLite is set up for several processes: readers do not wait for the writer (WAL), and a
    transaction that will write takes its lock first, so that it waits instead of failing.
    """
    # Connections are not kept: under ASGI every request has a thread of its own, and so would they.
    config = dj_database_url.parse(url)
    if config["ENGINE"].endswith("sqlite3"):
        config.setdefault("OPTIONS", {}).update(
            timeout=20,
            transaction_mode="IMMEDIATE",
            init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        )
    return config


def broker_url(redis_url: str) -> str:
    """Return REDIS_URL as Celery spells it: redis+socket:// where redis-py says unix://."""
    return redis_url.replace("unix://", "redis+socket://", 1)
