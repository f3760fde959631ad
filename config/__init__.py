"""The runnable project: settings and entry points around the `diagnostics` and `stations` apps."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
