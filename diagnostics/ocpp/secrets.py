"""Values that are for the station alone: passwords and keys never stay in a record.

A CSMS may write such a variable and nobody may read it (mutability WriteOnly, A01.FR.06 to .09).
What a station says of a variable is believed; these names are secret whatever it says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnostics.ocpp.fields import inner, text
from diagnostics.ocpp.types import Component, ComponentVariable, Variable

#: Stands in a record where a secret was.
HIDDEN = "•••"

_NAMES = frozenset({"authorizationkey", "basicauthpassword"})
_PARTS = ("password", "passwd", "secret", "privatekey")
_PROFILE_FIELDS = ("basicAuthPassword", "apnPassword", "password", "key", "simPin")
# What names a variable, or says of which kind it is.
_NAMING = frozenset(
    {"connectorId", "dataType", "id", "instance", "mutability", "name", "type", "unit"}
)

Guard = Callable[[ComponentVariable], bool]


def is_secret(named: ComponentVariable) -> bool:
    """Say whether a variable is known, by its name, to hold a secret."""
    name = (named.variable or Variable("")).name.lower()
    return name in _NAMES or any(part in name for part in _PARTS)


def without_secrets(action: str, payload: Any, guard: Guard = is_secret) -> Any:
    """Return a payload as it may be kept: the call's, its answer's or a notification's.

    ``guard`` says which variables are secret. The payload itself is left alone, and returned as
    it is where it holds no secret.
    """
    hide = _HIDERS.get(action)
    return hide(payload, guard) if hide is not None and isinstance(payload, dict) else payload


def _hide_variables(payload: dict[str, Any], guard: Guard) -> dict[str, Any]:
    for name in ("setVariableData", "getVariableResult"):
        if isinstance(payload.get(name), list):
            payload = {**payload, name: [_hidden_value(each, guard) for each in payload[name]]}
    return payload


def _hidden_value(entry: Any, guard: Guard) -> Any:
    if not isinstance(entry, dict) or not entry.get("attributeValue"):
        return entry
    return (
        {**entry, "attributeValue": HIDDEN} if guard(ComponentVariable.from_wire(entry)) else entry
    )


def _hide_key(payload: dict[str, Any], guard: Guard) -> dict[str, Any]:
    if "value" in payload and guard(configuration_key(text(payload, "key", 50))):
        return {**payload, "value": HIDDEN}
    if isinstance(payload.get("configurationKey"), list):
        known = [
            _hide_key(each, guard) if isinstance(each, dict) else each
            for each in payload["configurationKey"]
        ]
        return {**payload, "configurationKey": known}
    return payload


def _hide_profile(payload: dict[str, Any], guard: Guard) -> dict[str, Any]:
    return {**payload, "connectionData": _hidden_fields(inner(payload, "connectionData"))}


def _hidden_fields(data: dict[str, Any]) -> dict[str, Any]:
    return {
        name: HIDDEN
        if name in _PROFILE_FIELDS
        else (_hidden_fields(value) if isinstance(value, dict) else value)
        for name, value in data.items()
    }


def _hide_report(payload: dict[str, Any], guard: Guard) -> dict[str, Any]:
    if not isinstance(payload.get("reportData"), list):
        return payload
    return {**payload, "reportData": [hidden_entry(each, guard) for each in payload["reportData"]]}


def hidden_entry(entry: Any, guard: Guard = is_secret) -> Any:
    """Return one reportData entry without the values of write-only attributes (B07)."""
    attributes = entry.get("variableAttribute") if isinstance(entry, dict) else None
    if not isinstance(attributes, list):
        return entry
    secret = guard(ComponentVariable.from_wire(entry))
    shown = [
        {**each, "value": HIDDEN}
        if isinstance(each, dict)
        and each.get("value")
        and (secret or each.get("mutability") == "WriteOnly")
        else each
        for each in attributes
    ]
    return {**entry, "variableAttribute": shown}


def without_values(entry: Any, name: str = "") -> Any:
    """Return an entry of a report that cannot be read as far as it names things.

    Whatever else it holds may be a secret.
    """
    if isinstance(entry, dict):
        return {key: without_values(child, key) for key, child in entry.items()}
    if isinstance(entry, list):
        return [without_values(child) for child in entry]
    return entry if name in _NAMING or entry is None or isinstance(entry, bool) else HIDDEN


def configuration_key(name: str) -> ComponentVariable:
    """A key of 1.6 as a variable: of a component without a name."""
    return ComponentVariable(Component(""), Variable(name))


_HIDERS: dict[str, Callable[[dict[str, Any], Guard], dict[str, Any]]] = {
    "ChangeConfiguration": _hide_key,
    "GetConfiguration": _hide_key,
    "GetVariables": _hide_variables,
    "NotifyReport": _hide_report,
    "SetNetworkProfile": _hide_profile,
    "SetVariables": _hide_variables,
}
