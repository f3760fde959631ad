"""Websocket routes for operators' pages; mount them behind the host's session authentication."""

from django.urls import path

from diagnostics.conf import app_settings
from diagnostics.consumers import ProgressConsumer

websocket_urlpatterns = [path(app_settings.socket_path.lstrip("/"), ProgressConsumer.as_asgi())]
