"""The project's settings with the log of messages switched off, since the peers have none."""

from config.settings import *  # noqa: F403
from config.settings import DIAGNOSTICS as _DIAGNOSTICS

DIAGNOSTICS = {**_DIAGNOSTICS, "MESSAGE_LOG": False}
