"""System checks of the FTP and SFTP servers' settings."""

from __future__ import annotations

from importlib.util import find_spec
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from diagnostics.conf import app_settings
from diagnostics.models.file_server import FileServer
from diagnostics.services.uploads import file_servers

Kind = FileServer.Kind

_PACKAGES = {
    Kind.FTP: ("ftp", ("pyftpdlib", "OpenSSL")),
    Kind.SFTP: ("sftp", ("asyncssh",)),
}


def check_file_servers() -> list[CheckMessage]:
    """diagnostics.E010 to E015; nothing where neither FTP_URL nor SFTP_URL is set."""
    found: list[CheckMessage] = []
    for kind in Kind:
        try:
            if file_servers.configured(kind) is None:
                continue
        except ImproperlyConfigured as error:
            found.append(Error(str(error), id="diagnostics.E010"))
        extra, packages = _PACKAGES[kind]
        if not all(find_spec(package) for package in packages):
            found.append(
                Error(
                    f"DIAGNOSTICS['{kind.upper()}_URL'] is set, and its packages are missing: "
                    f"install ocpp-diagnostics[{extra}].",
                    id="diagnostics.E011",
                )
            )
        found += _check_ftp() if kind == Kind.FTP else _check_sftp()
    return found


def _check_ftp() -> list[CheckMessage]:
    return [*_check_passive_mode(), *_check_tls()]


def _check_passive_mode() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    first, last = app_settings.ftp_passive_ports
    if not 1024 <= first <= last <= 65535:
        found.append(
            Error(
                "DIAGNOSTICS['FTP_PASSIVE_PORTS'] must be two ports from 1024 to 65535, the "
                "smaller one first.",
                id="diagnostics.E012",
            )
        )
    try:
        IPv4Address(app_settings.ftp_passive_address or "127.0.0.1")
    except AddressValueError:
        found.append(
            Error(
                "DIAGNOSTICS['FTP_PASSIVE_ADDRESS'] must be an IPv4 address: PASV knows no other.",
                id="diagnostics.E013",
            )
        )
    return found


def _check_tls() -> list[CheckMessage]:
    certificate = app_settings.ftp_certificate
    problem = ""
    if not certificate and app_settings.ftp_tls_required:
        problem = "DIAGNOSTICS['FTP_TLS_REQUIRED'] is set without an FTP_CERTIFICATE."
    elif not certificate and app_settings.ftp_key:
        problem = "DIAGNOSTICS['FTP_KEY'] is set without an FTP_CERTIFICATE."
    elif certificate and not Path(certificate).is_file():
        problem = f"DIAGNOSTICS['FTP_CERTIFICATE']: there is no file {certificate}."
    return [Error(problem, id="diagnostics.E014")] if problem else []


def _check_sftp() -> list[CheckMessage]:
    if app_settings.sftp_host_key:
        return []
    return [
        Error(
            "DIAGNOSTICS['SFTP_HOST_KEY'] must name the file of the private key, which is made at "
            "the first start.",
            id="diagnostics.E015",
        )
    ]
