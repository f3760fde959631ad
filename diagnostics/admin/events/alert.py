"""The inbox: alerts worst first, acknowledged one by one or many at once, and the page of one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import PAGE_VAR
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from diagnostics.admin import parts
from diagnostics.admin.automations.automation import offer_for
from diagnostics.admin.automations.automation_firing import firings_of
from diagnostics.admin.base import AFTER, KeysetChangeList, page_media, require
from diagnostics.admin.events import page as alert_page
from diagnostics.admin.events.filters import (
    ComponentFilter,
    SeverityFilter,
    StateFilter,
    TypeFilter,
)
from diagnostics.admin.live_list import LiveListAdmin
from diagnostics.admin.numbers import number_in
from diagnostics.lifecycles.log_request import LogType
from diagnostics.models import Alert
from diagnostics.services.events import alerts
from diagnostics.wording.alerts import alert_name, alert_value

VIEW, ACKNOWLEDGE = "diagnostics.view_alert", "diagnostics.acknowledge_alert"
REQUEST_LOG = "diagnostics.request_log"
LONGEST_NOTE = 500


class InboxChangeList(KeysetChangeList):
    """Worst first, then newest; `?after=5-1234` for what follows alert 1234 of severity 5."""

    def get_filters_params(self, params: Any = None) -> Any:
        found = super().get_filters_params(params)
        found.pop(AFTER, None)
        return found

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows = super().get_queryset(request, exclude_parameters)
        severity, pk = map(number_in, str(self.params.get(AFTER, "")).partition("-")[::2])
        if severity is None or pk is None:
            return rows
        return rows.filter(Q(severity__gt=severity) | Q(severity=severity, pk__lt=pk))

    @property
    def older_link(self) -> str:
        if not self.multi_page:
            return ""
        last = list(self.result_list)[-1]
        return self.get_query_string({AFTER: f"{last.severity}-{last.pk}"}, [PAGE_VAR])

    @property
    def newest_link(self) -> str:
        return self.get_query_string(remove=[AFTER, PAGE_VAR]) if AFTER in self.params else ""


@admin.action(description=gettext_lazy("Acknowledge"), permissions=["acknowledge"])
def acknowledge_alerts(
    model_admin: AlertAdmin, request: HttpRequest, queryset: QuerySet[Alert]
) -> HttpResponse | None:
    """After a page that takes a note for all of them."""
    if "apply" in request.POST:
        model_admin.acknowledge(request, queryset)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Acknowledge alerts"),
        "total": queryset.count(),
        "some": queryset[:10],
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "longest": LONGEST_NOTE,
        "media": page_media(),
    }
    return TemplateResponse(request, "diagnostics/acknowledge.html", context)


@admin.register(Alert)
class AlertAdmin(LiveListAdmin):
    template = "diagnostics/alert.html"
    live_template = "diagnostics/alert_live.html"

    list_display = ("what", "station_", "value", "since", "times", "known")
    nothing_yet = gettext_lazy(
        "Nothing is wrong: no station has an open alert. Faults of connectors stand here by "
        "themselves, values once a monitor watches them."
    )
    list_filter = (StateFilter, SeverityFilter, TypeFilter, ComponentFilter)
    search_help_text = gettext_lazy("A station, or # and the number of an alert.")
    ordering = ("severity", "-id")
    actions = [acknowledge_alerts]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[InboxChangeList]:
        return InboxChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        return super().get_queryset(request).select_related("acknowledged_by")

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(ACKNOWLEDGE))

    # The list

    @admin.display(description=gettext_lazy("Alert"))
    def what(self, row: Alert) -> SafeString:
        return format_html(
            '{} <a href="{}">{}</a>',
            parts.severity_badge(row.severity),
            reverse("admin:diagnostics_alert_change", args=[row.pk]),
            alert_name(row),
        )

    @admin.display(description=gettext_lazy("Value"))
    def value(self, row: Alert) -> SafeString:
        return self._live(row, "value", alert_value(row))

    @admin.display(description=gettext_lazy("Since"))
    def since(self, row: Alert) -> SafeString:
        return parts.ago(row.first_at)

    @admin.display(description=gettext_lazy("Times"))
    def times(self, row: Alert) -> SafeString:
        return self._live(row, "times", row.count)

    @admin.display(description=gettext_lazy("State"))
    def known(self, row: Alert) -> SafeString:
        return self._live(row, "state", parts.alert_badge(row))

    @staticmethod
    def _live(row: Alert, cell: str, shown: Any) -> SafeString:
        return format_html('<span data-row="{}" data-cell="{}">{}</span>', row.pk, cell, shown)

    # Its pages

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_alert"
        own = [
            path("<int:pk>/acknowledge/", wrap(self.acknowledge_view), name=f"{name}_acknowledge"),
        ]
        return [*own, *super().get_urls()]

    def cells(self, row: Alert) -> dict[str, Any]:
        return {
            "value": format_html("{}", alert_value(row)),
            "times": str(row.count),
            "state": parts.alert_badge(row),
        }

    def acknowledge_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the note of the form on an alert's page."""
        require(request, ACKNOWLEDGE)
        rows = self.get_queryset(request).filter(pk=pk)
        if not rows.exists():
            raise Http404(_("There is no such alert."))
        if request.method == "POST":
            self.acknowledge(request, rows)
        return redirect("admin:diagnostics_alert_change", pk)

    def acknowledge(self, request: HttpRequest, rows: QuerySet[Alert]) -> None:
        """Acknowledge alerts with the note of the request, and say how many."""
        note = request.POST.get("note", "").strip()
        done = alerts.acknowledge(rows, user=request.user, note_text=note)
        if done:
            text = ngettext("Acknowledged one alert.", "Acknowledged %(count)d alerts.", done)
            messages.success(request, text % {"count": done})
        else:
            messages.warning(request, _("Somebody had acknowledged that before."))

    def page(self, request: HttpRequest, row: Alert) -> dict[str, Any]:
        """Everything that the templates of one alert show."""
        may = self.has_acknowledge_permission(request) and row.acknowledged_at is None
        same = f"{reverse('admin:diagnostics_alert_changelist')}?" + urlencode(
            {"of": row.component, "state": "all"}
        )
        return {
            **alert_page.facts(row),
            "subtitle": alert_name(row),
            "may_acknowledge": may,
            "longest": LONGEST_NOTE,
            "same_component": same,
            "firings": firings_of(request, row),
            "automate": offer_for(request, row),
            "ask_log": _ask_log(request, row),
        }


def _ask_log(request: HttpRequest, row: Alert) -> str:
    """Where the station's log is asked for; "" for those who may not."""
    if not request.user.has_perm(REQUEST_LOG):
        return ""
    page = "admin:diagnostics_logrequest_request"
    return parts.about(row.station, page, log_type=LogType.DIAGNOSTICS.value)
