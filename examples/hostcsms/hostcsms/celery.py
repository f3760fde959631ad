"""The CSMS's Celery. Diagnostics asks for two periodic tasks: its sweep, and retention."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hostcsms.settings")
app = Celery("hostcsms")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
