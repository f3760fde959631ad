"""Many stations boot at once: each is kept and asked as if it were alone, by few statements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from diagnostics import inbound
from diagnostics.models import OutboundCall, Report, StationInfo, TimelineEntry, VariableRequest
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import reports
from tests.services.conftest import TellingGateway, make_station


@pytest.fixture
def stations(db: None, gateway: TellingGateway) -> list[Any]:
    return [make_station(f"CS-{number}") for number in range(6)]


@pytest.fixture
def curious(gateway: TellingGateway) -> Iterator[None]:
    changed = {**settings.DIAGNOSTICS, "READ_LIMITS": True, "READ_DEVICE_MODEL": True}
    with override_settings(DIAGNOSTICS=changed):
        yield


def boot(stations: list[Any], firmware: str = "1.0") -> None:
    inbound.stations_booted(
        [
            (
                station,
                "2.0.1",
                {
                    "reason": "PowerUp",
                    "chargingStation": {
                        "vendorName": "V",
                        "model": "M",
                        "serialNumber": f"S-{station.pk}",
                        "firmwareVersion": firmware,
                    },
                },
            )
            for station in stations
        ]
    )


def asked(station: Any) -> list[str]:
    calls = OutboundCall.objects.filter(station=station).order_by("pk")
    return list(calls.values_list("action", flat=True))


def test_each_is_kept_and_asked_as_if_it_were_alone(stations: list[Any], curious: None) -> None:
    alone, *others = stations
    boot([alone])
    boot(others)
    boot(others, "2.0")
    for station in others:
        info = StationInfo.objects.get(station=station)
        assert (info.serial_number, info.firmware_version) == (f"S-{station.pk}", "2.0")
        assert sorted(asked(station)) == sorted(asked(alone))
        told = TimelineEntry.objects.filter(station=station, kind="station.firmware").get()
        assert told.data == {"before": "1.0", "after": "2.0"}
    every = Report.objects.all()
    assert all(row.call and row.call.request_id == row.request_id for row in every)
    ids = {(row.station_id, row.request_id) for row in every}
    assert len(ids) == len(every) == 2 * len(stations)


def test_many_take_no_more_statements_than_few(stations: list[Any], curious: None) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer, and its statements cost no journey")

    def statements(some: list[Any], firmware: str) -> int:
        VariableRequest.objects.all().delete()
        Report.objects.all().delete()
        with CaptureQueriesContext(connection) as captured:
            boot(some, firmware)
        return len(captured)

    boot(stations)
    assert statements(stations[:2], "2.0") == statements(stations, "3.0")


def test_a_boot_that_cannot_be_read_leaves_nothing_of_the_others(stations: list[Any]) -> None:
    with pytest.raises(OcppError):
        inbound.stations_booted([
            (stations[0], "1.6", {"chargePointVendor": "V", "chargePointModel": "M"}),
            (stations[1], "1.6", {"chargePointVendor": 1}),
        ])  # fmt: skip
    assert not StationInfo.objects.exists()


def test_only_those_that_can_report_are_asked_and_it_is_said_of_the_others(
    stations: list[Any], gateway: TellingGateway
) -> None:
    refused = reports.request_of_many(stations=stations[:1], what="FullInventory")
    assert refused == {}
    gateway.spoken = OcppVersion.V16
    refused = reports.request_of_many(stations=stations[1:3], what="FullInventory")
    assert refused.keys() == {stations[1].pk, stations[2].pk}
    assert Report.objects.get().station_id == stations[0].pk
