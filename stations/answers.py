"""What stations are answered. Synchronous; what is written is committed when they return."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from diagnostics import inbound
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from stations.certificate_rules import SerialNumberDiffers, check_serial_number
from stations.conf import stations_settings
from stations.models import ChargingStation, Registration


def answer_call(
    station: ChargingStation, version: OcppVersion, action: str, payload: dict[str, Any]
) -> dict[str, Any]:
    """Keep what matters of any call but a boot, and return the payload of the answer.

    Diagnostics goes first, then the few actions of the core that are kept; the rest gets the
    smallest answer that is valid. Raises OcppError to be refused with.
    """
    answer = inbound.receive_call(station, version, action, payload)
    if answer is not None:
        return answer
    started = action == "StartTransaction"
    return codec_for(version).default_answer(
        action,
        payload,
        id_token_status=stations_settings().id_token_status,
        transaction_id=_new_transaction_id(station) if started else 1,
    )


def answer_boot(
    station: ChargingStation, version: OcppVersion, payload: dict[str, Any], certified: str = ""
) -> dict[str, Any]:
    """Keep who booted, and answer as the station's policy says (B01 to B03).

    `certified` is the name in the certificate that the station came in with. Raises
    SerialNumberDiffers where another station boots: it is heard no more until it boots rightly.
    """
    if certified:
        try:
            check_serial_number(certified, version, payload)
        except SerialNumberDiffers:
            ChargingStation.objects.filter(pk=station.pk).update(registration="")
            raise
    return _answer_boot(station, version, payload)


@transaction.atomic
def _answer_boot(
    station: ChargingStation, version: OcppVersion, payload: dict[str, Any]
) -> dict[str, Any]:
    """The registration is kept over connections and restarts: a station that reconnects does not
    boot, and is still accepted.
    """
    # The station first, then what diagnostics locks: the order of `presence.open_connection`.
    stored = ChargingStation.objects.select_for_update(no_key=True).get(pk=station.pk)
    inbound.receive_call(station, version, "BootNotification", payload)
    stored.registration = stored.registration_policy
    stored.save(update_fields=["registration"])
    settings = stations_settings()
    accepted = stored.registration == Registration.ACCEPTED
    return codec_for(version).encode_boot_answer(
        stored.registration,
        timezone.now(),
        settings.heartbeat_interval if accepted else settings.boot_retry_interval,
    )


@transaction.atomic
def _new_transaction_id(station: ChargingStation) -> int:
    """A positive number this station has not had; 1.6 has the CSMS number transactions."""
    mine = ChargingStation.objects.filter(pk=station.pk)
    mine.update(last_transaction_id=F("last_transaction_id") + 1)
    return mine.values_list("last_transaction_id", flat=True).get()
