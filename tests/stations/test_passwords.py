from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from stations.passwords import check_password_rules, hash_password, matches, new_password

TEXT = "a password of 2.x"
HEX = "0123456789abcdef0123456789abcdef"
PLAIN_KEY = "sixteencharacter"


@pytest.mark.parametrize(
    ("configured", "sent"),
    [
        (TEXT, TEXT.encode()),
        ("Füße zählen als vier", "Füße zählen als vier".encode()),
        (HEX, bytes.fromhex(HEX)),
        (HEX, HEX.encode()),
        (HEX, HEX.upper().encode()),
        (HEX.upper(), bytes.fromhex(HEX)),
        (HEX.upper(), HEX.encode()),
        (PLAIN_KEY, PLAIN_KEY.encode()),
        (PLAIN_KEY, PLAIN_KEY.encode().hex().encode()),
    ],
)
def test_a_password_is_known_in_every_form_stations_send(configured: str, sent: bytes) -> None:
    """Section 8 of the security whitepaper: AuthorizationKey is hex, the wire has its bytes."""
    assert matches(sent, hash_password(configured))


@pytest.mark.parametrize("sent", [b"", b"\xff\xfe", TEXT[:-1].encode(), TEXT.upper().encode()])
def test_other_bytes_are_not_the_password(sent: bytes) -> None:
    assert not matches(sent, hash_password(TEXT))


def test_no_password_matches_where_none_was_set() -> None:
    assert not matches(b"", "")
    assert not matches(b"", "blake2b$$")


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert hash_password(TEXT) != hash_password(TEXT)
    assert TEXT not in hash_password(TEXT)


def test_a_made_up_password_suits_all_versions() -> None:
    password = new_password()
    check_password_rules(password)
    assert 16 <= len(password) <= 40
    assert len(bytes.fromhex(password)) in range(16, 21)


@pytest.mark.parametrize("password", ["short", "x" * 65, "sixteen\ncharacter"])
def test_passwords_that_stations_cannot_use_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        check_password_rules(password)
