"""The examples in deploy/ start what the project starts, and name what exists."""

from __future__ import annotations

import re
import shlex
import ssl
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import load_command_class

from config import programs
from diagnostics.conf import DiagnosticsSettings
from tests.docs.pages import DOCS, ROOT, section, table

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
ENVIRONMENT = ROOT / "deploy" / "diagnostics.env.example"
NGINX = ROOT / "deploy" / "nginx.conf"
PYTHON = "/opt/diagnostics/.venv/bin/python"


def _setting(unit: Path, name: str) -> str:
    found = re.search(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)
    assert found, f"{unit.name} has no {name}"
    return found[1]


def _command(name: str) -> list[str]:
    argv = shlex.split(_setting(ROOT / "deploy" / "systemd" / name, "ExecStart"))
    assert argv[0] == PYTHON
    return argv[1:]


def test_server_runs_with_the_options_of_serve() -> None:
    argv = list(programs.web("127.0.0.1", 8001).argv[1:])
    assert _command("diagnostics-web@.service") == ["%i" if arg == "8001" else arg for arg in argv]


def test_worker_runs_with_the_options_of_serve() -> None:
    argv = list(programs.worker("slow").argv)
    argv = [arg.replace("slow", "%i").replace("%h", "%%h") for arg in argv[argv.index("-m") :]]
    assert _command("diagnostics-worker@.service") == argv
    queues = {f"diagnostics-worker@{queue.name}" for queue in settings.CELERY_TASK_QUEUES}
    page = (DOCS / "deployment.md").read_text()
    assert queues == set(re.findall(r"diagnostics-worker@\w+", page))


def test_scheduler_runs_with_the_options_of_serve() -> None:
    argv = list(programs.beat(Path("/var/lib/diagnostics")).argv)
    assert _command("diagnostics-beat.service") == argv[1:]


def test_file_servers_run_as_under_serve() -> None:
    assert _command("diagnostics-ftp.service") == list(programs.ftpserver().argv[1:])


def test_small_machine_runs_a_command_that_exists() -> None:
    manage, name, *options = _command("diagnostics.service")
    parser = load_command_class("config", name).create_parser(manage, name)
    assert parser.parse_args(options).host == "127.0.0.1"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_are_known_to_the_page_and_share_their_variables(unit: Path) -> None:
    assert unit.stem.removesuffix("@") in (DOCS / "deployment.md").read_text()
    assert _setting(unit, "EnvironmentFile") == "/etc/diagnostics.env"


def test_variables_of_the_example_are_read_by_somebody() -> None:
    known = set(table(section(DOCS / "settings.md", "Environment variables")))
    used = re.findall(r"^#?([A-Z_0-9]+)=", ENVIRONMENT.read_text(), re.MULTILINE)
    foreign = {name for name in used if not name.startswith("AWS_")} - known
    assert not foreign


def test_proxy_streams_uploads_at_the_path_where_they_are_taken() -> None:
    text = NGINX.read_text()
    blocks = re.findall(
        rf"location {DiagnosticsSettings().upload_path} \{{(.*?)\}}", text, re.DOTALL
    )
    for block in blocks:
        assert "proxy_request_buffering off;" in block
        assert "client_max_body_size 0;" in block
        assert "access_log off;" in block
    assert len(blocks) == 2
    assert text.count("{") == text.count("}")


def test_proxy_offers_the_cipher_suites_that_ocpp_asks_for() -> None:
    wanted = {row[0].strip("`") for row in _suites()}
    found = re.search(r"ssl_ciphers (\S+);", NGINX.read_text())
    assert found
    assert wanted <= set(found[1].split(":"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(found[1])
    assert wanted <= {cipher["name"] for cipher in context.get_ciphers()}


def _suites() -> list[list[str]]:
    text = section(DOCS / "deployment.md", "TLS")
    return re.findall(r"^\| TLS_\w+ \| (\S+) \| (.*) \|$", text, re.MULTILINE)
