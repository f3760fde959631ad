"""HTTP of the CSMS. Its stations' sockets are in a process of their own, `csms/sockets.py`."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hostcsms.settings")
django_application = get_asgi_application()

from diagnostics.routing import websocket_urlpatterns  # noqa: E402
from diagnostics.uploads.app import is_upload, upload_app  # noqa: E402


async def http(scope, receive, send):
    """Files from stations go past Django, which would keep a whole one before a view sees it."""
    await (upload_app if is_upload(scope) else django_application)(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": http,
        # Optional: pages that change while you look at them.
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
