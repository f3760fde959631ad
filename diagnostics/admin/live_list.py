"""Lists whose rows stay true while one looks: `list.js` fetches the cells that change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path

from diagnostics.admin.numbers import numbers_in
from diagnostics.admin.pages import PageAdmin

# Rows that a list asks for in one go.
MOST_ROWS = 200


class LiveListAdmin(PageAdmin):
    """`cells` gives what changes of a row; the page says by `newest` which rows it knows."""

    modules = ("list",)

    def cells(self, row: Any) -> dict[str, Any]:
        """The cells of a row that change, by the names they have in the list, as HTML."""
        raise NotImplementedError

    def live_rows(self, request: HttpRequest, rows: QuerySet[Any]) -> Iterable[Any]:
        """The rows with what `cells` reads of them."""
        return rows

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_rows"
        rows = path("rows/", self.admin_site.admin_view(self.rows_view), name=name)
        return [rows, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        newest = {"newest": self._newest(request)}
        return super().changelist_view(request, {**newest, **(extra_context or {})})

    def rows_view(self, request: HttpRequest) -> JsonResponse:
        """The cells of the rows `?ids=`, and the number of the newest row there is."""
        self.require_view(request)
        ids = numbers_in(request.GET.get("ids", "").split(","))
        rows = self.get_queryset(request).filter(pk__in=ids[:MOST_ROWS])
        cells = {row.pk: self.cells(row) for row in self.live_rows(request, rows)}
        return JsonResponse({"rows": cells, "newest": self._newest(request)})

    def _newest(self, request: HttpRequest) -> int:
        found: int | None = self.get_queryset(request).aggregate(newest=Max("pk"))["newest"]
        return found or 0
