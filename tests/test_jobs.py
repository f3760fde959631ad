"""Work that is handed to workers: which queue it waits in."""

from __future__ import annotations

import json

from django.conf import settings
from django.test import override_settings

from diagnostics.jobs import enqueue
from tests.servers.valkey import Valkey

CALLS, FILE = "diagnostics.tasks.dispatch_calls", "diagnostics.tasks.examine_file"


def waiting(valkey: Valkey, queue: str) -> list[str]:
    with valkey.client() as broker:
        return [json.loads(text)["headers"]["task"] for text in broker.lrange(queue, 0, -1)]


def test_what_takes_long_waits_in_a_queue_of_its_own(valkey: Valkey) -> None:
    enqueue(CALLS, [7])
    enqueue(FILE, 7, slow=True)
    assert (waiting(valkey, "celery"), waiting(valkey, "slow")) == ([CALLS], [FILE])


def test_a_project_without_such_a_queue_has_one_for_everything(valkey: Valkey) -> None:
    with override_settings(DIAGNOSTICS={**settings.DIAGNOSTICS, "SLOW_QUEUE": ""}):
        enqueue(FILE, 7, slow=True)
    assert waiting(valkey, "celery") == [FILE]
