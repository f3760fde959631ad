from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from diagnostics.models import LogFile, LogRequest
from diagnostics.services import logs
from diagnostics.storage import get_log_store
from stations.models import ChargingStation
from stations.services import register_station

HOSTILE = '"><img src=x onerror=alert(1)>\u202e.log'

Staff = Callable[..., Client]
Arrive = Callable[..., LogFile]


@pytest.fixture
def staff(db: None) -> Staff:
    """A client of a staff member with these permissions: `staff("diagnostics.read_log")`."""

    def make(*permissions: str) -> Client:
        user = User.objects.create_user(f"user{User.objects.count()}", is_staff=True)
        for name in permissions:
            label, codename = name.split(".")
            found = Permission.objects.get(content_type__app_label=label, codename=codename)
            user.user_permissions.add(found)
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def admin_user(db: None) -> User:
    """Without a password, whose hash would cost more than the rest of a test."""
    return User.objects.create_superuser("admin")


@pytest.fixture
def root(admin_user: User) -> Client:
    client = Client()
    client.force_login(admin_user)
    return client


@pytest.fixture
def station(db: None) -> ChargingStation:
    station = register_station("CS-1", name="Depot", security_profile=0)[0]
    station.ocpp_version = "2.0.1"
    station.save()
    return station


@pytest.fixture
def row(station: ChargingStation) -> LogRequest:
    return logs.request_log(station=station, oldest=timezone.now() - timedelta(hours=1))


@pytest.fixture
def arrive() -> Arrive:
    """Put a file into the store for a request: `arrive(row, b"line", name="a.log")`."""

    def put(row: LogRequest, content: bytes, **columns: Any) -> LogFile:
        upload = get_log_store().open_upload(f"tests/{row.token}-{row.files.count()}")
        upload.write(content)
        stored = upload.complete()
        given = {"name": "cs.log", "received_at": timezone.now(), **columns}
        return LogFile.objects.create(
            log_request=row, key=stored.key, size=stored.size, sha256=stored.sha256, **given
        )

    return put


def text_of(response: Any, status: int = 200) -> str:
    """The page as a reader sees it: no markup, single blanks."""
    assert response.status_code == status, response.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def page_of(row: LogRequest, tail: str = "change/") -> str:
    return f"/admin/diagnostics/logrequest/{row.pk}/{tail}"


def read_of(file: LogFile, tail: str = "") -> str:
    return f"/admin/diagnostics/logrequest/{file.log_request_id}/files/{file.pk}/{tail}"
