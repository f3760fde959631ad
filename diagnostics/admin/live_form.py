"""Rows that operators change in a form, with a part below it that is fetched again by itself."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path

from diagnostics.admin.base import Precise, page_media


class LiveFormAdmin(Precise):
    """`live_template` is the part below the form; it shows what `facts` gives."""

    live_template: ClassVar[str]
    modules: ClassVar[tuple[str, ...]] = ("page",)

    @property
    def media(self) -> Media:
        return super().media + page_media(*self.modules)

    def facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of a saved row says besides its form."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_live"
        live = path("<int:pk>/live/", self.admin_site.admin_view(self.live_view), name=name)
        return [live, *super().get_urls()]

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a row's page that changes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return render(request, self.live_template, self.facts(request, self.find(request, pk)))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        facts = self.facts(request, row) if row is not None else {}
        return super().render_change_form(request, {**context, **facts}, *args, **kwargs)
