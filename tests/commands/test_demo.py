"""`manage.py demo` beside a running server, as `serve --demo` starts it."""

import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import authenticate

from config.management.commands.demo import STATIONS, STRANGER, make_operator
from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.models import LogRequest
from stations.models import ChargingStation, RefusedConnection
from tests.servers.processes import PATIENCE


def demonstrate(running, environment):
    """Run the demonstration until it has said how to log in; returns what it said."""
    port = urlsplit(running).port
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo"],
        env={**environment, "PUBLIC_URL": f"http://127.0.0.1:{port}", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("Login:"):
            break
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
    return "".join(said)


@pytest.mark.servers
def test_the_demonstration_shows_every_kind_of_station_and_how_to_log_in(
    running, process_environment
):
    said = demonstrate(running, {**process_environment, "DEMO_PASSWORD": "let-me-see-it"})
    port = urlsplit(running).port
    assert f"Operators: http://127.0.0.1:{port}/admin/\n" in said
    assert "Login:     admin / let-me-see-it\n" in said
    assert authenticate(username="admin", password="let-me-see-it").is_superuser
    verdicts = dict(LogRequest.objects.values_list("station__identity", "verdict"))
    assert set(verdicts) == {shown.identity for shown in STATIONS}
    for identity in ("DEMO-16-CORE", "DEMO-16", "DEMO-201", "DEMO-21"):
        assert verdicts[identity] == LogVerdict.RECEIVED
    assert verdicts["DEMO-REJECTS"] == LogVerdict.REJECTED
    assert verdicts["DEMO-WEAK"] == LogVerdict.FAILED
    assert verdicts["DEMO-CLAIMS"] == LogVerdict.UPLOADING
    versions = ChargingStation.objects.values_list("ocpp_version", flat=True)
    assert set(versions) == {"1.6", "2.0.1", "2.1"}
    assert RefusedConnection.objects.filter(identity=STRANGER).exists()


@pytest.mark.django_db
def test_an_account_that_exists_keeps_its_password(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    operator, login = make_operator()
    assert authenticate(username="admin", password=login.rpartition(" ")[2]) == operator
    assert make_operator() == (operator, login)
    monkeypatch.setenv("DEMO_PASSWORD", "another-one")
    assert make_operator() == (operator, "admin / (the password it already had)")
