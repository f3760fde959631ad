"""The admin of this project: stations first, then what is wrong with them, people last."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from diagnostics.wording.menu import in_sections

LAST = "auth"


class Site(AdminSite):
    """Django's admin with the menu in sections."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        if app_label:
            return apps
        return sorted(in_sections(apps), key=lambda app: app["app_label"] == LAST)
