"""Customer information: who asked for what and why. The text stays masked until it is opened."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from diagnostics.admin import parts
from diagnostics.admin.asked_station import find_station, initial_station
from diagnostics.admin.base import require
from diagnostics.admin.customer_information.certificates import certificates_context
from diagnostics.admin.customer_information.forms import CustomerForm, LocalListForm
from diagnostics.admin.filters import AgeFilter, WhoFilter
from diagnostics.admin.pages import RequestAdmin
from diagnostics.exceptions import DiagnosticsError, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.models import CustomerInformation, TimelineEntry
from diagnostics.services import customer_information
from diagnostics.services.customer_information import certificates, local_list
from diagnostics.services.customer_information import privacy as customer_privacy
from diagnostics.wording.customers import customer_sentence, customer_tone, customer_wish

VIEW = "diagnostics.view_customerinformation"
REQUEST = "diagnostics.request_customer_information"
READ = "diagnostics.read_customer_information"

# A person's data stays in no cache and in no history.
private = method_decorator([sensitive_post_parameters(), never_cache])


@admin.register(CustomerInformation)
class CustomerInformationAdmin(RequestAdmin):
    template = "diagnostics/customer/page.html"
    live_template = "diagnostics/customer/live.html"
    list_display = ("outcome", "station_", "wish", "customer", "why", "who", "when")
    nothing_yet = gettext_lazy("No station was asked about a customer yet.")
    list_filter = (("status", admin.ChoicesFieldListFilter), AgeFilter, WhoFilter)
    search_help_text = gettext_lazy("A station, or # and the number of a request.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerInformation]:
        return super().get_queryset(request).select_related("requested_by", "call")

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, row: CustomerInformation) -> SafeString:
        return parts.outcome(row, parts.customer_badge(row), customer_sentence(row))

    @admin.display(description=gettext_lazy("Asked to"))
    def wish(self, row: CustomerInformation) -> str:
        return customer_wish(row)

    @admin.display(description=gettext_lazy("Customer"))
    def customer(self, row: CustomerInformation) -> str:
        return f"{row.get_kind_display()} {row.identifier_masked}"

    @admin.display(description=gettext_lazy("Purpose"))
    def why(self, row: CustomerInformation) -> str:
        return row.purpose

    @admin.display(description=gettext_lazy("Asked by"))
    def who(self, row: CustomerInformation) -> str:
        return row.requested_by_name or _("the system")

    # Pages

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_customerinformation"
        views = {"open": self.open_view, "cancel": self.cancel_view}
        views |= {"purge": self.purge_view, "list": self.list_view, "version": self.version_view}
        own = [
            path(f"<int:pk>/{each}/", wrap(view), name=f"{name}_{each}")
            for each, view in views.items()
        ]
        request = path("request/", wrap(self.request_view), name=f"{name}_request")
        asked = path("certificates/", wrap(self.certificates_view), name=f"{name}_certificates")
        return [request, asked, *own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"may_request": request.user.has_perm(REQUEST), **(extra_context or {})}
        return super().changelist_view(request, extra)

    @private
    def open_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The text. Opening is recorded, so it takes a POST."""
        require(request, READ)
        row = self.find(request, pk)
        if request.method != "POST":
            return redirect(_page(row))
        try:
            text = customer_privacy.open_information(row, opened_by=request.user)
        except DiagnosticsError as error:
            messages.error(request, str(error))
            return redirect(_page(row))
        return self.show(request, row, opened=True, text=text)

    @private
    def request_view(self, request: HttpRequest) -> HttpResponse:
        """The form; a station comes by `?station=` (its key) or `?identity=`."""
        require(request, REQUEST)
        initial = initial_station(request)
        form = CustomerForm(request.POST or None, initial=initial, user=request.user)
        if request.method == "POST" and form.is_valid():
            try:
                row = customer_information.request_customer_information(
                    station=form.station, requested_by=request.user, **form.wanted
                )
                return redirect(_page(row))
            except RequestRefused as error:
                form.add_error(None, str(error))
        station = form.named_station()
        context = {**self.chrome(request), "form": form, "station": station}
        context["title"] = _("Ask for customer information")
        context["online"] = station is not None and get_gateway().is_online(station)
        context["token"] = [form["id_token"], form["id_token_type"]]
        names = (
            "installed",
            "hash_algorithm",
            "issuer_name_hash",
            "issuer_key_hash",
            "serial_number",
        )
        context["certificate"] = [form[name] for name in names]
        context["by_certificate"] = any(form[name].value() for name in (names[0], *names[2:]))
        if station is not None:
            context.update(certificates_context(station), may_request=True)
        return TemplateResponse(request, "diagnostics/customer/request.html", context)

    def certificates_view(self, request: HttpRequest) -> HttpResponse:
        """Ask a station which certificates it has installed; back to the form, or to its page."""
        require(request, REQUEST)
        station = find_station(request)
        if request.method != "POST":
            raise Http404(_("There is nothing to look at here."))
        try:
            certificates.request_certificates(station=station, requested_by=request.user)
            messages.success(request, _("The station is asked which certificates it has."))
        except DiagnosticsError as error:
            messages.error(request, str(error))
        form = parts.about(station, "admin:diagnostics_customerinformation_request")
        page = parts.station_url(station)
        to_tab = page and "form" not in request.POST
        return redirect(f"{page}?tab=customers" if to_tab else form)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request, REQUEST)
        return self._do(
            request, pk, customer_information.cancel_customer_information, "canceled_by"
        )

    def purge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request, REQUEST)
        return self._do(request, pk, customer_privacy.purge_information, "purged_by")

    def version_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the station for the version of its local list."""
        require(request, REQUEST)
        return self._do(request, pk, local_list.ask_list_version, "requested_by")

    def _do(self, request: HttpRequest, pk: int, deed: Any, by: str) -> HttpResponse:
        row = self.find(request, pk)
        if request.method == "POST":
            try:
                deed(row, **{by: request.user})
            except DiagnosticsError as error:
                messages.error(request, str(error))
        return redirect(_page(row))

    @private
    def list_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Remove the token from the station's local list (N10.FR.02)."""
        require(request, REQUEST)
        row, form = self.find(request, pk), LocalListForm(request.POST or None)
        if request.method != "POST":
            return redirect(_page(row))
        if form.is_valid():
            try:
                local_list.remove_from_list(row, requested_by=request.user, **form.cleaned_data)
                messages.success(request, _("The station is asked to remove the token."))
                return redirect(_page(row))
            except RequestRefused as error:
                form.add_error(None, str(error))
        return self.show(request, row, list_form=form)

    def page(self, request: HttpRequest, row: CustomerInformation) -> dict[str, Any]:
        """Everything that the templates of one request show, and nothing of its text."""
        entries = TimelineEntry.objects.filter(station=row.station, data__customer_request=row.pk)
        return {
            "row": row,
            "badge": parts.customer_badge(row),
            "tone": customer_tone(row),
            "wish": customer_wish(row),
            "sentence": customer_sentence(row),
            "parts": row.parts_state(),
            "accesses": row.accesses.order_by("-at")[:20],
            "timeline": entries.select_related("user").order_by("id")[:200],
            "may_request": request.user.has_perm(REQUEST),
            "may_read": request.user.has_perm(READ),
            "may_be_listed": local_list.may_be_listed(row),
            "list_entries": local_list.entries(row.station),
            "list_form": LocalListForm(),
        }


def _page(row: CustomerInformation) -> str:
    return reverse("admin:diagnostics_customerinformation_change", args=[row.pk])
