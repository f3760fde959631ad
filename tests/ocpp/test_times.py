from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.ocpp.times import format_time, parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-11T06:30:00Z", datetime(2027, 1, 11, 6, 30)),
        ("2027-01-11T06:30:00", datetime(2027, 1, 11, 6, 30)),
        ("2027-01-11 06:30:00z", datetime(2027, 1, 11, 6, 30)),
        ("2027-01-11T06:30:00.5Z", datetime(2027, 1, 11, 6, 30, 0, 500000)),
        ("2027-01-11T06:30:00,123456789Z", datetime(2027, 1, 11, 6, 30, 0, 123456)),
        ("2027-01-11T06:30:00+03", datetime(2027, 1, 11, 3, 30)),
        ("2027-01-11T06:30:00+0000", datetime(2027, 1, 11, 6, 30)),
        ("2027-01-11T06:30:00-05:30", datetime(2027, 1, 11, 12, 0)),
        ("2027-01-11T06:30Z", datetime(2027, 1, 11, 6, 30)),
        ("2027-01-11T06:30:60Z", datetime(2027, 1, 11, 6, 30, 59)),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1)),
    ],
)
def test_dates_of_the_field_are_read_as_utc(text, expected):
    assert parse_time(text) == expected.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2027-13-01T00:00:00Z",
        "2027-01-11T25:00:00Z",
        "2027-01-11T06:30:61Z",
        "2027-01-11",
        "0001-01-01T00:00:00+23",
        "2027-01-11T06:30:00+99:99",
        "२०२७-01-11T06:30:00Z",
        1736577000,
        None,
    ],
)
def test_what_is_no_date_is_none(text):
    assert parse_time(text) is None


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:?\d\d|Z)?"))
def test_no_text_raises(text):
    assert parse_time(text) is None or parse_time(text).tzinfo is UTC


def test_times_are_written_in_utc_without_fraction():
    zone = timezone(timedelta(hours=2))
    moment = datetime(2027, 1, 11, 8, 30, 1, 999999, tzinfo=zone)
    assert format_time(moment) == "2027-01-11T06:30:01Z"
    assert format_time(datetime(999, 1, 1, tzinfo=UTC)) == "0999-01-01T00:00:00Z"


def test_a_naive_time_is_a_bug_of_ours():
    with pytest.raises(ValueError, match="time zone"):
        format_time(datetime(2027, 1, 11))  # noqa: DTZ001 - the point of the test


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1000, 1, 1)))
def test_what_is_written_can_be_read(moment):
    assert parse_time(format_time(moment)) == moment.replace(microsecond=0)
