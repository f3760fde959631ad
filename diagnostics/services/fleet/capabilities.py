"""What stations know, as learnt by asking: so that nothing is offered that cannot work.

Every call that ends teaches something: a station that answers NotImplemented does not know it, and
one that answers does. What it does not know holds until its firmware or its version of OCPP
changes, or until somebody has it asked again all the same. The limits of the versions themselves
are known to the codecs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.lifecycles.call import CallStatus
from diagnostics.models import MonitoringInfo, OutboundCall, StationCapability, StationInfo
from diagnostics.ocpp.refusals import subjects_of, unknown_by_answer, unknown_by_error
from diagnostics.services.timeline import Source, note

# What it matters to be sure of: 1.6 does not announce whether a station knows these.
WORTH_KNOWING = frozenset({"GetLog"})
# What `monitors.facts` keeps a finding of its own for.
ABOUT_MONITORS = frozenset({"SetVariableMonitoring", "GetMonitoringReport"})
# Stations looked up by one query.
BATCH = 500


def knows(station: Any, subject: str) -> bool | None:
    """Whether the station knows an action, with the firmware it has now; None: not found out."""
    found = StationCapability.objects.current().filter(station=station, subject=subject)
    known: bool | None = found.values_list("known", flat=True).first()
    return known


def findings(
    stations: Iterable[Any], subjects: Collection[str] | None = None
) -> dict[Any, dict[str, bool]]:
    """`knows` for many stations: by their key what was found out of these subjects, or of all."""
    keys, found = [station.pk for station in stations], dict[Any, dict[str, bool]]()
    for start in range(0, len(keys), BATCH):
        rows = StationCapability.objects.current().filter(station__in=keys[start : start + BATCH])
        rows = rows if subjects is None else rows.filter(subject__in=subjects)
        for station, subject, known in rows.values_list("station", "subject", "known"):
            found.setdefault(station, {})[subject] = known
    return found


def lacking(station: Any) -> dict[str, StationCapability]:
    """All that the station is known to lack, by subject."""
    rows = StationCapability.objects.lacking().filter(station=station)
    return {row.subject: row for row in rows.order_by("subject")}


def check(station: Any, *subjects: str) -> None:
    """Raise RequestRefused where the station is known not to know one of these."""
    rows = StationCapability.objects.lacking().filter(station=station, subject__in=subjects)
    if (row := rows.first()) is not None:
        raise RequestRefused(refusal(row.subject, row.code))


def refusals(stations: Sequence[Any], subjects: Collection[str]) -> dict[Any, RequestRefused]:
    """What `check` would raise for each of these stations, by their keys."""
    lacks = StationCapability.objects.lacking().filter(station__in=stations, subject__in=subjects)
    return {row.station_id: RequestRefused(refusal(row.subject, row.code)) for row in lacks}


def refusal(subject: str, code: str = "") -> str:
    """Why something is not asked of a station, in a sentence."""
    said = f" ({code})" if code else ""
    return (
        f"This station does not know {subject}: it said so{said} when it was asked with the "
        "firmware it has. A firmware update may bring it; on the station's page, under Health, "
        "it can be asked again all the same."
    )


def learn(station_id: Any, subject: str, *, known: bool, code: str = "") -> None:
    """Remember a finding; it holds for the station's present firmware."""
    infos = StationInfo.objects.filter(station=station_id)
    columns = {
        "known": known,
        "code": code[:64],
        "firmware": infos.values_list("firmware_version", flat=True).first() or "",
        "learnt_at": timezone.now(),
    }
    StationCapability.objects.update_or_create(
        station_id=station_id, subject=subject, defaults=columns
    )


def learn_from(calls: Sequence[OutboundCall]) -> None:
    """Learn what calls that have just ended tell; nearly always that is nothing new."""
    ended = (CallStatus.ANSWERED, CallStatus.REFUSED)
    told = [
        (call.station_id, *each) for call in calls if call.status in ended for each in _tells(call)
    ]
    known = _found_out(told) if told else {}
    for station_id, subject, is_known, code in told:
        before = known.get((station_id, subject))
        is_news = not is_known if before is None else before != is_known
        if is_news or (before is None and subject in WORTH_KNOWING):
            learn(station_id, subject, known=is_known, code=code)


def _found_out(told: Sequence[tuple[Any, str, bool, str]]) -> dict[tuple[Any, str], bool]:
    """What was known before of these stations and subjects: by both, whether it is known."""
    stations, subjects = {each[0] for each in told}, {each[1] for each in told}
    rows = StationCapability.objects.filter(station__in=stations, subject__in=subjects)
    if not rows.exists():  # nearly always, and a third of what the firmware now would cost
        return {}
    found = rows.current().values_list("station", "subject", "known")
    return {(station, subject): known for station, subject, known in found}


def _tells(call: OutboundCall) -> list[tuple[str, bool, str]]:
    """What the end of one call tells: subject, whether it is known, the station's word."""
    action, payload = call.wire_action, call.wire_payload
    if call.status == CallStatus.REFUSED:
        unknown = unknown_by_error(action, call.error_code)
        return [(action, False, call.error_code)] if unknown else []
    subject, word = unknown_by_answer(action, payload, call.answer)
    told = [(each, True, "") for each in subjects_of(action, payload) if each != subject]
    return [*told, (subject, False, word)] if subject else told


def forget(station_ids: Collection[Any]) -> None:
    """What stations know, by their keys, has to be found out again."""
    StationCapability.objects.filter(station__in=station_ids).delete()
    _forget_about_monitors(station_ids)


def _forget_about_monitors(station_ids: Collection[Any]) -> None:
    known = MonitoringInfo.objects.filter(station__in=station_ids)
    known.update(supported=None, supported_firmware="")


@transaction.atomic
def ask_again(row: StationCapability, *, user: Any) -> None:
    """Forget that a station does not know something: it may be asked again."""
    note(
        station=row.station,
        kind="capability.forgotten",
        source=Source.OPERATOR,
        user=user,
        subject=row.subject,
        code=row.code,
    )
    if row.subject in ABOUT_MONITORS:
        _forget_about_monitors([row.station_id])
    row.delete()
