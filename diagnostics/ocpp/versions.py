"""The OCPP versions spoken here and how a websocket names them."""

from collections.abc import Sequence
from enum import StrEnum


class OcppVersion(StrEnum):
    """An OCPP version; its value is the one people write: ``1.6``, ``2.0.1``, ``2.1``."""

    V16 = "1.6"
    V201 = "2.0.1"
    V21 = "2.1"

    @property
    def subprotocol(self) -> str:
        """The websocket subprotocol, such as ``ocpp2.0.1`` (part 4, section 3.2)."""
        return f"ocpp{self.value}"


# "ocpp2.0" (without .1) is obsolete and deliberately absent.
_BY_SUBPROTOCOL = {version.subprotocol: version for version in OcppVersion}


def choose_subprotocol(offered: Sequence[str]) -> OcppVersion | None:
    """Pick the first version we speak in the client's order of preference.

    ``offered`` is the list from ``Sec-WebSocket-Protocol``. ``None`` means that the upgrade should
    be refused with HTTP 400 (OCTT TC_B_58 and, for 1.6, TC_088).
    """
    for name in offered:
        version = _BY_SUBPROTOCOL.get(name.strip())
        if version is not None:
            return version
    return None
