"""What will become of the files of a request, and what became of those that went."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from diagnostics.admin.keeping.hold import PLACE, place_url
from diagnostics.admin.keeping.retention import VIEW, deletions
from diagnostics.models import LogFile, LogRequest
from diagnostics.services.retention import holds
from diagnostics.services.retention.rules import candidates, rulebook_for_station
from diagnostics.wording.retention import fate_sentence


def fates(row: LogRequest) -> dict[int, str]:
    """A sentence for each file of a request: held, kept, or when it goes."""
    book = rulebook_for_station(row.station_id, timezone.now())
    files = {file.pk: file for file in row.files.all()}
    found = {}
    for looked_at in candidates(LogFile.objects.filter(log_request=row)):
        deciding = [rule.snapshot() for rule in book.deciding(looked_at)]
        held = list(holds.holds_on(log_file=files[looked_at.pk])) if looked_at.pk in files else []
        goes = book.goes_by(looked_at) is not None
        found[looked_at.pk] = fate_sentence(held, deciding, goes=goes)
    return found


def keeping(request: HttpRequest, row: LogRequest) -> dict[str, Any]:
    """What the page of a request adds below its files."""
    return {
        "deleted": deletions(row),
        "sees_runs": request.user.has_perm(VIEW),
        "may_hold": request.user.has_perm(PLACE),
        "hold_url": place_url(log_request=row),
    }
