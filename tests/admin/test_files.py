"""Downloading what stations brought; reading it is in test_reader."""

from __future__ import annotations

import pytest
from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client

from diagnostics.models import FileAccess, LogRequest
from diagnostics.storage import get_log_store
from tests.admin.conftest import Arrive, read_of, text_of

MIB = 1024 * 1024


def test_a_download_is_an_attachment_with_the_stations_name(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    content = b"0123456789" * 300_000
    response = root.get(read_of(arrive(row, content, name='a"b.log'), "download/"))
    assert isinstance(response, StreamingHttpResponse)
    assert b"".join(response) == content  # type: ignore[arg-type]
    assert response["Content-Disposition"] == 'attachment; filename="a\\"b.log"'
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Length"] == str(len(content))
    assert FileAccess.objects.filter(kind="Download").count() == 1


@pytest.mark.django_db(transaction=True)
async def test_a_download_streams_under_asgi_too(
    admin_user: object, row: LogRequest, arrive: Arrive
) -> None:
    client = AsyncClient()
    await client.aforce_login(admin_user)  # type: ignore[arg-type]
    file = await sync_to_async(arrive)(row, b"0123456789" * 300_000)
    response = await client.get(read_of(file, "download/"))
    assert response.is_async
    pieces = [piece async for piece in response.streaming_content]
    assert b"".join(pieces) == b"0123456789" * 300_000
    assert len(pieces) > 1


def test_a_file_that_is_gone_from_the_store_is_a_sentence(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, b"line")
    get_log_store().delete(file.key)
    assert "cannot be fetched now" in text_of(root.get(read_of(file, "download/"), follow=True))


def test_a_file_is_found_only_under_its_own_request(
    root: Client, row: LogRequest, arrive: Arrive
) -> None:
    file = arrive(row, b"line")
    assert root.get(f"/admin/diagnostics/logrequest/999/files/{file.pk}/").status_code == 404
