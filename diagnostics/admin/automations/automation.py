"""Automations: the list, the form that says what would have come of it, and what they did."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from diagnostics.admin import parts
from diagnostics.admin.automations.automation_firing import rows_of
from diagnostics.admin.automations.forms import AutomationForm, initial_of, limited_choices
from diagnostics.admin.base import require
from diagnostics.admin.live_form import LiveFormAdmin
from diagnostics.admin.numbers import row_in
from diagnostics.models import Alert, Automation, AutomationFiring
from diagnostics.services import access, automations
from diagnostics.services.automations.facts import happening
from diagnostics.services.automations.rehearsals import Rehearsal, rehearse
from diagnostics.wording.automations import does_words, happened_words, when_words

VIEW, ADD = "diagnostics.view_automation", "diagnostics.add_automation"
# Firings on the page of an automation, and examples of what would have fired.
SHOWN, EXAMPLES = 20, 5
# The fields without which nobody can say what would have come of it.
CONDITIONS = ("away_minutes", "component", "variable", "code", "severity", "times",
              "within_minutes", "group", "selection", "cool_down_minutes",
              "most_per_hour")  # fmt: skip

NARROWED = gettext_lazy("What the report tells of")


@admin.action(description=gettext_lazy("Switch on"), permissions=["change"])
def switch_on(model_admin: Any, request: HttpRequest, queryset: QuerySet[Automation]) -> None:
    _switch(request, queryset, on=True)


@admin.action(description=gettext_lazy("Switch off"), permissions=["change"])
def switch_off(model_admin: Any, request: HttpRequest, queryset: QuerySet[Automation]) -> None:
    _switch(request, queryset, on=False)


def _switch(request: HttpRequest, rows: QuerySet[Automation], *, on: bool) -> None:
    done = sum(automations.switch(row, on=on) for row in rows)
    if on:
        text = ngettext("Switched on one automation.", "Switched on %(n)d automations.", done)
    else:
        text = ngettext("Switched off one automation.", "Switched off %(n)d automations.", done)
    messages.success(request, text % {"n": done})


@admin.register(Automation)
class AutomationAdmin(LiveFormAdmin):
    form = AutomationForm
    list_display = ("name", "state", "when_", "does", "last")
    nothing_yet = gettext_lazy(
        "Nothing is done by itself yet. An automation asks for a log or a report, or tells "
        "somebody, as soon as something happens."
    )
    list_filter = ("enabled", "trigger")
    search_fields = ("name",)
    show_facets = admin.ShowFacets.NEVER
    actions = [switch_on, switch_off]
    change_form_template = "diagnostics/automations/form.html"
    live_template = "diagnostics/automations/live.html"
    modules = ("preview", "page")
    fieldsets = (
        (None, {"fields": ("name", "enabled")}),
        (gettext_lazy("When"), {
            "fields": ("trigger", "away_minutes", "component", "variable", "code", "severity",
                       ("times", "within_minutes")),
        }),
        (gettext_lazy("At these stations"), {
            "description": gettext_lazy("Neither of them: at all stations."),
            "fields": ("group", "selection"),
        }),
        (gettext_lazy("Do this"), {
            "fields": ("pull_log", "log_type", "log_minutes", "report", "targets"),
        }),
        (NARROWED, {
            "classes": ("collapse",),
            "fields": ("component_criteria", "monitoring_criteria", "named"),
        }),
        (gettext_lazy("But not too often"), {"fields": ("cool_down_minutes", "most_per_hour")}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Automation]:
        mine = automations.visible_automations(request.user).values("pk")
        rows = super().get_queryset(request).filter(pk__in=mine)
        rows = rows.prefetch_related("targets")
        return rows.select_related("group", "selection").annotate(last_at=Max("firings__fired_at"))

    # The list

    @admin.display(description=gettext_lazy("State"))
    def state(self, row: Automation) -> SafeString:
        return parts.badge(_("on"), "good") if row.enabled else parts.badge(_("off"), "quiet")

    @admin.display(description=gettext_lazy("When"))
    def when_(self, row: Automation) -> str:
        return when_words(row)

    @admin.display(description=gettext_lazy("It will"))
    def does(self, row: Automation) -> str:
        return does_words(row)

    @admin.display(description=gettext_lazy("Last time"), ordering="last_at")
    def last(self, row: Any) -> SafeString:
        return parts.ago(row.last_at)

    # The form

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        made = super().get_form(request, *args, **kwargs)
        return type(made.__name__, (made,), {"user": request.user})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fields that are no columns are shown to those only who may fill them."""
        wanted = super().get_fieldsets(request, obj)
        may = self.has_change_permission(request, obj) if obj else True
        return wanted if may else tuple(each for each in wanted if each[0] is not NARROWED)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("group", "selection"):
            kwargs["queryset"] = limited_choices(db_field.name, request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "targets":
            kwargs["queryset"] = limited_choices(db_field.name, request.user)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?alert=`: the log of what leads to such an alert."""
        alerts = access.visible(Alert.objects.all(), request.user)
        alert = row_in(alerts, request.GET.get("alert"))
        return initial_of(alert) if alert else super().get_changeform_initial_data(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
        if obj.enabled and (not change or {"enabled", "trigger"} & set(form.changed_data)):
            automations.begin_from_now(obj)

    def facts(self, request: HttpRequest, row: Automation) -> dict[str, Any]:
        """What the page of an automation says about what it did."""
        firings = access.visible(AutomationFiring.objects.filter(automation=row), request.user)
        listed = reverse("admin:diagnostics_automationfiring_changelist")
        return {
            "row": row,
            "words": when_words(row),
            "does": does_words(row),
            "firings": rows_of(firings, SHOWN),
            "all_firings": f"{listed}?{urlencode({'automation': row.pk})}",
        }

    # Its pages

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "diagnostics_automation"
        own = [
            path("preview/", wrap(self.preview_view), name=f"{name}_preview"),
        ]
        return [*own, *super().get_urls()]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What would have come of the fields of the form in the last days."""
        if not self.has_add_permission(request):
            require(request, VIEW)
        key = request.GET.get("of", "")
        row = self.get_object(request, key) if key else None
        form: Any = self.get_form(request)(request.GET, instance=row)
        form.is_valid()  # a name or an action that is missing yet does not matter
        chosen, conditions = "trigger" in form.cleaned_data, set(CONDITIONS)
        wrong = {name: form.errors[name] for name in form.errors if chosen and name in conditions}
        found = self._found(request, form.instance) if chosen and not wrong else {}
        return render(request, "diagnostics/automations/preview.html", {**found, "wrong": wrong})

    def _found(self, request: HttpRequest, automation: Automation) -> dict[str, Any]:
        result = rehearse(automation, user=request.user)
        return {"result": result, "examples": _examples(automation, result)}


def _examples(automation: Automation, result: Rehearsal) -> list[dict[str, Any]]:
    """The newest of what would have fired."""
    return [
        {
            "station": row.station,
            "at": row.heard_at,
            "what": happened_words(automation.trigger, happening(automation, row).what),
        }
        for row in result.fired[: -EXAMPLES - 1 : -1]
    ]


def offer_for(request: HttpRequest, alert: Alert) -> str:
    """Where an automation that begins at an alert is made; "" for those who may not."""
    if not (request.user.has_perm(ADD) and request.user.has_perm("diagnostics.request_log")):
        return ""
    return f"{reverse('admin:diagnostics_automation_add')}?{urlencode({'alert': alert.pk})}"
