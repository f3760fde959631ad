"""A station's password changed over OCPP, whoever places the call (A01; 1.6: AuthorizationKey).

2.1 may also set it for one network profile: in NetworkConfiguration, or with SetNetworkProfile.

What is sent is accepted here from then on, and the old password until the station has used the new
one, however long that takes: the answer may be lost, and neither end may lock the other one out.
Where the station refuses the change, the old password stays the only one (A01.FR.04).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from diagnostics.ocpp import events
from diagnostics.ocpp.fields import inner, text
from stations.database import in_database
from stations.models import ChargingStation
from stations.passwords import LONGEST, check_password_rules, hash_password, matches
from stations.services import set_password

GRACE = timedelta(days=3650)

# The new password is stored: at once, or with the next boot.
_TAKEN = frozenset({"Accepted", "RebootRequired"})
_HOLDERS = frozenset({"securityctrlr", "networkconfiguration"})
_ENDS = (events.CallAnswered, events.CallRefused, events.AnswerInvalid)


class PasswordChanges:
    """Those that go over one connection, one after the other."""

    def __init__(self, station_id: int) -> None:
        self._station_id = station_id
        self._message_id = self._password = ""

    async def sending(self, message_id: str, action: str, payload: dict[str, Any]) -> None:
        """A call is about to be sent. Raises ValueError for a password nobody could use."""
        if password := password_in(action, payload):
            await in_database(expect_password, self._station_id, password)
            self._message_id, self._password = message_id, password

    async def ended(self, event: events.Event) -> None:
        """Something became of a call, maybe of that one."""
        if isinstance(event, _ENDS) and event.message_id == self._message_id:
            password, self._message_id, self._password = self._password, "", ""
            if not (isinstance(event, events.CallAnswered) and is_taken(event.payload)):
                await in_database(withdraw_password, self._station_id, password)


def password_in(action: str, payload: dict[str, Any]) -> str:
    """The password that a call gives to a station, or ""."""
    if action == "ChangeConfiguration":
        is_it = text(payload, "key", 50).lower() == "authorizationkey"
        return text(payload, "value", LONGEST + 1) if is_it else ""
    if action == "SetVariables":
        found = _about_password(payload.get("setVariableData"))
        return text(found, "attributeValue", LONGEST + 1)
    if action == "SetNetworkProfile":
        return text(inner(payload, "connectionData"), "basicAuthPassword", LONGEST + 1)
    return ""


def is_taken(answer: dict[str, Any]) -> bool:
    """Whether the answer to such a call says that the password is changed."""
    result = _about_password(answer.get("setVariableResult"))
    status = text(result, "attributeStatus", 20) if result else text(answer, "status", 20)
    return status in _TAKEN


def _about_password(variables: Any) -> Any:
    """The last entry of a list that names the password; None where there is none."""
    found = None
    for each in variables if isinstance(variables, list) else ():
        named = (inner(each, "component").get("name"), inner(each, "variable").get("name"))
        component, variable = (str(name).lower() for name in named)
        if component in _HOLDERS and variable == "basicauthpassword":
            found = each
    return found


@transaction.atomic
def expect_password(station_id: int, password: str) -> None:
    """Accept a password beside the one that the station used last.

    Raises ValueError with a sentence for a password that stations cannot use.
    """
    station = _locked(station_id)
    try:
        check_password_rules(password)
    except ValidationError as error:
        raise ValueError(error.messages[0]) from error
    until = station.previous_password_until
    if until is None or until < timezone.now():
        set_password(station, password, grace=GRACE)
    else:  # what was sent before was never used
        station.password_hash = hash_password(password)
        station.save(update_fields=["password_hash"])


@transaction.atomic
def withdraw_password(station_id: int, password: str) -> None:
    """The station did not take it: the one before is the only one again."""
    station = _locked(station_id)
    if station.previous_password_hash and matches(password.encode(), station.password_hash):
        station.password_hash = station.previous_password_hash
        station.previous_password_hash, station.previous_password_until = "", None
        station.save(
            update_fields=["password_hash", "previous_password_hash", "previous_password_until"]
        )


def _locked(station_id: int) -> ChargingStation:
    return ChargingStation.objects.select_for_update(no_key=True).get(pk=station_id)
