"""Bring what waits to its targets: in order, again and again, none held up by another.

A target has one queue, and one worker at a time is at it. What was sent and not recorded, since the
worker died between the two, is sent again with the same id.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from diagnostics.conf import app_settings
from diagnostics.jobs import enqueue
from diagnostics.lifecycles.notification import DeliveryState, next_wait
from diagnostics.models import Delivery, NotificationTarget
from diagnostics.notify import Message, SendFailed, send
from diagnostics.progress import publish_on_commit
from diagnostics.services.notifications import DELIVER, TOPIC

logger = logging.getLogger(__name__)

Compose = Callable[[Delivery], Message]

# Longer than any attempt takes: a worker that says nothing for so long is dead.
LEASE = timedelta(minutes=2)
# What one task sends; a sweep calls the next.
MOST_SENT = 100
INTERNAL = "InternalError"


def deliver(target_id: int, compose: Compose) -> None:
    """Send what is due for one target, until nothing is, or one does not get through.

    `compose` makes the message of a delivery. Does nothing while somebody else is at it.
    """
    if not _claim(target_id, timezone.now()):
        return
    try:
        for _count in range(MOST_SENT):
            delivery = _next(target_id, timezone.now())
            if delivery is None or not _attempt(delivery, compose):
                break
            _keep_claim(target_id)
    finally:
        NotificationTarget.objects.filter(pk=target_id).update(busy_until=None)


def _claim(target_id: int, now: datetime) -> bool:
    free = NotificationTarget.objects.filter(pk=target_id, enabled=True).filter(
        Q(busy_until=None) | Q(busy_until__lt=now)
    )
    return bool(free.update(busy_until=now + LEASE))


def _keep_claim(target_id: int) -> None:
    until = timezone.now() + LEASE
    NotificationTarget.objects.filter(pk=target_id).update(busy_until=until)


def _next(target_id: int, now: datetime) -> Delivery | None:
    """A test, else the oldest that is due, unless the target is left alone for now."""
    mine = Delivery.objects.filter(target=target_id, due_at__lte=now).select_related("target")
    mine.filter(state=DeliveryState.COLLECTING).update(state=DeliveryState.WAITING)
    waiting = mine.filter(state=DeliveryState.WAITING).order_by("due_at", "pk")
    rested = Q(target__retry_at=None) | Q(target__retry_at__lte=now)
    return waiting.filter(is_test=True).first() or waiting.filter(rested).first()


def _attempt(delivery: Delivery, compose: Compose) -> bool:
    """Whether the next one may be tried now."""
    try:
        answer = send(delivery.target, compose(delivery))
    except SendFailed as failed:
        return _failed(delivery, failed.answer, again=failed.again and not delivery.is_test)
    except Exception:  # ours: to try it again would be of no use
        logger.exception("Delivery %s could not be made", delivery.pk)
        return _failed(delivery, INTERNAL, again=False)
    _delivered(delivery, answer)
    return True


@transaction.atomic
def _delivered(delivery: Delivery, answer: str) -> None:
    now = timezone.now()
    _settle(delivery, DeliveryState.DELIVERED, answer, now)
    NotificationTarget.objects.filter(pk=delivery.target_id).update(
        failures=0, failing_since=None, retry_at=None, delivered_at=now
    )


@transaction.atomic
def _failed(delivery: Delivery, answer: str, *, again: bool) -> bool:
    """Keep the failure; the target is left alone for a while if it may go better then."""
    now, target = timezone.now(), delivery.target
    state = DeliveryState.WAITING if again else DeliveryState.REFUSED
    _settle(delivery, state, answer, now)
    if delivery.is_test or answer == INTERNAL:
        return True
    target.refresh_from_db(fields=["failures", "failing_since"])
    target.failures += 1
    target.failing_since = target.failing_since or now
    rests = again or target.is_paused
    target.retry_at = now + next_wait(target.failures) if rests else None
    target.save(update_fields=["failures", "failing_since", "retry_at"])
    return not rests


def _settle(delivery: Delivery, state: DeliveryState, answer: str, now: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING).update(
        state=state,
        answer=answer[:40],
        attempts=F("attempts") + 1,
        attempted_at=now,
        settled_at=None if state == DeliveryState.WAITING else now,
    )
    publish_on_commit(TOPIC, delivery.target_id)


def resume(target: NotificationTarget) -> None:
    """Try a target at once that was left alone, since somebody mended it."""
    NotificationTarget.objects.filter(pk=target.pk).update(
        failures=0, failing_since=None, retry_at=None
    )
    publish_on_commit(TOPIC, target.pk)
    transaction.on_commit(lambda: enqueue(DELIVER, target.pk))


def waiting_for(target: NotificationTarget) -> QuerySet[Delivery]:
    """What has not gone out to a target yet."""
    return target.deliveries.filter(state__in=[DeliveryState.COLLECTING, DeliveryState.WAITING])


def sweep_deliveries(now: datetime) -> None:
    """End what waited too long, and have workers send what is due."""
    gave_up = Delivery.objects.filter(
        state=DeliveryState.WAITING, due_at__lt=now - app_settings.notification_patience
    )
    gave_up.update(state=DeliveryState.EXPIRED, settled_at=now)
    rested = Q(retry_at=None) | Q(retry_at__lte=now)
    free = Q(busy_until=None) | Q(busy_until__lt=now)
    due = Delivery.objects.filter(
        state__in=[DeliveryState.COLLECTING, DeliveryState.WAITING], due_at__lte=now
    )
    targets = NotificationTarget.objects.filter(rested, free, enabled=True)
    for pk in targets.filter(pk__in=due.values("target")).values_list("pk", flat=True):
        enqueue(DELIVER, pk)
