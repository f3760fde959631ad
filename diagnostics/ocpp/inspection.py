"""A second, slower look at a payload that its compiled schema refused: why, and what can be kept.

The compiled validator says yes or no in microseconds, but lists *all* errors or one; a frame of a
megabyte can hold a million. This walk stops after a few, in time linear in what it has seen. It
knows the keywords that the OCPP schemas use (a test pins them) and agrees with the validator.

Sentences name the place and the rule, never the offending value, which may be personal data.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from diagnostics.ocpp.errors import Violation
from diagnostics.ocpp.unread import Unread

SchemaTree: TypeAlias = Mapping[str, Any]

#: This many violations are reported, and after so many the rest is not worth reading.
VIOLATIONS_KEPT = 50
VIOLATIONS_READ = 2000

_PATH_LIMIT = 150
_WORDS_SHOWN = 8
_TYPE_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}


class TooMuchWrong(Exception):  # noqa: N818 - ends a walk
    """The payload breaks its schema in more places than are worth reading."""


class _Unreadable:
    """What a value is read as when it cannot be read."""


_UNREADABLE = _Unreadable()


@dataclass(frozen=True, slots=True)
class Spared:
    """Properties whose violations, though reported, do not make their object unreadable.

    ``missing`` may be absent although required; ``texts`` may be strings although numbers;
    ``lists`` keep the entries that cannot be read, and what came in place of the list, as Unread.
    """

    missing: frozenset[str] = frozenset()
    texts: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()


NOTHING_SPARED = Spared()


class Inspection:
    """One walk over one payload; ``violations`` are the first ones found."""

    def __init__(self, root: SchemaTree, spared: Spared = NOTHING_SPARED) -> None:
        self._root = root
        self._definitions: SchemaTree = root.get("definitions", {})
        self._spared = spared
        self._count = 0
        self.violations: list[Violation] = []

    def read(self, payload: Any) -> dict[str, Any] | None:
        """Return what can be read of a payload, as new objects; ``None`` when too little can.

        Raises TooMuchWrong.
        """
        value = self._read(self._root, payload, "")
        return value if isinstance(value, dict) else None

    def _note(self, path: str, rule: str, keyword: str) -> None:
        self._count += 1
        if self._count > VIOLATIONS_READ:
            raise TooMuchWrong
        if len(self.violations) < VIOLATIONS_KEPT:
            path = path.removeprefix(".")[:_PATH_LIMIT]
            self.violations.append(Violation(path, f"{path or 'the payload'} {rule}", keyword))

    def _read(self, schema: SchemaTree, value: Any, path: str) -> Any:
        reference = schema.get("$ref")
        if reference is not None:
            schema = self._definitions[reference.removeprefix("#/definitions/")]
        wanted = schema.get("type")
        if wanted is None:
            return value
        if not _TYPE_CHECKS[wanted](value):
            self._note(path, f"must be {_TYPE_NAMES[wanted]}", "type")
            if wanted == "array" and self._keeps(path):
                return [_marked(value)]
            value = self._read_as(wanted, value, path)
            if value is _UNREADABLE:
                return value
        if wanted == "object":
            return self._read_object(schema, value, path)
        if wanted == "array":
            return self._read_list(schema, value, path)
        self._check_scalar(schema, value, path)
        return value

    def _read_object(self, schema: SchemaTree, value: dict[str, Any], path: str) -> Any:
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False
        result = {}
        for name, child in value.items():
            rule = properties.get(name)
            if rule is None:
                if closed:
                    place = f"{path}.{name}"[: _PATH_LIMIT + 1]
                    self._note(place, "is not a property of this message", "additionalProperties")
                result[name] = child
                continue
            read = self._read(rule, child, f"{path}.{name}")
            if read is not _UNREADABLE:
                result[name] = read
        return result if self._has_required(schema, value, result, path) else _UNREADABLE

    def _has_required(
        self, schema: SchemaTree, value: dict[str, Any], result: dict[str, Any], path: str
    ) -> bool:
        complete = True
        for name in schema.get("required", ()):
            if name not in value:
                self._note(f"{path}.{name}", "is required", "required")
                complete = complete and name in self._spared.missing
            elif name not in result:
                complete = False
        return complete

    def _read_list(self, schema: SchemaTree, value: list[Any], path: str) -> Any:
        """Read the entries that can be read; a list of which nothing is left cannot be.

        What has been read before, with entries that could not be, reads as the same again.
        """
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if len(value) < least:
            self._note(path, f"needs at least {_entries(least)}", "minItems")
        if most is not None and len(value) > most:
            self._note(path, f"has room for {_entries(most)}", "maxItems")
        rule = schema.get("items", {})
        entries = [self._read(rule, child, f"{path}[{i}]") for i, child in enumerate(value)]
        if self._keeps(path):
            entries = [
                _marked(child) if entry is _UNREADABLE else entry
                for entry, child in zip(entries, value, strict=True)
            ]
        readable = [entry for entry in entries if entry is not _UNREADABLE]
        return readable if readable or not value else _UNREADABLE

    def _keeps(self, path: str) -> bool:
        """Say whether the list at this place keeps what cannot be read of it."""
        return path.rpartition(".")[2] in self._spared.lists

    def _check_scalar(self, schema: SchemaTree, value: Any, path: str) -> None:
        words = schema.get("enum")
        if words is not None and value not in words:
            more = ", …" if len(words) > _WORDS_SHOWN else ""
            rule = f"must be one of {', '.join(words[:_WORDS_SHOWN])}{more}"
            self._note(path, rule, "enum")
        longest = schema.get("maxLength")
        if longest is not None and len(value) > longest:
            self._note(path, f"is longer than {longest} characters", "maxLength")
        if isinstance(value, int | float):
            self._check_number(schema, value, path)

    def _check_number(self, schema: SchemaTree, value: float, path: str) -> None:
        least, most, step = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
        if least is not None and value < least:
            self._note(path, f"is less than {least}", "minimum")
        if most is not None and value > most:
            self._note(path, f"is more than {most}", "maximum")
        if step is not None and not _is_multiple(value, step):
            self._note(path, f"is not a multiple of {step}", "multipleOf")

    def _read_as(self, wanted: str, value: Any, path: str) -> Any:
        """Read a scalar in the wrong clothes as the type wanted."""
        if wanted == "string" and isinstance(value, bool):
            return "true" if value else "false"
        if wanted == "string" and _is_number(value):
            return str(value)
        if isinstance(value, str):
            text = value.strip()
            if wanted == "boolean":
                return _BOOLEANS.get(text.lower(), _UNREADABLE)
            if wanted == "integer" and _INTEGER.fullmatch(text):
                return int(text)
            if wanted == "number" and _DECIMAL.fullmatch(text):
                return float(text)
            if wanted == "number" and path.rpartition(".")[2] in self._spared.texts:
                return value
        return _UNREADABLE


_INTEGER = re.compile(r"-?[0-9]{1,10}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_BOOLEANS = {"true": True, "false": False}


def _marked(value: Any) -> Unread:
    return value if isinstance(value, Unread) else Unread(value)


def _is_number(value: Any) -> bool:
    """Say whether JSON would call it a number: no boolean, no NaN, no infinity."""
    if isinstance(value, float):
        return value - value == 0
    return isinstance(value, int) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return _is_number(value) and (isinstance(value, int) or value.is_integer())


_TYPE_CHECKS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_integer,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
}


def _is_multiple(value: float, step: float) -> bool:
    try:
        return Decimal(str(value)) % Decimal(str(step)) == 0
    except InvalidOperation:  # far beyond any precision
        return True


def _entries(count: int) -> str:
    return f"{count} entry" if count == 1 else f"{count} entries"
