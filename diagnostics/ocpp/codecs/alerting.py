"""Which security events are critical, by version: those that stations must push (A04)."""

from collections.abc import Mapping

from diagnostics.ocpp.versions import OcppVersion

# The Invalid* events are not critical in the 1.6 whitepaper.
_V16 = frozenset(
    {
        "FirmwareUpdated",
        "MaintenanceLoginAccepted",
        "MaintenanceLoginFailed",
        "MemoryExhaustion",
        "ResetOrReboot",
        "SecurityLogWasCleared",
        "SettingSystemTime",
        "StartupOfTheDevice",
        "TamperDetectionActivated",
    }
)
_V201 = _V16 | {
    "InvalidChargingStationCertificate",
    "InvalidCsmsCertificate",
    "InvalidFirmwareSignature",
    "InvalidFirmwareSigningCertificate",
    "InvalidTLSCipherSuite",
    "InvalidTLSVersion",
}

CRITICAL_EVENTS: Mapping[OcppVersion, frozenset[str]] = {
    OcppVersion.V16: _V16,
    OcppVersion.V201: _V201,
    OcppVersion.V21: _V201 | {"DiscardedRenewedClientCertificate"},
}
