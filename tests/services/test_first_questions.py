"""A station that connects is asked what it can take and what it has, in each version's words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from diagnostics.gateway import get_gateway
from diagnostics.models import Monitor, Report, ReportedVariable, StationInfo, VariableRequest
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.device_model.limits import get_limits
from diagnostics.testing import ScriptedStation
from diagnostics.testing.bench import Bench
from tests.services.conftest import make_station


@pytest.fixture
def station(db: None, tmp_path: Path) -> Iterator[Any]:
    faked = {
        "GATEWAY": "diagnostics.testing.fakes.FakeGateway",
        "LOG_STORE_URL": f"file://{tmp_path}",
        "READ_LIMITS": True,
        "READ_DEVICE_MODEL": True,
    }
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, **faked}):
        row = make_station()
        get_gateway().put(row, identity="CS-1")  # type: ignore[attr-defined]
        yield row


@pytest.mark.parametrize("version", OcppVersion)
def test_a_simulated_station_is_known_after_its_first_minute(
    station: Any, version: OcppVersion
) -> None:
    gateway: Any = get_gateway()
    gateway.put(station, identity="CS-1", version=version)
    bench = Bench(station, ScriptedStation(version))
    bench.scripted.reboot("PowerUp")
    bench.run()
    bench.advance(60.0)
    info = StationInfo.objects.get(station=station)
    assert info.limits_read_at is not None
    assert info.inventory_firmware == info.firmware_version != ""
    assert ReportedVariable.objects.filter(station=station).count() > 5
    assert get_limits(station).file_transfer_protocols
    assert not VariableRequest.objects.filter(status="Waiting").exists()
    if version is not OcppVersion.V16:
        assert dict(Report.objects.values_list("kind", "status")) == {
            "Base": "Complete",
            "Monitoring": "Complete",
        }
        assert Monitor.objects.filter(event_notification_type="").exists() == (
            version is OcppVersion.V201  # it does not say who made a monitor
        )
        assert info.clock_skew is not None
