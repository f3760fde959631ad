"""Boots that come at the same time, some of them not as they should be."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.models import StationInfo
from diagnostics.ocpp.versions import OcppVersion
from stations.boots import Boot, answer_boots
from stations.certificate_rules import SerialNumberDiffers
from stations.models import ChargingStation, Registration
from stations.services import register_station


@pytest.fixture
def stations(db: None) -> list[ChargingStation]:
    return [register_station(f"CP-{number}", password="a-password-of-it")[0] for number in range(4)]


def booting(station: ChargingStation, certified: str = "") -> Boot:
    made: dict[str, Any] = {"model": "M", "vendorName": "V", "serialNumber": f"S-{station.pk}"}
    payload = {"reason": "PowerUp", "chargingStation": made}
    return Boot(station, OcppVersion.V201, payload, certified)


def test_each_is_answered_by_its_own_policy_and_the_wrong_ones_harm_nobody(
    stations: list[ChargingStation],
) -> None:
    accepted, pending, other, deleted = stations
    ChargingStation.objects.filter(pk=pending.pk).update(registration_policy=Registration.PENDING)
    ChargingStation.objects.filter(pk=other.pk).update(registration=Registration.ACCEPTED)
    boots = [booting(accepted), booting(pending), booting(other, "S-of-another"), booting(deleted)]
    ChargingStation.objects.filter(pk=deleted.pk).delete()
    first, second, third, fourth = answer_boots(boots)
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["status"], second["status"]) == ("Accepted", "Pending")
    assert isinstance(third, SerialNumberDiffers)
    assert isinstance(fourth, ChargingStation.DoesNotExist)
    kept = dict(ChargingStation.objects.values_list("pk", "registration"))
    assert kept == {accepted.pk: "Accepted", pending.pk: "Pending", other.pk: ""}
    known = set(StationInfo.objects.values_list("station", flat=True))
    assert known == {accepted.pk, pending.pk}


def test_a_station_that_boots_over_two_connections_is_answered_on_both(
    stations: list[ChargingStation],
) -> None:
    twice = answer_boots([booting(stations[0])] * 2)
    assert [isinstance(each, dict) and each["status"] for each in twice] == ["Accepted"] * 2
    assert StationInfo.objects.get().serial_number == f"S-{stations[0].pk}"
