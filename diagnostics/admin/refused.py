"""Pages that cannot be shown say why, within the admin, whatever the host shows for 404 and 403.

Django's own are bare where a project has no templates for them, and leave the reason out.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.utils.translation import gettext as _

#: (request, status, sentences) -> the page.
Show = Callable[[HttpRequest, int, tuple[str, str]], HttpResponse]


def explained(pattern: URLPattern, show: Show) -> URLPattern:
    """The same address; `show` makes a page where its view raises Http404 or PermissionDenied."""
    view = pattern.callback

    @wraps(view)
    def explaining(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            _check_address(request)
            return view(request, *args, **kwargs)
        except Http404 as missing:
            page = show(request, 404, _of_what_is_missing(missing))
        except PermissionDenied as denied:
            page = show(request, 403, _of_what_is_denied(denied))
        _undo()
        return page

    return URLPattern(pattern.pattern, explaining, pattern.default_args, pattern.name)


def _check_address(request: HttpRequest) -> None:
    """PostgreSQL takes no text with a NUL, and nothing here is called so. Raises Http404."""
    if any("\0" in value for _name, values in request.GET.lists() for value in values):
        raise Http404


def _undo() -> None:
    """As where the exception goes on: nothing is kept of a request that is one transaction."""
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block:
            connection.set_rollback(True)


def _of_what_is_missing(missing: Http404) -> tuple[str, str]:
    """`missing` may say what is not there, and why that may be."""
    what, why = (*missing.args, "", "")[:2]
    return (
        str(what or _("There is no such page.")),
        str(why or _("It may have been deleted, or belong to a station that you do not see.")),
    )


def _of_what_is_denied(denied: PermissionDenied) -> tuple[str, str]:
    """`denied` may name the permission: "diagnostics.view_alert"."""
    app, _dot, codename = str(denied).partition(".")
    wanted = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
    ask = _("Ask whoever looks after the operators here.")
    if wanted is None:
        return _("You may not do this."), ask
    takes = _("It takes the permission “%(name)s”.") % {"name": _(wanted.name)}
    return _("You may not do this."), f"{takes} {ask}"
