"""The other peer: a consumer as the documentation of Channels shows it, with one save() per event.

Served as `uvicorn benchmarks.stock:application` on the same database and the same table as ours.
"""

from __future__ import annotations

import json
import os
from typing import Any
from uuid import uuid4

import django
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.db import transaction
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.lifespan import lifespan  # noqa: E402
from diagnostics.models import StationEvent  # noqa: E402
from stations.models import ChargingStation  # noqa: E402


class StationConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One connection: every message is saved, then answered."""

    async def connect(self) -> None:
        identity = self.scope["url_route"]["kwargs"]["identity"]
        self.station = await ChargingStation.objects.aget(identity=identity)
        await self.accept("ocpp2.0.1")

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        _, message_id, action, payload = json.loads(text_data or "[]")
        if action == "NotifyEvent":
            await database_sync_to_async(self.save)(payload)
        await self.send(json.dumps([3, message_id, {}]))

    @transaction.atomic
    def save(self, payload: dict[str, Any]) -> None:
        for entry in payload["eventData"]:
            component, variable = entry["component"], entry["variable"]
            evse = component.get("evse", {})
            StationEvent(
                station=self.station,
                fingerprint=uuid4(),  # it knows no duplicates
                source="NotifyEvent",
                event_id=entry["eventId"],
                timestamp=parse_datetime(entry["timestamp"]),
                trigger=entry["trigger"],
                actual_value=entry["actualValue"],
                variable_monitoring_id=entry.get("variableMonitoringId"),
                event_notification_type=entry["eventNotificationType"],
                generated_at=parse_datetime(payload["generatedAt"]),
                seq_no=payload["seqNo"],
                received_at=timezone.now(),
                component=component["name"],
                evse_id=evse.get("id"),
                connector_id=evse.get("connectorId"),
                variable=variable["name"],
                variable_instance=variable.get("instance", ""),
            ).save()


application = ProtocolTypeRouter(
    {
        "lifespan": lifespan,
        "websocket": URLRouter([path("ocpp/<str:identity>", StationConsumer.as_asgi())]),
    }
)
