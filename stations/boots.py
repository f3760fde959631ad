"""BootNotifications: who booted is kept, and the answer is the station's policy (B01 to B03).

After a power cut whole regions boot at once. Boots that come at the same time are kept by few
statements for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from diagnostics import inbound
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.ingest import GroupCommit
from stations.certificate_rules import SerialNumberDiffers, check_serial_number
from stations.conf import stations_settings
from stations.models import ChargingStation, Registration

# So many share a transaction: a station's first boot places calls, and all of them are locked.
MOST = 20


class Boot(NamedTuple):
    """A BootNotification; `certified` is the name in the certificate that the station came in
    with, if it did."""

    station: ChargingStation
    version: OcppVersion
    payload: dict[str, Any]
    certified: str = ""


async def answer_boot(boot: Boot) -> dict[str, Any]:
    """Keep who booted, and return the payload of the answer.

    Raises SerialNumberDiffers where another station boots than its certificate says: it is heard
    no more until it boots rightly. Raises ChargingStation.DoesNotExist for one that was deleted.
    """
    return await _boots.submit(boot)


def close() -> None:
    """Answer what waits, and give the database connection back."""
    _boots.close()


Outcome = dict[str, Any] | Exception


@transaction.atomic
def answer_boots(boots: Sequence[Boot]) -> list[Outcome]:
    """What to answer each, or why not.

    A registration is kept over connections and restarts: a station that reconnects does not boot,
    and is still accepted.
    """
    known = ChargingStation.objects.filter(pk__in={boot.station.pk for boot in boots})
    # The stations first, then what diagnostics locks: the order of `presence.open_connections`.
    stored = {row.pk: row for row in known.select_for_update(no_key=True).order_by("pk")}
    outcomes = [_outcome(boot, stored) for boot in boots]
    told = {boot.station.pk: boot for boot, came in zip(boots, outcomes, strict=True)
            if isinstance(came, dict)}  # fmt: skip
    inbound.stations_booted([(each.station, each.version, each.payload) for each in told.values()])
    known.filter(pk__in=told).update(registration=F("registration_policy"))
    others = {boot.station.pk for boot, came in zip(boots, outcomes, strict=True)
              if isinstance(came, SerialNumberDiffers)}  # fmt: skip
    if others:
        known.filter(pk__in=others).update(registration="")
    return outcomes


def _outcome(boot: Boot, stored: dict[Any, ChargingStation]) -> Outcome:
    station = stored.get(boot.station.pk)
    if station is None:
        return ChargingStation.DoesNotExist(f"{boot.station} was deleted")
    if boot.certified:
        try:
            check_serial_number(boot.certified, boot.version, boot.payload)
        except SerialNumberDiffers as error:
            return error
    settings, policy = stations_settings(), station.registration_policy
    is_accepted = policy == Registration.ACCEPTED
    interval = settings.heartbeat_interval if is_accepted else settings.boot_retry_interval
    return codec_for(boot.version).encode_boot_answer(policy, timezone.now(), interval)


_boots: GroupCommit[Boot, dict[str, Any]] = GroupCommit(answer_boots, name="boots", most=MOST)
