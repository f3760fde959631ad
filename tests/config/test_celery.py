"""The worker and the scheduler as Celery sets them up."""

from __future__ import annotations

import logging

from celery.contrib.testing.worker import setup_app_for_worker

from config.celery import app


def test_a_worker_leaves_the_log_as_the_settings_have_it() -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    setup_app_for_worker(app, "ERROR", "")
    assert (root.level, root.handlers) == before
