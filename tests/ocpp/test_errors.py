import pytest

from diagnostics.ocpp.errors import (
    InvalidPayload,
    OcppError,
    RpcErrorCode,
    UnsupportedAction,
    Violation,
    parse_error_code,
)
from diagnostics.ocpp.versions import OcppVersion

SPELLED = [
    ("NotImplemented", "NotImplemented"),
    ("NotSupported", "NotSupported"),
    ("InternalError", "InternalError"),
    ("ProtocolError", "ProtocolError"),
    ("SecurityError", "SecurityError"),
    ("FormatViolation", "FormationViolation"),
    ("PropertyConstraintViolation", "PropertyConstraintViolation"),
    ("OccurrenceConstraintViolation", "OccurenceConstraintViolation"),
    ("TypeConstraintViolation", "TypeConstraintViolation"),
    ("GenericError", "GenericError"),
    ("MessageTypeNotSupported", "GenericError"),
    ("RpcFrameworkError", "GenericError"),
]


@pytest.mark.parametrize(("in_2x", "in_16"), SPELLED)
def test_each_version_has_its_spelling(in_2x, in_16):
    code = RpcErrorCode(in_2x)
    assert code.spelled(OcppVersion.V16) == in_16
    assert code.spelled(OcppVersion.V201) == code.spelled(OcppVersion.V21) == in_2x


@pytest.mark.parametrize(("in_2x", "in_16"), SPELLED[:10])
def test_either_spelling_is_read_from_anyone(in_2x, in_16):
    assert parse_error_code(in_2x) is parse_error_code(in_16) is RpcErrorCode(in_2x)


def test_the_table_is_complete():
    assert [in_2x for in_2x, _ in SPELLED] == [code.value for code in RpcErrorCode]


def test_a_foreign_code_is_none():
    assert parse_error_code("Teapot") is None
    assert parse_error_code("") is None


def test_a_description_fits_the_wire():
    assert len(OcppError(RpcErrorCode.GENERIC_ERROR, "x" * 300).description) == 255
    assert str(OcppError(RpcErrorCode.GENERIC_ERROR)) == "GenericError"
    assert OcppError(RpcErrorCode.GENERIC_ERROR).details == {}


def test_what_is_missing_is_told_before_what_is_too_much():
    error = InvalidPayload(
        [
            Violation("extra", "extra is not a property of this message", "additionalProperties"),
            Violation("size", "size is longer than 3 characters", "maxLength"),
            Violation("status", "status is required", "required"),
        ]
    )
    assert error.code is RpcErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION
    assert error.description == "status is required"
    assert [violation.path for violation in error.violations] == ["status", "size", "extra"]


def test_an_unsupported_action_is_a_sentence():
    error = UnsupportedAction("OCPP 1.6 has no monitors.")
    assert (error.code, str(error)) == (RpcErrorCode.NOT_SUPPORTED, "OCPP 1.6 has no monitors.")
