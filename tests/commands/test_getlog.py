"""`manage.py getlog` against the running project and simulated stations."""

import hashlib
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings
from django.utils import timezone

from diagnostics.lifecycles.log_request import LogVerdict
from diagnostics.management.asking import moment
from diagnostics.management.commands.getlog import place_of
from diagnostics.models import FileAccess, LogFile, LogRequest
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import logs
from diagnostics.services.calls import delivery
from diagnostics.testing import KNOWN_LINE, Quirk
from stations.models import SecurityProfile
from stations.services import register_station
from tests.servers.processes import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parents[2]
Q = Quirk


def getlog(*arguments):
    """Run the command; returns what it wrote to stdout and to stderr."""
    out, err = StringIO(), StringIO()
    call_command("getlog", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def ends_with(code, *arguments):
    """Run the command; returns the sentence it ends with."""
    with pytest.raises(CommandError) as caught:
        getlog(*arguments)
    assert caught.value.returncode == code, str(caught.value)
    return str(caught.value)


@contextmanager
def meanwhile(action):
    """Do something in a thread once there is a request."""

    def run():
        wait_until(LogRequest.objects.exists, "the request is there")
        action()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize("version", OcppVersion)
def test_the_file_is_written_byte_for_byte(simulate, tmp_path, version):
    simulate("CS1", version=version, log_size=300_000)
    target = tmp_path / "station.log"
    _, err = getlog("CS1", "--wait", "--timeout", "30", "--output", str(target))
    content = target.read_bytes()
    row = LogRequest.objects.get()
    assert len(content) == 300_000
    assert KNOWN_LINE.encode() in content
    assert hashlib.sha256(content).hexdigest() == row.best_file.sha256
    assert row.best_file.sha256 in err
    assert FileAccess.objects.get().kind == FileAccess.Kind.DOWNLOAD
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["station.log"]


def test_a_core_station_of_16_is_asked_again_with_get_diagnostics(simulate, tmp_path):
    simulate("OLD1", Q.NO_GET_LOG, version=OcppVersion.V16)
    getlog("OLD1", "--timeout", "30", "--output", str(tmp_path / "log"))
    row = LogRequest.objects.get()
    assert [call.wire_action for call in row.calls.order_by("pk")] == ["GetLog", "GetDiagnostics"]
    assert (tmp_path / "log").stat().st_size == 20_000


@pytest.mark.parametrize(
    ("quirk", "verdict"),
    [
        (Q.STATUS_BEFORE_ANSWER, LogVerdict.RECEIVED),
        (Q.ANSWER_AFTER_UPLOAD, LogVerdict.RECEIVED),
        (Q.REPEATS_UPLOADING, LogVerdict.RECEIVED),
        (Q.APPENDS_NAME, LogVerdict.RECEIVED),
        (Q.KEEPS_ADDRESS, LogVerdict.RECEIVED),
        (Q.POST_MULTIPART, LogVerdict.RECEIVED),
        (Q.OPENEVSE_MULTIPART, LogVerdict.RECEIVED),
        (Q.ZAPTEC_MULTIPART, LogVerdict.RECEIVED),
        (Q.CHUNKED, LogVerdict.RECEIVED),
        (Q.EXPECTS_CONTINUE, LogVerdict.RECEIVED),
        (Q.DISCONNECTS_AFTER_ACCEPTED, LogVerdict.RECEIVED),
        (Q.RETRIES_SAME_MESSAGE_ID, LogVerdict.RECEIVED),
        (Q.ODD_DATES, LogVerdict.RECEIVED),
        (Q.WRONG_CLOCK, LogVerdict.RECEIVED),
        (Q.NO_STATUS, LogVerdict.RECEIVED_UNCONFIRMED),
        (Q.FILE_WITHOUT_UPLOADED, LogVerdict.RECEIVED_UNCONFIRMED),
    ],
)
def test_the_file_comes_whatever_the_station_does_around_it(simulate, tmp_path, quirk, verdict):
    simulate("CS1", quirk)
    getlog("CS1", "--wait", "--timeout", "30", "--output", str(tmp_path / "log"))
    assert (tmp_path / "log").read_bytes().count(KNOWN_LINE.encode()) == 1
    assert (tmp_path / "log").stat().st_size == 20_000
    wait_until(lambda: LogRequest.objects.get().verdict == verdict, f"the verdict is {verdict}")


def test_an_upload_that_fails_ends_with_1(simulate):
    simulate("CS1", Q.FAILURE_TWICE)
    assert "BadMessage" in ends_with(1, "CS1", "--wait", "--timeout", "30")


def test_a_failure_counts_until_the_station_tries_again(simulate):
    simulate("CS1", Q.UPLOAD_FAILURE_THEN_RETRY)
    ends_with(1, "CS1", "--wait", "--timeout", "30")
    row = LogRequest.objects.filter(verdict=LogVerdict.RECEIVED)
    wait_until(row.exists, "the second try has brought the file")


def test_an_upload_that_breaks_off_ends_with_1(simulate, tmp_path):
    simulate("CS1", Q.CUTS_OFF_MIDWAY)
    ends_with(1, "CS1", "--timeout", "30", "--output", str(tmp_path / "log"))
    assert list(tmp_path.glob("*log*")) == []


def test_a_request_that_the_station_refuses_ends_with_4(simulate):
    simulate("CS1", Q.REJECTS)
    assert "refused" in ends_with(4, "CS1", "--wait", "--timeout", "30")


def test_a_file_that_is_only_claimed_is_still_awaited_at_the_time_out(simulate):
    simulate("CS1", Q.UPLOADED_WITHOUT_FILE)
    assert ends_with(3, "CS1", "--wait", "--timeout", "1").startswith("Still waiting after 1 s.")


def test_a_station_that_is_away_is_waited_for_and_then_the_request_goes_on(running):
    station, _ = register_station("CS1", security_profile=SecurityProfile.NONE)
    sentence = ends_with(3, "CS1", "--wait", "--timeout", "0.1")
    row = LogRequest.objects.get(station=station)
    assert f"Request {row.pk} goes on" in sentence
    assert row.is_open


def test_a_canceled_request_ends_with_5(running):
    register_station("CS1", security_profile=SecurityProfile.NONE)

    with meanwhile(lambda: logs.cancel_log(LogRequest.objects.get())):
        ends_with(5, "CS1", "--wait", "--timeout", "20")


def test_a_request_that_expires_unasked_ends_with_6(running):
    register_station("CS1", security_profile=SecurityProfile.NONE)
    with meanwhile(lambda: delivery.expire_calls(timezone.now() + timedelta(days=2))):
        ends_with(6, "CS1", "--wait", "--timeout", "20")


def test_the_file_may_go_to_stdout(simulate, capsysbinary):
    simulate("CS1", log_size=5000)
    getlog("CS1", "--timeout", "30", "--output", "-")
    assert len(capsysbinary.readouterr().out) == 5000


def test_ctrl_c_leaves_the_request_running(running, process_environment):
    register_station("CS1", security_profile=SecurityProfile.NONE)
    command = [sys.executable, "manage.py", "getlog", "CS1", "--wait", "--timeout", "60"]
    # Tests that run in the background of a shell ignore SIGINT, and so would what they start.
    listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=process_environment,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listens,  # noqa: PLW1509  no thread holds a lock that this would take
    ) as process:
        wait_until(LogRequest.objects.exists, "the request is there")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "goes on without this command" in err
    assert LogRequest.objects.get().is_open


def test_without_wait_the_request_is_placed_and_told(running):
    register_station("CS1", security_profile=SecurityProfile.NONE)
    out, _ = getlog("CS1", "--since", "2h", "--until", "1h", "--log-type", "SecurityLog")
    row = LogRequest.objects.get()
    assert out.startswith(f"Request {row.pk}. Waiting")
    assert row.log_type == "SecurityLog"
    assert row.latest - row.oldest == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=5))


@pytest.mark.django_db
def test_a_station_that_is_not_known_is_wrong_use():
    assert ends_with(2, "NOBODY") == "There is no station NOBODY."


@pytest.mark.django_db
def test_a_span_that_ends_before_it_begins_is_wrong_use():
    register_station("CS1")
    assert "ends before it begins" in ends_with(2, "CS1", "--since", "1h", "--until", "2h")


@pytest.mark.django_db
def test_a_time_that_cannot_be_read_is_wrong_use():
    with pytest.raises(CommandError, match="is no time"):
        getlog("CS1", "--since", "yesterday")


def test_times_are_read_as_people_write_them():
    ago = timezone.now() - moment("3d")
    assert ago == pytest.approx(timedelta(days=3), abs=timedelta(seconds=5))
    assert moment("2026-03-01").isoformat() == "2026-03-01T00:00:00+00:00"
    assert moment("2026-03-01T08:00:00+02:00").isoformat() == "2026-03-01T06:00:00+00:00"


def test_a_directory_that_is_not_there_is_named_before_the_station_is_asked(simulate, tmp_path):
    simulate("CS1")
    sentence = ends_with(2, "CS1", "--timeout", "30", "--output", str(tmp_path / "no" / "log"))
    assert sentence == f"There is no directory {tmp_path / 'no'}."
    assert not LogRequest.objects.exists()


def test_in_a_directory_the_file_keeps_its_name(simulate, tmp_path):
    simulate("CS1")
    getlog("CS1", "--timeout", "30", "--output", str(tmp_path))
    name = LogRequest.objects.get().best_file.name
    assert (tmp_path / name).stat().st_size == 20_000


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("/etc/passwd", "passwd"), (".bashrc", "bashrc")]
    + [(name, "log-7") for name in ("", ".", "..", "/")],
)
def test_no_name_of_a_station_leads_out_of_the_directory(tmp_path, name, kept):
    assert place_of(LogFile(pk=7, name=name), tmp_path) == tmp_path / kept


@pytest.mark.servers
def test_a_station_uploads_straight_to_s3_and_one_that_cannot_comes_back_to_us(
    simulate, s3_store_url
):
    changed = {"LOG_STORE_URL": s3_store_url, "UPLOAD_ROUTES": ("direct",)}
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **changed}):
        good, appending = simulate("CS1"), simulate("CS2", Q.APPENDS_NAME)
        rows = [logs.request_log(station=station) for station in (good, appending)]
        ends(rows[0], "direct", LogVerdict.RECEIVED)
        ends(rows[1], "direct", LogVerdict.FAILED)
        ends(logs.request_again(rows[1]), "relay", LogVerdict.RECEIVED)


def ends(row, route, verdict):
    ended = LogRequest.objects.filter(pk=row.pk, route=route, verdict=verdict)
    wait_until(ended.exists, f"request {row.pk} came by {route} and is {verdict}")


@pytest.mark.parametrize("word", ["--retries=0", "--retry-interval=-1"])
def test_a_number_that_is_too_small_is_wrong_use(word):
    with pytest.raises(CommandError, match="is too small"):
        getlog("CS1", word)
