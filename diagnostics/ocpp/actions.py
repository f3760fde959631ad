"""Which side sends which message, per version."""

from diagnostics.ocpp.versions import OcppVersion

_STATION_16 = """
    Authorize BootNotification DataTransfer DiagnosticsStatusNotification
    FirmwareStatusNotification Heartbeat LogStatusNotification MeterValues
    SecurityEventNotification SignCertificate SignedFirmwareStatusNotification StartTransaction
    StatusNotification StopTransaction
"""

_STATION_201 = """
    Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification
    Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues
    NotifyChargingLimit NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds
    NotifyEVChargingSchedule NotifyEvent NotifyMonitoringReport NotifyReport
    PublishFirmwareStatusNotification ReportChargingProfiles ReservationStatusUpdate
    SecurityEventNotification SignCertificate StatusNotification TransactionEvent
"""

_NEW_IN_21 = """
    BatterySwap ClosePeriodicEventStream GetCertificateChainStatus NotifyDERAlarm
    NotifyDERStartStop NotifyPeriodicEventStream NotifyPriorityCharging NotifySettlement
    NotifyWebPaymentStarted OpenPeriodicEventStream PullDynamicScheduleUpdate ReportDERControl
    VatNumberValidation
"""

#: Messages that a station sends. Whatever else has a schema is sent by the CSMS.
BY_STATION = {
    OcppVersion.V16: frozenset(_STATION_16.split()),
    OcppVersion.V201: frozenset(_STATION_201.split()),
    OcppVersion.V21: frozenset((_STATION_201 + _NEW_IN_21).split()),
}

#: Messages that either side may send. The texts of 2.1 disagree on NotifyWebPaymentStarted.
BY_BOTH = frozenset({"DataTransfer", "NotifyWebPaymentStarted"})

#: Messages of type 6, which have no answer (2.1).
SEND_ONLY = frozenset({"NotifyPeriodicEventStream"})

#: Calls that may end charging, or cut the station off.
DISRUPTIVE = frozenset(
    [
        "ChangeAvailability",
        "DeleteCertificate",
        "RemoteStopTransaction",
        "RequestStopTransaction",
        "Reset",
        "SetNetworkProfile",
        "SignedUpdateFirmware",
        "UnlockConnector",
        "UpdateFirmware",
    ]
)
