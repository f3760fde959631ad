"""What a campaign is told of its log requests, also of those that come to something after all.

Part of the transaction that draws a request's verdict. Every change names the request and the
state, so a step of the driver that moves the row meanwhile is waited for, and a station that it
asked anew has another request in its row.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from diagnostics.lifecycles import log_request as logs
from diagnostics.lifecycles.campaign import StationState
from diagnostics.models import Campaign, CampaignStation, LogRequest
from diagnostics.progress import publish_on_commit

S = StationState

# A station is in one of these while its last request may still come to something.
BEFORE = frozenset({S.ASKED, S.WAITING, S.FAILED, S.CANCELED, S.SUCCEEDED})


def said_of(request: LogRequest) -> dict[str, str]:
    """`code` and `info` of a station of a campaign: the verdict with its reason, and what the
    station said with it."""
    reason = request.reason if request.reason != request.verdict else ""
    info = " ".join(filter(None, [request.reason_code, request.reason_info]))
    return {"code": ".".join(filter(None, [request.verdict, reason])), "info": info}


def follow_request(request: LogRequest, was: str) -> None:
    """The verdict of the request has changed from `was`: have the campaign that made it follow.

    A log that is here is a success, whatever was thought before; and one that is on its way after
    all is waited for, rather than asked for once more, unless the campaign is over.
    """
    rows, columns = CampaignStation.objects.filter(log_request=request), dict[str, Any]()
    if request.verdict in logs.SUCCEEDED:
        said = said_of(request)
        columns = {"state": S.SUCCEEDED, "code": said["code"][:64], "info": said["info"][:500]}
        columns["settled_at"], rows = timezone.now(), rows.filter(state__in=BEFORE)
    elif request.verdict in logs.OPEN and was in logs.SETTLED:
        active = Campaign.objects.active().values("pk")
        rows = rows.filter(state__in=[S.ASKED, S.WAITING, S.FAILED], campaign__in=active)
        columns = {"state": S.ASKED, "code": "", "info": "", "settled_at": None}
    found = rows.values_list("campaign", "campaign__status").first() if columns else None
    if found:
        rows.update(**columns, due_at=None)
        publish_on_commit("campaign", found[0], state=found[1])
