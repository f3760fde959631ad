from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError

from stations.models import ChargingStation, SecurityProfile
from stations.passwords import matches
from stations.services import register_station, set_password

pytestmark = pytest.mark.django_db


def test_a_password_is_made_up_returned_and_kept_as_a_hash() -> None:
    station, password = register_station("CP-1")
    assert password is not None
    assert password not in station.password_hash
    assert matches(password.encode(), station.password_hash)


def test_identities_differ_by_more_than_case() -> None:
    register_station("CP-1")
    with pytest.raises(ValidationError, match="already a station"):
        register_station("cp-1")


def test_the_original_spelling_is_kept() -> None:
    register_station("Rotterdam-7")
    assert ChargingStation.objects.with_identity("ROTTERDAM-7").get().identity == "Rotterdam-7"


def test_security_profile_3_is_refused_politely() -> None:
    with pytest.raises(ValidationError, match="client certificates"):
        register_station("CP-1", security_profile=SecurityProfile.CLIENT_CERTIFICATE)


def test_a_short_password_leaves_no_station_behind() -> None:
    with pytest.raises(ValidationError, match="16 to 64"):
        register_station("CP-1", password="short")
    assert not ChargingStation.objects.exists()


def test_a_new_password_replaces_the_old_one_after_the_grace() -> None:
    station, old = register_station("CP-1")
    new = set_password(station, grace=timedelta(hours=1))
    assert old is not None
    assert matches(new.encode(), station.password_hash)
    assert matches(old.encode(), station.previous_password_hash)
    set_password(station)
    assert station.previous_password_hash == ""


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("addstation", *arguments, stdout=output)
    return output.getvalue()


def test_addstation_prints_the_address_and_the_password_it_made_up() -> None:
    output = run("CP 1", "--name", "Front door")
    assert "ws://127.0.0.1:8000/ocpp/CP%201" in output
    password = output.split("Password: ")[1].strip()
    station = ChargingStation.objects.get()
    assert matches(password.encode(), station.password_hash)
    assert (station.name, station.security_profile) == ("Front door", 1)


def test_addstation_does_not_repeat_a_password_it_was_given() -> None:
    assert "Password" not in run("CP-1", "--password", "given to the command")


def test_addstation_without_password_for_the_laboratory() -> None:
    assert "Password" not in run("CP-1", "--security-profile", "0")
    assert ChargingStation.objects.get().password_hash == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("cp-1",), "already a station"),
        (("CP-2", "--security-profile", "3"), "client certificates"),
        (("CP-2", "--password", "short"), "16 to 64 characters"),
        (("a/b",), "no slash"),
    ],
)
def test_addstation_says_what_is_wrong(arguments: tuple[str, ...], sentence: str) -> None:
    register_station("CP-1")
    with pytest.raises(CommandError, match=sentence):
        run(*arguments)
