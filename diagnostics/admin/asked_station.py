"""The station that a page or a form is about, named in its address or typed in: never another's."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.gateway import get_gateway
from diagnostics.models import GroupMember
from diagnostics.services import access


def station_of(request: HttpRequest) -> Any | None:
    """The station that `station` (a key of the host's model) or `identity` names, posted or not."""
    for data in (request.POST, request.GET):
        if key := data.get("station", ""):
            return _by_key(key, request.user)
        if identity := data.get("identity", "").strip():
            return access.find_station(identity, request.user)
    return None


def find_station(request: HttpRequest) -> Any:
    """The same. Raises Http404 where there is none, or where it is not the user's."""
    station = station_of(request)
    if station is None:
        raise Http404(_("There is no such station."))
    return station


def initial_station(request: HttpRequest) -> dict[str, Any]:
    """What fills a `StationField` of a form: the station that the address names."""
    if "identity" in request.GET:
        return {"identity": request.GET["identity"]}
    station = station_of(request)
    return {} if station is None else {"identity": get_gateway().identity(station)}


class StationForm(forms.Form):
    """A form about one station, which is named by its identity. `user` is who fills it in."""

    identity = forms.CharField(
        label=gettext_lazy("Station"),
        max_length=255,
        help_text=gettext_lazy("Its identity: the last part of the address it connects to."),
    )

    station: Any = None

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_identity(self) -> str:
        identity: str = self.cleaned_data["identity"].strip()
        self.station = access.find_station(identity, self.user)
        if self.station is None:
            raise ValidationError(_("No station has this identity."))
        return identity

    def named_station(self) -> Any | None:
        """The station that is named in the field now, checked or not."""
        return access.find_station(self["identity"].value() or "", self.user)


def _by_key(key: str, user: Any) -> Any | None:
    model: Any = GroupMember._meta.get_field("station").related_model
    if "\0" in key:  # PostgreSQL takes it for no text
        return None
    try:
        return access.visible(model._default_manager.filter(pk=key), user).first()
    except (ValueError, ValidationError):  # no key of the host's type
        return None
