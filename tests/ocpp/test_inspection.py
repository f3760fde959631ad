"""The slow look at a payload agrees with the compiled validator, and ends."""

import json
from importlib.metadata import distribution
from pathlib import Path
from time import process_time

import pytest

from diagnostics.ocpp.connection import Connection
from diagnostics.ocpp.events import FrameIgnored
from diagnostics.ocpp.inspection import VIOLATIONS_KEPT, VIOLATIONS_READ
from diagnostics.ocpp.schemas import schemas_of
from diagnostics.ocpp.versions import OcppVersion

#: The keywords that the walk knows, and those that say nothing about validity.
KNOWN = {
    *("$ref", "additionalProperties", "definitions", "enum", "items", "maxItems", "maxLength"),
    *("maximum", "minItems", "minimum", "multipleOf", "properties", "required", "type"),
}
REMARKS = {
    *("$id", "$schema", "additionalItems", "comment", "default", "description", "format"),
    *("javaType", "title"),
}


def keywords(schema):
    """Yield every keyword of a schema, not descending into the names of properties."""
    for word, value in schema.items():
        yield word
        if word in ("properties", "definitions"):
            for child in value.values():
                yield from keywords(child)
        elif word == "items":
            yield from keywords(value)


@pytest.mark.parametrize("folder", ["v16", "v201", "v21"])
def test_the_schemas_use_no_keyword_that_the_walk_does_not_know(folder):
    files = Path(str(distribution("ocpp").locate_file(f"ocpp/{folder}/schemas"))).glob("*.json")
    used = {word for path in files for word in keywords(json.loads(path.read_bytes()))}
    assert used <= KNOWN | REMARKS


def test_only_the_first_violations_are_kept():
    schema = schemas_of(OcppVersion.V201).request("ClearVariableMonitoring")
    read, violations = schema.inspect({"id": ["x"] * 500 + [7]})
    assert read == {"id": [7]}
    assert len(violations) == VIOLATIONS_KEPT
    read, violations = schema.inspect({"id": ["x"] * (VIOLATIONS_READ + 1) + [7]})
    assert read is None
    assert len(violations) == VIOLATIONS_KEPT


@pytest.mark.parametrize("entry", ["{}", "5", '{"a":1}', '"abc"', '{"component":5}', "[[[[]]]]"])
def test_a_megabyte_of_mistakes_is_refused_soon(entry):
    entries = ",".join([entry] * (900_000 // len(entry)))
    text = f'[2,"x","NotifyEvent",{{"generatedAt":"x","seqNo":0,"eventData":[{entries}]}}]'
    connection = Connection(OcppVersion.V201)
    started = process_time()
    assert isinstance(connection.receive_text(text, 0.0)[0], FrameIgnored)
    # It takes 0.1 s; listing every violation took minutes.
    assert process_time() - started < 5


def test_a_number_beyond_all_precision_is_a_multiple():
    """Next to another mistake, since the validator alone accepts it."""
    schema = schemas_of(OcppVersion.V16).result("GetCompositeSchedule")
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 1e300}],
    }
    payload = {"status": "Perhaps", "chargingSchedule": schedule}
    assert [violation.path for violation in schema.inspect(payload)[1]] == ["status"]
