"""A form made from a message's JSON schema, and the payload read back from it.

`build` draws a tree of nodes for the templates, `read` makes the payload of what was typed. Fields
are named by their place, as violations are (`setVariableData[0].component.name`), so that a
sentence of the validation finds its field. What cannot be read as its type stays text, for the
validation to refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

PREFIX = "p:"
# Left to JSON: what vendors add, and what is nested deeper than a form can show.
LEFT_OUT = frozenset({"customData"})
DEEPEST = 10
MOST_ROWS = 300

Schema = Mapping[str, Any]

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}")
_BOOLEANS = {"true": True, "false": False}


class _Missing:
    """Nothing was typed."""


_MISSING = _Missing()


@dataclass(slots=True)
class Node:
    """A field, a fieldset (`kind` object) or a list of either.

    Other kinds: choice, text, whole, number, boolean, json. `blank` is a row for `rows.js` to add,
    with `mark` where its number goes.
    """

    name: str
    label: str
    kind: str
    required: bool = False
    value: str = ""
    hint: str = ""
    errors: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    blank: Node | None = None
    mark: str = ""

    is_row: bool = False

    @property
    def is_open(self) -> bool:
        """An optional fieldset is folded until something in it is filled or wrong."""
        return self.required or self.is_row or self._is_touched

    @property
    def _is_touched(self) -> bool:
        return bool(self.errors or self.value) or any(child._is_touched for child in self.children)


class SchemaForm:
    """The form of one message; `tree` as `ocpp.schema.Schema` has it."""

    def __init__(self, tree: Schema) -> None:
        self._tree = tree
        self._definitions: Schema = tree.get("definitions", {})

    def build(self, payload: Any, violations: Iterable[Any] = ()) -> tuple[Node, list[str]]:
        """The nodes with what `payload` holds, and the sentences that belong to none of them."""
        errors: dict[str, list[str]] = {}
        for violation in violations:
            errors.setdefault(violation.path, []).append(violation.message)
        root = self._node(self._tree, payload, "", "", True, errors, 0)
        return root, [sentence for each in errors.values() for sentence in each]

    def read(self, data: Mapping[str, str]) -> dict[str, Any]:
        """The payload of what was typed; empty fields, rows and optional objects are left out."""
        typed = {name.removeprefix(PREFIX): value.strip() for name, value in data.items()
                 if name.startswith(PREFIX) and value.strip()}  # fmt: skip
        value = self._read(self._tree, typed, "", True, 0)
        return value if isinstance(value, dict) else {}

    def _resolved(self, schema: Schema) -> Schema:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found: Schema = self._definitions[reference.removeprefix("#/definitions/")]
        return found

    # To the page

    def _node(
        self, schema: Schema, value: Any, path: str, label: str, required: bool,
        errors: dict[str, list[str]], depth: int,
    ) -> Node:  # fmt: skip
        schema = self._resolved(schema)
        node = Node(PREFIX + path, label, _kind(schema, depth), required)
        node.errors = errors.pop(path, [])
        if node.kind == "object":
            given = value if isinstance(value, dict) else {}
            wanted = frozenset(schema.get("required", ()))
            names = sorted(_properties(schema), key=lambda name: name not in wanted)
            node.children = [
                self._node(schema["properties"][name], given.get(name), _inside(path, name), name,
                           name in wanted, errors, depth + 1)
                for name in names
            ]  # fmt: skip
        elif node.kind == "list":
            self._rows(node, schema, value, path, errors, depth)
        else:
            node.value, node.hint = _shown(value), _hint(schema)
            node.choices = [str(word) for word in schema.get("enum", ())]
        return node

    def _rows(
        self, node: Node, schema: Schema, value: Any, path: str, errors: dict[str, list[str]],
        depth: int,
    ) -> None:  # fmt: skip
        rule = schema.get("items", {})
        given = value if isinstance(value, list) else []
        rows = given or ([None] if node.required else [])
        node.children = [
            self._node(rule, row, f"{path}[{number}]", f"{node.label} {number + 1}", False, errors,
                       depth + 1)
            for number, row in enumerate(rows[:MOST_ROWS])
        ]  # fmt: skip
        for row in node.children:
            row.is_row = True
        node.mark = f"__{depth}__"
        node.blank = self._node(
            rule, None, f"{path}[{node.mark}]", node.label, False, {}, depth + 1
        )
        node.blank.is_row = True
        if most := schema.get("maxItems"):
            node.hint = _("at most %(count)d") % {"count": most}

    # From the page

    def _read(
        self, schema: Schema, typed: Mapping[str, str], path: str, required: bool, depth: int
    ) -> Any:
        schema = self._resolved(schema)
        kind = _kind(schema, depth)
        if kind == "object":
            wanted = frozenset(schema.get("required", ()))
            if not required and not _any_inside(typed, path):
                return _MISSING
            values = {
                name: self._read(schema["properties"][name], typed, _inside(path, name),
                                 name in wanted, depth + 1)
                for name in _properties(schema)
            }  # fmt: skip
            return {name: value for name, value in values.items() if value is not _MISSING}
        if kind == "list":
            return self._read_list(schema, typed, path, required, depth)
        return _typed(kind, typed[path]) if path in typed else _MISSING

    def _read_list(
        self, schema: Schema, typed: Mapping[str, str], path: str, required: bool, depth: int
    ) -> Any:
        rule = schema.get("items", {})
        rows = [
            self._read(rule, typed, f"{path}[{number}]", False, depth + 1)
            for number in _numbers(typed, path)
        ]
        rows = [row for row in rows if row is not _MISSING]
        if rows or not required:
            return rows or _MISSING
        row = self._read(rule, typed, f"{path}[0]", True, depth + 1)
        return [] if row is _MISSING else [row]


def _kind(schema: Schema, depth: int) -> str:
    wanted = schema.get("type")
    if wanted in ("object", "array") and depth > DEEPEST:
        return "json"
    if wanted == "object":
        return "object" if _properties(schema) else "json"
    if wanted == "array":
        return "list"
    if "enum" in schema:
        return "choice"
    kinds = {"string": "text", "integer": "whole", "number": "number", "boolean": "boolean"}
    return kinds.get(str(wanted), "json")


def _properties(schema: Schema) -> list[str]:
    return [name for name in schema.get("properties", ()) if name not in LEFT_OUT]


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _any_inside(typed: Mapping[str, str], path: str) -> bool:
    return any(name.startswith(f"{path}.") for name in typed)


def _numbers(typed: Mapping[str, str], path: str) -> list[int]:
    start = f"{path}["
    found = (name[len(start) :].partition("]")[0] for name in typed if name.startswith(start))
    digits = {int(number) for number in found if number.isdecimal() and len(number) < 100}
    return sorted(digits)[:MOST_ROWS]


def _typed(kind: str, text: str) -> Any:
    if kind == "boolean":
        return _BOOLEANS.get(text, text)
    if kind in ("whole", "number") and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "number" and _DECIMAL.fullmatch(text):
        return float(text)
    if kind == "json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    return text


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _hint(schema: Schema) -> str:
    if longest := schema.get("maxLength"):
        return _("at most %(count)d characters") % {"count": longest}
    least, most = schema.get("minimum"), schema.get("maximum")
    if schema.get("type") == "integer" and most == 2**31 - 1:  # what every integer has
        least, most = (None if least == -(2**31) else least), None
    if least is not None and most is not None:
        return _("from %(least)s to %(most)s") % {"least": least, "most": most}
    return _("at least %(least)s") % {"least": f"{least:g}"} if least is not None else ""
