"""Groups of stations: which there are, how their stations are, and who is in one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.base import Precise, is_unlimited, page_media
from diagnostics.admin.fleet.station_list import stations_url
from diagnostics.admin.keeping.hold import PLACE, place_url
from diagnostics.admin.numbers import numbers_in
from diagnostics.admin.time_zones import zone_select
from diagnostics.exceptions import RequestRefused
from diagnostics.models import Alert, GroupMember, LegalHold, StationGroup
from diagnostics.services import access, fleet
from diagnostics.services.fleet import groups
from diagnostics.wording.retention import hold_sentence

# Members that the page of a group lists, and identities that are added in one go.
LISTED, MOST_ADDED = 100, 1000
# In a larger group nobody asks a gateway station by station who is connected.
MOST_LOOKED_UP = 200


class GroupForm(forms.ModelForm):
    """A group, with identities of stations to add to it."""

    add = forms.CharField(
        label=gettext_lazy("Add stations"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 40, "spellcheck": "false"}),
        help_text=gettext_lazy("Their identities, one on each line. The list of stations has an "
                               "action that adds many at once, too."),
    )  # fmt: skip
    user: Any = None

    class Meta:
        model = StationGroup
        fields = ("name", "kind", "description", "time_zone")
        widgets = {  # noqa: RUF012
            "description": forms.Textarea(attrs={"rows": 2, "cols": 60}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:  # for who may only look, none is a field
            self.fields["time_zone"].widget = zone_select(_("The server's"))

    def clean_add(self) -> list[Any]:
        """The stations named; all that are unknown are named in one sentence."""
        lines = [line.strip() for line in self.cleaned_data["add"].splitlines() if line.strip()]
        if len(lines) > MOST_ADDED:
            raise ValidationError(_("At most %(most)d at once."), params={"most": MOST_ADDED})
        found = {line: access.find_station(line, self.user) for line in lines}
        if unknown := [line[:64] for line, station in found.items() if station is None]:
            text = _("No station has this identity: %(names)s")
            raise ValidationError(text, params={"names": ", ".join(unknown[:10])})
        return list(found.values())


@admin.register(StationGroup)
class StationGroupAdmin(Precise):
    form = GroupForm
    list_display = ("name", "kind", "stations_", "alerts", "time_zone")
    nothing_yet = gettext_lazy(
        "No group yet. A group holds the stations of a site, a customer or a model, to ask and"
        " to show them together."
    )
    list_filter = ("kind",)
    search_fields = ("name", "description")
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "diagnostics/groups/group.html"

    @property
    def media(self) -> Media:
        return super().media + page_media()

    # Who is limited sees the own groups and puts nobody out of them.

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_unlimited(request) and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_unlimited(request) and super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StationGroup]:
        rows = super().get_queryset(request)
        mine = access.visible_groups(request.user).values("pk")
        members = GroupMember.objects.filter(group=OuterRef("pk"))
        here = GroupMember.objects.filter(group=OuterRef(OuterRef("pk"))).values("station")
        return rows.filter(pk__in=mine).annotate(
            members_count=_counted(members),
            alerts_count=_counted(Alert.objects.unseen().filter(station__in=here)),
        )

    @admin.display(description=gettext_lazy("Stations"), ordering="members_count")
    def stations_(self, row: Any) -> Any:
        return _linked(row.members_count, stations_url(group=row.pk))

    @admin.display(description=gettext_lazy("Open alerts"), ordering="alerts_count")
    def alerts(self, row: Any) -> Any:
        url = f"{reverse('admin:diagnostics_alert_changelist')}?group={row.pk}"
        return _linked(row.alerts_count, url if row.alerts_count else "")

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> type[forms.ModelForm]:
        made = super().get_form(request, *args, **kwargs)
        return type(made.__name__, (made,), {"user": request.user})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        group = context.get("original")
        facts = group_facts(request, group) if group is not None else {}
        return super().render_change_form(request, {**context, **facts}, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        group, gone = form.instance, request.POST.getlist("remove")
        listed = access.visible(GroupMember.objects.filter(group=group), request.user)
        keys = listed.filter(pk__in=numbers_in(gone))
        try:
            stations = list(keys.values_list("station", flat=True))
            groups.remove_stations(group=group, stations=stations)
        except RequestRefused as error:
            messages.error(request, str(error))
        added = form.cleaned_data.get("add") or []
        groups.add_stations(group=group, stations=added, added_by=request.user)


def group_facts(request: HttpRequest, group: StationGroup) -> dict[str, Any]:
    """What the page of a group says about its stations."""
    members = GroupMember.objects.filter(group=group)
    total = members.count()
    stations = StationGroup._meta.get_field("stations").related_model._default_manager
    here = stations.filter(pk__in=members.values("station"))
    known = fleet.is_quick() or total <= MOST_LOOKED_UP
    shown = members.select_related("station", "added_by").order_by("-pk")[:LISTED]
    return {
        "total": total,
        "online": fleet.online(here).count() if known else None,
        "open_alerts": Alert.objects.unseen().filter(station__in=members.values("station")).count(),
        "stations_url": stations_url(group=group.pk),
        "members": shown,
        "listed": LISTED,
        "may_change": request.user.has_perm("diagnostics.change_stationgroup"),
        "limits": _limits(request, group),
        "held": [hold_sentence(hold) for hold in LegalHold.objects.active().filter(group=group)],
        "hold_url": place_url(group=group) if request.user.has_perm(PLACE) else "",
    }


def _limits(request: HttpRequest, group: StationGroup) -> Any:
    """Who is limited to the group, for those who may see limits."""
    limits = group.limits.select_related("user", "user_group")
    may = is_unlimited(request) and request.user.has_perm("diagnostics.view_grouplimit")
    return limits if may else limits.none()


def _counted(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count")), 0)


def _linked(count: int, url: str) -> SafeString | int:
    return format_html('<a href="{}">{}</a>', url, count) if url else count
