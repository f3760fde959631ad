"""What the environment variables become."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

PRINT = "from django.conf import settings as s; value = {}; print(value)"


def settings_with(expression: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Evaluate an expression of `s`, the settings, in a process with only these variables."""
    return subprocess.run(
        [sys.executable, "-c", PRINT.format(expression)],
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **variables},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("True", True), (" yes ", True), ("on", True), ("0", False), ("off", False)],
)
def test_a_flag_has_many_spellings(monkeypatch, value, expected):
    monkeypatch.setenv("A_FLAG", value)
    assert environment.flag("A_FLAG", default=not expected) is expected


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_empty_flag_is_the_default(monkeypatch, value):
    monkeypatch.delenv("A_FLAG", raising=False)
    if value is not None:
        monkeypatch.setenv("A_FLAG", value)
    assert environment.flag("A_FLAG", default=True) is True


def test_a_number_is_whole_or_said_to_be_none(monkeypatch):
    monkeypatch.setenv("A_NUMBER", " 5000000000 ")
    assert environment.number("A_NUMBER", default=1) == 5_000_000_000
    monkeypatch.setenv("A_NUMBER", "")
    assert environment.number("A_NUMBER", default=1) == 1
    monkeypatch.setenv("A_NUMBER", "2 GB")
    with pytest.raises(ImproperlyConfigured, match="A_NUMBER must be a whole number"):
        environment.number("A_NUMBER", default=1)


def test_words_are_trimmed_and_never_empty(monkeypatch):
    monkeypatch.setenv("WORDS", " a.example, ,b.example,")
    assert environment.words("WORDS") == ["a.example", "b.example"]


def test_a_secret_is_made_once_and_belongs_to_its_owner(tmp_path):
    path = tmp_path / "secret_key"
    secret = environment.kept_secret(path)
    assert len(secret) >= 50
    assert environment.kept_secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sqlite_is_set_up_for_several_processes():
    options = environment.database("sqlite:////tmp/db.sqlite3")["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "WAL" in options["init_command"]
    assert options["timeout"] == 20


def test_postgres_keeps_its_options():
    database = environment.database("postgres://me:pw@db.example/csms?sslmode=require")
    assert database["HOST"] == "db.example"
    assert database["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("redis://redis.example:6379/2", "redis://redis.example:6379/2"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock"),
    ],
)
def test_celery_spells_a_socket_in_its_own_way(redis_url, broker_url):
    assert environment.broker_url(redis_url) == broker_url


def test_without_variables_everything_lives_in_one_directory(tmp_path):
    expression = "s.DATABASES['default']['NAME'], s.REDIS_URL, s.LOG_STORE_URL"
    found = settings_with(expression, VAR_DIR=str(tmp_path))
    assert found.stdout.strip() == str(
        (f"{tmp_path}/db.sqlite3", f"unix://{tmp_path}/valkey.sock", f"file://{tmp_path}/logs")
    )


def test_a_shared_database_needs_a_shared_key(tmp_path):
    found = settings_with("s.DEBUG", VAR_DIR=str(tmp_path), DATABASE_URL="postgres://db.example/x")
    assert found.returncode != 0
    assert "Set SECRET_KEY where DATABASE_URL is set." in found.stderr


def test_https_makes_cookies_secure_and_its_host_allowed(tmp_path):
    expression = "s.SESSION_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, 'csms.example' in s.ALLOWED_HOSTS"
    variables = {"VAR_DIR": str(tmp_path), "PUBLIC_URL": "https://csms.example/"}
    assert settings_with(expression, **variables).stdout.strip() == "(True, True, True)"


def test_on_a_laptop_the_login_works_without_tls(tmp_path):
    expression = "s.SESSION_COOKIE_SECURE, s.SECURE_SSL_REDIRECT, s.DEBUG"
    found = settings_with(expression, VAR_DIR=str(tmp_path))
    assert found.stdout.strip() == "(False, False, False)"


def test_a_range_of_ports_is_two_numbers(monkeypatch):
    for value, expected in (("", (1, 2)), ("50000-50009", (50000, 50009)), (" 7 - 8 ", (7, 8))):
        monkeypatch.setenv("PORTS", value)
        assert environment.port_range("PORTS", default=(1, 2)) == expected
    monkeypatch.setenv("PORTS", "50000")
    with pytest.raises(ImproperlyConfigured, match="PORTS must be two ports"):
        environment.port_range("PORTS", default=(1, 2))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://localhost:25", ("localhost", 25, "", "", False, False)),
        ("smtp://me:p%40ss@mail.example", ("mail.example", 587, "me", "p@ss", False, True)),
        ("smtp://mail.example:2525?tls=1", ("mail.example", 2525, "", "", False, True)),
        ("smtps://me:pw@mail.example", ("mail.example", 465, "me", "pw", True, False)),
    ],
)
def test_a_mail_server_is_an_address(url, expected):
    assert environment.mail_server(url) == expected


def test_another_address_is_no_mail_server():
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        environment.mail_server("mail.example:25")
