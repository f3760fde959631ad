"""The JSON schemas of OCPP 1.6 (with security extension), 2.0.1 and 2.1, by action.

The files are those of the ``ocpp`` package, read without importing it; each is compiled when first
needed and kept. Formats never refuse a message, 5.0 is an integer, and integers have 32 bits.
"""

import json
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from diagnostics.ocpp.actions import BY_BOTH, BY_STATION
from diagnostics.ocpp.errors import RpcErrorCode, UnsupportedAction
from diagnostics.ocpp.schema import Schema
from diagnostics.ocpp.versions import OcppVersion

_FOLDERS = {OcppVersion.V16: "v16", OcppVersion.V201: "v201", OcppVersion.V21: "v21"}


class Schemas:
    """The schemas of one version, and who sends what."""

    def __init__(self, version: OcppVersion) -> None:
        self.version = version
        self._files = {path.stem: path for path in _files(version)}
        self._requests: dict[str, Schema] = {}
        self._results: dict[str, Schema] = {}
        self.actions = frozenset(
            name.removesuffix("Request") for name in self._files if not name.endswith("Response")
        )
        self.sent_by_station = BY_STATION[version]
        self.sent_by_csms = self.actions - (BY_STATION[version] - BY_BOTH)

    def request(self, action: str) -> Schema:
        """Return the schema of a CALL's or SEND's payload; raises UnsupportedAction."""
        schema = self._requests.get(action)
        if schema is None:
            # 2.x files are named XRequest, those of 1.6 and of the SENDs just X.
            schema = self._requests[action] = self._load(action, f"{action}Request", action)
        return schema

    def result(self, action: str) -> Schema:
        """Return the schema of a CALLRESULT's payload; raises UnsupportedAction."""
        schema = self._results.get(action)
        if schema is None:
            schema = self._results[action] = self._load(action, f"{action}Response")
        return schema

    def _load(self, action: str, *names: str) -> Schema:
        if action not in self.actions:
            raise UnsupportedAction(
                f"OCPP {self.version} has no {action[:50]}.", code=RpcErrorCode.NOT_IMPLEMENTED
            )
        for name in names:
            if name in self._files:
                return Schema(json.loads(self._files[name].read_bytes()))
        # A SEND has no response; one that came as a CALL is answered with {}.
        return Schema({"type": "object", "additionalProperties": False})


def _files(version: OcppVersion) -> list[Path]:
    """List the schema files of a version; a host's own package named ocpp is no obstacle."""
    try:
        package = distribution("ocpp")
    except PackageNotFoundError:
        raise RuntimeError("the package ocpp, which ships the OCPP schemas, is missing") from None
    folder = Path(str(package.locate_file(f"ocpp/{_FOLDERS[version]}/schemas")))
    files = sorted(folder.glob("*.json"))
    if not files:
        raise RuntimeError(f"the package ocpp has no schemas of OCPP {version} in {folder}")
    return files


@cache
def schemas_of(version: OcppVersion) -> Schemas:
    """Return the schemas of a version; the same object each time."""
    return Schemas(version)


def action_known(version: OcppVersion, action: str) -> bool:
    """Say whether ``version`` has this message, in either direction; names are case-sensitive."""
    return action in schemas_of(version).actions


def sent_by_station(version: OcppVersion) -> frozenset[str]:
    """Return the actions that a station may send."""
    return schemas_of(version).sent_by_station


def sent_by_csms(version: OcppVersion) -> frozenset[str]:
    """Return the actions that a CSMS may send."""
    return schemas_of(version).sent_by_csms


def validate_call(version: OcppVersion, action: str, payload: Any) -> None:
    """Check a CALL's or SEND's payload; raises InvalidPayload or UnsupportedAction."""
    schemas_of(version).request(action).check(payload)


def validate_result(version: OcppVersion, action: str, payload: Any) -> None:
    """Check a CALLRESULT's payload; raises InvalidPayload or UnsupportedAction."""
    schemas_of(version).result(action).check(payload)
