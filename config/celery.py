"""The Celery application: settings that start with CELERY_, tasks of all installed apps."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ocpp_diagnostics")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_logging(**_: object) -> None:
    """Log as LOGGING says, like every other process; Celery would put its own in that place."""
