"""Calls to stations: the outbox, and what came of each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, require
from diagnostics.admin.calls.console import PLACE, ConsoleViews, may_cancel, stands_alone
from diagnostics.admin.filters import AgeFilter
from diagnostics.exceptions import RequestClosed
from diagnostics.gateway import get_gateway
from diagnostics.lifecycles.call import TERMINAL, CallStatus
from diagnostics.models import OutboundCall
from diagnostics.ocpp.actions import DISRUPTIVE
from diagnostics.redaction import redact
from diagnostics.services.calls import delivery
from diagnostics.wording.call_errors import error_words


@admin.action(description=gettext_lazy("Cancel calls that wait"), permissions=["cancel"])
def cancel_calls(
    model_admin: CallAdmin, request: HttpRequest, queryset: QuerySet[OutboundCall]
) -> None:
    """Take back what has not been sent; what has, stays as it is."""
    canceled = 0
    for call in queryset.filter(log_request=None, report=None, variable_request=None):
        try:
            delivery.withdraw(call)
        except RequestClosed:
            continue
        canceled += 1
    text = ngettext("Canceled one call.", "Canceled %(count)d calls.", canceled)
    messages.success(request, text % {"count": canceled})
    if left := queryset.count() - canceled:
        text = _("%(count)d were left: sent or ended already, or part of a log request, which is "
                 "canceled on its own page.")  # fmt: skip
        messages.warning(request, text % {"count": left})


@admin.register(OutboundCall)
class CallAdmin(ConsoleViews, FactAdmin):
    list_display = ("call", "station_", "state", "placed", "took", "trouble")
    nothing_yet = gettext_lazy(
        "No call was placed yet: requests of logs and others will stand here."
    )
    list_display_links = None
    list_filter = (("status", admin.ChoicesFieldListFilter), AgeFilter)
    search_help_text = gettext_lazy("A station, or # and a number.")
    actions = [cancel_calls]
    modules = ("page",)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("diagnostics.place_call") or request.user.has_perm(
            "diagnostics.request_log"
        )

    @admin.display(description=gettext_lazy("Call"))
    def call(self, row: OutboundCall) -> SafeString:
        return format_html(
            '<a href="{}"><code>{}</code></a>',
            f"../outboundcall/{row.pk}/change/",
            row.wire_action or row.action,
        )

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: OutboundCall) -> SafeString:
        return parts.call_badge(row)

    @admin.display(description=gettext_lazy("Placed"))
    def placed(self, row: OutboundCall) -> SafeString:
        return parts.ago(row.created_at)

    @admin.display(description=gettext_lazy("Took"))
    def took(self, row: OutboundCall) -> str:
        answered = row.status in (CallStatus.ANSWERED, CallStatus.REFUSED)
        if not (answered and row.sent_at and row.settled_at):
            return ""
        return f"{(row.settled_at - row.sent_at).total_seconds():.2f}\N{NO-BREAK SPACE}s"

    @admin.display(description=gettext_lazy("Trouble"))
    def trouble(self, row: OutboundCall) -> str:
        return " – ".join(filter(None, [row.error_code, row.error_description]))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        live = path("<int:pk>/live/", wrap(self.live_view), name="diagnostics_outboundcall_live")
        return [live, *self.console_urls(wrap), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        call = self.get_object(request, object_id)
        _require_view(request, call)
        if call is None:
            raise Http404(_("There is no such call."))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": None,
            "subtitle": _named(call),
            "media": self.media,
            **_drawn(request, call),
        }
        return TemplateResponse(request, "diagnostics/call.html", context)

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The parts of the page that change."""
        call = self.get_object(request, str(pk))
        _require_view(request, call)
        if call is None:
            raise Http404(_("There is no such call."))
        return TemplateResponse(request, "diagnostics/call_live.html", _drawn(request, call))


def _named(call: OutboundCall) -> str:
    return f"{call.wire_action or call.action} · {get_gateway().identity(call.station)}"


def _require_view(request: HttpRequest, call: OutboundCall | None) -> None:
    """Who placed a call may see what becomes of it."""
    if call is None or call.placed_by_id != request.user.pk:
        require(request, "diagnostics.view_outboundcall")


def _drawn(request: HttpRequest, call: OutboundCall) -> dict[str, Any]:
    action, payload = call.wire_action or call.action, call.wire_payload or call.payload
    alone = stands_alone(call)
    return {
        "call": call,
        "asked": parts.pretty(redact(action, payload)),
        "answered": parts.pretty(redact(action, call.answer)) if call.answer is not None else "",
        "error_words": error_words(call.error_code),
        "may_cancel": alone and call.status == CallStatus.PENDING and may_cancel(request, call),
        # Goes by the form, which warns, rather than with one click.
        "is_disruptive": (call.wire_action or call.action) in DISRUPTIVE,
        "may_repeat": alone and call.status in TERMINAL and request.user.has_perm(PLACE),
    }
