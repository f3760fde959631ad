"""Who is limited to which groups of stations. Nobody with a limit sees or changes any."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin.base import WholeFleet
from diagnostics.models import GroupLimit


@admin.register(GroupLimit)
class GroupLimitAdmin(WholeFleet):
    list_display = ("who", "groups_")
    nothing_yet = gettext_lazy(
        "No operator is limited: whoever may look at stations sees all of them."
    )
    filter_horizontal = ("groups",)
    show_facets = admin.ShowFacets.NEVER
    fieldsets = (
        (None, {
            "fields": ("user", "user_group", "groups"),
            "description": gettext_lazy(
                "Whoever is named sees the stations of these groups, and nothing of any other, "
                "whatever permissions they have. Several limits of one person add up; without "
                "groups nothing is seen. Superusers cannot be limited."
            ),
        }),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[GroupLimit]:
        rows = super().get_queryset(request).select_related("user", "user_group")
        return rows.prefetch_related("groups")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only those who get into the admin at all, and whom a limit would limit."""
        if db_field.name == "user":
            staff = get_user_model()._default_manager.filter(is_staff=True, is_superuser=False)
            kwargs["queryset"] = staff
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("Who"))
    def who(self, row: GroupLimit) -> str:
        if row.user_group is not None:
            return _("everybody in %(group)s") % {"group": row.user_group}
        return str(row.user)

    @admin.display(description=gettext_lazy("Sees the stations of"))
    def groups_(self, row: GroupLimit) -> str:
        return " · ".join(group.name for group in row.groups.all()) or _("no group: none")
