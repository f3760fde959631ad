import asyncio

from django.core.management.base import BaseCommand

from csms.sockets import serve_stations


class Command(BaseCommand):
    help = "Hold the stations' WebSockets at ws://HOST:PORT/BOX_ID."

    def add_arguments(self, parser):
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=9000)

    def handle(self, **options):
        asyncio.run(serve_stations(options["host"], options["port"]))
