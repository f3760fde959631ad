"""The stand-ins for tests of embedding projects, used as such a project would."""

import pytest
from django.conf import settings
from django.test import override_settings

from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.log_request import LogVerdict as V
from diagnostics.models import LogRequest
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.calls import place_call
from diagnostics.services.logs import request_log
from diagnostics.storage import get_log_store
from diagnostics.testing import Quirk, ScriptedStation
from diagnostics.testing.bench import Bench
from diagnostics.testing.factories import (
    make_call,
    make_log_file,
    make_log_request,
    make_station_info,
)

Q = Quirk
pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(tmp_path):
    faked = {
        "GATEWAY": "diagnostics.testing.fakes.FakeGateway",
        "LOG_STORE_URL": f"file://{tmp_path}",
    }
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **faked}):
        yield get_gateway()


@pytest.fixture
def station(gateway):
    model = LogRequest._meta.get_field("station").related_model
    row = model.objects.create(**{model._meta.fields[1].name: "CS1"})
    gateway.put(row, identity="CS1")
    return row


def outcome(station, *quirks, version=OcppVersion.V201):
    get_gateway().put(station, identity="CS1", version=version)
    bench = Bench(station, ScriptedStation(version, quirks=quirks))
    row = request_log(station=station)
    bench.run()
    row.refresh_from_db()
    return row.verdict


@pytest.mark.parametrize(
    ("quirks", "verdict"),
    [
        ((), V.RECEIVED),
        ((Q.STATUS_BEFORE_ANSWER,), V.RECEIVED),
        ((Q.ANSWER_AFTER_UPLOAD,), V.RECEIVED),
        ((Q.DISCONNECTS_AFTER_ACCEPTED,), V.RECEIVED),
        ((Q.ZAPTEC_MULTIPART,), V.RECEIVED),
        ((Q.NO_STATUS,), V.RECEIVED_UNCONFIRMED),
        ((Q.CUTS_OFF_MIDWAY,), V.FAILED),
        ((Q.FAILURE_TWICE,), V.FAILED),
        ((Q.REJECTS,), V.REJECTED),
        ((Q.UPLOADED_WITHOUT_FILE,), V.UPLOADING),
        ((Q.SILENT,), V.SENT),
    ],
)
def test_a_dialogue_at_the_bench_ends_with_its_verdict(station, quirks, verdict):
    assert outcome(station, *quirks) == verdict


def test_a_core_station_of_16_gets_there_too(station):
    assert outcome(station, Q.NO_GET_LOG, version=OcppVersion.V16) == V.RECEIVED


def test_a_station_that_is_silent_runs_into_the_time_out(station):
    bench = Bench(station, ScriptedStation(quirks=[Q.SILENT]))
    row = request_log(station=station)
    bench.run()
    bench.advance(120)
    row.refresh_from_db()
    assert row.verdict == V.LOST


def test_a_station_at_the_bench_beats(station):
    scripted = ScriptedStation()
    bench = Bench(station, scripted)
    scripted.news()
    bench.advance(300)
    bench.advance(300)
    assert scripted.registration == "Accepted"


def test_a_call_is_answered_at_the_bench(station):
    bench = Bench(station)
    call = place_call(station=station, action="ClearCache", payload={})
    bench.run()
    call.refresh_from_db()
    assert (call.status, call.error_code) == ("Refused", "NotSupported")


def test_an_upload_to_an_address_that_has_expired_is_refused(station):
    bench = Bench(station)
    row = request_log(station=station)
    LogRequest.objects.filter(pk=row.pk).update(address_expires_at=row.created_at)
    bench.run()
    row.refresh_from_db()
    assert (row.verdict, row.reason) == (V.FAILED, "UploadFailure")


def test_the_gateway_knows_what_it_was_told(gateway, station):
    assert gateway.find("CS1") == station
    assert gateway.find("CS2") is None
    assert gateway.is_online(station)
    gateway.put(station, version=None, online=False)
    assert (gateway.version(station), gateway.identity(station)) == (None, str(station.pk))
    gateway.send(make_call(station))
    assert len(gateway.rung) == 1


def test_rows_are_made_with_what_a_test_names(station):
    row = make_log_request(station, call={"status": "Answered"}, answer="Accepted")
    assert row.verdict == V.ACCEPTED
    file = make_log_file(row, b"all of it")
    row.refresh_from_db()
    assert row.verdict == V.RECEIVED_UNCONFIRMED
    assert b"".join(get_log_store().read(file.key)) == b"all of it"
    assert make_log_request(station, call=make_call(station)).verdict == V.QUEUED
    assert make_station_info(station, model="X").model == "X"
