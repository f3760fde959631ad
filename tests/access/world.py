"""One of everything that belongs to a station, made from the models themselves.

A model that is added later is made without a word here. What cannot be made so is in `MADE`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models
from django.utils import timezone

from diagnostics.models import (
    Automation,
    DeletedFile,
    GroupLimit,
    GroupMember,
    LogFile,
    OutboundCall,
    RetentionRule,
    StationGroup,
    StationInfo,
    StationSelection,
)
from diagnostics.services import access
from diagnostics.services.fleet import groups
from diagnostics.storage import get_log_store
from tests.services.conftest import make_station

APPS = ("diagnostics", settings.DIAGNOSTICS_STATION_MODEL.partition(".")[0])
_numbers = count(1)


@dataclass
class World:
    """Everything about one station, and the operator who is limited to its group."""

    mark: str
    rows: dict[Any, Any] = field(default_factory=dict)
    station: Any = None
    group: Any = None
    operator: Any = None

    def of(self, model: Any) -> Any:
        """The row of a model; its parents are made before it."""
        if model not in self.rows:
            make = MADE.get(model, _made)
            self.rows[model] = make(self, model)
        return self.rows[model]


def build(mark: str) -> World:
    """A station called `mark`, its group, an operator limited to it, and one row of every model."""
    world = World(mark)
    world.station = make_station(mark)
    world.rows[type(world.station)] = world.station
    world.group = StationGroup.objects.create(name=f"Group of {mark}")
    world.rows[StationGroup] = world.group
    groups.add_stations(group=world.group, stations=[world.station])
    world.rows[GroupMember] = world.group.members.get()
    world.operator = get_user_model().objects.create_user(f"operator-{mark}", is_staff=True)
    limit = world.rows[GroupLimit] = GroupLimit.objects.create(user=world.operator)
    limit.groups.add(world.group)
    with_pages = [model for model in admin.site._registry if model._meta.app_label in APPS]
    for model in (*theirs(), *with_pages):
        world.of(model)
    return world


def theirs() -> list[Any]:
    """The models of ours whose rows belong to a station."""
    return [model for model in ours() if access.has_station(model)]


def ours() -> list[Any]:
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def _made(world: World, model: Any) -> Any:
    """A row with what the model requires, and all that leads to its station."""
    first = access.station_path(model).partition("__")[0] if access.has_station(model) else ""
    unique = {each.name for each in model._meta.concrete_fields if each.is_relation and each.unique}
    for name in unique & {first}:
        related = world.of(model._meta.get_field(name).related_model)
        if found := model._default_manager.filter(**{name: related}).first():
            return found
    unlike = {name for each in model._meta.constraints for name in getattr(each, "fields", ())}
    columns = {
        each.attname: _value(world, each)
        for each in model._meta.concrete_fields
        if each.name in (first, *MAKERS) or _is_required(each, tells_apart=each.name in unlike)
    }
    return model._default_manager.create(**columns, **COLUMNS.get(model, lambda _: {})(world))


def _is_required(column: Any, *, tells_apart: bool) -> bool:
    if column.primary_key or column.has_default() or column.null:
        return False
    if getattr(column, "auto_now_add", False) or getattr(column, "auto_now", False):
        return False
    return tells_apart or not (column.empty_strings_allowed and column.blank)


def _value(world: World, column: Any) -> Any:
    if column.is_relation:
        if column.related_model is get_user_model():
            return world.operator.pk
        return world.of(column.related_model).pk
    if column.choices:
        return column.flatchoices[0][0]
    number = next(_numbers)
    text = f"{world.mark}-{number}" if column.unique else world.mark
    values: list[tuple[Any, Callable[[], Any]]] = [
        (models.UUIDField, uuid.uuid4),
        (models.DateTimeField, timezone.now),
        (models.DateField, lambda: timezone.now().date()),
        (models.DurationField, lambda: timedelta(hours=1)),
        (models.BooleanField, lambda: False),
        (models.JSONField, dict),
        ((models.IntegerField, models.FloatField), lambda: number),
        (models.Field, lambda: text[: column.max_length]),
    ]
    return next(make() for kind, make in values if isinstance(column, kind))


def _log_file(world: World, model: Any) -> Any:
    upload = get_log_store().open_upload(f"tests/{uuid.uuid4()}")
    upload.write(f"{world.mark} boots\n".encode())
    stored = upload.complete()
    request = world.of(model._meta.get_field("log_request").related_model)
    return model.objects.create(
        log_request=request, received_at=timezone.now(), name="cs.log", key=stored.key,
        size=stored.size, sha256=stored.sha256,
    )  # fmt: skip


def _selection(world: World, model: Any) -> Any:
    row = model.objects.create(name=world.mark, created_by=world.operator, by_groups=True)
    row.groups.add(world.group)
    return row


def _automation(world: World, model: Any) -> Any:
    return model.objects.create(
        name=world.mark, trigger="AlertOpened", group=world.group, pull_log=True, enabled=False
    )


# Whose it is.
MAKERS = ("created_by", "requested_by", "user")
# A call that was placed by hand can be repeated and canceled.
# What lists offer to be narrowed by tells of others, too.
COLUMNS: dict[Any, Callable[[World], dict[str, Any]]] = {
    OutboundCall: lambda world: {"raw": True},
    RetentionRule: lambda world: {"keep_days": 30},
    DeletedFile: lambda world: {"rule": world.of(RetentionRule).snapshot()},
    StationInfo: lambda world: {"vendor": world.mark, "model": world.mark},
}
MADE: dict[Any, Callable[[World, Any], Any]] = {
    Automation: _automation,
    LogFile: _log_file,
    StationSelection: _selection,
}
