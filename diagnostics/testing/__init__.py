"""Simulated charging stations, and stand-ins for tests of projects that embed diagnostics.

This package needs no Django: `ScriptedStation` is a station without I/O, `Quirk` names what real
ones do differently. `diagnostics.testing.client` and `.fleet` run stations over real sockets.
For tests inside Django there are `diagnostics.testing.fakes` and `.factories`. See
`docs/testing.md`.
"""

from diagnostics.testing.device import Device, Value, VariableName, typical_device
from diagnostics.testing.logs import (
    KNOWN_LINE,
    LogForm,
    make_diagnostics_log,
    make_security_log,
)
from diagnostics.testing.quirks import Behaviour, Quirk, behaviour_of
from diagnostics.testing.station import ScriptedStation
from diagnostics.testing.uploads import HttpRequest, Upload, http_request
from diagnostics.testing.work import HangUp, StartUpload, StopUpload, UploadEnd

__all__ = [
    "KNOWN_LINE",
    "Behaviour",
    "Device",
    "HangUp",
    "HttpRequest",
    "LogForm",
    "Quirk",
    "ScriptedStation",
    "StartUpload",
    "StopUpload",
    "Upload",
    "UploadEnd",
    "Value",
    "VariableName",
    "behaviour_of",
    "http_request",
    "make_diagnostics_log",
    "make_security_log",
    "typical_device",
]
