import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.uploads.names import display_name, disposition_parameters


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("diagnostics-2026-03-02T08:00:00Z", "diagnostics-2026-03-02T08:00:00Z"),
        ("../../etc/passwd", "passwd"),
        ("C:\\logs\\station.log", "station.log"),
        ("directory/", "directory"),
        ("a\x00b\r\nc\x1b[31m", "abc[31m"),
        ("fdp.\u202egol", "fdp.gol"),
        ("x" * 400, "x" * 255),
        (" \t ", ""),
    ],
)
def test_a_name_is_shown_without_what_could_mislead(given_name, shown):
    assert display_name(given_name) == shown


@given(st.text())
def test_no_name_is_a_path_or_breaks_a_line(text):
    name = display_name(text)
    assert len(name) <= 255
    assert "/" not in name
    assert name.isprintable() or not name.isascii()


@pytest.mark.parametrize("value", ["", ";;;", 'a; b="', "x; filename*=nosuch''y", "\ud800; a=b"])
def test_a_broken_header_has_no_parameters_and_no_exception(value):
    assert disposition_parameters(value).get("filename", "") in ("", "y")
