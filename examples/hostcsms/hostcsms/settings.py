"""A small CSMS that knows nothing of OCPP diagnostics but the lines marked as such."""

import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).resolve().parent.parent

SECRET_KEY = os.environ.get("SECRET_KEY") or "an example has no secrets to keep"
DEBUG = os.environ.get("DEBUG", "1") == "1"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

INSTALLED_APPS = [
    "csms",  # before the admin, whose index it extends
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "diagnostics",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "hostcsms.urls"
ASGI_APPLICATION = "hostcsms.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": dj_database_url.config(default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Three processes write to this file: whoever will write takes the lock first, and waits.
    DATABASES["default"]["OPTIONS"] = {"timeout": 20, "transaction_mode": "IMMEDIATE"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
STATIC_URL = "/static/"

REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True

# Diagnostics: which model holds the stations, how to reach them, what they can reach.
DIAGNOSTICS_STATION_MODEL = "csms.ChargeBox"
DIAGNOSTICS = {
    "GATEWAY": "csms.gateway.Gateway",
    "LOG_STORE_URL": os.environ.get("LOG_STORE_URL", f"file://{BASE_DIR / 'logs'}"),
    "PUBLIC_URL": os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000"),
    # What stations are asked without anybody's click.
    "READ_LIMITS": os.environ.get("READ_STATIONS", "1") == "1",
    "READ_DEVICE_MODEL": os.environ.get("READ_STATIONS", "1") == "1",
}
CELERY_BEAT_SCHEDULE = {
    # Not kept: a worker that was away needs the last one only.
    "diagnostics": {
        "task": "diagnostics.tasks.sweep",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "retention": {"task": "diagnostics.tasks.apply_retention", "schedule": 24 * 3600.0},
}
# Diagnostics, optional: without a channel layer its pages ask for news instead of being told.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
