"""What a station refuses is remembered for its firmware, and not asked of it again."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics import inbound
from diagnostics.exceptions import RequestRefused
from diagnostics.models import OutboundCall, StationCapability, StationInfo, TimelineEntry
from diagnostics.ocpp.messages import BootFacts
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import reports
from diagnostics.services.calls import group_delivery, place_call
from diagnostics.services.fleet import capabilities, station_facts
from diagnostics.services.monitors import facts as monitor_facts
from diagnostics.testing.factories import make_station_info
from tests.services.conftest import Dialogue


def asks(dialogue: Dialogue, action: str = "ClearCache", **payload: Any) -> None:
    place_call(station=dialogue.station, action=action, payload=payload)
    assert dialogue.takes().wire_action == action


def lacking(dialogue: Dialogue) -> list[str]:
    return list(capabilities.lacking(dialogue.station))


def test_a_refused_action_is_known_to_lack_until_it_is_answered(dialogue: Dialogue) -> None:
    asks(dialogue)
    dialogue.refuses("NotImplemented")
    assert lacking(dialogue) == ["ClearCache"]
    assert capabilities.knows(dialogue.station, "ClearCache") is False
    with pytest.raises(RequestRefused, match="does not know ClearCache: it said so .NotImpl"):
        capabilities.check(dialogue.station, "GetReport", "ClearCache")
    asks(dialogue)
    dialogue.answers({"status": "Accepted"})
    assert lacking(dialogue) == []
    assert capabilities.knows(dialogue.station, "ClearCache") is True


def test_other_errors_and_silence_teach_nothing(dialogue: Dialogue) -> None:
    asks(dialogue)
    dialogue.refuses("InternalError")
    asks(dialogue)
    dialogue.is_silent()
    assert not StationCapability.objects.exists()


def test_answers_teach_only_what_is_news(
    dialogue: Dialogue, django_assert_num_queries: Any
) -> None:
    asks(dialogue)
    dialogue.answers({"status": "Accepted"})
    assert not StationCapability.objects.exists()
    ended = list(OutboundCall.objects.all())
    with django_assert_num_queries(1):
        capabilities.learn_from(ended)


def test_with_another_firmware_all_is_forgotten(dialogue: Dialogue) -> None:
    make_station_info(dialogue.station, firmware_version="1")
    asks(dialogue)
    dialogue.refuses("NotSupported")
    assert lacking(dialogue) == ["ClearCache"]
    make_station_info(dialogue.station, firmware_version="2")
    assert lacking(dialogue) == []
    assert capabilities.knows(dialogue.station, "ClearCache") is None
    capabilities.check(dialogue.station, "ClearCache")
    asks(dialogue)
    dialogue.refuses("NotImplemented")
    assert StationCapability.objects.get().firmware == "2"


def test_with_another_version_a_station_is_got_to_know_anew(dialogue: Dialogue, asked: Any) -> None:
    """Many stations speak both: what 1.6 has not, 2.0.1 has, with the same firmware."""
    curious = {**settings.DIAGNOSTICS, "READ_LIMITS": True, "READ_DEVICE_MODEL": True}
    station, told = dialogue.station, BootFacts(vendor="V", firmware_version="1")
    info = StationInfo.objects.filter(station=station)
    dialogue.gateway.spoken = OcppVersion.V16
    inbound.station_connected(station)
    station_facts.record_boots([(station, told)])
    asked()
    dialogue.refuses("NotImplemented")
    info.update(limits_read_at=timezone.now(), inventory_at=timezone.now(), inventory_firmware="1")
    inbound.station_connected(station)
    assert capabilities.knows(station, "GetLog") is False
    dialogue.gateway.spoken = OcppVersion.V201
    with override_settings(DIAGNOSTICS=curious):
        inbound.station_connected(station)
        station_facts.record_boots([(station, told)])
    assert capabilities.knows(station, "GetLog") is None
    assert info.get().inventory_at is None
    asked()
    asked_for = set(OutboundCall.objects.pending().values_list("action", flat=True))
    assert {"GetVariables", "GetBaseReport"} <= asked_for


def test_an_operator_may_have_it_asked_again(dialogue: Dialogue, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("u")
    capabilities.learn(dialogue.station.pk, "GetBaseReport", known=False, code="NotImplemented")
    with pytest.raises(RequestRefused, match="does not know GetBaseReport"):
        reports.request_base_report(station=dialogue.station)
    capabilities.ask_again(StationCapability.objects.get(), user=user)
    reports.request_base_report(station=dialogue.station)
    entry = TimelineEntry.objects.get(kind="capability.forgotten")
    assert (entry.user, entry.data["subject"]) == (user, "GetBaseReport")


def test_one_base_report_that_is_not_supported_says_nothing_of_the_others(
    dialogue: Dialogue,
) -> None:
    reports.request_base_report(station=dialogue.station, report_base="SummaryInventory")
    dialogue.takes()
    dialogue.answers({"status": "NotSupported"})
    assert lacking(dialogue) == ["GetBaseReport SummaryInventory"]
    reports.check_request(
        station=dialogue.station, kind="Base", criteria={"reportBase": "FullInventory"}
    )
    with pytest.raises(RequestRefused):
        reports.request_base_report(station=dialogue.station, report_base="SummaryInventory")


def test_answers_that_are_recorded_many_at_a_time_teach_too(dialogue: Dialogue) -> None:
    capabilities.learn(dialogue.station.pk, "ClearCache", known=False)
    asks(dialogue)
    answer = group_delivery.Answer(
        dialogue.station.pk, dialogue.taken[-1].message_id, {"status": "Accepted"}
    )
    assert group_delivery.record_answers([answer]) == [True]
    assert capabilities.knows(dialogue.station, "ClearCache") is True


def test_many_stations_are_looked_up_by_one_query(
    dialogue: Dialogue, django_assert_num_queries: Any
) -> None:
    capabilities.learn(dialogue.station.pk, "GetLog", known=False)
    with django_assert_num_queries(1):
        found = capabilities.findings([dialogue.station], ["GetLog", "GetDiagnostics"])
    assert found == {dialogue.station.pk: {"GetLog": False}}


def test_a_station_of_2_x_that_does_not_know_getlog_is_asked_for_no_log(
    dialogue: Dialogue, asked: Any
) -> None:
    dialogue.gateway.spoken = OcppVersion.V201
    asked()
    dialogue.refuses("NotImplemented")
    with pytest.raises(RequestRefused, match="does not know GetLog"):
        asked()


def test_monitors_that_it_did_not_know_are_asked_for_again(dialogue: Dialogue) -> None:
    station = dialogue.station
    reports.request_monitoring_report(station=station)
    dialogue.takes()
    dialogue.refuses("NotImplemented")
    assert monitor_facts.is_known_to_lack(station)
    capabilities.ask_again(StationCapability.objects.get(), user=None)
    assert not monitor_facts.is_known_to_lack(station)
