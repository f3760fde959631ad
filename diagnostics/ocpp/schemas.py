"""Validation against the JSON schemas of OCPP 1.6 (with security extension), 2.0.1 and 2.1.

The schema files are those of the ``ocpp`` package, read without importing it; each is compiled when
first needed and kept. Formats never refuse a message (stations write odd date-times), integral
floats are integers, and integers are 32 bit wide as part 4 says.
"""

import json
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft6Validator, ValidationError

from diagnostics.ocpp.actions import BY_BOTH, BY_STATION
from diagnostics.ocpp.errors import InvalidPayload, RpcErrorCode, UnsupportedAction, Violation
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.ocpp.violations import violation_of

_FOLDERS = {OcppVersion.V16: "v16", OcppVersion.V201: "v201", OcppVersion.V21: "v21"}
_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}

#: A message may be wrong in thousands of places; this many are looked at.
ERRORS_READ = 1000
#: … and this many are reported.
VIOLATIONS_KEPT = 50


class Schemas:
    """The schemas of one version; validators are compiled lazily and shared."""

    def __init__(self, version: OcppVersion) -> None:
        self.version = version
        self._files = {path.stem: path for path in _folder(version)}
        self._requests: dict[str, Draft6Validator] = {}
        self._results: dict[str, Draft6Validator] = {}
        self.actions = frozenset(
            name.removesuffix("Request") for name in self._files if not name.endswith("Response")
        )
        self.sent_by_station = BY_STATION[version]
        self.sent_by_csms = self.actions - (BY_STATION[version] - BY_BOTH)

    def request(self, action: str) -> Draft6Validator:
        """Return the validator of a CALL's or SEND's payload; raises UnsupportedAction."""
        validator = self._requests.get(action)
        if validator is None:
            validator = self._compile(action, "Request", "")
            self._requests[action] = validator
        return validator

    def result(self, action: str) -> Draft6Validator:
        """Return the validator of a CALLRESULT's payload; raises UnsupportedAction."""
        validator = self._results.get(action)
        if validator is None:
            validator = self._compile(action, "Response")
            self._results[action] = validator
        return validator

    def _compile(self, action: str, *suffixes: str) -> Draft6Validator:
        if action not in self.actions:
            raise UnsupportedAction(
                f"OCPP {self.version} has no {action[:50]}.", code=RpcErrorCode.NOT_IMPLEMENTED
            )
        for suffix in suffixes:
            path = self._files.get(action + suffix)
            if path is not None:
                return _compiled(json.loads(path.read_bytes()))
        # A SEND-only message has no response; one that came as a CALL is answered with {}.
        return _compiled({"type": "object", "additionalProperties": False})


def _folder(version: OcppVersion) -> list[Path]:
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


def _compiled(schema: dict[str, Any]) -> Draft6Validator:
    """Compile one schema as draft-06, in which 5.0 is an integer (draft-04 denies it)."""
    # The dialect is chosen by the class; "$id" would only be a base for references to elsewhere.
    schema = {name: value for name, value in schema.items() if name not in ("$schema", "$id", "id")}
    _bound_integers(schema)
    return Draft6Validator(schema, validate_formats=False)


def _bound_integers(schema: Any) -> None:
    """Give every integer of a schema the 32 bits that part 4 allows, unless it is narrower."""
    if isinstance(schema, dict):
        if schema.get("type") == "integer":
            schema.update(_INT32 | schema)
        children = schema.values()
    else:
        children = schema
    for child in children:
        if isinstance(child, dict | list):
            _bound_integers(child)


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
    check(schemas_of(version).request(action), payload)


def validate_result(version: OcppVersion, action: str, payload: Any) -> None:
    """Check a CALLRESULT's payload; raises InvalidPayload or UnsupportedAction."""
    check(schemas_of(version).result(action), payload)


def check(validator: Draft6Validator, payload: Any) -> None:
    """Raise InvalidPayload unless the payload fits; ``None`` counts as the empty payload."""
    if payload is None:
        payload = {}
    if not fits(validator, payload):
        errors = errors_of(validator, payload)
        raise InvalidPayload([violation_of(error) for error in errors[:VIOLATIONS_KEPT]])


def fits(validator: Draft6Validator, payload: Any) -> bool:
    """Say whether the payload is an object that the schema accepts; never raises."""
    try:
        return isinstance(payload, dict) and validator.is_valid(payload)
    except (TypeError, ValueError):  # not JSON: a datetime, a lone surrogate, a key of another type
        return False


def errors_of(validator: Draft6Validator, payload: Any) -> list[ValidationError]:
    """Return the first errors of a payload, as the validator has them.

    Raises InvalidPayload when there is nothing to look at: no object, or not JSON at all.
    """
    if not isinstance(payload, dict):
        raise InvalidPayload([Violation("", "the payload is not an object", "syntax")])
    try:
        return list(islice(validator.iter_errors(payload), ERRORS_READ))
    except (TypeError, ValueError):
        reason = "the payload cannot be written as JSON"
        raise InvalidPayload([Violation("", reason, "syntax")]) from None
