"""`manage.py campaign` against the running project and simulated stations."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from diagnostics.models import Campaign, StationGroup, StationSelection
from diagnostics.services.fleet import groups
from diagnostics.testing import Quirk
from tests.commands.conftest import Simulate
from tests.services.conftest import make_station

PATIENT = ("--wait", "--timeout", "60")


def campaign(*arguments: str) -> str:
    out = StringIO()
    call_command("campaign", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def ends_with(code: int, *arguments: str) -> str:
    with pytest.raises(CommandError) as caught:
        campaign(*arguments)
    assert caught.value.returncode == code, str(caught.value)
    return str(caught.value)


def test_it_waits_until_all_have_succeeded(simulate: Simulate, beat: None) -> None:
    stations: list[Any] = [simulate("CS1"), simulate("CS2")]
    group = StationGroup.objects.create(name="Berlin")
    groups.add_stations(group=group, stations=stations)
    log = ("Log", '{"log_type": "DiagnosticsLog"}')
    assert "2 stations" in campaign(*log, "--group", "berlin", *PATIENT)
    row = Campaign.objects.get()
    assert (row.scope_name, row.status) == ("Berlin", "Complete")
    # A file may be whole before its station says so; then that is what the campaign saw.
    codes = {each.code.partition(".")[0] for each in row.stations.all()}
    assert codes <= {"Received", "ReceivedUnconfirmed"}
    StationSelection.objects.create(name="All", ocpp_version="2.0.1")
    trigger = ("Trigger", '{"message": "Heartbeat"}')
    assert "2 stations" in campaign(*trigger, "--selection", "All", *PATIENT)


def test_a_failure_ends_with_1(simulate: Simulate, beat: None) -> None:
    simulate("CS1", Quirk.REJECTS)
    sentence = ends_with(1, "Log", "--station", "CS1", "--attempts", "1", *PATIENT)
    assert sentence == "Over: 0 of 1 stations succeeded. 1 failed."


def test_wrong_use_ends_with_2(db: None) -> None:
    assert "There is no station NOBODY" in ends_with(2, "Log", "--station", "NOBODY")
    assert "no station group Berlin" in ends_with(2, "Log", "--group", "Berlin")
    assert "no station like that" in ends_with(2, "Log", "--all")
    assert "no JSON" in ends_with(2, "Log", "{", "--all")
    assert "an object" in ends_with(2, "Log", "[]", "--all")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("details", "pace"),
    [
        ('{"hours": "many"}', {}),
        ('{"hours": -3}', {}),
        ('{"oldest": "yesterday"}', {}),
        ('{"latest": 7}', {}),
        ("{}", {"at_once": 0}),
        ("{}", {"hours": 0}),
        ("{}", {"attempts": 1000}),
    ],
)
def test_numbers_and_times_that_make_no_sense_are_wrong_use(
    details: str, pace: dict[str, int]
) -> None:
    """Also where they come by another way than as words of a command line."""
    make_station("CS1")
    with pytest.raises(CommandError) as caught:
        call_command("campaign", "Log", details, all=True, **pace)
    assert caught.value.returncode == 2
    assert not Campaign.objects.exists()
