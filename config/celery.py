"""The Celery application: settings that start with CELERY_, tasks of all installed apps."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ocpp_diagnostics")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
