"""Every address of the project, read from its URL configuration, with what fills its blanks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from diagnostics.models import FileAccess, LogFile, ReportedVariable
from tests.access.world import APPS

# Blanks that are not the key of the admin's own model: by their name, or by that of the address.
BY_NAME = {"file_id": LogFile}
BY_ADDRESS = {("diagnostics_variablerequest_set", "pk"): ReportedVariable}

# Django's own, which name no rows of ours: accounts, the list of applications, JavaScript texts.
NOT_ROWS = {"jsi18n", "login", "logout", "password_change", "password_change_done", "app_list",
            "view_on_site", ""}  # fmt: skip
KEYS = {"pk", "object_id"}


@dataclass(frozen=True)
class Address:
    """One URL pattern of the admin, or outside of it."""

    name: str
    route: str
    blanks: tuple[str, ...]
    is_admin: bool

    def __str__(self) -> str:
        return self.name or self.route

    @property
    def model(self) -> Any:
        """The model of the admin that the address is part of; None for the site's own."""
        parts = self.route.split("/")
        known = [each for each in parts if each]
        for app, model in zip(known, known[1:], strict=False):
            if app in APPS:
                return apps.get_model(app, model)
        return None

    def model_of(self, blank: str) -> Any:
        """Whose key fills a blank."""
        found = BY_ADDRESS.get((self.name, blank)) or BY_NAME.get(blank)
        if found is None and blank in KEYS:
            found = self.model
        assert found is not None, (
            f"{self.name}: nobody knows what fills <{blank}>. Say it in tests/access/addresses.py."
        )
        return found

    def at(self, keys: Any) -> str:
        """The address with the keys that `keys(model)` gives."""
        filled = {blank: keys(self.model_of(blank)) for blank in self.blanks}
        query = f"?opening={keys(FileAccess)}" if "file_id" in filled else ""
        return reverse(f"admin:{self.name}", kwargs=filled) + query


def addresses() -> list[Address]:
    return list(_walk(get_resolver().url_patterns, "", is_admin=False))


def of_rows() -> list[Address]:
    """Those of our own admin pages; Home and the searches of the site's own are among them."""
    site = {"index", "autocomplete"}
    return [
        each
        for each in addresses()
        if each.is_admin
        and each.name not in NOT_ROWS
        and (each.name in site or each.model is not None)
    ]


def _walk(patterns: Any, before: str, *, is_admin: bool) -> Iterator[Address]:
    for each in patterns:
        route = before + str(each.pattern).lstrip("^").rstrip("$")
        if isinstance(each, URLResolver):
            inside = is_admin or each.namespace == "admin"
            yield from _walk(each.url_patterns, route, is_admin=inside)
        elif isinstance(each, URLPattern):
            yield Address(each.name or "", route, _blanks(each), is_admin)


def _blanks(pattern: URLPattern) -> tuple[str, ...]:
    converters: dict[str, Any] = pattern.pattern.converters
    return tuple(converters)
