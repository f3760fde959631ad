"""The websocket route of stations; mount it without sessions: they bring their own credentials."""

from django.urls import re_path

from stations.consumer import StationConsumer

# Whatever stands before the identity is let be: stations are configured with odd addresses, and a
# version in the address means nothing (the subprotocol decides).
websocket_urlpatterns = [re_path(r"^(?:.+/)?ocpp/.+$", StationConsumer.as_asgi())]
