"""Register a station from the command line."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from diagnostics.conf import app_settings
from stations.identity import address_of
from stations.models import SecurityProfile
from stations.services import register_station


class Command(BaseCommand):
    help = "Register a station, so that it may connect. Prints the password where one is made up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("identity", help="the last part of the address it connects to")
        parser.add_argument("--password", help="16 to 64 characters; one is made up without this")
        parser.add_argument(
            "--security-profile",
            type=int,
            choices=SecurityProfile.values,
            default=SecurityProfile.BASIC.value,
            help="0 without password, 1 with password, 2 with password and TLS only, 3 with a "
            "client certificate (default 1)",
        )
        parser.add_argument("--name", default="", help="what people call it")
        parser.add_argument(
            "--certificate-name",
            default="",
            help="common name of its certificate: its serial number",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            station, made_up = register_station(
                options["identity"],
                password=options["password"],
                security_profile=options["security_profile"],
                name=options["name"],
                certificate_name=options["certificate_name"],
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Address:  {address_of(station.identity, app_settings.public_url)}")
        if made_up:
            self.stdout.write(f"Password: {made_up}")
