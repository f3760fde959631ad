"""Groups of stations, and selections that are found out whenever they are used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from diagnostics import inbound
from diagnostics.models import (
    Alert,
    GroupLimit,
    LogFile,
    LogRequest,
    SecurityEvent,
    StationGroup,
    StationInfo,
    StationSelection,
)
from diagnostics.models.log_file import FileAccess
from diagnostics.services import access
from diagnostics.services.fleet import groups, selections
from diagnostics.services.fleet.selections import Criteria, stations_like, stations_of
from stations.models import ChargingStation, ServerProcess, StationConnection
from stations.services import register_station


def station(identity: str, **columns: Any) -> ChargingStation:
    made = register_station(identity, security_profile=0, name=columns.pop("name", ""))[0]
    version = columns.pop("ocpp_version", "2.0.1")
    ChargingStation.objects.filter(pk=made.pk).update(ocpp_version=version)
    StationInfo.objects.create(station=made, **columns)
    return made


def connect(*stations: ChargingStation) -> None:
    now = timezone.now()
    server = ServerProcess.objects.create(host="h", pid=1, started_at=now, heartbeat_at=now)
    for each in stations:
        StationConnection.objects.create(station=each, server=server, opened_at=now)


def held(user: Any = None, **criteria: Any) -> list[str]:
    return sorted(each.identity for each in stations_like(Criteria(**criteria), user))


@pytest.fixture
def fleet(db: None) -> dict[str, ChargingStation]:
    now = timezone.now()
    made = [
        station("A1", vendor="Nord", model="N1", firmware_version="1.4.2", seen_at=now),
        station("A2", vendor="nord", model="N2", firmware_version="1.5.0", name="Harbour",
                seen_at=now - timedelta(hours=3)),
        station("B1", vendor="Süd", model="N1", ocpp_version="1.6", serial_number="HARB-7",
                seen_at=now - timedelta(hours=50)),
        station("B2", vendor="", ocpp_version=""),
    ]  # fmt: skip
    connect(made[0])
    alert = {"key": uuid4(), "component": "Connector", "updated_at": now, "first_at": now}
    Alert.objects.create(station=made[2], last_at=now, **alert)
    return {each.identity: each for each in made}


@pytest.fixture
def harbour(fleet: dict[str, ChargingStation]) -> StationGroup:
    group = StationGroup.objects.create(name="Harbour")
    groups.add_stations(group=group, stations=[fleet["A1"], fleet["B1"]])
    return group


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, "A1 A2 B1 B2"),
        ({"vendor": "NORD"}, "A1 A2"),
        ({"vendor": "n*", "firmware": "1.4.*"}, "A1"),
        ({"model": "N1"}, "A1 B1"),
        ({"ocpp_version": "1.6"}, "B1"),
        ({"connectivity": "Connected"}, "A1"),
        ({"connectivity": "Away"}, "A2 B1 B2"),
        ({"connectivity": "AwayLonger", "hours": 24}, "B1 B2"),
        ({"connectivity": "AwayShorter", "hours": 24}, "A2"),
        ({"connectivity": "Never"}, "B2"),
        ({"alerts": "Some"}, "B1"),
        ({"alerts": "None", "connectivity": "Away"}, "A2 B2"),
        ({"text": "harb"}, "A2 B1"),
        ({"text": "a1"}, "A1"),
        ({"groups": frozenset()}, ""),
        ({"stations": frozenset()}, ""),
    ],
)
def test_every_criterion_narrows(
    fleet: dict[str, ChargingStation], criteria: dict[str, Any], expected: str
) -> None:
    assert held(**criteria) == expected.split()


@pytest.mark.parametrize("missing", ["online", "speaking", "matching"])
def test_a_gateway_that_answers_for_one_station_only_gives_the_same(
    fleet: dict[str, ChargingStation], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    criteria = {"connectivity": "Away", "ocpp_version": "2.0.1", "text": "a"}
    assert held(**criteria) == ["A2"]
    monkeypatch.delattr(f"stations.gateway.ChannelsGateway.{missing}")
    assert held(**criteria) == ["A2"]


def test_coming_and_going_is_what_away_is_counted_from(fleet: dict[str, ChargingStation]) -> None:
    inbound.station_disconnected(fleet["B2"])
    assert held(connectivity="AwayShorter", hours=1) == ["B2"]


def test_stations_are_added_once_and_removed(
    fleet: dict[str, ChargingStation], harbour: StationGroup
) -> None:
    everyone = list(fleet.values())
    assert groups.add_stations(group=harbour, stations=everyone) == 2
    assert groups.add_stations(group=harbour, stations=[each.pk for each in everyone]) == 0
    assert groups.remove_stations(group=harbour, stations=everyone[:3]) == 3
    assert groups.remove_stations(group=harbour, stations=everyone[:3]) == 0
    assert list(harbour.stations.all()) == everyone[3:]


def test_a_selection_whose_groups_or_stations_are_gone_holds_nothing(
    fleet: dict[str, ChargingStation], harbour: StationGroup
) -> None:
    by_group = StationSelection.objects.create(name="by group")
    by_group.groups.add(harbour)
    selections.settle_selection(by_group)
    exact = selections.select_stations(name="exact", stations=[fleet["B1"], fleet["B2"]])
    assert sorted(map(str, stations_of(by_group))) == ["A1", "B1"]
    assert sorted(map(str, stations_of(exact))) == ["B1", "B2"]
    harbour.delete()
    fleet["B1"].delete()
    assert not stations_of(by_group).exists()
    assert list(map(str, stations_of(exact))) == ["B2"]
    fleet["B2"].delete()
    assert not stations_of(exact).exists()


# Operators limited to groups


def limited(*names: StationGroup, by_group: bool = False) -> User:
    user = User.objects.create_user(f"user{User.objects.count()}", is_staff=True)
    if by_group:
        team = Group.objects.create(name=f"team of {user}")
        user.groups.add(team)
        limit = GroupLimit.objects.create(user_group=team)
    else:
        limit = GroupLimit.objects.create(user=user)
    limit.groups.set(names)
    return user


@pytest.mark.parametrize("by_group", [False, True])
def test_a_limited_user_gets_the_stations_of_its_groups(
    fleet: dict[str, ChargingStation], harbour: StationGroup, by_group: bool
) -> None:
    user = limited(harbour, by_group=by_group)
    assert held(user) == ["A1", "B1"]
    assert held(user, vendor="Nord") == ["A1"]
    assert [access.sees(user, each) for each in fleet.values()] == [True, False, True, False]
    assert access.find_station("A1", user) == fleet["A1"]
    assert access.find_station("A2", user) is None


def test_limits_add_up_and_an_empty_one_shows_nothing(
    fleet: dict[str, ChargingStation], harbour: StationGroup
) -> None:
    other = StationGroup.objects.create(name="other")
    groups.add_stations(group=other, stations=[fleet["B2"]])
    user = limited(harbour, by_group=True)
    GroupLimit.objects.create(user=user).groups.add(other)
    assert held(user) == ["A1", "B1", "B2"]
    assert held(limited()) == []


def test_users_without_a_limit_and_superusers_see_all(
    fleet: dict[str, ChargingStation], harbour: StationGroup
) -> None:
    limited(harbour)
    root = User.objects.create_superuser("root")
    GroupLimit.objects.create(user=root).groups.add(harbour)
    for user in (None, root, User.objects.create_user("operator", is_staff=True)):
        assert len(held(user)) == 4


def test_a_limit_costs_one_subquery_and_none_costs_nothing(
    fleet: dict[str, ChargingStation], harbour: StationGroup, django_assert_num_queries: Any
) -> None:
    rows, free = LogRequest.objects.all(), User.objects.create_user("free")
    assert access.visible(rows, None) is rows
    with django_assert_num_queries(1):  # the limits, once for each request
        assert access.visible(rows, free) is rows
        assert access.visible(rows, free) is rows
    user = limited(harbour)
    access.limit_of(user)
    with django_assert_num_queries(1) as queries:
        list(access.visible(rows, user))
    assert queries[0]["sql"].count("SELECT") == 2


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (ChargingStation, "pk"),
        (SecurityEvent, "station"),
        (LogFile, "log_request__station"),
        (FileAccess, "log_file__log_request__station"),
    ],
)
def test_the_way_from_a_row_to_its_station_is_found(model: Any, path: str) -> None:
    assert access.station_path(model) == path


def test_what_a_limited_user_selects_stays_within_its_groups_for_everybody(
    fleet: dict[str, ChargingStation], harbour: StationGroup
) -> None:
    user = limited(harbour)
    wide = StationSelection.objects.create(name="wide", created_by=user)
    selections.settle_selection(wide, user=user)
    assert sorted(map(str, stations_of(wide))) == ["A1", "B1"]
    free = StationSelection.objects.create(name="free")
    selections.settle_selection(free)
    assert list(access.visible_selections(user)) == [wide]
    assert sorted(map(str, stations_of(free, user))) == ["A1", "B1"]
