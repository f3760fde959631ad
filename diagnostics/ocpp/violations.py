"""From a validator's error to a sentence that can be sent and shown.

A sentence names the place and the rule, never the offending value: values may be personal data.
"""

from jsonschema_rs import ValidationError, ValidationErrorKind

from diagnostics.ocpp.errors import Violation

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


def violation_of(error: ValidationError) -> Violation:
    """Translate one error of the validator."""
    kind = error.kind
    path = path_text(error.instance_path)
    match kind:
        case ValidationErrorKind.Required():
            path = path_text([*error.instance_path, kind.property])
        case ValidationErrorKind.AdditionalProperties():
            path = path_text([*error.instance_path, kind.unexpected[0]])
    return Violation(path, f"{path or 'the payload'} {_rule(kind)}", kind.name)


def path_text(path: list[str | int]) -> str:
    """Write a path as ``eventData[0].component.name``, cut where a sender made it too long."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")[:_PATH_LIMIT]


def _rule(kind: ValidationErrorKind) -> str:
    """Say what the schema wants, as the end of a sentence that starts with the path."""
    match kind:
        case ValidationErrorKind.Required():
            return "is required"
        case ValidationErrorKind.AdditionalProperties():
            return "is not a property of this message"
        case ValidationErrorKind.Type():
            return f"must be {' or '.join(_TYPE_NAMES.get(name, name) for name in kind.types)}"
        case ValidationErrorKind.Enum():
            words = [str(word) for word in kind.options]
            more = ", …" if len(words) > _WORDS_SHOWN else ""
            return f"must be one of {', '.join(words[:_WORDS_SHOWN])}{more}"
        case ValidationErrorKind.MaxLength():
            return f"is longer than {kind.limit} characters"
        case _:
            return _rule_of_numbers(kind)


def _rule_of_numbers(kind: ValidationErrorKind) -> str:
    match kind:
        case ValidationErrorKind.MinItems():
            return f"needs at least {kind.limit} {_entries(kind.limit)}"
        case ValidationErrorKind.MaxItems():
            return f"has room for {kind.limit} {_entries(kind.limit)}"
        case ValidationErrorKind.Minimum():
            return f"is less than {kind.limit}"
        case ValidationErrorKind.Maximum():
            return f"is more than {kind.limit}"
        case ValidationErrorKind.MultipleOf():
            return f"is not a multiple of {kind.multiple_of}"
        case _:
            return "is not valid"


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"
