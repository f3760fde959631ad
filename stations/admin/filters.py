"""Filters of the station list: fixed words, or the few values an index gives at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.models import Alert, StationInfo
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services import access
from stations.conf import stations_settings
from stations.models import SecurityProfile, StationCertificate

DROPPED = timedelta(days=7)
MOST_CHOICES = 40


def in_need() -> QuerySet[StationCertificate]:
    """The certificates to be renewed, of stations that need them."""
    profile, ending = SecurityProfile.CLIENT_CERTIFICATE, StationCertificate.objects.ending()
    return ending.filter(station__security_profile=profile, station__is_active=True)


def dropped_off(stations: Any) -> Any:
    """Those away now that were connected within a week: they should be here."""
    away = stations.exclude(pk__in=stations.model.objects.online().values("pk"))
    return away.filter(is_active=True, last_seen_at__gte=timezone.now() - DROPPED)


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("connected", _("Connected")),
            ("dropped", _("Away, was here this week")),
            ("away", _("Away")),
            ("never", _("Never connected")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        online = queryset.model.objects.online().values("pk")
        if self.value() == "connected":
            return queryset.filter(pk__in=online)
        if self.value() == "dropped":
            return dropped_off(queryset)
        if self.value() == "away":
            return queryset.exclude(pk__in=online)
        return queryset.filter(last_seen_at=None) if self.value() == "never" else queryset


class OpenFilter(admin.SimpleListFilter):
    """Of connections."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Open")), ("closed", _("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() in ("open", "closed"):
            return queryset.filter(closed_at__isnull=self.value() == "open")
        return queryset


class AlertFilter(admin.SimpleListFilter):
    title = _("alerts")
    parameter_name = "alerts"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("With open alerts"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if self.value() != "open":
            return queryset
        return queryset.filter(pk__in=Alert.objects.unseen().values("station"))


class CertificateFilter(admin.SimpleListFilter):
    title = _("client certificate")
    parameter_name = "certificate"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        served = stations_settings().client_certificate_header
        return [("ending", _("To be renewed"))] if served else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(certificate__in=in_need()) if self.value() == "ending" else queryset


class VersionFilter(admin.SimpleListFilter):
    title = "OCPP"
    parameter_name = "version"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(version.value, version.value) for version in OcppVersion]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        return queryset.filter(ocpp_version=self.value()) if self.value() else queryset


class VendorFilter(admin.SimpleListFilter):
    """Vendor, then model, then firmware: each is offered once the one before it is chosen."""

    title = _("vendor")
    parameter_name = "vendor"
    column = "vendor"
    above: tuple[str, ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = {name: request.GET.get(name, "") for name in self.above}
        if not all(chosen.values()):
            return []
        known = access.visible(StationInfo.objects.filter(**chosen), request.user)
        values = known.exclude(**{self.column: ""})
        found = values.values_list(self.column, flat=True).order_by(self.column).distinct()
        return [(value, value) for value in found[:MOST_CHOICES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        if not self.value():
            return queryset
        return queryset.filter(**{f"diagnostics_info__{self.column}": self.value()})


class ModelFilter(VendorFilter):
    title = _("model")
    parameter_name = column = "model"
    above = ("vendor",)


class FirmwareFilter(VendorFilter):
    title = _("firmware")
    parameter_name = "firmware"
    column = "firmware_version"
    above = ("vendor", "model")
