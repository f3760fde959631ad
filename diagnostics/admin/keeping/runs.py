"""What runs over all stations, and has a page that shows how far it is."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import WholeFleet, require_fleet
from diagnostics.admin.pages import PageAdmin


class RunAdmin(WholeFleet, PageAdmin):
    """Rows with `started_by` and `started_at`. Nothing to search for: they hold no names."""

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return []

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("started_by")

    def require_view(self, request: HttpRequest) -> None:
        require_fleet(request, f"{self.opts.app_label}.view_{self.opts.model_name}")

    @admin.display(description=gettext_lazy("Started by"))
    def who(self, row: Any) -> str:
        return str(row.started_by) if row.started_by else _("the system")

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: Any) -> SafeString:
        return parts.ago(row.started_at)
