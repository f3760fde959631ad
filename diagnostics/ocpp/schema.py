"""One compiled schema: a fast yes or no, and a slow why."""

from typing import Any

from jsonschema_rs import Draft6Validator

from diagnostics.ocpp.errors import InvalidPayload, Violation
from diagnostics.ocpp.inspection import NOTHING_SPARED, Inspection, Spared, TooMuchWrong

_INT32 = {"minimum": -(2**31), "maximum": 2**31 - 1}
# What says nothing about validity; "format" is here because odd date-times must not refuse.
_REMARKS = frozenset({"$schema", "$id", "comment", "description", "format", "javaType", "title"})


class Schema:
    """The schema of one message's payload, made from a parsed schema file."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.tree: dict[str, Any] = _prepared(document)
        # Draft 6 for all: the draft 4 of the 1.6 files denies that 5.0 is an integer.
        self._validator = Draft6Validator(self.tree)
        self._takes_nothing = self.fits({})

    def fits(self, payload: Any) -> bool:
        """Say whether the payload is an object that the schema accepts; never raises."""
        try:
            return isinstance(payload, dict) and self._validator.is_valid(payload)
        except (TypeError, ValueError):  # not JSON: a datetime, a lone surrogate, …
            return False

    def check(self, payload: Any) -> None:
        """Raise InvalidPayload unless the payload fits; ``None`` counts as the empty payload."""
        if not payload and self._takes_nothing and payload in (None, {}):
            return  # most answers, by far
        if payload is None:
            payload = {}
        if not self.fits(payload):
            _, violations = self.inspect(payload)
            raise InvalidPayload(violations)

    def inspect(
        self, payload: Any, spared: Spared = NOTHING_SPARED
    ) -> tuple[dict[str, Any] | None, list[Violation]]:
        """Return what can be read of a payload that does not fit, and why it does not.

        The first is ``None`` when too little can be read. ``spared`` only matters for that.
        """
        if not isinstance(payload, dict):
            return None, [Violation("", "the payload is not an object", "syntax")]
        inspection = Inspection(self.tree, spared)
        try:
            readable = inspection.read(payload)
        except TooMuchWrong:
            readable = None
        if not inspection.violations:
            return None, [Violation("", "the payload cannot be written as JSON", "syntax")]
        return readable, inspection.violations


def _prepared(schema: Any) -> Any:
    """Copy a schema without its remarks, its integers bounded to the 32 bits of part 4."""
    if isinstance(schema, list):
        return [_prepared(child) for child in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: _prepared(child) for name, child in schema.items() if not _is_remark(name, child)}
    return _INT32 | copy if copy.get("type") == "integer" else copy


def _is_remark(name: str, child: Any) -> bool:
    """Tell a remark from a property that happens to have its name, whose schema is an object."""
    return name in _REMARKS and isinstance(child, str)
