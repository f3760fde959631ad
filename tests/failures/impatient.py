"""The project's settings for processes that wait for stations which never answer.

PATIENCE has the seconds that a station has for an answer.
"""

from __future__ import annotations

import os
from datetime import timedelta

from config.settings import *  # noqa: F403
from config.settings import DIAGNOSTICS

_patience = timedelta(seconds=float(os.environ["PATIENCE"]))

DIAGNOSTICS = {
    **DIAGNOSTICS,
    "LOG_RESPONSE_TIMEOUT": _patience,
    "UPLOAD_SILENCE": 2 * _patience,
    "UPLOAD_GRACE": 2 * _patience,
}
