"""A log request from the operator's click to its verdict, station's and file's side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from diagnostics import inbound
from diagnostics.exceptions import RequestClosed, RequestRefused, UploadExpired, UploadUnknown
from diagnostics.models import LogFile, LogRequest, OutboundCall, StationInfo, TimelineEntry
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import logs
from diagnostics.services.calls import delivery
from diagnostics.services.fleet import capabilities
from diagnostics.services.logs import watch as log_watch
from diagnostics.services.uploads import arrivals as uploads
from diagnostics.testing.factories import make_station_info
from diagnostics.wording import verdict_sentence
from tests.services.conftest import Dialogue, make_station, stored

Ask = Callable[..., LogRequest]


def verdict(row: LogRequest) -> tuple[str, str]:
    row.refresh_from_db()
    assert verdict_sentence(row)
    return row.verdict, row.reason


def says(row: LogRequest, status: str, request_id: int | None = -1, **more: Any) -> None:
    payload: dict[str, Any] = {"status": status, **more}
    if request_id == -1:
        payload["requestId"] = row.request_id
    elif request_id is not None:
        payload["requestId"] = request_id
    answer = inbound.receive_call(row.station, "2.1", "LogStatusNotification", payload)
    assert answer == {}


def brings(
    row: LogRequest, content: str = "line", *, complete: bool = True, key: str = "k"
) -> LogFile:
    ticket = uploads.find_upload(row.token)
    uploads.upload_started(
        ticket, name="a.log", method="PUT", declared_size=4, content_type="", remote_address="::1"
    )
    return uploads.record_upload(
        ticket,
        stored=stored(content, key),
        name="a.log",
        method="PUT",
        form="raw",
        content_type="text/plain",
        declared_size=len(content) if complete else 2 * len(content),
        complete=complete,
        remote_address="::1",
    )


def test_a_log_goes_from_waiting_to_received(dialogue: Dialogue, asked: Ask) -> None:
    row = logs.request_log(station=dialogue.station)
    assert verdict(row) == ("Queued", "")
    call = dialogue.takes()
    assert call.wire_action == "GetLog"
    assert call.wire_payload["log"]["remoteLocation"] == row.location
    assert verdict(row) == ("Sent", "")
    dialogue.answers({"status": "Accepted", "filename": "a.log"})
    assert verdict(row) == ("Accepted", "")
    says(row, "Uploading")
    assert verdict(row) == ("Uploading", "")
    brings(row)
    assert verdict(row) == ("ReceivedUnconfirmed", "Uploading")
    says(row, "Uploaded")
    assert verdict(row) == ("Received", "")
    assert row.settled_at is not None
    kinds = list(TimelineEntry.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == [
        "log.requested",
        "log.sent",
        "log.answered",
        "log.status",
        "upload.started",
        "upload.received",
        "log.status",
    ]


def test_the_row_and_its_address_exist_before_anything_is_sent(dialogue: Dialogue) -> None:
    row = logs.request_log(station=dialogue.station)
    assert uploads.find_upload(row.token).log_request_id == row.pk
    assert OutboundCall.objects.get().status == "Pending"


def test_status_before_the_answer_is_kept(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    says(row, "Uploading")
    assert verdict(row)[0] == "Uploading"
    dialogue.answers({"status": "Accepted"})
    assert verdict(row)[0] == "Uploading"


def test_late_uploading_does_not_reopen_uploaded(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    brings(row)
    says(row, "Uploaded")
    says(row, "Uploading")
    assert verdict(row) == ("Received", "")


def test_uploaded_without_a_file_is_a_claim_after_the_grace_period(
    dialogue: Dialogue, asked: Ask
) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    says(row, "Uploaded")
    assert verdict(row)[0] == "Uploading"
    log_watch.watch_log_requests(timezone.now() + timedelta(seconds=61))
    assert verdict(row) == ("Claimed", "")
    assert "no file came within 1 min" in verdict_sentence(row)
    brings(row)
    assert verdict(row) == ("Received", "")


def test_a_file_without_uploaded_is_received_unconfirmed(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    brings(row)
    assert verdict(row) == ("ReceivedUnconfirmed", "")


def test_a_part_of_a_file_is_kept_and_named(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    brings(row, complete=False)
    says(row, "UploadFailure")
    assert verdict(row) == ("Failed", "UploadFailure")
    brings(row, "the whole", key="k2")
    assert verdict(row)[0] == "ReceivedUnconfirmed"
    assert row.best_file is not None and row.best_file.key == "k2"
    assert row.files.count() == 2


def test_the_same_contents_again_are_counted_not_kept_twice(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    brings(row)
    again = brings(row, key="k")
    assert row.files.get() == again
    assert row.files.get().times_received == 2


def test_a_second_log_supersedes_the_first_by_status_then_answer(
    dialogue: Dialogue, asked: Ask
) -> None:
    first = asked()
    dialogue.answers({"status": "Accepted"})
    says(first, "Uploading")
    second = asked(log_type="SecurityLog")
    says(first, "AcceptedCanceled")
    assert verdict(first) == ("Canceled", "Superseded")
    dialogue.answers({"status": "AcceptedCanceled"})
    assert verdict(second)[0] == "Accepted"
    assert verdict(first) == ("Canceled", "Superseded")
    assert first.superseded_by == second


def test_a_second_log_supersedes_the_first_by_the_answer_alone(
    dialogue: Dialogue, asked: Ask
) -> None:
    first = asked()
    dialogue.answers({"status": "Accepted"})
    asked()
    dialogue.answers({"status": "AcceptedCanceled"})
    assert verdict(first) == ("Canceled", "Superseded")


def test_a_rejection_carries_the_stations_reason(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Rejected", "statusInfo": {"reasonCode": "OutOfStorage"}})
    assert verdict(row) == ("Rejected", "")
    assert "OutOfStorage" in verdict_sentence(row)


def test_an_answer_after_the_time_out_is_still_a_fact(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.is_silent()
    assert verdict(row) == ("Lost", "NoAnswer")
    assert dialogue.answers({"status": "Accepted", "filename": "late.log"})
    assert verdict(row) == ("Accepted", "")
    assert OutboundCall.objects.get().late


def test_an_error_from_the_station_is_put_into_words(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.refuses("InternalError", "flash worn out")
    assert verdict(row) == ("Rejected", "InternalError")
    assert "flash worn out" in verdict_sentence(row)


def test_request_id_zero_and_unknown_ids_do_no_harm(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    says(row, "Uploaded", request_id=0)
    says(row, "Uploaded", request_id=987654)
    says(row, "UploadFailure", request_id=2**40)  # out of range is not the same as none
    says(row, "Idle", request_id=-(2**40))
    assert verdict(row)[0] == "Sent"
    unmatched = TimelineEntry.objects.filter(kind="log.unmatched")
    assert [entry.data["request_id"] for entry in unmatched] == [0, 987654, 2**40]


def test_idle_without_an_id_ends_what_was_accepted_and_unfinished(
    dialogue: Dialogue, asked: Ask
) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    says(row, "Idle", request_id=None)
    assert verdict(row) == ("Lost", "Idle")
    says(row, "Uploading")
    assert verdict(row)[0] == "Uploading"


def test_idle_does_not_end_an_upload_whose_bytes_are_flowing(
    dialogue: Dialogue, asked: Ask
) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    ticket = uploads.find_upload(row.token)
    uploads.upload_started(
        ticket, name="", method="PUT", declared_size=None, content_type="", remote_address=""
    )
    says(row, "Idle", request_id=None)
    assert verdict(row)[0] == "Accepted"


def test_a_silent_station_is_asked_once_then_given_up(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    now = timezone.now()
    log_watch.watch_log_requests(now + timedelta(minutes=16))
    log_watch.watch_log_requests(now + timedelta(minutes=17))
    assert dialogue.takes().wire_payload == {"requestedMessage": "LogStatusNotification"}
    dialogue.answers({"status": "Accepted"})
    assert dialogue.takes() is None
    log_watch.watch_log_requests(now + timedelta(minutes=31))
    assert verdict(row) == ("Lost", "Silent")


def test_a_reboot_during_an_upload_makes_us_ask(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    boot = {"reason": "PowerUp", "chargingStation": {"model": "NL-22", "vendorName": "Nord"}}
    assert inbound.receive_call(row.station, "2.0.1", "BootNotification", boot) is None
    assert dialogue.takes().wire_action == "TriggerMessage"
    assert StationInfo.objects.get(station=row.station).vendor == "Nord"


def test_a_lost_connection_makes_us_ask_again_once(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    first_id = row.request_id
    inbound.station_disconnected(row.station, connection="c1")
    assert verdict(row)[0] == "Queued"
    again = dialogue.takes()
    assert again.wire_payload["requestId"] != first_id
    assert again.wire_payload["log"]["remoteLocation"] == row.location
    inbound.station_disconnected(row.station, connection="c1")
    assert verdict(row) == ("Lost", "ConnectionLost")
    assert dialogue.takes() is None


@pytest.mark.parametrize("order", [["Accepted", "Rejected"], ["Rejected", "Accepted"]])
def test_of_two_answers_to_one_request_a_rejection_only_says_that_it_is_busy(
    dialogue: Dialogue, asked: Ask, order: list[str]
) -> None:
    """A station that answers on a new connection what it was asked on the old one."""
    row = asked()
    inbound.station_connected(dialogue.station)
    dialogue.takes()
    for call, status in zip(dialogue.taken, order, strict=True):
        delivery.record_answer(dialogue.station, call.message_id, {"status": status})
    assert verdict(row) == ("Accepted", "")


def test_a_station_that_was_asked_after_all_is_not_asked_again(
    dialogue: Dialogue, asked: Ask
) -> None:
    row = asked()
    inbound.station_disconnected(row.station, connection="c1")
    says(row, "Uploading")
    assert verdict(row)[0] == "Uploading"
    assert dialogue.takes() is None


def test_the_end_of_another_connection_changes_nothing(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    inbound.station_disconnected(row.station, connection="an older one")
    assert verdict(row)[0] == "Sent"


def test_1_6_without_the_extension_gets_get_diagnostics(dialogue: Dialogue, asked: Ask) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    row = asked()
    assert dialogue.taken[-1].wire_action == "GetLog"
    dialogue.refuses("NotImplemented")
    assert verdict(row)[0] == "Queued"
    assert dialogue.takes().wire_action == "GetDiagnostics"
    dialogue.answers({"fileName": "diagnostics.log"})
    assert verdict(row)[0] == "Accepted"
    status = {"status": "Uploaded"}
    inbound.receive_call(row.station, "1.6", "DiagnosticsStatusNotification", status)
    brings(row)
    assert verdict(row) == ("Received", "")
    assert capabilities.knows(row.station, "GetLog") is False
    # Cached: the next request goes straight to GetDiagnostics, and the security log is refused.
    asked()
    assert dialogue.taken[-1].wire_action == "GetDiagnostics"
    with pytest.raises(RequestRefused, match="security extension"):
        logs.request_log(station=row.station, log_type="SecurityLog")
    # A firmware update may bring the extension.
    make_station_info(row.station, firmware_version="9.9")
    assert capabilities.knows(row.station, "GetLog") is None


def test_1_6_that_is_silent_on_get_log_is_tried_with_get_diagnostics_once(
    dialogue: Dialogue, asked: Ask
) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    row = asked()
    dialogue.is_silent()
    assert dialogue.takes().wire_action == "GetDiagnostics"
    dialogue.is_silent()
    assert verdict(row) == ("Lost", "NoAnswer")
    assert dialogue.takes() is None


def test_1_6_with_the_extension_is_remembered(dialogue: Dialogue, asked: Ask) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    row = asked(log_type="SecurityLog")
    dialogue.answers({"status": "Accepted", "filename": "security_logs.csv"})
    assert capabilities.knows(row.station, "GetLog") is True


def test_1_6_security_log_without_the_extension_has_no_fallback(
    dialogue: Dialogue, asked: Ask
) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    row = asked(log_type="SecurityLog")
    dialogue.refuses("NotSupported")
    assert verdict(row) == ("Rejected", "NotSupported")
    assert dialogue.takes() is None


def test_only_one_get_diagnostics_runs_at_a_time(dialogue: Dialogue, asked: Ask) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    capabilities.learn(dialogue.station.pk, "GetLog", known=False)
    first, second = asked(), asked()
    assert dialogue.taken[-1] is None
    dialogue.taken.pop()
    dialogue.answers({"fileName": "d.log"})
    assert dialogue.takes() is None
    dialogue.taken.pop()
    inbound.receive_call(
        first.station, "1.6", "DiagnosticsStatusNotification", {"status": "UploadFailed"}
    )
    assert verdict(first) == ("Failed", "UploadFailure")
    assert dialogue.takes().log_request_id == second.pk


def test_get_diagnostics_without_a_file_name_is_a_rejection(dialogue: Dialogue, asked: Ask) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    capabilities.learn(dialogue.station.pk, "GetLog", known=False)
    row = asked()
    dialogue.answers({})
    assert verdict(row) == ("Rejected", "")


@pytest.mark.parametrize("version", [OcppVersion.V16, OcppVersion.V201])
def test_a_log_that_the_version_lacks_is_refused_before_any_row(
    dialogue: Dialogue, version: OcppVersion
) -> None:
    dialogue.gateway.spoken = version
    with pytest.raises(RequestRefused, match=f"OCPP {version}.*DataCollectorLog"):
        logs.request_log(station=dialogue.station, log_type="DataCollectorLog")
    assert not LogRequest.objects.exists()


def test_a_station_that_returns_with_an_older_version_cannot_be_asked(
    dialogue: Dialogue, asked: Ask
) -> None:
    dialogue.gateway.spoken = OcppVersion.V21
    row = logs.request_log(station=dialogue.station, log_type="DataCollectorLog")
    dialogue.gateway.spoken = OcppVersion.V201
    assert dialogue.takes() is None
    assert verdict(row) == ("Rejected", "Unsupported")
    assert "DataCollectorLog" in verdict_sentence(row)


def test_an_absent_station_keeps_its_request_until_it_expires(dialogue: Dialogue) -> None:
    row = logs.request_log(station=dialogue.station, expires_in=timedelta(hours=1))
    delivery.expire_calls(timezone.now() + timedelta(minutes=59))
    assert verdict(row)[0] == "Queued"
    delivery.expire_calls(timezone.now() + timedelta(minutes=61))
    assert verdict(row)[0] == "Expired"


def test_cancel_before_sending_takes_the_call_back(dialogue: Dialogue) -> None:
    row = logs.request_log(station=dialogue.station)
    logs.cancel_log(row)
    assert verdict(row) == ("Canceled", "Operator")
    assert dialogue.takes() is None
    with pytest.raises(RequestClosed):
        logs.cancel_log(row)


def test_cancel_after_sending_still_keeps_the_file(dialogue: Dialogue, asked: Ask) -> None:
    row = asked()
    dialogue.answers({"status": "Accepted"})
    logs.cancel_log(row)
    assert verdict(row) == ("Canceled", "Operator")
    brings(row)
    assert verdict(row)[0] == "ReceivedUnconfirmed"


def test_addresses_are_unguessable_short_and_end(dialogue: Dialogue) -> None:
    row = logs.request_log(station=dialogue.station)
    assert len(row.location) <= 255
    assert row.location.endswith(f"/u/{row.token}/")
    assert len(row.token) >= 22
    with pytest.raises(UploadUnknown):
        uploads.find_upload(row.token[:-1])
    LogRequest.objects.update(address_expires_at=timezone.now())
    with pytest.raises(UploadExpired):
        uploads.find_upload(row.token)


def test_enough_files_are_enough(dialogue: Dialogue, settings: Any) -> None:
    settings.DIAGNOSTICS = {**settings.DIAGNOSTICS, "MAX_FILES_PER_REQUEST": 1}
    row = logs.request_log(station=dialogue.station)
    brings(row)
    with pytest.raises(UploadExpired):
        uploads.find_upload(row.token)


def test_a_span_that_makes_no_sense_is_refused_in_words(dialogue: Dialogue) -> None:
    now = timezone.now()
    with pytest.raises(RequestRefused, match="ends before it begins"):
        logs.request_log(station=dialogue.station, oldest=now, latest=now - timedelta(hours=1))
    with pytest.raises(RequestRefused, match="future"):
        logs.request_log(station=dialogue.station, oldest=now + timedelta(hours=1))
    with pytest.raises(RequestRefused, match="no log called"):
        logs.request_log(station=dialogue.station, log_type="Diary")


def test_one_station_that_cannot_be_asked_does_not_stop_the_others(dialogue: Dialogue) -> None:
    dialogue.gateway.spoken = OcppVersion.V16
    other = make_station("CS-2")
    capabilities.learn(other.pk, "GetLog", known=False)
    asked = logs.request_logs(stations=[other, dialogue.station], log_type="SecurityLog")
    assert [row.station for row in asked.requests] == [dialogue.station]
    assert [station for station, _ in asked.refused] == [other]
    assert "security extension" in asked.refused[0][1]


def test_an_upload_address_that_stations_would_cut_is_refused(
    dialogue: Dialogue, settings: Any
) -> None:
    base = "https://" + "x" * 240 + ".example"
    settings.DIAGNOSTICS = {**settings.DIAGNOSTICS, "PUBLIC_URL": base}
    with pytest.raises(RequestRefused, match="shorten PUBLIC_URL"):
        logs.request_log(station=dialogue.station)


def test_request_ids_are_never_given_twice_to_a_station(dialogue: Dialogue) -> None:
    rows = [logs.request_log(station=dialogue.station) for _ in range(3)]
    assert len({row.request_id for row in rows}) == 3
    assert all(row.request_id and row.request_id > 0 for row in rows)
