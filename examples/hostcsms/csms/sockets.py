"""The process that holds the stations' WebSockets: `python manage.py sockets`."""

from http import HTTPStatus

from channels.db import database_sync_to_async
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from csms.charge_points import Box16, Box21, Box201
from csms.models import ChargeBox

CLASSES = {"ocpp1.6": Box16, "ocpp2.0.1": Box201, "ocpp2.1": Box21}


@database_sync_to_async
def is_known(box_id: str) -> bool:
    return ChargeBox.objects.filter(box_id=box_id).exists()


@database_sync_to_async
def opened(box_id: str, connection: str, version: str) -> None:
    box = ChargeBox.objects.filter(box_id=box_id)
    box.update(connection=connection, ocpp_version=version)


@database_sync_to_async
def closed(connection: str) -> None:
    ChargeBox.objects.filter(connection=connection).update(connection="")


@database_sync_to_async
def all_closed() -> None:
    ChargeBox.objects.update(connection="")


def box_id_of(request) -> str:
    return request.path.rpartition("/")[2]


async def check(connection, request):
    """Passwords are left out of the example; the box must be one of ours."""
    if not await is_known(box_id_of(request)):
        return connection.respond(HTTPStatus.NOT_FOUND, "No such charge box.\n")
    return None


async def connected(connection) -> None:
    box = CLASSES[connection.subprotocol](box_id_of(connection.request), connection)
    await opened(box.id, box.connection_id, box.version)
    try:
        await box.start()
    except ConnectionClosed:
        pass
    finally:
        await closed(box.connection_id)


async def serve_stations(host: str, port: int) -> None:
    await all_closed()  # a process that crashed left its sockets behind
    server = serve(connected, host, port, subprotocols=list(CLASSES), process_request=check)
    async with server as running:
        await running.serve_forever()
