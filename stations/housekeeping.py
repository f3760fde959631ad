"""The rules of housekeeping for the tables of stations and their connections."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from diagnostics.services.housekeeping.rules import Rule, register, register_bounded
from stations.conf import stations_settings
from stations.models import (
    ChargingStation,
    Connector,
    RefusedConnection,
    ServerProcess,
    StationCertificate,
    StationConnection,
)

register(
    Rule(
        name="connections",
        model=StationConnection,
        title=_("connections"),
        age="closed_at",
        ordered_by="opened_at",
        lifetime=lambda: stations_settings().connection_history,
        setting="CONNECTION_HISTORY",
        spares=_("open ones"),
    ),
    Rule(
        name="refused_connections",
        model=RefusedConnection,
        title=_("refused connections"),
        age="last_at",
        ordered_by="first_at",
        lifetime=lambda: stations_settings().refused_history,
        setting="REFUSED_HISTORY",
    ),
)

register_bounded(
    {
        ChargingStation: _("as many rows as people make"),
        Connector: _("a few rows for each station"),
        StationCertificate: _("one row for each station"),
        ServerProcess: _("those that are gone are forgotten after a week"),
    }
)
