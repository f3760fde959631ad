"""Pages and housekeeping over a million rows: `python -m benchmarks.lists [--rows 1000000]`.

Pages of the admin's lists, as a superuser's browser gets them, at the beginning, in the middle and
at the end, in turn with a list that has one page of rows in all: the floor. Then old rows are
deleted, some by housekeeping and the others by one statement. Then pages of campaigns. PostgreSQL
with fsync. `--only lists` and `--only campaigns` take a half.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from statistics import median
from typing import Any

import django

from benchmarks import campaign_pages, cores, servers
from benchmarks.figures import number, ratio, table

ROWS = 1_000_000
ONE_PAGE = 50
# Of deleting by housekeeping.
SECONDS = 3.0

EVENTS = """
INSERT INTO diagnostics_stationevent (station_id, fingerprint, source, timestamp, trigger,
  actual_value, tech_code, tech_info, transaction_id, event_notification_type, unread, received_at,
  component, component_instance, variable, variable_instance)
SELECT 1 + n % 1000, gen_random_uuid(), 'NotifyEvent', {at}, 'Delta', '41.5', '', '', '',
  'CustomMonitor', '', {at}, 'ChargingStation', '', 'Temperature', ''
FROM generate_series(1, {rows}) AS n
"""
MESSAGES = """
INSERT INTO diagnostics_messagerecord (station_id, connection, at, direction, message_type,
  message_id, action, payload, text, size, outcome, error_description)
SELECT 1 + n % 1000, 'c', {at}, 'FromStation', 2, n::text, 'StatusNotification',
  '{{"status": "Available"}}', '', 60, '', ''
FROM generate_series(1, {rows}) AS n
"""
# Half of the rows are older than anything is kept.
AT = "now() - CASE WHEN n <= {half} THEN interval '900 days' ELSE interval '1 day' END"
LISTS = {"events": ("stationevent", EVENTS), "messages": ("messagerecord", MESSAGES)}


def fill(statement: str, rows: int) -> None:
    """Put rows into a table, half of them old."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement.format(rows=rows, at=AT.format(half=rows // 2)))


def analyze(model: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE diagnostics_{model}")


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def opened(client: Any, url: str) -> None:
    assert client.get(f"/admin/diagnostics/{url}").status_code == 200


def small_list() -> str:
    """A list with one page of rows, and its address: the floor."""
    from django.utils import timezone  # needs Django to be set up

    from diagnostics.models import SecurityEvent
    from stations.models import ChargingStation
    from stations.services import register_station

    for number_of in range(1000):
        register_station(f"BENCH-{number_of}", security_profile=0)
    SecurityEvent.objects.bulk_create(
        SecurityEvent(station=station, type="StartupOfTheDevice", received_at=timezone.now())
        for station in ChargingStation.objects.all()[:ONE_PAGE]
    )
    return "securityevent/"


def pages_of(model: str) -> list[str]:
    """The addresses of the first page, one in the middle, and the last."""
    from django.apps import apps  # needs Django to be set up

    keys = apps.get_model("diagnostics", model).objects.order_by("pk").values_list("pk", flat=True)
    first, last = keys.first(), keys.last()
    places = ["", f"?id__lt={(first + last) // 2}", f"?id__lt={first + ONE_PAGE}"]
    return [f"{model}/{place}" for place in places]


def logged_in() -> Any:
    """The browser of a superuser."""
    from django.contrib.auth import get_user_model  # needs Django to be set up
    from django.test import Client

    client = Client(HTTP_HOST="127.0.0.1")
    client.force_login(get_user_model().objects.create_superuser("bench"))
    return client


def measure(client: Any, floor: str, rows: int, rounds: int) -> None:
    """Pages of each list in turn with the floor."""
    found = []
    for name, (model, statement) in LISTS.items():
        fill(statement, rows)
        analyze(model)
        urls = [floor, *pages_of(model)]
        turns = [[timed(partial(opened, client, url)) for url in urls] for _ in range(rounds + 1)]
        least, *times = (median(each) for each in zip(*turns[1:], strict=True))
        cells = [f"{number(each)} ({ratio(each, least)})" for each in times]
        found.append([name, number(least), *cells])
    head = [f"{number(rows)} rows, ms", "one page in all", "first", "middle", "last"]
    print(table(head, found))


def measure_housekeeping() -> None:
    """Some of the old events by housekeeping, the others by one statement."""
    from django.utils import timezone

    from diagnostics.models import Housekeeping, StationEvent
    from diagnostics.services import housekeeping
    from diagnostics.services.housekeeping.rules import all_rules

    rule, long_ago = all_rules()["events"], timezone.now() - timedelta(days=800)
    old = StationEvent.objects.filter(received_at__lt=long_ago)
    started = time.perf_counter()
    housekeeping.apply(rule, seconds=SECONDS)
    batches = Housekeeping.objects.get().deleted / (time.perf_counter() - started)
    left = old.count()
    started = time.perf_counter()
    old._raw_delete("default")
    statement = left / (time.perf_counter() - started)
    nothing = median(timed(lambda: housekeeping.apply(rule)) for _ in range(5))
    rows = [
        ["by one statement", number(statement), "1.00"],
        ["by housekeeping, a thousand at a time", number(batches), ratio(batches, statement)],
    ]
    print()
    print(table(["old events deleted", "rows/s", "ratio"], rows))
    print(f"\nA run that finds nothing old: {number(nothing)} ms")


def main() -> None:
    """Set up, measure, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=15, help="medians are taken over these")
    parser.add_argument("--only", choices=["lists", "campaigns"])
    arguments = parser.parse_args()
    os.sched_setaffinity(0, cores.OTHERS)
    with servers.prepared_environment():
        django.setup()
        servers.prepare_database()
        client, floor = logged_in(), small_list()
        if arguments.only != "campaigns":
            measure(client, floor, arguments.rows, arguments.rounds)
            measure_housekeeping()
        if arguments.only != "lists":
            rows, rounds = arguments.rows, arguments.rounds
            campaign_pages.measure(client, floor, rows, rounds, timed, opened)


if __name__ == "__main__":
    main()
