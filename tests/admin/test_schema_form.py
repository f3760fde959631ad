"""Forms made from schemas: what is shown comes back as the same payload, for every call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from diagnostics.admin.calls.schema_form import LEFT_OUT, Node, SchemaForm
from diagnostics.ocpp.errors import InvalidPayload
from diagnostics.ocpp.schemas import schemas_of, sent_by_csms
from diagnostics.ocpp.versions import OcppVersion

CALLS = [(version, action) for version in OcppVersion for action in sorted(sent_by_csms(version))]


def sample(tree: Any, schema: Any) -> Any:
    """A payload with everything in it that a schema knows."""
    if "$ref" in schema:
        schema = tree["definitions"][schema["$ref"].removeprefix("#/definitions/")]
    if "enum" in schema:
        return schema["enum"][-1]
    match schema.get("type"):
        case "object" if schema.get("properties"):
            return {
                name: sample(tree, child)
                for name, child in schema["properties"].items()
                if name not in LEFT_OUT
            }
        case "array":
            least = max(schema.get("minItems", 1), 1)
            return [sample(tree, schema["items"]) for _ in range(least)]
        case "integer":
            return max(int(schema.get("minimum", 1)), 1)
        case "number":
            return 1.5
        case "boolean":
            return False
        case "string":
            return "2026-03-02T08:00:00Z"[: schema.get("maxLength", 20)]
    return {"any": ["thing", 1]}


def fields(node: Node) -> Iterator[tuple[str, str]]:
    if node.kind in ("object", "list"):
        for child in node.children:
            yield from fields(child)
    else:
        yield node.name, node.value


@pytest.mark.parametrize(("version", "action"), CALLS)
def test_a_full_payload_survives_the_form(version: OcppVersion, action: str) -> None:
    schema = schemas_of(version).request(action)
    payload = sample(schema.tree, schema.tree)
    form = SchemaForm(schema.tree)
    root, rest = form.build(payload)
    assert rest == []
    assert form.read(dict(fields(root))) == payload


@pytest.mark.parametrize(("version", "action"), CALLS)
def test_an_empty_form_is_refused_at_fields_that_are_shown(
    version: OcppVersion, action: str
) -> None:
    schema = schemas_of(version).request(action)
    form = SchemaForm(schema.tree)
    payload = form.read({})
    try:
        schema.check(payload)
    except InvalidPayload as error:
        _, rest = form.build(payload, error.violations)
        assert rest == []


def test_names_that_nobody_asked_for_do_no_harm() -> None:
    form = SchemaForm(schemas_of(OcppVersion.V201).request("GetVariables").tree)
    odd = {
        "p:getVariableData[99999999999999999999].component.name": "a",
        "p:getVariableData[-1].component.name": "b",
        "p:getVariableData[x]": "c",
        "p:getVariableData": "d",
        "p:": "e",
        "p:customData.vendorId": "f",
        "getVariableData[0].component.name": "g",
    }
    assert form.read(odd) == {"getVariableData": [{"component": {"name": "a"}, "variable": {}}]}
