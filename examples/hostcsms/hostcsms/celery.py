"""The CSMS's Celery. Diagnostics asks for one periodic task, its sweep."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hostcsms.settings")
app = Celery("hostcsms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
