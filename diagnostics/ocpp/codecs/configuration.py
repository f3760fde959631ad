"""Configuration keys of 1.6, read and set like the variables of 2.x."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostics.ocpp.codecs.device_model import VALUE, DeviceModel, readable
from diagnostics.ocpp.device_model import VariableAsked, VariableResult
from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.ocpp.fields import text
from diagnostics.ocpp.messages import WireCall
from diagnostics.ocpp.secrets import configuration_key
from diagnostics.ocpp.types import ComponentVariable


class Configuration(DeviceModel):
    """The words of 1.6: a flat list of keys, each a variable of a component without a name."""

    report_bases = ()
    has_attributes = False
    most_set = 1
    limits = tuple(
        configuration_key(name)
        for name in (
            "SupportedFeatureProfiles",
            "SupportedFileTransferProtocols",
            "GetConfigurationMaxKeys",
        )
    )

    def encode_get_variables(self, asked: Sequence[VariableAsked]) -> WireCall:
        """Write GetConfiguration; without keys it asks for all of them."""
        keys = [_key(each) for each in asked]
        return self._valid("GetConfiguration", {"key": keys} if keys else {})

    def encode_set_variables(self, asked: Sequence[VariableAsked]) -> WireCall:
        """Write ChangeConfiguration, which has room for one key."""
        if len(asked) != 1:
            raise UnsupportedAction("OCPP 1.6 sets one configuration key in one call.")
        one = asked[0]
        return self._valid("ChangeConfiguration", {"key": _key(one), "value": one.value or ""})

    def decode_variables(
        self, payload: Mapping[str, Any], asked: Sequence[VariableAsked]
    ) -> list[VariableResult]:
        """Read either answer, with "NotSupported" and unknown keys in the words of 2.x."""
        if "status" in payload and len(asked) == 1:
            status = text(payload, "status", 20)
            word = "UnknownVariable" if status == "NotSupported" else status
            return [VariableResult(asked[0].reference, "Actual", word)]
        known, unknown = payload.get("configurationKey"), payload.get("unknownKey")
        found = [
            _configured(each)
            for each in (known if isinstance(known, list) else ())
            if text(each, "key", 50)
        ]
        missing = [
            VariableResult(configuration_key(key[:50]), "Actual", "UnknownVariable")
            for key in (unknown if isinstance(unknown, list) else ())
            if isinstance(key, str)
        ]
        return [*found, *missing]

    def _report(
        self,
        action: str,
        criterion: str,
        request_id: int,
        criteria: Sequence[str],
        named: Sequence[ComponentVariable],
    ) -> WireCall:
        raise UnsupportedAction(f"OCPP {self.version} has no {action}.")


def _key(asked: VariableAsked) -> str:
    if asked.reference.component.name or asked.reference.variable is None:
        raise UnsupportedAction("OCPP 1.6 has configuration keys, and no components.")
    return asked.reference.variable.name


def _configured(entry: dict[str, Any]) -> VariableResult:
    reference = configuration_key(text(entry, "key", 50))
    readonly = entry.get("readonly")
    return VariableResult(
        reference=reference,
        attribute_type="Actual",
        status="Accepted",
        value=readable(text(entry, "value", VALUE), reference),
        mutability="" if readonly is None else "ReadOnly" if readonly else "ReadWrite",
    )
