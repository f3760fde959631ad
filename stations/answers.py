"""What stations are answered. Synchronous; what is written is committed when they return."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F

from diagnostics import inbound
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.versions import OcppVersion
from stations.conf import stations_settings
from stations.models import ChargingStation


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


@transaction.atomic
def _new_transaction_id(station: ChargingStation) -> int:
    """A positive number this station has not had; 1.6 has the CSMS number transactions."""
    mine = ChargingStation.objects.filter(pk=station.pk)
    mine.update(last_transaction_id=F("last_transaction_id") + 1)
    return mine.values_list("last_transaction_id", flat=True).get()
