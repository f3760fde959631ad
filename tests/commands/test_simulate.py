"""`manage.py simulate` as people run it: a process of its own."""

import signal
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from diagnostics.models import StationEvent
from diagnostics.testing import Quirk
from stations.models import ChargingStation, RefusedConnection, Registration
from stations.services import register_station
from tests.servers.processes import wait_until

MANAGE = [sys.executable, "manage.py", "simulate"]


def simulate(*arguments):
    out = StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


def test_every_quirk_is_listed_with_its_sentence():
    lines = simulate("--list-quirks").splitlines()
    assert [line.split()[0] for line in lines] == [quirk.value for quirk in Quirk]
    assert all(quirk.description in line for quirk, line in zip(Quirk, lines, strict=True))


def test_stations_connect_boot_and_end_by_themselves(running, process_environment):
    for identity in ("SIM001", "SIM002", "SIM003"):
        register_station(identity, password="sixteen-letters-")
    done = subprocess.run(
        [*MANAGE, "--url", running, "--version", "2.1", "--count", "3", "--duration", "3"]
        + ["--password", "sixteen-letters-"],
        env=process_environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert "SIM002: booted: Accepted" in done.stdout
    assert "Ended. booted: 3, connected: 3, disconnected: 3" in done.stdout
    booted = ChargingStation.objects.filter(registration=Registration.ACCEPTED)
    assert set(booted.values_list("ocpp_version", flat=True)) == {"2.1"}


def test_stations_tell_events_at_the_rate_asked_for(running, process_environment):
    register_station("SIM", security_profile=0)
    subprocess.run(
        [*MANAGE, "--url", running, "--events", "4/s", "--duration", "4"],
        env=process_environment,
        capture_output=True,
        check=True,
        timeout=30,
    )
    told = StationEvent.objects.filter(source="NotifyEvent")
    assert {"Alerting", "Delta"} == set(told.values_list("trigger", flat=True))
    assert told.count() >= 4


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(running, process_environment, number):
    register_station("SIM", security_profile=0)
    process = subprocess.Popen(
        [*MANAGE, "--url", running], env=process_environment, stdout=subprocess.PIPE, text=True
    )
    accepted = ChargingStation.objects.filter(registration=Registration.ACCEPTED)
    wait_until(accepted.exists, "the station has booted")
    process.send_signal(number)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Ended." in output


def test_an_unknown_station_is_told_that_it_is_refused(running, process_environment):
    done = subprocess.run(
        [*MANAGE, "--url", running, "--identity", "STRANGER", "--duration", "2"],
        env=process_environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "STRANGER: refused: HTTP 404" in done.stdout
    assert RefusedConnection.objects.get().identity == "STRANGER"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--url"),
        (("--url", "http://127.0.0.1/"), "--url"),
        (("--url", "ws://127.0.0.1:1/ocpp", "--count", "0"), "nothing to simulate"),
        (("--url", "ws://127.0.0.1:1/ocpp", "--quirk", "no-get-log"), "is for OCPP 1.6"),
        (
            ("--url", "ws://h/o", "--quirk", "openevse-multipart", "--quirk", "zaptec-multipart"),
            "contradict",
        ),
        (("--url", "ws://h/o", "--quirk", "flies"), "invalid choice"),
        (("--url", "ws://h/o", "--events", "often"), "--events"),
        (("--url", "ws://h/o", "--events", "-1/s"), "--events"),
    ],
)
def test_options_that_make_no_sense_are_wrong_use(arguments, words):
    with pytest.raises(CommandError, match=words):
        simulate(*arguments)
