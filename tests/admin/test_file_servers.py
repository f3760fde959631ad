"""The servers for FTP and SFTP, as operators see them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from diagnostics.models import FileServer
from diagnostics.services.uploads import file_servers
from tests.admin.conftest import Staff

LIST = "/admin/diagnostics/fileserver/"
VIEW = "diagnostics.view_fileserver"


@pytest.fixture
def server(db: None) -> FileServer:
    with override_settings(
        DIAGNOSTICS={**settings.DIAGNOSTICS, "FTP_URL": "ftp://ftp.example.com"}
    ):
        endpoint = file_servers.configured(FileServer.Kind.FTP)
        assert endpoint is not None
        return file_servers.start(endpoint, port=21)


def test_the_list_shows_which_servers_run(staff: Staff, server: FileServer) -> None:
    assert staff().get(LIST).status_code == 403
    page = staff(VIEW).get(LIST).content.decode()
    assert "ftp://ftp.example.com:21/" in page
    assert "Running" in page
    assert 'id="searchbar"' not in page
    assert staff(VIEW).get(f"{LIST}{server.pk}/change/").status_code == 200
    file_servers.stop(server)
    assert "Stopped" in staff(VIEW).get(LIST).content.decode()


def test_a_server_that_died_is_on_the_home_page_and_one_that_was_stopped_is_not(
    staff: Staff, server: FileServer
) -> None:
    words = "The FTP server is not running"
    assert words not in staff(VIEW).get("/admin/").content.decode()
    FileServer.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    assert words in staff(VIEW).get("/admin/").content.decode()
    assert words not in staff().get("/admin/").content.decode()
    assert "No sign of life" in staff(VIEW).get(LIST).content.decode()
    file_servers.stop(server)
    assert words not in staff(VIEW).get("/admin/").content.decode()
    with override_settings(
        DIAGNOSTICS={**settings.DIAGNOSTICS, "FTP_URL": "ftp://ftp.example.com"}
    ):
        assert words in staff(VIEW).get("/admin/").content.decode()
