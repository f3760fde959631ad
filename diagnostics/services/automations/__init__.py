"""Automations as operators keep them: switched on and off, and seen by whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from diagnostics.models import Automation
from diagnostics.progress import publish_on_commit
from diagnostics.services import access
from diagnostics.services.automations.runs import KIND
from diagnostics.services.automations.sources import newest_key, source_of


def visible_automations(user: Any) -> QuerySet[Automation]:
    """Those that a user may see: all, or those that stay within the groups of its limit."""
    rows = Automation.objects.all()
    if access.limit_of(user) is None:
        return rows
    return rows.filter(
        Q(group__in=access.visible_groups(user).values("pk"))
        | Q(selection__in=access.visible_selections(user).values("pk"))
    )


def begin_from_now(automation: Automation, *, now: datetime | None = None) -> None:
    """Have a saved automation look at nothing that happened before.

    Whenever it is switched on, and whenever it waits for something else.
    """
    automation.position = newest_key(source_of(automation))
    automation.position_at = now or timezone.now()
    automation.save(update_fields=["position", "position_at"])


def switch(automation: Automation, *, on: bool) -> bool:
    """Switch an automation on or off; returns whether it was the other way before."""
    changed = Automation.objects.filter(pk=automation.pk, enabled=not on).update(enabled=on)
    automation.enabled = on
    if changed and on:
        begin_from_now(automation)
    publish_on_commit(KIND, automation.pk)
    return bool(changed)
