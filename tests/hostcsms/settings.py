"""The settings of the example CSMS, which the suite runs inside: no `stations`, its own model."""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "examples" / "hostcsms"
sys.path.insert(0, str(PROJECT))

from hostcsms.settings import *  # noqa: E402, F403
