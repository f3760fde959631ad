"""An address that leads nowhere, and a failure, have pages that say what to do."""

from __future__ import annotations

from django.test import Client, RequestFactory
from django.views.defaults import server_error


def test_an_address_that_leads_nowhere(client: Client, db: None) -> None:
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is no such page." in answer.content.decode()
    assert 'href="/admin/"' in answer.content.decode()


def test_an_address_of_the_admin_that_leads_nowhere(admin_client: Client) -> None:
    answer = admin_client.get("/admin/nowhere/")
    assert answer.status_code == 404
    assert "There is no such page." in answer.content.decode()


def test_a_failure() -> None:
    answer = server_error(RequestFactory().get("/admin/"))
    assert answer.status_code == 500
    assert "This did not work." in answer.content.decode()
    assert 'href="/admin/"' in answer.content.decode()
