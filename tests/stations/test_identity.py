from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from stations.identity import address_of, identity_in, shown


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        (b"/ocpp/CP-1", "CP-1"),
        (b"/ocpp/CP-1/", "CP-1"),
        (b"/ocpp/v16/CP-1", "CP-1"),
        (b"/csms/ocpp/CP-1", "CP-1"),
        (b"/ocpp/RDAM%20123", "RDAM 123"),
        (b"/ocpp/RDAM%7C123", "RDAM|123"),
        (b"/ocpp/100%2525", "100%25"),
        (b"/ocpp/S%C3%BCd", "Süd"),
        (b"/ocpp/" + b"x" * 64, "x" * 64),
    ],
)
def test_the_identity_is_the_last_part_of_the_path_decoded_once(path: bytes, identity: str) -> None:
    assert identity_in(path) == identity


@pytest.mark.parametrize(
    "path",
    [
        b"/ocpp/" + b"x" * 65,
        b"/ocpp/%00",
        b"/ocpp/a%0Ab",
        b"/ocpp/%FF",
        b"/ocpp/a%2Fb",
        b"/ocpp/a%3Ab",
        b"/ocpp/%20a",
        b"/ocpp/%20",
    ],
)
def test_what_no_station_can_be_called_is_refused(path: bytes) -> None:
    with pytest.raises(ValidationError):
        identity_in(path)


def test_an_unusable_identity_is_shown_without_its_poison() -> None:
    assert shown(b"/ocpp/a%00%0A%FFb" + b"x" * 100) == "a\ufffd\ufffd\ufffdb" + "x" * 59


def test_the_address_is_spelled_for_the_station() -> None:
    assert address_of("RDAM 1", "https://csms.example") == "wss://csms.example/ocpp/RDAM%201"
