"""What fails in a sweep costs the rest of it nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.utils import timezone

from diagnostics.services.sweeping import take_steps


def breaks(_now: datetime) -> None:
    raise LookupError("a row that nobody foresaw")


def asks_nonsense(_now: datetime) -> None:
    connection.cursor().execute("SELECT no_such_column")


def loses_the_database(_now: datetime) -> None:
    connection.close()
    raise OperationalError("the server closed the connection unexpectedly")


def test_each_step_is_taken_whatever_the_others_do(
    transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    now, done = timezone.now(), list[Any]()
    take_steps((breaks, asks_nonsense, done.append), now)
    assert done == [now]
    assert "breaks failed" in caplog.text and "asks_nonsense failed" in caplog.text


def test_without_a_database_nothing_more_is_tried(transactional_db: None) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("a database in memory cannot be away")
    done = list[Any]()
    with pytest.raises(DatabaseError):
        take_steps((loses_the_database, done.append), timezone.now())
    assert done == []
