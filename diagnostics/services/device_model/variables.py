"""Read variables of stations and set them (B05, B06); configuration keys on 1.6.

What comes back is recorded by `variable_answers`. A value that is secret is kept in its row only
until the call that carries it has ended; the call itself never holds it in the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from diagnostics.exceptions import RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.variables import Attribute, VariablesKind
from diagnostics.models import OutboundCall, VariableRequest
from diagnostics.ocpp.batches import USUAL_ITEMS, split
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.errors import OcppError
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.secrets import without_secrets
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.progress import publish_on_commit
from diagnostics.services import calls, device_model
from diagnostics.services.device_model.limits import Limits, get_limits, limits_of
from diagnostics.services.timeline import Source, note

__all__ = [
    "Limits",
    "encode_call",
    "get_limits",
    "get_variables",
    "get_variables_of_many",
    "set_variables",
]

ACTIONS = {VariablesKind.GET: "GetVariables", VariablesKind.SET: "SetVariables"}

# A question of our own must not hold up an operator's; a late answer counts all the same.
OWN_ANSWER_TIME = timedelta(seconds=10)

# More than a station has variables is a mistake.
MOST_ITEMS = 2000


def get_variables(
    *,
    station: Any,
    asked: Iterable[VariableAsked] = (),
    everything: bool = False,
    purpose: str = "",
    requested_by: Any = None,
) -> VariableRequest:
    """Read attributes of variables, each once, in as many calls as the station's limits take.

    `everything` names none and reads all keys of a 1.6 station. Raises RequestRefused, with a
    sentence for the operator, before any row is written.
    """
    wanted = list({each.key(): each for each in asked}.values())
    if not wanted and not everything:
        raise RequestRefused("Name at least one variable to read.")
    return _request([station], VariablesKind.GET, wanted, purpose, requested_by)[0]


def get_variables_of_many(
    *, stations: Sequence[Any], asked: Sequence[VariableAsked], purpose: str
) -> list[VariableRequest]:
    """`get_variables` of many stations, the same of each, by few statements for all.

    Without a name all keys of 1.6 stations are read.
    """
    return _request(stations, VariablesKind.GET, asked, purpose, None)


def set_variables(
    *, station: Any, asked: Iterable[VariableAsked], requested_by: Any = None
) -> VariableRequest:
    """Set attributes of variables; the same one never twice (B05.FR.13). Raises RequestRefused."""
    wanted = list(asked)
    if not wanted:
        raise RequestRefused("Name at least one variable to set.")
    if len({each.key() for each in wanted}) < len(wanted):
        raise RequestRefused("A variable is named twice: which value is it to have?")
    if any(each.value is None for each in wanted):
        raise RequestRefused("A variable is named without the value that it is to have.")
    return _request([station], VariablesKind.SET, wanted, "", requested_by)[0]


def check_request(*, station: Any, kind: str, wanted: Sequence[VariableAsked]) -> None:
    """Raise RequestRefused where these variables cannot be asked of this station, and say why."""
    if len(wanted) > MOST_ITEMS:
        raise RequestRefused(f"At most {MOST_ITEMS} variables can be asked for at once.")
    for each in wanted:
        if each.reference.variable is None or not each.reference.variable.name:
            raise RequestRefused("Name the variable, not only its component.")
        if each.attribute_type not in Attribute.values:
            raise RequestRefused(f"There is no attribute {each.attribute_type[:20]}.")
    version = get_gateway().version(station)
    if version is None:
        return
    if (
        any(each.attribute_type != Attribute.ACTUAL for each in wanted)
        and not codec_for(version).has_attributes
    ):
        raise RequestRefused(f"OCPP {version}, which this station speaks, has values only.")
    try:
        if not wanted:
            _encode(version, VariablesKind(kind), [])
        for each in wanted:
            _encode(version, VariablesKind(kind), [each])
    except OcppError as error:
        raise RequestRefused(str(error)) from error


@transaction.atomic
def _request(
    stations: Sequence[Any],
    kind: VariablesKind,
    wanted: Sequence[VariableAsked],
    purpose: str,
    requested_by: Any,
) -> list[VariableRequest]:
    """One request for each station."""
    if not stations:
        return []
    for station in stations:
        check_request(station=station, kind=kind, wanted=wanted)
    keys = [station.pk for station in stations]
    guards, now = device_model.secrets_of_many(keys), timezone.now()
    rows = [
        VariableRequest(
            station=station,
            kind=kind,
            purpose=purpose,
            items=[_item(each, secret=guards[station.pk](each.reference)) for each in wanted],
            everything=not wanted,
            requested_by=requested_by,
            created_at=now,
        )
        for station in stations
    ]
    VariableRequest.objects.bulk_create(rows, batch_size=500)
    _place(rows, wanted, limits_of(keys))
    for row in rows:
        if purpose != VariableRequest.Purpose.LIMITS:  # after each boot: nothing to tell people
            _note_requested(row, wanted)
        publish_on_commit("variablerequest", row.pk, state=row.status)
    return rows


def _place(
    rows: Sequence[VariableRequest], wanted: Sequence[VariableAsked], known: Mapping[Any, Limits]
) -> None:
    calls.add_calls(
        {
            "station": row.station,
            "action": ACTIONS[VariablesKind(row.kind)],
            "payload": {"items": batch},
            "variable_request": row,
            "timeout": OWN_ANSWER_TIME if row.purpose else None,
            "placed_by": row.requested_by,
        }
        for row in rows
        for batch in _batches(row, wanted, known[row.station_id])
    )


def _item(asked: VariableAsked, *, secret: bool) -> dict[str, Any]:
    item = {**asked.reference.to_wire(), "attribute": str(asked.attribute_type), "status": ""}
    if asked.value is not None:
        item["value"] = asked.value
    if secret:
        item["secret"] = True
    return item


def _batches(
    row: VariableRequest, wanted: Sequence[VariableAsked], known: Limits
) -> list[list[int]]:
    """The positions of the variables in each call. An unknown version is taken for the usual."""
    if not wanted:
        return [[]]
    version, kind = get_gateway().version(row.station) or OcppVersion.V201, VariablesKind(row.kind)
    codec, action = codec_for(version), ACTIONS[kind]
    most = known.items_per_message.get(action, USUAL_ITEMS)
    if kind is VariablesKind.SET:
        most = codec.most_set or most
    return split(
        range(len(wanted)),
        action=action,
        payload=lambda some: _encode(version, kind, [wanted[i] for i in some]).payload,
        most_items=most,
        most_bytes=known.bytes_per_message.get(action),
    )


def _encode(version: OcppVersion, kind: VariablesKind, asked: Sequence[VariableAsked]) -> WireCall:
    codec = codec_for(version)
    if kind is VariablesKind.SET:
        return codec.encode_set_variables(asked)
    return codec.encode_get_variables(asked)


def _note_requested(row: VariableRequest, wanted: Sequence[VariableAsked]) -> None:
    note(
        station=row.station,
        kind="variables.set" if row.kind == VariablesKind.SET else "variables.get",
        source=Source.OPERATOR if row.requested_by else Source.SYSTEM,
        user=row.requested_by,
        variables=", ".join(str(each.reference).removeprefix(" · ") for each in wanted[:5])
        + (" …" if len(wanted) > 5 else ""),
        count=len(wanted) or None,
        request=row.pk,
    )


def asked_of(item: dict[str, Any]) -> VariableAsked:
    """An item of a row as it is asked for on the wire."""
    return VariableAsked(reference_of(item), item.get("attribute", "Actual"), item.get("value"))


def reference_of(item: dict[str, Any]) -> ComponentVariable:
    found = ComponentVariable.from_wire(item)
    return found if found.variable else ComponentVariable(Component(""), Variable(""))


def encode_call(call: OutboundCall, version: OcppVersion) -> WireCall:
    """The call in the words of the version that the station speaks now.

    Its `kept` is what the call's record holds of it. Raises UnsupportedAction where the version
    names its variables otherwise.
    """
    row = call.variable_request
    if row is None:
        raise ValueError(f"call {call.pk} asks for no variables")
    items = [row.items[index] for index in call.payload["items"]]
    wire = _encode(version, VariablesKind(row.kind), [asked_of(item) for item in items])
    if any(item.get("secret") for item in items):
        guard = device_model.secrets_of(call.station)
        return replace(wire, kept=without_secrets(wire.action, wire.payload, guard))
    return wire
