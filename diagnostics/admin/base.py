"""What our admin pages have in common: facts are read-only, and lists of any size open at once."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.forms import Media
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.fleet.group_filters import GroupFilter
from diagnostics.admin.numbers import number_in
from diagnostics.admin.refused import explained
from diagnostics.gateway import get_gateway
from diagnostics.services import access

OLDER = "id__lt"
# Where a list is not in the order of its keys.
AFTER = "after"
POSITION = (OLDER, AFTER, PAGE_VAR)


def page_media(*modules: str) -> Media:
    """The style sheet of our pages, and the named JavaScript modules."""
    names = ("ago", "copy", *modules)
    return Media(
        css={"all": ["diagnostics/diagnostics.css"]},
        js=tuple(Script(f"diagnostics/{name}.js", type="module") for name in names),  # type: ignore[misc]
    )


def require(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied (403) unless the user has the permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied(permission)


class FirstPage(Paginator):
    """Counts only as far as a page reaches: the rest is reached by key, not by number."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.values_list("pk")[: self.per_page + 1])


class KeysetChangeList(ChangeList):
    """Newest first, and `?id__lt=` for what is older: any page costs as much as the first."""

    @property
    def older_link(self) -> str:
        if not self.multi_page:
            return ""
        last = list(self.result_list)[-1]
        return self.get_query_string({OLDER: last.pk}, [PAGE_VAR])

    @property
    def clear_search(self) -> str:
        return self.get_query_string(remove=[SEARCH_VAR, *POSITION])

    @property
    def kept_params(self) -> list[tuple[str, str]]:
        """What a new search keeps: the filters, not the position."""
        gone = (SEARCH_VAR, *POSITION)
        return [(name, value) for name, value in self.params.items() if name not in gone]

    @property
    def newest_link(self) -> str:
        return self.get_query_string(remove=[*POSITION]) if OLDER in self.params else ""


def require_fleet(request: HttpRequest, permission: str) -> None:
    """Raise PermissionDenied (403) unless the user has the permission, and sees all stations."""
    require(request, permission)
    if not is_unlimited(request):
        raise PermissionDenied


class Precise(admin.ModelAdmin):
    """A list is named after what is in it, and where no row is that the user may see, there is 404.

    Django would say "Select ... to change", and lead to the index. `why_gone` is the second
    sentence of the 404, where more is known of rows like these. `nothing_yet` stands in an empty
    list, and says what would fill it.
    """

    empty_value_display: ClassVar[Any] = "–"  # as on our own pages
    why_gone: ClassVar[Any] = ""
    nothing_yet: ClassVar[Any] = ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            require(request, self.view_permission)  # says which; Django would not
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    @property
    def view_permission(self) -> str:
        """What it takes to look: "diagnostics.view_alert"."""
        return f"{self.opts.app_label}.{get_permission_codename('view', self.opts)}"

    @property
    def urls(self) -> list[URLPattern]:
        return [explained(pattern, self._refused) for pattern in self.get_urls()]

    def _refused(
        self, request: HttpRequest, status: int, sentences: tuple[str, str]
    ) -> HttpResponse:
        """The page of a row that is not there, or of what the user may not do."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": page_media(),
            "title": None,
            "subtitle": sentences[0],
            "sentences": sentences,
            "may_see_list": self.has_view_permission(request),
        }
        return TemplateResponse(request, "diagnostics/refused.html", context, status=status)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Lists are narrowed by what they offer. Django would by any column, also a hidden one,
        which is then guessed letter by letter: `?token__startswith=a`."""
        name = lookup.partition(LOOKUP_SEP)[0]
        hidden = is_column(self.opts, name) and name not in self.narrowed_by(request)
        return not hidden and bool(super().lookup_allowed(lookup, value, request))

    def narrowed_by(self, request: HttpRequest) -> set[str]:
        """The columns that an address may narrow the list by, beside its key and relations."""
        filters = self.get_list_filter(request)
        named = (each[0] if isinstance(each, list | tuple) else each for each in filters)
        names = (getattr(each, "parameter_name", each) for each in named)
        return {each.partition(LOOKUP_SEP)[0] for each in names if isinstance(each, str)}

    def find(self, request: HttpRequest, pk: Any) -> Any:
        """The row of a key. Raises Http404."""
        row = self.get_object(request, str(pk))
        if row is None:
            self._get_obj_does_not_exist_redirect(request)
        return row

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, *_args: Any) -> HttpResponse:
        missing = _("There is no such %(name)s.") % {"name": str(self.opts.verbose_name)}
        raise Http404(missing, self.why_gone)


class TheirsOnly(Precise):
    """Pages of rows that belong to stations: who is limited to groups sees those of theirs.

    The others look as if they did not exist, in lists, actions, searches and at their addresses.
    Rows that belong to no station are seen by nobody who is limited, unless a page says which are.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        if access.has_station(self.model):
            return access.visible(rows, request.user)
        return rows if is_unlimited(request) else rows.none()


class WholeFleet(Precise):
    """Pages of what concerns all stations: closed to whoever is limited to groups."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if is_unlimited(request) else rows.none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_unlimited(request) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_unlimited(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_unlimited(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_unlimited(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_unlimited(request) and super().has_delete_permission(request, obj)


def is_unlimited(request: HttpRequest) -> bool:
    """Whether the user may see all stations."""
    return access.limit_of(request.user) is None


class FactAdmin(TheirsOnly):
    """A model whose rows are facts: looked at by those who may, changed by nobody.

    Only superusers may delete, since a deleted fact cannot be told from one that never was.
    """

    actions: Any = []
    ordering: ClassVar[Any] = ("-id",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counting is what makes lists slow
    paginator: ClassVar[type[Paginator[Any]]] = FirstPage
    modules: ClassVar[tuple[str, ...]] = ()

    @property
    def media(self) -> Media:
        return super().media + page_media(*self.modules)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KeysetChangeList

    @admin.display(description=gettext_lazy("Station"))
    def station_(self, row: Any) -> SafeString:
        return parts.station_link(row.station)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("station") if access.has_station(self.model) else rows

    def get_list_filter(self, request: HttpRequest) -> Any:
        """The admin's own, and a group for rows that belong to stations."""
        known = access.has_station(self.model)
        return [*super().get_list_filter(request), *([GroupFilter] if known else [])]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """By station, in whatever way the host's own station list is searched."""
        return [_through_station(name) for name in _host_search_fields(self)] or ["station__pk"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """An identity known to the gateway beats a search through the stations' columns."""
        term = search_term.strip()
        if term.startswith("#") and (key := number_in(term[1:])) is not None:
            return queryset.filter(pk=key), False
        if not access.has_station(self.model):
            return super().get_search_results(request, queryset, search_term)
        station = get_gateway().find(term) if term else None
        if station is not None:
            return queryset.filter(station=station), False
        if term and not _host_search_fields(self):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)


def is_column(opts: Any, name: str) -> bool:
    """Whether a model has a column of this name that is neither its key nor a relation."""
    plain = (each for each in opts.concrete_fields if not (each.is_relation or each.primary_key))
    return name in {each.name for each in plain}


def _host_search_fields(model_admin: admin.ModelAdmin) -> list[str]:
    station = model_admin.model._meta.get_field("station").related_model
    host = model_admin.admin_site._registry.get(station)
    return list(host.search_fields) if host else []


def _through_station(name: str) -> str:
    """ "^identity" -> "^station__identity": the prefix of Django's search fields stays in front."""
    prefix = name[0] if name[0] in "^=@" else ""
    return f"{prefix}station__{name[len(prefix) :]}"
