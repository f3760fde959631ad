"""The page of outcomes, and a scrape of /metrics: `python -m benchmarks.outcomes [--rows 1000000]`.

A fleet of ten thousand stations of two hundred makes, log requests spread over the last hundred
days, as many events, a day of tallies, open alerts and waiting calls. Asked for in turn with a list
that has one page of rows in all: the floor. PostgreSQL with fsync.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from statistics import median
from typing import Any

import django

from benchmarks import cores, lists, servers
from benchmarks.figures import number, ratio, table

ROWS = 1_000_000
STATIONS = 10_000
TOKEN = "only-for-measuring-0123456789"

# Each statement fills one table. 8 of 10 requests bring a file, later ones of some makes fail.
FILL = {
    "stationinfo": """
INSERT INTO diagnostics_stationinfo (station_id, vendor, model, serial_number, firmware_version,
  iccid, imsi, boot_reason, limits, inventory_firmware, certificates_firmware, last_request_id,
  upload_route, upload_base_url, route_failures, ocpp_version)
SELECT id, 'Vendor ' || id % 8, 'Model ' || id % 40, '', '1.' || id % 5, '', '', '', '{{}}', '',
  '', 0, '', '', '{{}}', ''
FROM stations_chargingstation ORDER BY id
ON CONFLICT DO NOTHING
""",
    "logrequest": """
INSERT INTO diagnostics_logrequest (station_id, log_type, created_at, expires_at, token, route,
  route_reason, location, address_expires_at, answer, filename, station_status, reason_code,
  reason_info, tail_key, grace_over, given_up, verdict, reason, settled_at, firmware_version,
  received_after, received_bytes)
SELECT {first} + n % {stations}, 'DiagnosticsLog', at, at, 'bench-' || n, 'relay', '{{}}', '', at,
  'Accepted', '', 'Uploaded', '', '', '', false, '',
  CASE WHEN came THEN 'Received' WHEN n % 3 = 0 THEN 'Claimed' ELSE 'Failed' END,
  CASE WHEN came OR n % 3 = 0 THEN '' ELSE 'UploadFailure' END, at + interval '5 minutes',
  '1.' || n / {stations} % 5, CASE WHEN came THEN n % 600 END,
  CASE WHEN came THEN 1000 + n % 100000 END
FROM (SELECT n, now() - interval '100 days' * (1 - n / {rows}.0) AS at, n % 10 < 8 AS came
  FROM generate_series(1, {rows}) AS n) AS made
""",
    "stationhealth": """
INSERT INTO diagnostics_stationhealth (station_id, hour, received, sent, connections, turned_away,
  errors_by_station, errors_by_us, unreadable, unanswered, latency_0, latency_1, latency_2,
  latency_3, latency_4, latency_5, latency_6, latency_7, latency_8)
SELECT {first} + n % {stations}, date_trunc('hour', now()) - interval '1 hour' * (n / {stations}),
  60, 60, 1, 0, 0, 0, 0, 0, 9, 3, 1, 0, 0, 0, 0, 0, 0
FROM generate_series(0, {stations} * 24 - 1) AS n
""",
    "alert": """
INSERT INTO diagnostics_alert (station_id, key, source, severity, event_notification_type,
  tech_code, tech_info, last_value, transaction_id, count, first_at, last_at, updated_at,
  cleared_at, closed_by, note, component, component_instance, variable, variable_instance)
SELECT {first} + n % {stations}, gen_random_uuid(), 'NotifyEvent', n % 10, '', '', '', '', '', 1,
  now(), now(), now(), CASE WHEN n % 40 > 0 THEN now() END, '', '', 'EVSE', '', 'Problem', ''
FROM generate_series(1, {rows} / 10) AS n
""",
    "outboundcall": """
INSERT INTO diagnostics_outboundcall (station_id, message_id, action, payload, raw, status, timeout,
  created_at, expires_at, connection, wire_action, late, error_code, error_description)
SELECT {first} + n % {stations}, 'bench-' || n, 'GetVariables', '{{}}', false,
  CASE WHEN n % 100 = 0 THEN 'Pending' ELSE 'Answered' END, 30, now(), now() + interval '1 day',
  '', '', false, '', ''
FROM generate_series(1, {rows} / 2) AS n
""",
    "stationevent": lists.EVENTS.replace("1 + n % 1000", "{first} + n %% {stations}")
    .replace("%%", "%")
    .replace("{at}", "now()"),
}


def fill(rows: int) -> None:
    """Stations that are all connected, and everything about them."""
    from django.db import connection  # needs Django to be set up
    from django.utils import timezone

    from stations.models import ChargingStation, ServerProcess, StationConnection

    made = ChargingStation.objects.bulk_create(
        ChargingStation(identity=f"FIGURE-{each}", security_profile=0, ocpp_version="2.0.1")
        for each in range(STATIONS)
    )
    now = timezone.now()
    alive = {"started_at": now, "heartbeat_at": now + timedelta(hours=1)}
    server = ServerProcess.objects.create(host="bench", pid=1, **alive)
    StationConnection.objects.bulk_create(
        StationConnection(station=each, server=server, opened_at=now) for each in made
    )
    with connection.cursor() as cursor:
        for statement in FILL.values():
            cursor.execute(statement.format(first=made[0].pk, stations=STATIONS, rows=rows))
        cursor.execute("VACUUM ANALYZE")


def scraped(client: Any) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200


def work(client: Any, floor: str) -> dict[str, Callable[[], Any]]:
    """What is asked for, by name; the floor first."""
    page = "logrequest/outcomes/?days="
    pages = {f"outcomes of {days} days": f"{page}{days}" for days in (7, 30, 90)}
    pages["those of 30 days, by vendor"] = f"{page}30&by=vendor"
    opened = {name: partial(lists.opened, client, url) for name, url in pages.items()}
    floors = {"one page in all": partial(lists.opened, client, floor)}
    return {**floors, **opened, "a scrape of /metrics": partial(scraped, client)}


def explain() -> None:
    """The plans of the statements behind the page, for whoever changes them."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from diagnostics.services.logs.outcomes import Grouping, outcomes, requests_since

    with CaptureQueriesContext(connection) as queries:
        outcomes(requests_since(timezone.now() - timedelta(days=7)), Grouping.FIRMWARE)
    with connection.cursor() as cursor:
        for each in queries.captured_queries:
            cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF) {each['sql']}")
            print("\n".join(line for (line,) in cursor.fetchall()), end="\n\n")


def main() -> None:
    """Set up, measure, print, and leave nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rounds", type=int, default=7, help="medians are taken over these")
    parser.add_argument("--explain", action="store_true")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, cores.OTHERS)
    os.environ["METRICS_TOKEN"] = TOKEN
    with servers.prepared_environment():
        django.setup()
        servers.prepare_database()
        client, floor = lists.logged_in(), lists.small_list()
        fill(arguments.rows)
        if arguments.explain:
            explain()
        asked = work(client, floor)
        turns = [[lists.timed(each) for each in asked.values()] for _ in range(arguments.rounds)]
        times = [median(each) for each in zip(*turns, strict=True)]
        rows = [
            [name, number(took), ratio(took, times[0])]
            for name, took in zip(asked, times, strict=True)
        ]
        print(table([f"{number(arguments.rows)} log requests", "ms", "ratio"], rows))


if __name__ == "__main__":
    main()
