"""The operators' websocket: which rows changed. Pages fetch the rows themselves over HTTP."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from diagnostics.progress import topic

# What a page may follow, and the permission it takes.
KINDS = {
    "logrequest": "diagnostics.view_logrequest",
    "alert": "diagnostics.view_alert",
    "call": "diagnostics.view_outboundcall",
    "station": "diagnostics.view_logrequest",
    "monitor": "diagnostics.view_monitor",
    "monitors": "diagnostics.view_monitor",  # all of a station, by its key
    "eventstream": "diagnostics.view_eventstream",
    "customerinformation": "diagnostics.view_customerinformation",
    "report": "diagnostics.view_report",
    "logsearch": "diagnostics.view_logsearch",
    "variablerequest": "diagnostics.view_variablerequest",
}

MOST_TOPICS = 200


class ProgressConsumer(AsyncJsonWebsocketConsumer):
    """Follows rows that the page names: {"follow": "logrequest", "ids": [7, 9]} or "ids": "all".

    Sends {"kind": "logrequest", "id": 7, "state": "Uploading", …} for each change.
    """

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_active or not user.is_staff:
            await self.close(code=4003)
            return
        self.topics: set[str] = set()
        await self.accept()

    async def receive_json(self, content: Any, **_: Any) -> None:
        kind = content.get("follow") if isinstance(content, dict) else None
        if not isinstance(kind, str) or not await self._may_follow(kind):
            await self.send_json({"refused": kind})
            return
        ids = content.get("ids")
        for pk in ids if isinstance(ids, list) else ["all"]:
            if isinstance(pk, int | str):
                await self._follow(topic(kind, pk))
        await self.send_json({"following": kind})

    async def _may_follow(self, kind: str) -> bool:
        permission = KINDS.get(kind)
        may = database_sync_to_async(self.scope["user"].has_perm)
        return bool(permission and await may(permission))

    async def _follow(self, group: str) -> None:
        if group not in self.topics and len(self.topics) < MOST_TOPICS:
            self.topics.add(group)
            await self.channel_layer.group_add(group, self.channel_name)

    async def disconnect(self, code: int) -> None:
        for group in getattr(self, "topics", ()):
            await self.channel_layer.group_discard(group, self.channel_name)

    async def row_changed(self, event: dict[str, Any]) -> None:
        await self.send_json({key: value for key, value in event.items() if key != "type"})
