"""Actions on a list of stations: into a group, out of one, kept as a selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from diagnostics.admin.base import is_unlimited, page_media, require
from diagnostics.exceptions import RequestRefused
from diagnostics.models import StationGroup, StationSelection
from diagnostics.services import access
from diagnostics.services.fleet import groups, selections

CHANGE, ADD = "diagnostics.change_stationgroup", "diagnostics.add_stationgroup"
SELECT = "diagnostics.add_stationselection"
PERMISSIONS = {
    "add_to_group_action": CHANGE,
    "remove_from_group_action": CHANGE,
    "save_selection_action": SELECT,
}

# Stations that the page between names.
NAMED = 10


class GroupForm(forms.Form):
    """Which group."""

    group = forms.ModelChoiceField(
        label=gettext_lazy("Group"), queryset=StationGroup.objects.none(), required=False
    )

    def __init__(self, request: HttpRequest, data: Any) -> None:
        super().__init__(data)
        field: Any = self.fields["group"]
        field.queryset = access.visible_groups(request.user)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("group") and not data.get("new"):
            self.add_error("group", _("Choose a group."))
        return data


class AnyGroupForm(GroupForm):
    """Which group, or the name of a new one."""

    new = forms.CharField(
        label=gettext_lazy("or a new group"), required=False, max_length=100,
        help_text=gettext_lazy("Its name. What it is, and its time zone, can be said later."),
    )  # fmt: skip

    def clean_new(self) -> str:
        name: str = self.cleaned_data["new"]
        if name:
            _check(StationGroup(name=name), "name")
        return name


class NameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        _check(StationSelection(name=name), "name")
        return name


def _check(row: Any, *names: str) -> None:
    """Raise ValidationError where the columns of these names cannot be saved so."""
    try:
        row.validate_constraints()
        row.clean_fields(exclude={field.name for field in row._meta.fields} - set(names))
    except ValidationError as error:
        raise ValidationError(error.messages) from error


@admin.action(description=gettext_lazy("Add to a group"))
def add_to_group_action(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse:
    """Put the selected stations into a group, an old one or a new one."""
    require(request, CHANGE)
    may_make = request.user.has_perm(ADD) and is_unlimited(request)
    form = (AnyGroupForm if may_make else GroupForm)(request, _data(request))
    text = _("They stay in the groups they are in.")
    words = {"title": _("Add stations to a group"), "text": text, "button": _("Add them")}
    return _between(model_admin, request, queryset, form, _add, **words)


@admin.action(description=gettext_lazy("Remove from a group"))
def remove_from_group_action(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse:
    """Take the selected stations out of a group."""
    require(request, CHANGE)
    text = _("The stations stay. Operators who are limited to the group see them no more.")
    words = {"title": _("Remove stations from a group"), "text": text, "button": _("Remove them")}
    form = GroupForm(request, _data(request))
    return _between(model_admin, request, queryset, form, _remove, **words)


@admin.action(description=gettext_lazy("Save as a selection"))
def save_selection_action(
    model_admin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any]
) -> HttpResponse:
    """Keep the selected stations, and no others, under a name."""
    require(request, SELECT)
    text = _("It holds exactly these stations. To keep a filter instead, use the link above the "
             "list of stations: it holds whatever matches when it is used.")  # fmt: skip
    words = {"title": _("Save as a selection"), "text": text, "button": _("Save")}
    return _between(model_admin, request, queryset, NameForm(_data(request)), _select, **words)


def _data(request: HttpRequest) -> Any:
    return request.POST if "apply" in request.POST else None


def _between(
    model_admin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    form: forms.Form,
    act: Callable[..., HttpResponse],
    **words: str,
) -> HttpResponse:
    """The page between: how many stations, which form; then the act itself."""
    stations = access.visible(queryset, request.user)
    if form.is_valid():
        keys = list(stations.order_by().values_list("pk", flat=True))
        if keys:
            return act(model_admin, request, keys, form.cleaned_data)
        messages.warning(request, _("None of the selected stations is there any more."))
        return redirect(request.get_full_path())
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "form": form,
        "total": stations.count(),
        "some": stations[:NAMED],
        "action": request.POST.get("action", ""),
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "select_across": request.POST.get("select_across", "0"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "media": page_media(),
        **words,
    }
    return TemplateResponse(request, "diagnostics/groups/action.html", context)


def _add(
    model_admin: ModelAdmin, request: HttpRequest, keys: list[Any], data: dict[str, Any]
) -> HttpResponse:
    group = data["group"] or StationGroup.objects.create(name=data["new"])
    done = groups.add_stations(group=group, stations=keys, added_by=request.user)
    text = ngettext(
        "Added one station to %(group)s.", "Added %(count)d stations to %(group)s.", done
    )
    return _said(model_admin, request, group, text % {"count": done, "group": group})


def _remove(
    model_admin: ModelAdmin, request: HttpRequest, keys: list[Any], data: dict[str, Any]
) -> HttpResponse:
    group = data["group"]
    try:
        done = groups.remove_stations(group=group, stations=keys)
    except RequestRefused as error:
        messages.error(request, str(error))
        return redirect("admin:diagnostics_stationgroup_change", group.pk)
    text = ngettext(
        "Removed one station from %(group)s.", "Removed %(count)d stations from %(group)s.", done
    )
    return _said(model_admin, request, group, text % {"count": done, "group": group})


def _said(
    model_admin: ModelAdmin, request: HttpRequest, group: StationGroup, text: str
) -> HttpResponse:
    model_admin.log_change(request, group, text)
    messages.success(request, text)
    return redirect("admin:diagnostics_stationgroup_change", group.pk)


def _select(
    model_admin: ModelAdmin, request: HttpRequest, keys: list[Any], data: dict[str, Any]
) -> HttpResponse:
    row = selections.select_stations(name=data["name"], stations=keys, created_by=request.user)
    model_admin.log_addition(request, row, [{"added": {}}])
    return redirect("admin:diagnostics_stationselection_change", row.pk)
