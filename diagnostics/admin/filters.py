"""Filters with choices known beforehand: a list of millions is never asked for its own values."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.admin.parts import failure_label
from diagnostics.lifecycles.log_request import FAILED, OPEN, SUCCEEDED, LogType, LogVerdict
from diagnostics.services.logs.outcomes import of_makes

VERDICT_GROUPS = {
    "running": (_("Running"), OPEN),
    "failed": (_("Failed"), FAILED),
    "received": (_("Received"), SUCCEEDED),
    "canceled": (_("Canceled"), frozenset({LogVerdict.CANCELED})),
}

SPANS = {
    "1": (_("Since yesterday"), timedelta(days=1)),
    "7": (_("Last 7 days"), timedelta(days=7)),
    "30": (_("Last 30 days"), timedelta(days=30)),
    "90": (_("Last 90 days"), timedelta(days=90)),
}


class VerdictFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, words) for key, (words, _verdicts) in VERDICT_GROUPS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = VERDICT_GROUPS.get(self.value() or "")
        return queryset.filter(verdict__in=chosen[1]) if chosen else queryset


class SwitchedOnFilter(admin.BooleanFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("switched on")


class LogTypeFilter(admin.SimpleListFilter):
    title = _("log")
    parameter_name = "log"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(LogType.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(log_type=self.value()) if self.value() else queryset


class WhoFilter(admin.SimpleListFilter):
    title = _("who asked")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("Me")), ("system", _("The system"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() == "me":
            return queryset.filter(requested_by=request.user)
        return queryset.filter(requested_by=None) if self.value() == "system" else queryset


class AgeFilter(admin.SimpleListFilter):
    """Rows since a moment, by the model's own time column."""

    title = _("when")
    parameter_name = "days"
    column = "created_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, words) for key, (words, _span) in SPANS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = SPANS.get(self.value() or "")
        if chosen is None:
            return queryset
        since = timezone.now() - chosen[1]
        return queryset.filter(**{f"{self.column}__gte": since})


class EndedFilter(AgeFilter):
    title = _("ended")
    parameter_name = "ended"
    column = "settled_at"


class ReceivedAgeFilter(AgeFilter):
    column = "received_at"


class ReasonFilter(admin.SimpleListFilter):
    """One reason of failing; reached from Home, so it offers only the one that is chosen."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(self.parameter_name, "")
        verdict, dot, reason = chosen.partition(".")
        known = dot and verdict in LogVerdict.values
        return [(chosen, failure_label(verdict, reason))] if known else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if not self.value():
            return queryset
        verdict, _dot, reason = str(self.value()).partition(".")
        return queryset.filter(verdict=verdict, reason=reason)


class MakeFilter(admin.SimpleListFilter):
    """Requests to stations of one make; reached from the page of outcomes, so it offers only that.

    An empty value stands for those of which it is not known.
    """

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(str(self.parameter_name))
        return [] if chosen is None else [(chosen, chosen or _("not known"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        chosen = self.value()
        return (
            queryset if chosen is None else of_makes(queryset, {str(self.parameter_name): chosen})
        )


class VendorFilter(MakeFilter):
    title = _("vendor")
    parameter_name = "vendor"


class ModelFilter(MakeFilter):
    title = _("model")
    parameter_name = "model"


class FirmwareFilter(MakeFilter):
    title = _("firmware")
    parameter_name = "firmware"
