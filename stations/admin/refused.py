"""Who knocked and was turned away, and one click to let an unknown station in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, require
from stations import services
from stations.admin.station import registered_page
from stations.models import ChargingStation, RefusalReason, RefusedConnection


@admin.register(RefusedConnection)
class RefusedConnectionAdmin(FactAdmin):
    list_display = ("identity_", "why", "offered", "remote_address", "times", "last", "adopt")
    nothing_yet = gettext_lazy("Nobody was turned away.")
    change_list_template = "admin/diagnostics/change_list.html"
    list_display_links = None
    list_filter = (("reason", admin.ChoicesFieldListFilter),)
    ordering = ("-last_at",)
    paginator = Paginator
    search_help_text = gettext_lazy("An identity.")
    why_gone = gettext_lazy("It may have been adopted, or deleted with its time.")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Ordered by the last knock, which moves: numbered pages, not keys."""
        return ChangeList

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["identity"]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return queryset.filter(identity__icontains=search_term.strip()), False

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return columns if request.user.has_perm(ADD) else columns[:-1]

    @admin.display(description=gettext_lazy("Identity"))
    def identity_(self, row: RefusedConnection) -> SafeString:
        shown = format_html("<code>{}</code>", row.identity or "–")
        return parts.station_link(row.station) if row.station else shown

    @admin.display(description=gettext_lazy("Why"))
    def why(self, row: RefusedConnection) -> SafeString:
        """With the subject of the certificate, where it was refused for that."""
        words = f"{row.get_reason_display()} ({row.http_status})"
        return format_html('{}<span class="dx-sentence">{}</span>', words, row.certificate)

    @admin.display(description=gettext_lazy("Offered"))
    def offered(self, row: RefusedConnection) -> str:
        return row.subprotocols

    @admin.display(description=gettext_lazy("Times"))
    def times(self, row: RefusedConnection) -> int:
        return row.count

    @admin.display(description=gettext_lazy("Last"))
    def last(self, row: RefusedConnection) -> SafeString:
        return parts.ago(row.last_at)

    @admin.display(description="")
    def adopt(self, row: RefusedConnection) -> SafeString | str:
        """A button of the list's own form, whose token goes with it."""
        if row.reason != RefusalReason.UNKNOWN_STATION:
            return ""
        url = reverse("admin:stations_refusedconnection_adopt", args=[row.pk])
        return format_html(
            '<button type="submit" class="button" formaction="{}" aria-label="{}">{}</button>',
            url,
            _("Adopt %(identity)s") % {"identity": row.identity},
            _("Adopt"),
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.adopt_view))
        name = "stations_refusedconnection_adopt"
        return [path("<int:pk>/adopt/", view, name=name), *super().get_urls()]

    def adopt_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request, ADD)
        refused = self.find(request, pk)
        try:
            station, password = services.adopt_refused(refused)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("admin:stations_refusedconnection_changelist")
        self.log_addition(request, station, _("Adopted"))
        return registered_page(request, self.admin_site, station, password)


ADD = f"{ChargingStation._meta.app_label}.add_{ChargingStation._meta.model_name}"
