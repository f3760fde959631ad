"""What led to an alert: the events that its events name as their causes (N07.FR.05)."""

from __future__ import annotations

from diagnostics.models import Alert, StationEvent

# A chain of causes is followed this far.
LONGEST_CHAIN = 20
# And among so many of the station's newest events.
FARTHEST = 20_000


def causes(alert: Alert) -> list[StationEvent]:
    """The events that led to an alert, nearest first, as far as they are known.

    `cause` names an event that may be lost, from before a reboot, or still to come, and ids are
    used again: the newest with that id that is not from later counts, and none counts twice.
    """
    chain: list[StationEvent] = []
    cause, before = alert.cause, alert.last_at
    mine = StationEvent.objects.filter(station=alert.station_id).order_by("-pk")
    # No index knows event ids, since it would cost with every event: so far back, and no further.
    oldest = mine.values_list("pk", flat=True)[FARTHEST : FARTHEST + 1].first() or 0
    while cause is not None and len(chain) < LONGEST_CHAIN:
        found = mine.filter(pk__gt=oldest, event_id=cause, timestamp__lte=before)
        event = found.exclude(pk__in=[each.pk for each in chain]).order_by("-timestamp").first()
        if event is None:
            break
        chain.append(event)
        cause, before = event.cause, event.timestamp
    return chain
