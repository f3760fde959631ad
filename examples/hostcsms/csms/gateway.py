"""How diagnostics reaches the stations of this CSMS."""

from csms.models import ChargeBox
from diagnostics.ocpp.versions import OcppVersion


class Gateway:
    def identity(self, station):
        return station.box_id

    def version(self, station):
        return OcppVersion(station.ocpp_version) if station.ocpp_version else None

    def find(self, identity):
        return ChargeBox.objects.filter(box_id=identity).first()

    def is_online(self, station):
        return ChargeBox.objects.filter(pk=station.pk).exclude(connection="").exists()

    def send(self, call):
        """Nothing to do: the process with the sockets looks for calls every second."""
