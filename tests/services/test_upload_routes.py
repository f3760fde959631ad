"""Which way a file shall come in, and the reason that operators read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics import inbound
from diagnostics.models import FileServer, LogRequest, StationInfo
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import logs
from diagnostics.services.uploads import file_servers
from diagnostics.services.uploads import routes as upload_routes
from diagnostics.services.uploads.routes import Address, Asking, NotThisWay
from diagnostics.wording import route_sentence
from tests.services.conftest import Dialogue

Ask = Callable[..., LogRequest]


@contextmanager
def offering(*routes: str, **makers: Callable[[Asking], Address]) -> Iterator[None]:
    """The site offers these ways, and `makers` make the addresses of some."""
    before = dict(upload_routes.MAKERS)
    upload_routes.MAKERS.update(makers)
    try:
        with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "UPLOAD_ROUTES": routes}):
            yield
    finally:
        upload_routes.MAKERS.clear()
        upload_routes.MAKERS.update(before)


def ftp(asking: Asking) -> Address:
    return Address(f"ftp://user:pw@files.example.com/{asking.row.token}/")


def knows(station: Any, **facts: Any) -> None:
    StationInfo.objects.update_or_create(station=station, defaults=facts)


def told(row: LogRequest) -> str:
    row.refresh_from_db()
    return route_sentence(row.route, row.route_reason)


def fails(row: LogRequest, word: str) -> None:
    payload = {"status": word, "requestId": row.request_id}
    assert inbound.receive_call(row.station, "2.0.1", "LogStatusNotification", payload) == {}


def test_files_come_through_this_server_unless_something_is_set(asked: Ask) -> None:
    assert told(asked()) == "Through this server: the usual way."


def test_the_first_way_that_suits_is_taken(dialogue: Dialogue, asked: Ask) -> None:
    knows(dialogue.station, limits={"file_transfer_protocols": "FTP,FTPS"})
    with offering("relay", "ftp", ftp=ftp):
        row = asked()
        call = dialogue.taken[-1]
    assert call.wire_payload["log"]["remoteLocation"] == row.location
    assert row.location == f"ftp://user:pw@files.example.com/{row.token}/"
    assert told(row) == (
        "Over FTP instead of through this server: the station says that it uses FTP, FTPS only."
    )


def test_without_another_way_the_stations_list_is_only_a_hint(
    dialogue: Dialogue, asked: Ask
) -> None:
    knows(dialogue.station, limits={"file_transfer_protocols": "FTP"})
    row = asked()
    assert row.location.endswith(f"/u/{row.token}/")
    assert told(row) == (
        "Through this server, although the station says that it uses FTP only: "
        "there is no other way."
    )


def test_a_choice_for_the_station_outweighs_its_list(dialogue: Dialogue, asked: Ask) -> None:
    knows(dialogue.station, upload_route="ftp", limits={"file_transfer_protocols": "HTTPS"})
    with offering("relay", ftp=ftp):
        assert told(asked()) == "Over FTP: chosen for this station."
    assert told(asked()) == (
        "Through this server instead of over FTP: no FTP server is running here."
    )


def test_a_way_that_the_station_cannot_is_left_until_its_firmware_changes(
    dialogue: Dialogue, asked: Ask
) -> None:
    knows(dialogue.station, firmware_version="1")
    with offering("ftp", "relay", ftp=ftp):
        row = asked()
        dialogue.answers({"status": "Accepted"})
        fails(row, "NotSupportedOperation")
        again = asked()
        assert again.route == "relay"
        assert "that failed with its present firmware on" in told(again)
        assert "(NotSupportedOperation)" in told(again)
        dialogue.answers({"status": "Rejected"})
        StationInfo.objects.update(firmware_version="2")
        assert asked().route == "ftp"


def test_an_operators_new_choice_gives_every_way_another_try(
    dialogue: Dialogue, asked: Ask
) -> None:
    with offering("ftp", "relay", ftp=ftp):
        row = asked()
        dialogue.answers({"status": "Accepted"})
        fails(row, "NotSupportedOperation")
        upload_routes.record_choice(StationInfo.objects.get(), chosen_by=None)
        assert upload_routes.preview_route(dialogue.station)[0] == "ftp"


def test_the_way_is_decided_when_the_call_is_sent(dialogue: Dialogue) -> None:
    def only_with_2_1(asking: Asking) -> Address:
        if (asking.codec.location_limit(asking.action) or 0) < 1000:
            raise NotThisWay("unfit", info="long")
        return Address("sftp://files.example.com/" + "x" * 600)

    with offering("sftp", sftp=only_with_2_1):
        row = logs.request_log(station=dialogue.station)
        assert told(row) == (
            "Through this server instead of over SFTP: the address does not suit the station: long."
        )
        dialogue.gateway.spoken = OcppVersion.V21
        dialogue.takes()
        assert told(row) == "Over SFTP: the usual way."
        assert dialogue.taken[-1].wire_payload["log"]["remoteLocation"] == row.location


@pytest.fixture
def server(db: None) -> Callable[..., FileServer]:
    """A server for files that is running, by its heartbeat."""

    def start(kind: str = "ftp", **facts: Any) -> FileServer:
        now = timezone.now()
        url = f"{kind}://files.example.com:2121/"
        return FileServer.objects.create(
            kind=kind, url=url, pid=1, port=2121, started_at=now, heartbeat_at=now, **facts
        )

    return start


def test_a_station_that_lists_ftp_only_is_sent_there_by_itself(
    dialogue: Dialogue, asked: Ask, server: Callable[..., FileServer]
) -> None:
    running = server()
    knows(dialogue.station, limits={"file_transfer_protocols": "FTP,FTPS"})
    row = asked()
    assert told(row).startswith("Over FTP instead of through this server: the station says")
    assert row.location == f"ftp://{row.token[:6]}:{row.token[6:]}@files.example.com:2121/"
    assert re.fullmatch("[A-Za-z0-9]{22}", row.token)  # some stations decode nothing
    assert len(row.location) < 255
    dialogue.answers({"status": "Rejected"})
    FileServer.objects.update(tls=True)
    assert asked().location.startswith("ftps://")
    dialogue.answers({"status": "Rejected"})
    file_servers.stop(running)
    assert told(asked()).endswith("uses FTP, FTPS only: there is no other way.")


def test_a_scheme_that_was_refused_leads_to_the_next_way(
    dialogue: Dialogue, asked: Ask, server: Callable[..., FileServer]
) -> None:
    server()
    server("sftp")
    knows(dialogue.station, firmware_version="1")
    row = asked()
    assert row.route == "relay"
    dialogue.answers({"status": "Accepted"})
    fails(row, "NotSupportedOperation")
    row = asked()
    assert "that failed with its present firmware on" in told(row)
    assert row.route == "ftp"
    dialogue.refuses("NotSupported")
    assert asked().route == "sftp"


def test_a_chosen_server_is_taken_as_it_is_and_never_where_it_does_not_fit(
    dialogue: Dialogue, asked: Ask, server: Callable[..., FileServer]
) -> None:
    server(tls=True, tls_required=True)
    knows(dialogue.station, upload_route="ftp", limits={"file_transfer_protocols": "HTTPS"})
    assert told(asked()) == (
        "Through this server instead of over FTP: the FTP server here takes only stations with TLS."
    )
    dialogue.answers({"status": "Rejected"})
    knows(dialogue.station, upload_route="ftps")
    assert told(asked()) == "Over FTPS: chosen for this station."
    dialogue.answers({"status": "Rejected"})
    FileServer.objects.update(tls=False)
    assert told(asked()).endswith("the FTP server here has no certificate.")


def test_an_unknown_security_log_says_nothing_of_the_way(dialogue: Dialogue, asked: Ask) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    row = asked(log_type="SecurityLog")
    dialogue.refuses("NotSupported")
    row.refresh_from_db()
    assert (row.verdict, row.reason) == ("Rejected", "NotSupported")
    assert StationInfo.objects.get(station=dialogue.station).route_failures == {}
