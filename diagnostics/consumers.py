"""The operators' websocket: which rows changed. Pages fetch the rows themselves over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet

from diagnostics.models import (
    Alert,
    CustomerInformation,
    EventStream,
    GroupMember,
    Housekeeping,
    LogRequest,
    LogSearch,
    Monitor,
    MonitorProfile,
    NotificationTarget,
    OutboundCall,
    Report,
    RetentionRun,
    StoreCheck,
    VariableRequest,
)
from diagnostics.progress import topic
from diagnostics.services import access, automations, campaigns
from diagnostics.services.campaigns import schedules

STATION: Any = GroupMember._meta.get_field("station").related_model

Rows = Callable[[Any], QuerySet[Any]]

# What a page says instead of keys that follows all rows of a kind.
ALL = "all"


def _of(model: type[Model]) -> Rows:
    """The rows of a model that a user may see."""
    return lambda user: access.visible(model._default_manager.all(), user)


def _whole_fleet(model: type[Model]) -> Rows:
    """The rows of a model that concerns all stations: none for who is limited."""
    rows = model._default_manager
    return lambda user: rows.all() if access.limit_of(user) is None else rows.none()


def _searches(user: Any) -> QuerySet[LogSearch]:
    return access.own(LogSearch.objects.all(), user, by="requested_by")


def _profiles(user: Any) -> QuerySet[MonitorProfile]:
    return access.own(MonitorProfile.objects.all(), user)


# What a page may follow: the permission it takes, and the rows whose changes are told.
KINDS: dict[str, tuple[str, Rows]] = {
    "logrequest": ("diagnostics.view_logrequest", _of(LogRequest)),
    "campaign": ("diagnostics.view_campaign", campaigns.visible_campaigns),
    "schedule": ("diagnostics.view_schedule", schedules.visible_schedules),
    "alert": ("diagnostics.view_alert", _of(Alert)),
    "automation": ("diagnostics.view_automation", automations.visible_automations),
    "call": ("diagnostics.view_outboundcall", _of(OutboundCall)),
    "station": ("diagnostics.view_logrequest", _of(STATION)),
    "monitor": ("diagnostics.view_monitor", _of(Monitor)),
    "monitors": ("diagnostics.view_monitor", _of(STATION)),  # all of a station, by its key
    "monitorprofile": ("diagnostics.view_monitorprofile", _profiles),
    "eventstream": ("diagnostics.view_eventstream", _of(EventStream)),
    "customerinformation": ("diagnostics.view_customerinformation", _of(CustomerInformation)),
    "housekeeping": ("diagnostics.view_housekeeping", _whole_fleet(Housekeeping)),
    "retentionrun": ("diagnostics.view_retentionrun", _whole_fleet(RetentionRun)),
    "storecheck": ("diagnostics.view_storecheck", _whole_fleet(StoreCheck)),
    "report": ("diagnostics.view_report", _of(Report)),
    "logsearch": ("diagnostics.view_logsearch", _searches),
    "notificationtarget": ("diagnostics.view_notificationtarget", _whole_fleet(NotificationTarget)),
    "variablerequest": ("diagnostics.view_variablerequest", _of(VariableRequest)),
}

# Rows that a page may name, and those of which a page remembers whether its user may see them.
MOST_NAMED, MOST_KNOWN = 200, 10_000

# Seconds in which a page may go on to hear what its user no longer may.
BELIEVED = 60.0


class ProgressConsumer(AsyncJsonWebsocketConsumer):
    """Follows rows that the page names: {"follow": "logrequest", "ids": [7, 9]} or "ids": "all".

    Sends {"kind": "logrequest", "id": 7, "state": "Uploading", …} for each change, as far as the
    row is of a station that the user may see.
    """

    async def connect(self) -> None:
        user = self.scope.get("user")
        if user is None or not user.is_active or not user.is_staff:
            await self.close(code=4003)
            return
        self.followed: dict[str, set[str]] = {}  # by kind the keys, or ALL
        self.checked = time.monotonic()
        limit = await database_sync_to_async(access.limit_of)(user)
        self.is_limited = limit is not None
        self.known: dict[tuple[str, Any], bool] = {}
        await self.accept()

    async def receive_json(self, content: Any, **_: Any) -> None:
        kind = content.get("follow") if isinstance(content, dict) else None
        if not isinstance(kind, str) or not await self._may_follow(kind):
            await self.send_json({"refused": kind})
            return
        ids = content.get("ids")
        await self._follow(kind, ids if isinstance(ids, list) else [ALL])
        await self.send_json({"following": kind})

    async def _may_follow(self, kind: str) -> bool:
        permission, _rows = KINDS.get(kind, ("", None))
        may = database_sync_to_async(self.scope["user"].has_perm)
        return bool(permission and await may(permission))

    async def _may_hear(self, kind: str, pk: Any) -> bool:
        if (kind, pk) not in self.known:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            self.known[kind, pk] = await database_sync_to_async(self._is_theirs)(kind, pk)
        return self.known[kind, pk]

    def _is_theirs(self, kind: str, pk: Any) -> bool:
        rows = KINDS[kind][1](self.scope["user"])
        return rows.filter(pk=pk).exists()

    async def _follow(self, kind: str, ids: list[Any]) -> None:
        if kind not in self.followed:
            self.followed[kind] = set()
            await self.channel_layer.group_add(topic(kind), self.channel_name)
        for pk in ids:
            if isinstance(pk, int | str) and sum(map(len, self.followed.values())) < MOST_NAMED:
                self.followed[kind].add(str(pk))

    async def disconnect(self, code: int) -> None:
        for kind in getattr(self, "followed", ()):
            await self.channel_layer.group_discard(topic(kind), self.channel_name)

    async def _may_go_on(self) -> bool:
        """Hang up on who was logged out, or may see less by now: the page comes back as who it is.

        Looked up once in a while, when there is something to tell.
        """
        if time.monotonic() - self.checked < BELIEVED:
            return True
        self.checked, user = time.monotonic(), await self._user_now()
        may = database_sync_to_async(self._may_still)
        if user is None or not await may(user):
            await self.close(code=4003)
            return False
        self.scope["user"] = user
        self.known.clear()
        return True

    async def _user_now(self) -> Any:
        """Nobody, where the session has ended; hosts may know their users without one."""
        session, users = self.scope.get("session"), get_user_model()._default_manager
        if session is not None:
            return await get_user({"session": session.__class__(session.session_key)})
        return await users.filter(pk=self.scope["user"].pk).afirst()

    def _may_still(self, user: Any) -> bool:
        was_limited = (access.limit_of(user) is not None) == self.is_limited
        may = all(user.has_perm(KINDS[kind][0]) for kind in self.followed)
        return bool(user.is_active and user.is_staff and was_limited and may)

    async def rows_changed(self, event: dict[str, Any]) -> None:
        if not await self._may_go_on():
            return
        kind = event["kind"]
        followed = self.followed[kind]
        for pk, state in event["rows"]:
            if ALL not in followed and str(pk) not in followed:
                continue
            if not self.is_limited or await self._may_hear(kind, pk):
                await self.send_json({"kind": kind, "id": pk, **state})
