"""Websocket routes for operators' pages; mount them behind the host's session authentication."""

from django.urls import path

from diagnostics.consumers import ProgressConsumer

websocket_urlpatterns = [path("ws/diagnostics/", ProgressConsumer.as_asgi())]
