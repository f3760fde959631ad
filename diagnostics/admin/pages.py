"""Facts that have a page of their own, part of which is fetched again when it changes."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.admin import parts
from diagnostics.admin.base import FactAdmin, page_media, require


class PageAdmin(FactAdmin):
    """`template` is the page, `live_template` what changes of it; both show what `page` gives."""

    template: ClassVar[str]
    live_template: ClassVar[str]
    list_display_links = None

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Everything that the templates of one row show."""
        raise NotImplementedError

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_live"
        live = path("<int:pk>/live/", self.admin_site.admin_view(self.live_view), name=name)
        return [live, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self.require_view(request)
        return self.show(request, self.find(request, object_id))

    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a row's page that changes."""
        self.require_view(request)
        return render(request, self.live_template, self.page(request, self.find(request, pk)))

    def show(self, request: HttpRequest, row: Any, **more: Any) -> HttpResponse:
        """The page of a row, with what more a view has to say on it."""
        named = {"title": None, "subtitle": capfirst(str(row)), "media": page_media("page")}
        context = {**self.chrome(request), **named, **self.page(request, row), **more}
        return TemplateResponse(request, self.template, context)

    def chrome(self, request: HttpRequest) -> dict[str, Any]:
        """What the admin's own templates want around every page."""
        return {**self.admin_site.each_context(request), "opts": self.opts, "media": page_media()}

    def require_view(self, request: HttpRequest) -> None:
        """Raise PermissionDenied (403) unless the user may look at these rows."""
        require(request, self.view_permission)


class RequestAdmin(PageAdmin):
    """Facts that somebody asked for."""

    @admin.display(description=gettext_lazy("Asked by"))
    def who(self, row: Any) -> str:
        return str(row.requested_by) if row.requested_by else _("the system")

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: Any) -> SafeString:
        return parts.ago(row.created_at)
