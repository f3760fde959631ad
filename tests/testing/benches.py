"""Benches for tests of block N, and the few things that all of them look at."""

from __future__ import annotations

from diagnostics.gateway import get_gateway
from diagnostics.models import Alert
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.testing import ScriptedStation
from diagnostics.testing.bench import Bench
from diagnostics.testing.inventory import CABINET

TEMPERATURE = ComponentVariable(Component("TemperatureSensor", "Cabinet"), Variable("Temperature"))


def bench_of(station, *quirks, version=OcppVersion.V201):
    get_gateway().put(station, identity="CS1", version=version)
    return Bench(station, ScriptedStation(version, quirks=quirks))


def refreshed(row):
    row.refresh_from_db()
    return row


def alerts():
    """All but those of security events: every boot makes one."""
    return Alert.objects.exclude(source="Security")


def warm(bench, value):
    """Change the temperature of the cabinet, and have the project hear of it."""
    told = bench.scripted.desks.events.change({CABINET: value})
    bench.run()
    return told
