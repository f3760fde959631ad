from stations.models.certificate import StationCertificate
from stations.models.connection import (
    DEAD_AFTER,
    HEARTBEAT,
    SUSPECTED,
    CloseReason,
    ServerProcess,
    StationConnection,
)
from stations.models.connector import Connector
from stations.models.refused import RefusalReason, RefusedConnection
from stations.models.station import ChargingStation, Registration, SecurityProfile

__all__ = [
    "DEAD_AFTER",
    "SUSPECTED",
    "HEARTBEAT",
    "ChargingStation",
    "CloseReason",
    "Connector",
    "RefusalReason",
    "RefusedConnection",
    "Registration",
    "SecurityProfile",
    "ServerProcess",
    "StationCertificate",
    "StationConnection",
]
