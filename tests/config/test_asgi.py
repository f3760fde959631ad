"""Which application answers at which address."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from asgiref.testing import ApplicationCommunicator
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from config.asgi import application
from config.bodies import LARGEST
from config.lifespan import lifespan
from tests.servers.processes import PATIENCE


def fetch(address, path, method="GET"):
    connection = HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def refusal(address, path, **options):
    """Return the HTTP status with which a websocket is refused."""
    with pytest.raises(InvalidStatus) as refused:
        connect(address.replace("http", "ws") + path, **options)
    return refused.value.response.status_code


def test_django_answers_with_pages_and_their_files(asgi_server):
    assert fetch(asgi_server, "/admin/login/")[0] == 200
    assert fetch(asgi_server, "/static/admin/css/base.css")[0] == 200


def test_an_upload_does_not_pass_through_django(asgi_server):
    status, body = fetch(asgi_server, "/u/unknown-token/", "PUT")
    assert status == 404
    assert b"<html" not in body


@pytest.mark.parametrize("announced", [True, False])
async def test_a_page_takes_no_more_than_a_form_may_have(announced):
    """Django would spool all of it to the disk of the server, whoever sends it."""
    length = [(b"content-length", b"%d" % (LARGEST + 1))] if announced else []
    page = ApplicationCommunicator(
        application,
        {"type": "http", "method": "POST", "path": "/admin/login/", "headers": length},
    )
    for _ in range(LARGEST // 2**20 + 1):
        await page.send_input({"type": "http.request", "body": bytes(2**20), "more_body": True})
    assert (await page.receive_output(PATIENCE))["status"] == 413
    await page.wait()


def test_a_station_nobody_registered_gets_404(asgi_server):
    assert refusal(asgi_server, "/ocpp/STRANGER", subprotocols=["ocpp2.0.1"]) == 404


@pytest.mark.parametrize("path", ["/elsewhere", "/ocpp", "/ws/elsewhere"])
def test_a_websocket_nobody_serves_gets_404(asgi_server, path):
    assert refusal(asgi_server, path, origin=asgi_server) == 404


def test_a_page_of_another_site_cannot_open_an_operators_websocket(asgi_server):
    assert refusal(asgi_server, "/ws/elsewhere", origin="https://evil.example") == 403


async def test_the_server_is_told_of_start_and_end():
    application = ApplicationCommunicator(lifespan, {"type": "lifespan"})
    for moment in ("startup", "shutdown"):
        await application.send_input({"type": f"lifespan.{moment}"})
        assert await application.receive_output() == {"type": f"lifespan.{moment}.complete"}
    await application.wait()
