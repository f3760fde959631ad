"""Addresses and secrets of targets lie encrypted in the database."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import FieldError
from django.db import connection
from django.test import Client
from django.urls import reverse

from diagnostics.models import NotificationTarget
from diagnostics.notify import Problem, SendFailed, send
from diagnostics.notify.message import Message

pytestmark = pytest.mark.django_db
ADDRESS, SECRET = "https://hooks.example.com/t0ken", "whsec_c2VjcmV0"


@pytest.fixture
def target() -> NotificationTarget:
    return NotificationTarget.objects.create(
        name="Desk", kind="Webhook", address=ADDRESS, secret=SECRET
    )


def lying(target: NotificationTarget) -> tuple[str, str]:
    """The address and the secret as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT address, secret FROM diagnostics_notificationtarget WHERE id = %s", [target.pk]
        )
        found: tuple[str, str] = cursor.fetchone()
    return found


def again(target: NotificationTarget) -> NotificationTarget:
    return NotificationTarget.objects.get(pk=target.pk)


def test_the_database_has_neither_in_the_clear(target: NotificationTarget) -> None:
    assert not any(part in text for text in lying(target) for part in ("t0ken", "whsec", "https"))
    assert (again(target).address, again(target).secret) == (ADDRESS, SECRET)
    with pytest.raises(FieldError):
        NotificationTarget.objects.filter(address=ADDRESS)


def test_what_an_old_key_sealed_is_read_and_sealed_with_the_new_one_when_it_is_saved(
    target: NotificationTarget, settings: Any
) -> None:
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [old]
    assert again(target).address == ADDRESS
    again(target).save()
    settings.SECRET_KEY_FALLBACKS = []
    assert again(target).address == ADDRESS


def test_without_the_key_nothing_is_sent_nothing_lost_and_the_page_says_so(
    target: NotificationTarget, settings: Any
) -> None:
    before, old = lying(target), settings.SECRET_KEY
    settings.SECRET_KEY = "another" * 10
    found = again(target)
    assert (found.address, found.is_readable) == ("", False)
    with pytest.raises(SendFailed) as failed:
        send(found, Message("1", "subject", "text", found.created_at))
    assert (failed.value.answer, failed.value.again) == (Problem.UNREADABLE, True)
    found.failures = 1
    found.save()
    assert lying(target) == before

    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    url = reverse("admin:diagnostics_notificationtarget_change", args=[target.pk])
    listed = reverse("admin:diagnostics_notificationtarget_changelist")
    assert "SECRET_KEY has changed" in client.get(listed).content.decode()
    typed = {"name": "Desk", "kind": "Webhook", "enabled": "on"}
    refused = client.post(url, typed)
    assert "encrypted with another SECRET_KEY" in refused.content.decode()
    assert client.post(url, {**typed, "address": ADDRESS, "secret": SECRET}).status_code == 302
    assert again(target).secret == SECRET
    settings.SECRET_KEY = old
    assert not again(target).is_readable
