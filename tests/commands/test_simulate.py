"""`manage.py simulate` as people run it: a process of its own."""

import json
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from diagnostics.models import StationEvent
from diagnostics.testing import Quirk
from stations.models import ChargingStation, RefusedConnection, Registration
from stations.services import register_station
from tests.servers.processes import PATIENCE, wait_until

MANAGE = [sys.executable, "manage.py", "simulate"]


def simulate(*arguments):
    out = StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


def test_every_quirk_is_listed_with_its_sentence():
    lines = simulate("--list-quirks").splitlines()
    assert [line.split()[0] for line in lines] == [quirk.value for quirk in Quirk]
    assert all(quirk.description in line for quirk, line in zip(Quirk, lines, strict=True))


@contextmanager
def simulating(environment, directory, *arguments, end=signal.SIGTERM):
    """Run the command while the block does; gives a function that tells what it has printed."""
    output = directory / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [*MANAGE, *arguments], env={**environment, "PYTHONUNBUFFERED": "1"}, stdout=file
        )
    try:
        yield output.read_text
    finally:
        process.send_signal(end)
        assert process.wait(PATIENCE) == 0


def test_stations_connect_boot_and_end_with_a_signal(running, process_environment, tmp_path):
    for identity in ("SIM001", "SIM002", "SIM003"):
        register_station(identity, password="sixteen-letters-")
    arguments = ("--url", running, "--version", "2.1", "--count", "3")
    arguments += ("--password", "sixteen-letters-")
    with simulating(process_environment, tmp_path, *arguments) as output:
        wait_until(lambda: output().count("booted: Accepted") == 3, "all have booted")
    assert "SIM002: booted: Accepted" in output()
    assert "Ended. booted: 3, connected: 3, disconnected: 3" in output()
    booted = ChargingStation.objects.filter(registration=Registration.ACCEPTED)
    assert set(booted.values_list("ocpp_version", flat=True)) == {"2.1"}


def test_stations_tell_events_at_the_rate_asked_for(running, process_environment, tmp_path):
    register_station("SIM", security_profile=0)
    told = StationEvent.objects.filter(source="NotifyEvent")
    arguments = ("--url", running, "--events", "10/s")
    with simulating(process_environment, tmp_path, *arguments, end=signal.SIGINT):
        wait_until(lambda: told.count() >= 4, "four events are told")
    assert {"Alerting", "Delta"} == set(told.values_list("trigger", flat=True))


def test_an_unknown_station_is_told_that_it_is_refused(running, process_environment, tmp_path):
    arguments = ("--url", running, "--identity", "STRANGER")
    with simulating(process_environment, tmp_path, *arguments) as output:
        wait_until(lambda: "STRANGER: refused: HTTP 404" in output(), "it is refused")
    assert RefusedConnection.objects.get().identity == "STRANGER"


def test_it_ends_by_itself_when_its_time_is_over(running):
    register_station("SIM", security_profile=0)
    assert "Ended." in simulate("--url", running, "--duration", "0.1")


def test_some_of_many_have_a_quirk_and_they_take_turns_with_versions(tmp_path):
    account = tmp_path / "account.json"
    arguments = ("--url", "ws://127.0.0.1:1/ocpp", "--count", "40", "--duration", "0.1", "--quiet")
    arguments += ("--version", "1.6,2.1", "--account", str(account))
    simulate(*arguments, "--quirk", "silent=10%", "--quirk", "rejects=5%", "--quirk", "chunked")
    rows = json.loads(account.read_text())
    assert [row["identity"] for row in rows[:2]] == ["SIM001", "SIM002"]
    assert Counter(row["version"] for row in rows) == {"1.6": 20, "2.1": 20}
    kinds = Counter(" ".join(row["quirks"]) for row in rows)
    assert kinds == {"chunked": 34, "chunked silent": 4, "chunked rejects": 2}
    assert all(row["called"] == {} for row in rows)


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
        (("--url", "ws://h/o", "--version", "2.1,3.0"), "is no version of OCPP"),
        (("--url", "ws://h/o", "--quirk", "flies"), "is no quirk"),
        (("--url", "ws://h/o", "--quirk", "silent=101%"), "no part of a hundred"),
        (("--url", "ws://h/o", "--events", "often"), "--events"),
        (("--url", "ws://h/o", "--events", "-1/s"), "--events"),
    ],
)
def test_options_that_make_no_sense_are_wrong_use(arguments, words):
    with pytest.raises(CommandError, match=words):
        simulate(*arguments)
