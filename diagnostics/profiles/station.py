"""A station as it is compared with a profile: what it runs, and what is known of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from diagnostics.ocpp.monitoring import (
    StreamParams,
    Watchable,
)
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.ocpp.versions import OcppVersion

HARD_WIRED = "HardWiredMonitor"
CUSTOM = "CustomMonitor"
PRECONFIGURED = "PreconfiguredMonitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A monitor that the station runs. `ours`: a profile set it; `kept`: why it was not cleared
    when it was asked to be, "" if it was not."""

    monitor_id: int
    target: ComponentVariable
    type: str
    value: float
    severity: int
    transaction: bool = False
    stream: StreamParams | None = None
    origin: str = ""
    ours: bool = False
    asked_here: bool = False
    kept: str = ""

    @property
    def is_custom(self) -> bool:
        """Whether it is known that a CSMS set it."""
        return self.ours or self.asked_here or self.origin == CUSTOM

    def key(self) -> tuple[object, ...]:
        return (*self.target.key(), self.type, self.severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """What is known of a station, as far as it concerns monitors.

    `variables` are those of the device model by their key, `components` the names of components
    in lower case; both may leave out what the document does not name. Of a model that was read
    `model_partly` what is absent may be there all the same. `refused` holds what the
    station said no to: reasons by `refusal_key`.
    """

    version: OcppVersion | None
    lacks_monitors: bool = False
    monitors_read: bool = True
    model_read: bool = True
    model_partly: bool = False
    variables: Mapping[tuple[object, ...], tuple[ComponentVariable, Watchable]] = field(
        default_factory=dict
    )
    components: Collection[str] = ()
    base: str = ""
    level: int | None = None
    enabled: bool | None = None
    has_switch: bool = True
    present: Sequence[Present] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
