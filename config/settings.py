"""Settings of the runnable project, driven by the environment.

Every variable has a default that needs no server installed: DATABASE_URL, REDIS_URL,
LOG_STORE_URL, PUBLIC_URL, ALLOWED_HOSTS, SECRET_KEY, DEBUG, VAR_DIR, STATIC_ROOT, and those of
the FTP and SFTP servers, which do not run without one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from config import environment, logs

BASE_DIR = Path(__file__).resolve().parent.parent
# Everything that has no address of its own lives here: database, logs, secret key, socket.
VAR_DIR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var").resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = environment.flag("DEBUG", default=False)
PUBLIC_URL = (os.environ.get("PUBLIC_URL") or "http://127.0.0.1:8000").rstrip("/")
_public = urlsplit(PUBLIC_URL)

DATABASE_URL = os.environ.get("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'db.sqlite3'}"
DATABASES = {"default": environment.database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = os.environ.get("SECRET_KEY") or ""
if not SECRET_KEY:
    if os.environ.get("DATABASE_URL") and not DEBUG:
        # Processes that share a database may run on several machines, and must share the key too.
        raise ImproperlyConfigured("Set SECRET_KEY where DATABASE_URL is set.")
    SECRET_KEY = environment.kept_secret(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")

ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS") or list(
    {_public.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"}
)

INSTALLED_APPS = [
    "daphne",  # takes over runserver, so it stands before staticfiles
    "config.apps.SiteConfig",  # Django's admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "diagnostics",
    "stations",
    "config.apps.ProjectConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.content_security_policy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("STATIC_ROOT") or None
WHITENOISE_USE_FINDERS = True  # serves the apps' files from where they are: nothing to collect

# The diagnostics app, and the stations it works on.
LOG_STORE_URL = os.environ.get("LOG_STORE_URL") or f"file://{VAR_DIR / 'logs'}"
DIAGNOSTICS_STATION_MODEL = "stations.ChargingStation"
DIAGNOSTICS: dict[str, Any] = {
    "GATEWAY": "stations.gateway.ChannelsGateway",
    "LOG_STORE_URL": LOG_STORE_URL,
    "PUBLIC_URL": PUBLIC_URL,
    "STORE_PUBLIC_URL": (os.environ.get("STORE_PUBLIC_URL") or "").rstrip("/"),
    "MAX_UPLOAD_SIZE": environment.number("MAX_UPLOAD_SIZE", default=2 * 1024**3),
    "DOWNLOADS_FROM_STORE": environment.flag("DOWNLOADS_FROM_STORE", default=False),
    "UPLOAD_ROUTES": tuple(environment.words("UPLOAD_ROUTES")) or ("relay",),
    # What `manage.py ftpserver` serves; without these two there is nothing to serve.
    "FTP_URL": os.environ.get("FTP_URL") or "",
    "SFTP_URL": os.environ.get("SFTP_URL") or "",
    "FTP_LISTEN": os.environ.get("FTP_LISTEN") or "",
    "FTP_PASSIVE_PORTS": environment.port_range("FTP_PASSIVE_PORTS", default=(50000, 50199)),
    "FTP_PASSIVE_ADDRESS": os.environ.get("FTP_PASSIVE_ADDRESS") or "",
    "FTP_CERTIFICATE": os.environ.get("FTP_CERTIFICATE") or "",
    "FTP_KEY": os.environ.get("FTP_KEY") or "",
    "FTP_TLS_REQUIRED": environment.flag("FTP_TLS_REQUIRED", default=False),
    "SFTP_LISTEN": os.environ.get("SFTP_LISTEN") or "",
    "SFTP_HOST_KEY": os.environ.get("SFTP_HOST_KEY") or str(VAR_DIR / "sftp_host_key"),
    "NOTIFY_PRIVATE_ADDRESSES": environment.flag("NOTIFY_PRIVATE_ADDRESSES", default=True),
    "METRICS_TOKEN": os.environ.get("METRICS_TOKEN") or "",
    "SLOW_QUEUE": "slow",
    # What stations are asked without anybody's click.
    "READ_LIMITS": environment.flag("READ_STATIONS", default=True),
    "READ_DEVICE_MODEL": environment.flag("READ_STATIONS", default=True),
}

# Proxies whose word is taken on where a connection comes from, and how.
FORWARDED_ALLOW_IPS = environment.words("FORWARDED_ALLOW_IPS") or ["127.0.0.1"]
STATIONS: dict[str, Any] = {
    # Client certificates come from the same proxies. Without the first there are none.
    "CLIENT_CERTIFICATE_HEADER": os.environ.get("CLIENT_CERTIFICATE_HEADER") or "",
    "CLIENT_CERTIFICATE_VERDICT_HEADER": os.environ.get("CLIENT_CERTIFICATE_VERDICT_HEADER") or "",
    "CLIENT_CERTIFICATE_PROXIES": tuple(FORWARDED_ALLOW_IPS),
    "CLIENT_CERTIFICATE_OPERATOR": os.environ.get("CLIENT_CERTIFICATE_OPERATOR") or "",
}

# Without REDIS_URL everybody meets at the socket of the Valkey that `manage.py serve` starts.
REDIS_SOCKET = VAR_DIR / "valkey.sock"
REDIS_URL = os.environ.get("REDIS_URL") or f"unix://{REDIS_SOCKET}"
CHANNEL_LAYERS = {
    "default": {
        # A restart of Redis costs the pub/sub layer no station; the core layer drops them all.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}]},
    }
}

CELERY_BROKER_URL = environment.broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A web request that finds Redis away must fail in seconds: the row is written, a sweep follows up.
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 10}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# A worker takes from both, unless it is started with --queues.
CELERY_TASK_QUEUES = (Queue("celery"), Queue(DIAGNOSTICS["SLOW_QUEUE"]))
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    # Every ten seconds, and not kept: a worker that was away needs the last of them only.
    task: {"task": task, "schedule": 10.0, "options": {"expires": 10.0}}
    for task in ("diagnostics.tasks.sweep", "stations.tasks.sweep_presence")
}
CELERY_BEAT_SCHEDULE["retention"] = {
    "task": "diagnostics.tasks.apply_retention",
    "schedule": crontab(hour=3, minute=30),
    "options": {"queue": DIAGNOSTICS["SLOW_QUEUE"]},
}
CELERY_BEAT_SCHEDULE["diagnostics.tasks.run_campaigns"] = {
    "task": "diagnostics.tasks.run_campaigns",
    "schedule": 2.0,
    "options": {"expires": 2.0},
}

# Notifications by e-mail; without EMAIL_URL there is a mail server on this machine, or none.
_mail = environment.mail_server(os.environ.get("EMAIL_URL") or "smtp://localhost:25")
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_SSL, EMAIL_USE_TLS = _mail
DEFAULT_FROM_EMAIL = os.environ.get("EMAIL_FROM") or f"diagnostics@{_public.hostname}"

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2  # forms only: stations upload past Django
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # an admin action on ten thousand selected stations

# TLS ends in front of us; PUBLIC_URL says whether there is any.
_https = _public.scheme == "https"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if _https else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https and not DEBUG
SECURE_REDIRECT_EXEMPT = ["^healthz$"]
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if _https and not DEBUG else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "per_socket": {"()": "django.utils.log.CallbackFilter", "callback": logs.is_not_per_socket}
    },
    "formatters": {
        "line": {
            "()": "config.logs.OneLine",
            "fmt": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "uvicorn.error": {"filters": ["per_socket"]},
        # One line for every task, every ten seconds, tells nobody anything.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # Each step of each connection, with what stations say.
        "asyncssh": {"level": "WARNING"},
        # Where it found its credentials, in the output of every command that reads a file.
        "botocore.credentials": {"level": "WARNING"},
    },
}
