"""Calls to stations: the outbox, and what came of each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, require
from diagnostics.admin.filters import AgeFilter
from diagnostics.exceptions import RequestClosed
from diagnostics.lifecycles.call import CallStatus
from diagnostics.models import OutboundCall
from diagnostics.services import delivery


@admin.action(description=gettext_lazy("Cancel calls that wait"), permissions=["cancel"])
def cancel_calls(
    model_admin: CallAdmin, request: HttpRequest, queryset: QuerySet[OutboundCall]
) -> None:
    """Take back what has not been sent; what has, stays as it is."""
    canceled = 0
    for call in queryset.filter(log_request=None):
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
class CallAdmin(FactAdmin):
    list_display = ("call", "station_", "state", "placed", "took", "trouble")
    list_display_links = None
    list_filter = (("status", admin.ChoicesFieldListFilter), AgeFilter)
    search_help_text = gettext_lazy("A station, or # and a number.")
    actions = [cancel_calls]

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

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: OutboundCall) -> SafeString:
        return parts.station_link(row.station)

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
        return f"{(row.settled_at - row.sent_at).total_seconds():.2f} s"

    @admin.display(description=gettext_lazy("Trouble"))
    def trouble(self, row: OutboundCall) -> str:
        return " – ".join(filter(None, [row.error_code, row.error_description]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        require(request, "diagnostics.view_outboundcall")
        call = self.get_object(request, object_id)
        if call is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": None,
            "subtitle": str(call),
            "call": call,
            "asked": parts.pretty(call.wire_payload or call.payload),
            "answered": parts.pretty(call.answer) if call.answer is not None else "",
            "media": self.media,
        }
        return TemplateResponse(request, "diagnostics/call.html", context)
