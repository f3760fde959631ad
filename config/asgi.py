"""The ASGI application: Django, uploads, stations and operators' pages behind one address.

Uploads do not pass through Django, which would spool a whole file before a view sees its first
byte. Stations' sockets carry no session: they bring their own credentials.
"""

from __future__ import annotations

import os
from typing import Any, cast

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()

# The apps' consumers can be imported only after Django is set up.
from config.bodies import bounded  # noqa: E402
from config.lifespan import lifespan  # noqa: E402
from config.proxies import behind_proxies  # noqa: E402
from diagnostics.routing import websocket_urlpatterns as operators  # noqa: E402
from diagnostics.uploads.app import is_upload, upload_app  # noqa: E402
from stations.handshake import refuse  # noqa: E402
from stations.routing import websocket_urlpatterns as stations  # noqa: E402

Scope = dict[str, Any]


async def not_found(scope: Scope, receive: Any, send: Any) -> None:
    """Refuse a websocket at an address that nobody serves."""
    await refuse(scope, send, 404, "Nothing is served at this address.")


nowhere = re_path("", cast(Any, not_found))  # Django's types know of views only
station_sockets = URLRouter([*stations, nowhere])
pages = bounded(django_application)
operator_sockets = AllowedHostsOriginValidator(
    AuthMiddlewareStack(URLRouter([*operators, nowhere]))
)


async def http(scope: Scope, receive: Any, send: Any) -> None:
    """Send uploads to their own application and everything else to Django."""
    await (upload_app if is_upload(scope) else pages)(scope, receive, send)


async def websocket(scope: Scope, receive: Any, send: Any) -> None:
    """Send /ws/ through the session to the operators' consumers, the rest to the stations'."""
    operating = scope["path"].startswith("/ws/")
    await (operator_sockets if operating else station_sockets)(scope, receive, send)


application = behind_proxies(
    ProtocolTypeRouter({"http": http, "websocket": websocket, "lifespan": lifespan})
)
