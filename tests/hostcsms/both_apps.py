"""The example CSMS with our `stations` beside it, which then holds nobody's stations."""

from tests.hostcsms.settings import *  # noqa: F403
from tests.hostcsms.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "stations"]
