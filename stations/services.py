"""What people do with stations: register, adopt, give a password, block."""

from __future__ import annotations

from datetime import timedelta

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone

from stations.gateway import wake
from stations.models import (
    ChargingStation,
    RefusalReason,
    RefusedConnection,
    SecurityProfile,
    StationConnection,
)
from stations.passwords import check_password_rules, hash_password, new_password

WITHOUT_PASSWORD = frozenset({SecurityProfile.NONE, SecurityProfile.CLIENT_CERTIFICATE})


@transaction.atomic
def register_station(
    identity: str,
    *,
    password: str | None = None,
    security_profile: int = SecurityProfile.BASIC,
    name: str = "",
    certificate_name: str = "",
) -> tuple[ChargingStation, str | None]:
    """Make a station known. Returns it, and its password where one was made up here.

    Such a password is shown once and kept nowhere. Raises ValidationError for an identity that is
    taken or impossible, a password stations cannot use, and security profile 3 where it is not
    served. `certificate_name` is the name in its certificate, where that is known.
    """
    station = ChargingStation(
        identity=identity,
        security_profile=security_profile,
        name=name,
        certificate_name=certificate_name,
    )
    station.full_clean()
    made_up = None
    if security_profile not in WITHOUT_PASSWORD:
        made_up = new_password() if password is None else None
        chosen = made_up or password or ""
        check_password_rules(chosen)
        station.password_hash = hash_password(chosen)
    station.save()
    return station, made_up


def set_password(
    station: ChargingStation, password: str | None = None, *, grace: timedelta | None = None
) -> str:
    """Give a station another password; returns it, to be shown once.

    For `grace` the old one is accepted too, until the station uses the new one: for a change that
    is made over OCPP, whose answer may be lost. Raises ValidationError as `register_station` does.
    """
    chosen = password or new_password()
    check_password_rules(chosen)
    station.previous_password_hash = station.password_hash if grace else ""
    station.previous_password_until = timezone.now() + grace if grace else None
    station.password_hash = hash_password(chosen)
    station.save(
        update_fields=["password_hash", "previous_password_hash", "previous_password_until"]
    )
    return chosen


@transaction.atomic
def adopt_refused(
    refused: RefusedConnection, *, security_profile: int | None = None
) -> tuple[ChargingStation, str | None]:
    """Register the unknown station that knocked, for the certificate that it came with if it had a
    good one, else with a password. Returns and raises as `register_station` does."""
    name = refused.certificate_name
    by_itself = SecurityProfile.CLIENT_CERTIFICATE if name else SecurityProfile.BASIC
    station, password = register_station(
        refused.identity,
        security_profile=by_itself if security_profile is None else security_profile,
        certificate_name=name,
    )
    RefusedConnection.objects.filter(
        identity__iexact=refused.identity, reason=RefusalReason.UNKNOWN_STATION
    ).delete()
    return station, password


def block_station(station: ChargingStation) -> None:
    """Turn the station away from now on, and end its connection."""
    station.is_active = False
    station.save(update_fields=["is_active"])
    transaction.on_commit(lambda: _wake_connections(station))


def unblock_station(station: ChargingStation) -> None:
    """Let the station connect again."""
    station.is_active = True
    station.save(update_fields=["is_active"])


def _wake_connections(station: ChargingStation) -> None:
    live = StationConnection.objects.live().filter(station=station)
    for server_id, connection_id in live.values_list("server_id", "pk"):
        if server_id is not None:
            async_to_sync(wake)(server_id, connection_id)
