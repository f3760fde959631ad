"""What was sent to whom, how often it was tried, and what the receiver said."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, WholeFleet
from diagnostics.admin.filters import AgeFilter
from diagnostics.admin.numbers import number_in
from diagnostics.models import Delivery, NotificationTarget
from diagnostics.wording.notifications import TONES, delivery_sentence, headline

# Notifications that a line names, and targets that a list can be narrowed to.
NAMED, MOST_TARGETS = 3, 100


class TargetFilter(admin.SimpleListFilter):
    title = gettext_lazy("target")
    parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = NotificationTarget.objects.all()[:MOST_TARGETS]
        return [(str(row.pk), row.name) for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = number_in(self.value())
        return queryset if value is None else queryset.filter(target=value)


@admin.register(Delivery)
class DeliveryAdmin(WholeFleet, FactAdmin):
    list_display = ("result", "target_", "about", "attempts", "when")
    nothing_yet = gettext_lazy(
        "Nothing was told to anybody yet: what goes out to notification targets will stand here."
    )
    list_display_links = None
    list_filter = ("state", TargetFilter, AgeFilter)
    search_help_text = gettext_lazy("# and a number.")
    fields = ("target", "route", "state", "answer", "attempts", "created_at", "due_at",
              "attempted_at", "settled_at", "is_digest", "is_test", "uuid")  # fmt: skip
    readonly_fields = ("uuid",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return with_what_it_tells(super().get_queryset(request))

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return ["target__name"]

    @admin.display(description=gettext_lazy("State"))
    def result(self, row: Delivery) -> SafeString:
        return format_html(
            '<div class="dx-outcome"><a href="{}">{}</a> <span class="dx-sentence">{}</span></div>',
            f"../delivery/{row.pk}/change/",
            badge(row),
            delivery_sentence(row),
        )

    @admin.display(description=gettext_lazy("Target"))
    def target_(self, row: Delivery) -> SafeString:
        url = reverse("admin:diagnostics_notificationtarget_change", args=[row.target_id])
        return format_html('<a href="{}">{}</a>', url, row.target.name)

    @admin.display(description=gettext_lazy("About"))
    def about(self, row: Delivery) -> str:
        return about(row)

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: Delivery) -> SafeString:
        return parts.ago(row.created_at)


def with_what_it_tells(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.select_related("target").prefetch_related(
        "notifications__station", "notifications__alert"
    )


def rows_of(deliveries: QuerySet[Delivery], most: int) -> list[dict[str, Any]]:
    """Deliveries as the page of a target shows them."""
    return [
        {"row": row, "badge": badge(row), "sentence": delivery_sentence(row), "about": about(row)}
        for row in with_what_it_tells(deliveries)[:most]
    ]


def badge(row: Delivery) -> SafeString:
    return parts.badge(row.get_state_display(), TONES[row.state])  # type: ignore[index]


def about(row: Delivery) -> str:
    """The headlines of what it tells, the first few."""
    if row.is_test:
        return _("A test")
    told = list(row.notifications.all())
    words = "; ".join(headline(each) for each in told[:NAMED])
    more = len(told) - NAMED
    return f"{words} {_('and %(more)d more') % {'more': more}}" if more > 0 else words
