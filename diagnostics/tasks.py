"""Celery tasks: wake-ups and sweeps. The rows are the truth, so each may run twice or late."""

from __future__ import annotations

from datetime import datetime

from celery import shared_task
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from diagnostics.models import LogRequest, OutboundCall, StoreCheck
from diagnostics.ringing import ring
from diagnostics.services import event_streams, housekeeping, logs, profiles, pulses, retention
from diagnostics.services.automations import runs as automation_runs
from diagnostics.services.calls import delivery
from diagnostics.services.campaigns import driver as campaign_driver
from diagnostics.services.campaigns import schedules
from diagnostics.services.customer_information import privacy as customer_privacy
from diagnostics.services.files import examination
from diagnostics.services.fleet import health
from diagnostics.services.logs import watch as log_watch
from diagnostics.services.notifications import deliveries
from diagnostics.services.notifications import watches as route_watches
from diagnostics.services.profiles import queue as profile_queue
from diagnostics.services.profiles import states as profile_states
from diagnostics.services.reports import facts as report_facts
from diagnostics.services.retention import doomed_objects, store_check
from diagnostics.services.searches import runs as search_runs
from diagnostics.services.sweeping import Step, at_the_store, take_steps
from diagnostics.services.uploads import direct as direct_uploads
from diagnostics.services.uploads import following
from diagnostics.wording.notifications import compose


@shared_task(ignore_result=True)
def dispatch_calls(call_ids: list[int]) -> None:
    """Ring for calls that were just placed, where the process that placed them could not."""
    placed = OutboundCall.objects.pending().filter(pk__in=call_ids)
    ring(list(placed.select_related("station")))


def _ring_again(_now: datetime) -> None:
    delivery.ring_waiting()


def _go_on_with_campaigns(_now: datetime) -> None:
    campaign_driver.run_campaigns()


# What a sweep does, the calls to stations first.
STEPS: tuple[Step, ...] = (
    delivery.expire_calls,
    log_watch.watch_log_requests,
    customer_privacy.sweep_customer_information,
    event_streams.sweep_streams,
    report_facts.expire_reports,
    _ring_again,
    examination.sweep_examinations,
    at_the_store(following.forget_tails),
    search_runs.revive,
    automation_runs.run_automations,
    health.sweep_health,
    route_watches.watch_routes,
    deliveries.sweep_deliveries,
    housekeeping.sweep_housekeeping,
    at_the_store(doomed_objects.sweep_doomed),
    retention.sweep_runs,
    profile_queue.wake,
    schedules.run_schedules,
    _go_on_with_campaigns,
)


@shared_task(ignore_result=True)
def sweep() -> None:
    """End what waited too long and ring again where calls wait. Run it every few seconds."""
    now = timezone.now()
    take_steps(STEPS, now)
    pulses.beat(pulses.SWEEP, began_at=now)


@shared_task(ignore_result=True)
def run_campaigns() -> None:
    """Take campaigns as far as they go now. Run it every two seconds, or leave it to the sweep."""
    campaign_driver.run_campaigns()


@shared_task(ignore_result=True)
def deliver(target_id: int) -> None:
    """Send what waits for a target of notifications."""
    deliveries.deliver(target_id, compose)


@shared_task(ignore_result=True)
def take_upload(log_request_id: int, after_idle: bool = False) -> None:
    """Take in the file that a station put straight into the store, if it is there."""
    direct_uploads.take_upload(log_request_id, after_idle=after_idle)


@shared_task(ignore_result=True)
def examine_file(file_id: int) -> None:
    """Find out what a file is that arrived, and index its lines."""
    examination.examine(file_id)


@shared_task(ignore_result=True)
def keep_house(rules: list[str]) -> None:
    """Let go what these rules of housekeeping let go, for some seconds each."""
    housekeeping.keep_house(rules)


@shared_task(ignore_result=True)
def apply_retention(run_id: int | None = None) -> None:
    """Go on with a run of retention; without its key begin today's. Run it once a day."""
    if run_id is None:
        retention.run_daily()
    else:
        retention.continue_run(run_id)


@shared_task(ignore_result=True, acks_late=False)
def check_store(check_id: int) -> None:
    """Compare the log store with the rows."""
    store_check.work(StoreCheck.objects.get(pk=check_id))


@shared_task(ignore_result=True)
def search_logs(search_id: int) -> None:
    """Take part in a search over many logs for some seconds."""
    search_runs.run_search(search_id)


@shared_task(ignore_result=True)
def compare_profiles() -> None:
    """Compare the stations that are due with their monitor profiles."""
    profile_states.compare_due()


@shared_task(ignore_result=True)
def assign_profiles() -> None:
    """Find out which station has which monitor profile, and compare those that are due."""
    profiles.assign_profiles()
    profile_states.compare_due()


@shared_task(ignore_result=True, acks_late=False)
def request_logs(
    station_ids: list[int | str],
    log_type: str,
    oldest: str | None = None,
    latest: str | None = None,
    requested_by: int | str | None = None,
) -> None:
    """Ask many stations for the same log; times as ISO 8601 text.

    Acknowledged early: asked once at most, where a second asking would cancel the first.
    """
    stations = LogRequest._meta.get_field("station").related_model._default_manager
    logs.request_logs(
        stations=stations.filter(pk__in=station_ids),
        log_type=log_type,
        oldest=parse_datetime(oldest) if oldest else None,
        latest=parse_datetime(latest) if latest else None,
        requested_by=get_user_model()._default_manager.filter(pk__in=[requested_by]).first(),
    )
