"""Legal holds: what nobody and nothing deletes, who said so, when and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Exists, Model, OuterRef, ProtectedError, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.exceptions import RequestClosed, RequestRefused
from diagnostics.gateway import get_gateway
from diagnostics.models import GroupMember, LegalHold, LogFile, LogRequest, StationGroup
from diagnostics.progress import publish_on_commit
from diagnostics.services.timeline import Source, note

M = TypeVar("M", bound=Model)
Scope = LegalHold.Scope
LONGEST = 500


def holds_on(
    *, station: Any = None, log_request: LogRequest | None = None, log_file: LogFile | None = None
) -> QuerySet[LegalHold]:
    """The active holds that keep a file, or files of a request or of a station, oldest first.

    Those of narrower and of wider scope: a station is held with one of its files.
    """
    request = log_file.log_request if log_file is not None else log_request
    station = request.station_id if request is not None else getattr(station, "pk", station)
    wide = Q(scope=Scope.STATION, station=station) | Q(
        scope=Scope.GROUP, group__in=GroupMember.objects.filter(station=station).values("group")
    )
    if request is None:
        narrow = Q(station=station)
    else:
        of_request = Q(log_request=request)
        narrow = of_request & ~Q(scope=Scope.FILE) if log_file is not None else of_request
    if log_file is not None:
        narrow |= Q(log_file=log_file)
    return LegalHold.objects.active().filter(wide | narrow).order_by("placed_at")


def held_files() -> QuerySet[LogFile]:
    """The files that some hold keeps."""
    active = LegalHold.objects.active()
    groups = active.filter(scope=Scope.GROUP).values("group")
    stations = GroupMember.objects.filter(group__in=groups).values("station")
    return LogFile.objects.filter(
        Exists(active.filter(scope=Scope.FILE, log_file=OuterRef("pk")))
        | Exists(active.filter(scope=Scope.REQUEST, log_request=OuterRef("log_request")))
        | Q(log_request__station__in=active.filter(scope=Scope.STATION).values("station"))
        | Q(log_request__station__in=stations)
    )


def spare_held(rows: QuerySet[M], station: str) -> QuerySet[M]:
    """Rows, but those of stations that are held as a whole or with a group.

    `station` is the path from a row to its station.
    """
    active = LegalHold.objects.active().filter(scope__in=[Scope.STATION, Scope.GROUP])
    if not active.exists():
        return rows
    groups = active.filter(scope=Scope.GROUP).values("group")
    members = GroupMember.objects.filter(group__in=groups).values("station")
    alone = active.filter(scope=Scope.STATION).values("station")
    held = Q(**{f"{station}__in": alone}) | Q(**{f"{station}__in": members})
    return rows.exclude(held)


def refuse_held(file: LogFile) -> None:
    """Raise ProtectedError where a hold keeps the file. Asked before any file is deleted."""
    if not LegalHold.objects.active().exists():
        return
    if holds := list(holds_on(log_file=file)):
        raise ProtectedError(_("The file is on legal hold."), set(holds))


def place_hold(
    *,
    reason: str,
    station: Any = None,
    group: StationGroup | None = None,
    log_request: LogRequest | None = None,
    log_file: LogFile | None = None,
    placed_by: Any = None,
    now: datetime | None = None,
) -> LegalHold:
    """Hold one of them. Raises RequestRefused without a reason.

    Deletions under way either have ended when this returns, or find the hold.
    """
    if not reason.strip():
        raise RequestRefused(_("Say why: those who come later need to know when it can end."))
    with transaction.atomic():
        hold = LegalHold.objects.create(
            **_held(station, group, log_request, log_file),
            reason=reason.strip()[:LONGEST],
            placed_by=placed_by,
            placed_at=now or timezone.now(),
        )
        list(_files_of(hold).select_for_update(of=("self",)).values_list("pk", flat=True))
        _tell(hold, "hold.placed", placed_by, hold.reason)
    return hold


def _held(station: Any, group: Any, request: Any, file: Any) -> dict[str, Any]:
    """The columns that say what is held, and how it is called."""
    if group is not None:
        return {"scope": Scope.GROUP, "group": group, "called": str(group)}
    if file is not None:
        request = file.log_request
    if request is not None:
        station = request.station
    identity = get_gateway().identity(station)
    columns: dict[str, Any] = {"scope": Scope.STATION, "station": station, "called": identity}
    if request is not None:
        columns |= {"scope": Scope.REQUEST, "log_request": request}
        columns["called"] = f"{identity}, {request}"
    if file is not None:
        columns |= {"scope": Scope.FILE, "log_file": file}
        columns["called"] = f"{identity}, {request}, {file}"
    return {**columns, "called": columns["called"][:255]}


def _files_of(hold: LegalHold) -> QuerySet[LogFile]:
    if hold.scope == Scope.FILE:
        return LogFile.objects.filter(pk__in=[hold.log_file_id])
    if hold.scope == Scope.REQUEST:
        return LogFile.objects.filter(log_request=hold.log_request_id)
    if hold.scope == Scope.STATION:
        return LogFile.objects.filter(log_request__station=hold.station_id)
    members = GroupMember.objects.filter(group=hold.group_id)
    return LogFile.objects.filter(log_request__station__in=members.values("station"))


def release_hold(
    hold: LegalHold, *, reason: str = "", released_by: Any = None, now: datetime | None = None
) -> None:
    """End a hold; the row stays. Raises RequestClosed where it was released before."""
    done = (
        LegalHold.objects.active()
        .filter(pk=hold.pk)
        .update(
            released_at=now or timezone.now(),
            released_by=released_by,
            release_reason=reason.strip()[:LONGEST],
        )
    )
    if not done:
        raise RequestClosed(_("It was released before."))
    with transaction.atomic():
        _tell(hold, "hold.released", released_by, reason)


def _tell(hold: LegalHold, kind: str, user: Any, reason: str) -> None:
    """On the timelines of the station and the request; a group's own history has it."""
    if hold.station is None:
        return
    note(
        station=hold.station,
        log_request=hold.log_request,
        kind=kind,
        source=Source.OPERATOR,
        user=user,
        called=hold.called,
        reason=reason,
    )
    if hold.log_request_id is not None:
        publish_on_commit("logrequest", hold.log_request_id)


def refuse_leaving(group: StationGroup) -> None:
    """Raise RequestRefused for a group that is held: its stations would leave the hold too."""
    if LegalHold.objects.active().filter(group=group).exists():
        text = _("%(group)s is on legal hold: stations leave it once that is released.")
        raise RequestRefused(text % {"group": group})
