"""Routes of notifications: who is told of what, and when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import Media
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import WholeFleet, page_media
from diagnostics.admin.notifications.forms import RouteForm
from diagnostics.models import NotificationRoute
from diagnostics.services.notifications.watches import settle_route
from diagnostics.wording.notifications import route_words


@admin.register(NotificationRoute)
class NotificationRouteAdmin(WholeFleet):
    form = RouteForm
    list_display = ("name", "state", "what", "where", "whom", "digest")
    nothing_yet = gettext_lazy(
        "Nobody is told anything yet. A route says what is told, to which targets and when."
    )
    list_filter = ("enabled",)
    search_fields = ("name",)
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "diagnostics/notifications/route.html"
    fieldsets = (
        (None, {"fields": ("name", "enabled")}),
        (gettext_lazy("When"), {"fields": ("kinds", "severity", "away_minutes")}),
        (gettext_lazy("At these stations"), {
            "description": gettext_lazy("Neither of them: at all stations."),
            "fields": ("group", "selection"),
        }),
        (gettext_lazy("Whom, and how"), {
            "fields": ("targets", "digest", "digest_minutes", "digest_at"),
        }),
        (gettext_lazy("At these hours"), {
            "description": gettext_lazy("Empty: at all hours."),
            "fields": (("from_time", "to_time"), "weekdays", "time_zone"),
        }),
    )  # fmt: skip

    @property
    def media(self) -> Media:
        return super().media + page_media()

    def get_queryset(self, request: HttpRequest) -> QuerySet[NotificationRoute]:
        rows = super().get_queryset(request).select_related("group", "selection")
        return rows.prefetch_related("targets")

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: NotificationRoute) -> SafeString:
        return parts.badge(_("on"), "good") if row.enabled else parts.badge(_("off"), "quiet")

    @admin.display(description=gettext_lazy("When"))
    def what(self, row: NotificationRoute) -> str:
        return route_words(row)

    @admin.display(description=gettext_lazy("Stations"))
    def where(self, row: NotificationRoute) -> str:
        return str(row.group or row.selection or _("all"))

    @admin.display(description=gettext_lazy("Tells"))
    def whom(self, row: NotificationRoute) -> str:
        return ", ".join(target.name for target in row.targets.all()) or _("nobody")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        settle_route(form.instance)
