"""The list of stations, the page of one, and registering one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import page_media
from diagnostics.admin.fleet.station_page import TABS, StationPage, Tab
from diagnostics.admin.fleet.stations import StationHeader, header_of
from diagnostics.conf import app_settings
from diagnostics.models import Alert, LogRequest
from stations import services
from stations.admin.certificate import standing
from stations.admin.connection import connections_context
from stations.admin.filters import (
    AlertFilter,
    CertificateFilter,
    FirmwareFilter,
    ModelFilter,
    StateFilter,
    VendorFilter,
    VersionFilter,
)
from stations.admin.forms import RegisterForm
from stations.conf import stations_settings
from stations.identity import address_of
from stations.models import ChargingStation

CERTIFICATE_FIELDS = ("certificate_name", "takes_password_meanwhile")
CONNECTIONS = Tab(
    "connections",
    gettext_lazy("Connections"),
    "stations/connections_tab.html",
    connections_context,
    "stations.view_stationconnection",
)


def registered_page(
    request: HttpRequest, site: admin.AdminSite, station: ChargingStation, password: str | None
) -> HttpResponse:
    """Where the station connects to, and its password, which is shown this once."""
    context = {
        **site.each_context(request),
        "opts": ChargingStation._meta,
        "title": _("What to enter in the station"),
        "station": station,
        "password": password,
        "address": address_of(station.identity, app_settings.public_url),
        "media": page_media(),
    }
    return TemplateResponse(request, "stations/registered.html", context)


@admin.register(ChargingStation)
class ChargingStationAdmin(StationPage):
    list_display = (
        "state", "identity_", "kind", "alerts", "last_log",
    )  # fmt: skip
    list_display_links = None
    list_filter = (
        StateFilter,
        AlertFilter,
        VersionFilter,
        VendorFilter,
        ModelFilter,
        FirmwareFilter,
        CertificateFilter,
    )
    search_fields = ("identity", "name", "diagnostics_info__serial_number")
    search_help_text = gettext_lazy("Identity, name or serial number.")
    ordering = ("identity",)
    sortable_by = ("state", "identity_")
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = (
        "identity", "name", "is_active", "security_profile", *CERTIFICATE_FIELDS,
        "registration_policy",
    )  # fmt: skip
    change_list_template = "admin/stations/chargingstation/change_list.html"
    change_form_template = "stations/settings.html"
    station_tabs = (*TABS, CONNECTIONS)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChargingStation]:
        newest = LogRequest.objects.filter(station=OuterRef("pk")).order_by("-id")
        stations: Any = super().get_queryset(request).select_related("diagnostics_info")
        open_here = Alert.objects.unseen().filter(station=OuterRef("pk")).order_by()
        counted = open_here.values("station").annotate(count=Count("pk"))
        return stations.with_is_online().annotate(
            open_alerts=Subquery(counted.values("count")[:1]),
            last_log_id=Subquery(newest.values("pk")[:1]),
            last_verdict=Subquery(newest.values("verdict")[:1]),
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = {"title": _("Charging stations")}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The identity is in the station's own settings: here it never changes."""
        return ("identity",) if obj else ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """What certificates need only where they are handed over."""
        served = stations_settings().client_certificate_header
        return [name for name in self.fields if served or name not in CERTIFICATE_FIELDS]

    @admin.display(description=gettext_lazy("Station"), ordering="identity")
    def identity_(self, row: ChargingStation) -> SafeString:
        return _two_lines(parts.station_link(row), row.name)

    @admin.display(description=gettext_lazy("State, last seen"), ordering="last_seen_at")
    def state(self, row: Any) -> SafeString:
        return _two_lines(
            self.presence(row), parts.ago(row.last_seen_at) if row.last_seen_at else ""
        )

    def presence(self, row: Any) -> SafeString:
        if not row.is_active:
            return format_html('<span class="dx-off dx-blocked">{}</span>', _("blocked"))
        if row.is_online:
            return format_html('<span class="dx-on">{}</span>', _("connected"))
        word = _("away") if row.last_seen_at else _("never here")
        return format_html('<span class="dx-off">{}</span>', word)

    @admin.display(description=gettext_lazy("Vendor, model, firmware"))
    def kind(self, row: ChargingStation) -> SafeString:
        info = getattr(row, "diagnostics_info", None)
        version = f"OCPP {row.ocpp_version}" if row.ocpp_version else ""
        firmware = info.firmware_version if info else ""
        name = f"{info.vendor} {info.model}" if info else ""
        return _two_lines(name.strip(), " · ".join(filter(None, [firmware, version])))

    @admin.display(description=gettext_lazy("Open alerts"))
    def alerts(self, row: Any) -> SafeString:
        if not row.open_alerts:
            return parts.NOTHING
        url = reverse("admin:diagnostics_alert_changelist")
        query = urlencode({"q": row.identity})
        return format_html('<a href="{}?{}">{}</a>', url, query, row.open_alerts)

    @admin.display(description=gettext_lazy("Last log"))
    def last_log(self, row: Any) -> SafeString:
        if row.last_log_id is None:
            return parts.NOTHING
        url = reverse("admin:diagnostics_logrequest_change", args=[row.last_log_id])
        badge = parts.verdict_badge(LogRequest(verdict=row.last_verdict))
        return format_html('<a href="{}">{}</a>', url, badge)

    def station_header(self, request: HttpRequest, station: ChargingStation) -> StationHeader:
        return header_of(station, since=_since(station))

    def header_facts(self, request: HttpRequest, station: ChargingStation) -> list[tuple[str, Any]]:
        facts: list[tuple[str, Any]] = [(_("Security profile"), station.security_profile)]
        if certificate := standing(station):
            facts.append(certificate)
        if not station.is_active:
            facts.append((_("Blocked"), _("it is turned away")))
        if station.registration not in ("", "Accepted"):
            facts.append((_("Registration"), station.get_registration_display()))
        return facts

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.password_view)
        name = "stations_chargingstation_password"
        return [path("<int:pk>/password/", view, name=name), *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RegisterForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and (made := form.register()):
            self.log_addition(request, made[0], [{"added": {}}])
            return registered_page(request, self.admin_site, *made)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Add a charging station"),
            "form": form,
            "media": page_media(),
        }
        return TemplateResponse(request, "stations/register.html", context)

    def password_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new password, made up after a confirmation and shown once."""
        station = self.get_object(request, str(pk))
        if station is None or not self.has_change_permission(request, station):
            raise PermissionDenied
        if request.method == "POST":
            password = services.set_password(station)
            self.log_change(request, station, _("New password"))
            return registered_page(request, self.admin_site, station, password)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Make up a new password?"),
            "station": station,
            "media": page_media(),
        }
        return TemplateResponse(request, "stations/new_password.html", context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data and not obj.is_active:
            services.block_station(obj)


def _two_lines(first: str, second: str) -> SafeString:
    return format_html('{}<span class="dx-sentence">{}</span>', first, second)


def _since(station: ChargingStation) -> Any:
    last = station.connections.order_by("-opened_at").first()
    return (last.closed_at or last.opened_at) if last else None
