"""What an operator fills in to set monitors: the variables chosen, and a form for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from diagnostics.admin.monitors.forms import MonitorForm
from diagnostics.admin.numbers import number_in, numbers_in
from diagnostics.models import ReportedVariable
from diagnostics.ocpp.codecs.monitoring import monitoring_codec
from diagnostics.ocpp.monitoring import MonitorSpec
from diagnostics.services.monitors import spoken_by
from diagnostics.services.monitors.facts import monitorable

# Variables that are listed to choose from, and monitors set in one go.
MOST_LISTED = 200
MOST_FORMS = 50

# What the address fills a field of the form with: ?is_value=75.
PREFILLED = "is_"


class Setting:
    """The state of the form: `?variable=` names known variables, `?free=` counts unknown ones.

    Without either there is nothing but a choice; where the station has reported no variables,
    there is one free form.
    """

    problem = ""

    def __init__(self, request: HttpRequest, station: Any) -> None:
        self.station = station
        self.known = monitorable(station)
        self.has_model = self.known.exists()
        self.search = request.GET.get("q", "").strip()
        self.is_post = request.method == "POST"
        chosen = numbers_in(request.GET.getlist("variable"))
        self.free = min(number_in(request.GET.get("free")) or 0, MOST_FORMS)
        if not chosen and not self.free and not self.has_model:
            self.free = 1
        self.forms = self._forms(request, self._chosen(chosen), self.free)
        self.more = self._more(request) if self.free < MOST_FORMS else ""
        if "go" in request.GET and not self.forms:
            self.problem = _("Choose at least one variable.")
        self.cautions: list[str] = []
        self._was_cautioned = request.POST.get("cautioned") == "1"

    def _more(self, request: HttpRequest) -> str:
        """The address of this page with one more variable to name by hand."""
        query = request.GET.copy()
        query["free"] = str(self.free + 1)
        return f"?{query.urlencode()}"

    def _chosen(self, keys: Sequence[int]) -> list[ReportedVariable]:
        return list(self.known.filter(pk__in=keys)[:MOST_FORMS])

    def _forms(
        self, request: HttpRequest, chosen: Sequence[ReportedVariable], free: int
    ) -> list[MonitorForm]:
        codec = monitoring_codec(spoken_by(self.station))
        wanted: list[ReportedVariable | None] = [*chosen, *([None] * free)]
        data = request.POST if self.is_post else None
        initial = {
            key.removeprefix(PREFILLED): value
            for key, value in request.GET.items()
            if key.startswith(PREFILLED)
        }
        return [
            MonitorForm(data, prefix=f"m{i}", codec=codec, known=known, initial=initial)
            for i, known in enumerate(wanted)
        ]

    @property
    def listed(self) -> list[ReportedVariable]:
        """The variables to choose from, as far as the search narrows them."""
        found = self.known
        for word in self.search.split():
            found = found.filter(
                Q(component__icontains=word)
                | Q(component_instance__icontains=word)
                | Q(variable__icontains=word)
                | Q(variable_instance__icontains=word)
            )
        return list(found[:MOST_LISTED])

    @property
    def wanted(self) -> list[MonitorSpec]:
        return [form.spec for form in self.forms if form.spec is not None]

    def is_ready(self) -> bool:
        """Whether all is right, and the operator knows of what is odd."""
        sound = [form.is_valid() for form in self.forms]  # each shows its own mistakes
        if not sound or not all(sound):
            return False
        self.cautions = [form.caution for form in self.forms if form.caution]
        return self._was_cautioned or not self.cautions
