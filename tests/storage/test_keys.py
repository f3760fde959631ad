import re

from hypothesis import given
from hypothesis import strategies as st

from diagnostics.storage import incoming_key, incoming_request, object_key


@given(st.text(max_size=300), st.integers(min_value=0), st.text(max_size=100))
def test_a_key_is_safe_whatever_the_station_calls_itself(identity, log_request_id, upload_id):
    key = object_key(identity, log_request_id, upload_id)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,61}/[0-9]+/[A-Za-z0-9_-]{1,64}", key)


def test_stations_that_look_alike_when_cleaned_stay_apart():
    names = ["CS/1", "CS:1", "CS.1", "cs/1", "../CS", "CS\x00"]
    assert len({object_key(name, 1, "u").lower() for name in names}) == len(names)


def test_a_key_is_readable():
    assert object_key("DE-CS_001", 12, "8f3a").startswith("DE-CS_001-")
    assert object_key("DE-CS_001", 12, "8f3a").endswith("/12/8f3a")


def test_an_incoming_key_names_its_request_and_not_the_token():
    token = "hN2mJ8vK0qLr3sTzXwYb4A"
    key = incoming_key(1234, token)
    assert incoming_request(key) == 1234
    assert token not in key and len(key) <= 32
    assert incoming_key(1234, "another") != key


def test_other_keys_name_no_request():
    for key in ("incoming/", "incoming/x", "incoming/12", f"{incoming_key(1, 't')}0", "a-0/1/b"):
        assert incoming_request(key) is None
