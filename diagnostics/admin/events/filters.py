"""What the inbox can be narrowed to; all choices are known beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from diagnostics.admin.numbers import number_in
from diagnostics.lifecycles.alert import AlertSource, Severity

STATES: dict[str, tuple[Any, dict[str, Any]]] = {
    "open": (_("Open"), {"cleared_at": None, "acknowledged_at": None}),
    "acknowledged": (_("Acknowledged"), {"cleared_at": None, "acknowledged_at__isnull": False}),
    "cleared": (_("Cleared"), {"cleared_at__isnull": False}),
    "all": (_("All"), {}),
}

TYPES = {
    "CustomMonitor": _("Monitor set from here"),
    "PreconfiguredMonitor": _("Monitor of the factory"),
    "HardWiredMonitor": _("Monitor in the firmware"),
    "HardWiredNotification": _("Told by the firmware"),
    "Status": AlertSource.STATUS.label,
    "Security": AlertSource.SECURITY.label,
}


class StateFilter(admin.SimpleListFilter):
    """An inbox shows what needs somebody, until something else is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, words) for key, (words, _lookups) in STATES.items()]

    def value(self) -> str:
        value = super().value()
        return value if value in STATES else "open"

    def choices(self, changelist: Any) -> Iterator[Any]:
        for key, words in self.lookup_choices:
            yield {
                "selected": self.value() == key,
                "query_string": changelist.get_query_string({self.parameter_name: key}),
                "display": words,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**STATES[self.value()][1])


class SeverityFilter(admin.SimpleListFilter):
    title = _("severity")
    parameter_name = "severity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(value), f"{value} {label}") for value, label in Severity.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        value = number_in(self.value())
        return queryset if value is None else queryset.filter(severity=value)


class TypeFilter(admin.SimpleListFilter):
    title = _("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(TYPES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        value = self.value()
        if value in (AlertSource.STATUS, AlertSource.SECURITY):
            return queryset.filter(source=value)
        if value in TYPES:
            told = queryset.filter(source=AlertSource.NOTIFY_EVENT)
            return told.filter(event_notification_type=value)
        return queryset


class ComponentFilter(admin.SimpleListFilter):
    """One component; reached from the rows, so it offers only the one that is chosen."""

    title = _("component")
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(self.parameter_name, "")[:50]
        return [(chosen, chosen)] if chosen else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(component__iexact=self.value()) if self.value() else queryset


class TriggerFilter(admin.SimpleListFilter):
    title = _("trigger")
    parameter_name = "trigger"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("Alerting", _("Alerting")), ("Delta", _("Change")), ("Periodic", _("Periodic"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(trigger=self.value()) if self.value() else queryset


class UnreadFilter(admin.SimpleListFilter):
    title = _("reading")
    parameter_name = "unread"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Not all readable"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.exclude(unread="") if self.value() else queryset
