"""The system checks: a misconfigured project hears of it at start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import override_settings

from diagnostics.apps import require_station_model
from diagnostics.checks import check_settings
from diagnostics.conf import station_model


def found(**keys: Any) -> dict[str, str]:
    """Check ids and their texts for DIAGNOSTICS with these keys changed; None takes one out."""
    changed = {**settings.DIAGNOSTICS, **keys}
    given = {key: value for key, value in changed.items() if value is not None}
    with override_settings(DIAGNOSTICS=given):
        return {str(message.id): message.msg for message in check_settings()}


def test_this_project_is_well_configured() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("keys", "check"),
    [
        ({"GATEWY": "x.Y"}, "E001"),
        ({"GATEWAY": None}, "E002"),
        ({"GATEWAY": "nowhere.Gateway"}, "E002"),
        ({"GATEWAY": "diagnostics.gateway.Nothing"}, "E002"),
        ({"PUBLIC_URL": None}, "E003"),
        ({"PUBLIC_URL": "csms.example.org"}, "E003"),
        ({"PUBLIC_URL": "ftp://csms.example.org"}, "E003"),
        ({"PUBLIC_URL": "https://csms.example.org/?a=1"}, "E003"),
        ({"LOG_STORE_URL": None}, "E004"),
        ({"METRICS_TOKEN": "short"}, "W003"),
        ({"LOG_STORE_URL": "/var/logs"}, "E004"),
        ({"LOG_STORE_URL": "file://logs"}, "E004"),
        ({"LOG_STORE_URL": "s3://"}, "E004"),
        ({"LOG_STORE_URL": Path("/var/logs")}, "E001"),
        ({"GATEWAY": "diagnostics.models.LogRequest"}, "E002"),
        ({"GATEWAY": "diagnostics.checks.LONGEST_BASE_URL"}, "E002"),
        ({"PUBLIC_URL": "https://csms.example.org/"}, "E003"),
        ({"UPLOAD_PATH": "uploads"}, "E007"),
        ({"SOCKET_PATH": "/live"}, "E007"),
        ({"UPLOAD_ROUTES": "direct"}, "E001"),
        ({"RESPONSE_TIMEOUT": 30}, "E001"),
        ({"MESSAGE_LOG_LIFETIME": False}, "E001"),
        ({"MAX_UPLOAD_SIZE": "2 GB"}, "E001"),
        ({"READ_LIMITS": "no"}, "E001"),
        ({"FTP_PASSIVE_PORTS": (50000,)}, "E001"),
        ({"FTP_URL": "ftp.example.org"}, "E010"),
        ({"FTP_URL": "ftp://user@ftp.example.org"}, "E010"),
        ({"FTP_URL": "ftp://ftp.example.org/in/"}, "E010"),
        ({"FTP_URL": "ftp://ftp.example.org:99999"}, "E010"),
        ({"FTP_URL": "ftp://ftp.example.org", "FTP_LISTEN": ":x"}, "E010"),
        ({"SFTP_HOST_KEY": "/k", "SFTP_URL": "ftp://ftp.example.org"}, "E010"),
        ({"FTP_URL": "ftp://ftp.example.org", "FTP_PASSIVE_PORTS": (21, 30)}, "E012"),
        ({"FTP_URL": "ftp://ftp.example.org", "FTP_PASSIVE_PORTS": (50001, 50000)}, "E012"),
        ({"FTP_URL": "ftp://ftp.example.org", "FTP_PASSIVE_ADDRESS": "ftp.example.org"}, "E013"),
        ({"FTP_URL": "ftp://ftp.example.org", "FTP_TLS_REQUIRED": True}, "E014"),
        ({"FTP_URL": "ftp://ftp.example.org", "FTP_KEY": "/k.pem"}, "E014"),
        ({"FTP_URL": "ftp://ftp.example.org", "FTP_CERTIFICATE": "/nowhere.pem"}, "E014"),
        ({"SFTP_URL": "sftp://ftp.example.org", "SFTP_HOST_KEY": ""}, "E015"),
        ({"UPLOAD_ROUTES": ("relay", "pigeon")}, "E005"),
        ({"STORE_PUBLIC_URL": "s3.example.org"}, "E006"),
        ({"PUBLIC_URL": f"https://{'x' * 230}.example.org"}, "W001"),
    ],
)
def test_a_mistake_is_found_and_named(keys: dict[str, Any], check: str) -> None:
    messages = found(**keys)
    assert set(messages) == {f"diagnostics.{check}"}
    key = "PUBLIC_URL" if check == "W001" else list(keys)[-1]
    assert key in messages[f"diagnostics.{check}"]


def test_values_of_other_types_that_do_as_well_are_taken() -> None:
    assert found(UPLOAD_ROUTES=["direct", "relay"], HEALTH_ERROR_RATE=1, EVENT_HISTORY=None) == {}


def test_a_typo_is_told_what_was_meant() -> None:
    assert "Did you mean PUBLIC_URL?" in found(PUBLIC_ULR="x")["diagnostics.E001"]
    assert "Did you mean UPLOAD_PATH?" in found(upload_path="/u/")["diagnostics.E001"]


def test_settings_that_are_no_dict_are_named() -> None:
    with override_settings(DIAGNOSTICS=None):
        assert [message.msg for message in check_settings()] == ["DIAGNOSTICS must be a dict."]


def test_sqlite_that_turns_writers_away_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "vendor", "sqlite")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    assert "IMMEDIATE" in found()["diagnostics.W002"]


def test_a_project_without_settings_hears_of_all_of_them() -> None:
    with override_settings():
        del settings.DIAGNOSTICS
        ids = {str(message.id) for message in check_settings()}
    assert ids == {f"diagnostics.E00{number}" for number in (2, 3, 4)}


@pytest.mark.parametrize("name", ["ChargingStation", "stations.Station", "fleet.ChargingStation"])
def test_a_station_model_that_is_not_there_is_named_at_start(name: str) -> None:
    said = pytest.raises(ImproperlyConfigured, match="DIAGNOSTICS_STATION_MODEL")
    with override_settings(DIAGNOSTICS_STATION_MODEL=name), said:
        require_station_model()


@override_settings()
def test_the_station_model_has_no_default() -> None:
    del settings.DIAGNOSTICS_STATION_MODEL
    with pytest.raises(ImproperlyConfigured, match="DIAGNOSTICS_STATION_MODEL"):
        station_model()
