"""Targets of notifications: whom to tell, whether they can be reached, and a test."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from diagnostics.admin import parts
from diagnostics.admin.base import WholeFleet, is_unlimited, require
from diagnostics.admin.home import Line, Section, register_section
from diagnostics.admin.live_form import LiveFormAdmin
from diagnostics.admin.notifications.delivery import rows_of
from diagnostics.admin.notifications.forms import TargetForm
from diagnostics.lifecycles.notification import PAUSED_AFTER
from diagnostics.models import NotificationTarget
from diagnostics.services import notifications
from diagnostics.services.notifications import deliveries
from diagnostics.wording.notifications import target_sentence

VIEW = "diagnostics.view_notificationtarget"
CHANGE = "diagnostics.change_notificationtarget"
SHOWN, NAMED = 20, 6


@admin.register(NotificationTarget)
class NotificationTargetAdmin(WholeFleet, LiveFormAdmin):
    form = TargetForm
    list_display = ("name", "kind", "where", "state", "waiting", "delivered")
    nothing_yet = gettext_lazy(
        "There is nobody to tell yet. A target is where messages go: e-mail, a webhook, a chat"
        " or a pager."
    )
    list_filter = ("kind", "enabled")
    search_fields = ("name",)
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "diagnostics/notifications/target.html"
    live_template = "diagnostics/notifications/target_live.html"

    @admin.display(description=gettext_lazy("Address"))
    def where(self, row: NotificationTarget) -> str:
        return row.shown_address

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: NotificationTarget) -> SafeString:
        return format_html(
            '{} <span class="dx-sentence">{}</span>', badge(row), target_sentence(row)
        )

    @admin.display(description=gettext_lazy("Waiting"))
    def waiting(self, row: NotificationTarget) -> Any:
        return deliveries.waiting_for(row).count() or parts.NOTHING

    @admin.display(description=gettext_lazy("Last delivery"))
    def delivered(self, row: NotificationTarget) -> SafeString:
        return parts.ago(row.delivered_at)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.made_secret:
            text = _("The signing secret of %(name)s, shown this once: %(secret)s")
            words = {"name": obj.name, "secret": form.made_secret}
            messages.warning(request, text % words)

    def facts(self, request: HttpRequest, row: NotificationTarget) -> dict[str, Any]:
        listed = reverse("admin:diagnostics_delivery_changelist")
        return {
            "row": row,
            "badge": badge(row),
            "sentence": target_sentence(row),
            "waiting": deliveries.waiting_for(row).count(),
            "deliveries": rows_of(row.deliveries.order_by("-pk"), SHOWN),
            "all_deliveries": f"{listed}?{urlencode({'target': row.pk})}",
            "may_test": self.has_change_permission(request, row),
        }

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_notificationtarget"
        own = [
            path("<int:pk>/test/", wrap(require_POST(self.test_view)), name=f"{name}_test"),
            path("<int:pk>/resume/", wrap(require_POST(self.resume_view)), name=f"{name}_resume"),
        ]
        return [*own, *super().get_urls()]

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test; what becomes of it shows on the page."""
        require(request, CHANGE)
        row = self.find(request, pk)
        if row.enabled:
            notifications.test_target(row)
            messages.success(request, _("A test is on its way: see below what becomes of it."))
        else:
            messages.error(request, _("The target is switched off: nothing is sent to it."))
        return redirect(page_of(row))

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try at once what waits for a target that could not be reached."""
        require(request, CHANGE)
        row = self.find(request, pk)
        deliveries.resume(row)
        messages.success(request, _("It is tried again now."))
        return redirect(page_of(row))


def badge(row: NotificationTarget) -> SafeString:
    if not row.enabled:
        return parts.badge(_("off"), "quiet")
    if row.is_paused:
        return parts.badge(_("paused"), "bad")
    return parts.badge(_("failing"), "warn") if row.failures else parts.badge(_("on"), "good")


def page_of(row: NotificationTarget) -> str:
    return reverse("admin:diagnostics_notificationtarget_change", args=[row.pk])


def unreachable(request: HttpRequest) -> Section | None:
    """Targets that are paused, for Home: nobody may have heard of what waits for them."""
    if not (request.user.has_perm(VIEW) and is_unlimited(request)):
        return None
    rows = NotificationTarget.objects.filter(enabled=True, failures__gte=PAUSED_AFTER)
    lines = [
        Line(
            _("%(name)s cannot be reached") % {"name": row.name},
            page_of(row),
            detail=_("%(n)d messages wait") % {"n": deliveries.waiting_for(row).count()},
            at=row.failing_since,
        )
        for row in rows[:NAMED]
    ]
    return Section(_("Notifications that do not get through"), "bad", lines)


register_section(unreachable, weight=22)
