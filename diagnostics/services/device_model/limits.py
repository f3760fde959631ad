"""What a station can take and do, as far as it said: read once, obeyed by every request."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from diagnostics.models import StationInfo
from diagnostics.ocpp.times import parse_time
from diagnostics.ocpp.types import ComponentVariable

# Facts with a name of their own, by component and variable; "" is 1.6, which has no components.
_FACTS = {
    ("monitoringctrlr", "available"): "monitoring_available",
    ("monitoringctrlr", "enabled"): "monitoring_enabled",
    ("monitoringctrlr", "activemonitoringbase"): "monitoring_base",
    ("monitoringctrlr", "activemonitoringlevel"): "monitoring_level",
    ("ocppcommctrlr", "filetransferprotocols"): "file_transfer_protocols",
    ("", "supportedfiletransferprotocols"): "file_transfer_protocols",
    ("", "supportedfeatureprofiles"): "feature_profiles",
}
_PER_MESSAGE = {"itemspermessage": "items_per_message", "bytespermessage": "bytes_per_message"}

# The instances of ItemsPerMessage and BytesPerMessage, in one spelling.
_ACTIONS = {
    name.lower(): name
    for name in (
        "GetReport",
        "GetVariables",
        "SetVariables",
        "SetVariableMonitoring",
        "ClearVariableMonitoring",
    )
}
_CLOCK = ("clockctrlr", "datetime")
_MOST_KEYS = ("", "getconfigurationmaxkeys")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is known; a missing entry, None or an empty tuple is what the station never said.

    `items_per_message` and `bytes_per_message` are by action; the entry GetReport also holds for
    GetMonitoringReport (N02.FR.07). Bytes count the whole frame.
    """

    items_per_message: dict[str, int] = field(default_factory=dict)
    bytes_per_message: dict[str, int] = field(default_factory=dict)
    monitoring_available: bool | None = None
    monitoring_enabled: bool | None = None
    monitoring_base: str = ""
    monitoring_level: int | None = None
    file_transfer_protocols: tuple[str, ...] = ()
    feature_profiles: tuple[str, ...] = ()


def get_limits(station: Any) -> Limits:
    """What `station` said of itself, last."""
    found = StationInfo.objects.filter(station=station).values_list("limits", flat=True).first()
    return read_limits(found)


def limits_of(station_ids: Collection[Any]) -> dict[Any, Limits]:
    """`get_limits` of many stations, by their keys."""
    found = StationInfo.objects.filter(station__in=station_ids).values_list("station", "limits")
    return {**dict.fromkeys(station_ids, Limits()), **{key: read_limits(it) for key, it in found}}


def read_limits(kept: Any) -> Limits:
    """Limits as `StationInfo.limits` keeps them."""
    known = kept if isinstance(kept, dict) else {}
    return Limits(
        items_per_message=dict(known.get("items_per_message", {})),
        bytes_per_message=dict(known.get("bytes_per_message", {})),
        monitoring_available=_truth(known.get("monitoring_available", "")),
        monitoring_enabled=_truth(known.get("monitoring_enabled", "")),
        monitoring_base=known.get("monitoring_base", ""),
        monitoring_level=_count(known.get("monitoring_level", "")),
        file_transfer_protocols=_listed(known.get("file_transfer_protocols", "")),
        feature_profiles=_listed(known.get("feature_profiles", "")),
    )


def forget(station_ids: Collection[Any]) -> None:
    """What stations, by their keys, said of themselves is asked anew, as is what they have."""
    StationInfo.objects.filter(station__in=station_ids).update(
        limits={}, limits_read_at=None, inventory_firmware="", inventory_at=None
    )


def learn(station: Any, values: Iterable[tuple[ComponentVariable, str]], now: datetime) -> None:
    """Take from values of variables what is a limit, and the station's clock."""
    learnt: list[tuple[str, str, Any]] = []
    skew: float | None = None
    for named, value in values:
        place = (
            named.component.name.lower(),
            named.variable.name.lower() if named.variable else "",
        )
        if place == _CLOCK and (told := parse_time(value)) is not None:
            skew = (told - now).total_seconds()
        elif fact := _fact(named, place, value):
            learnt.append(fact)
    if learnt or skew is not None:
        _keep(station, learnt, skew)


def _fact(
    named: ComponentVariable, place: tuple[str, str], value: str
) -> tuple[str, str, Any] | None:
    """(group, name, value) of a limit; other facts have no group."""
    if place in _FACTS:
        return "", _FACTS[place], value[:500]
    count = _count(value)
    if place == _MOST_KEYS:
        return ("items_per_message", "GetVariables", count) if count else None
    action = _ACTIONS.get(named.variable.instance.lower()) if named.variable else None
    if place[1] in _PER_MESSAGE and place[0] in ("devicedatactrlr", "monitoringctrlr"):
        return (_PER_MESSAGE[place[1]], action, count) if action and count else None
    return None


def _keep(station: Any, learnt: list[tuple[str, str, Any]], skew: float | None) -> None:
    held = StationInfo.objects.select_for_update()
    info = held.filter(station=station).first() or held.get_or_create(station=station)[0]
    limits = dict(info.limits)
    for group, name, value in learnt:
        if group:
            limits[group] = {**limits.get(group, {}), name: value}
        else:
            limits[name] = value
    info.limits = limits
    if skew is not None:
        info.clock_skew = skew
    info.save(update_fields=["limits", "clock_skew"])


def _truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(str(text).strip().lower())


def _count(text: str) -> int | None:
    digits = str(text).strip()
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in str(text).split(",") if word.strip())
