"""/healthz: whether this process can work."""

import pytest
from django.db import DatabaseError, connection
from django.test import override_settings

pytestmark = pytest.mark.django_db


def test_all_is_well(client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.json() == {"database": True, "redis": True}


@override_settings(REDIS_URL="redis://127.0.0.1:1")
def test_a_missing_redis_is_named(client):
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"database": True, "redis": False}


def test_a_failing_database_is_named(client):
    def refuse(*_):
        raise DatabaseError("password of me@db.example refused")

    with connection.execute_wrapper(refuse):
        response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"database": False, "redis": True}


def test_every_page_carries_the_content_security_policy(client):
    policy = client.get("/admin/login/").headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy


def test_the_front_door_leads_to_the_admin(client):
    assert client.get("/").url == "/admin/"
