"""Reports and variables in words that no version owns; see `messages`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from diagnostics.ocpp.types import ComponentVariable


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """The answer to a request for a report: Accepted, Rejected, NotSupported or EmptyResultSet."""

    status: str
    reason_code: str = ""
    additional_info: str = ""


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One NotifyReport or NotifyMonitoringReport; ``items`` as on the wire, without secrets.

    ``unread`` has what could not be read of it, as JSON texts. ``damaged``: something is in there,
    or the list came empty, so the report lacks something.
    """

    request_id: int
    seq_no: int
    tbc: bool
    generated_at: datetime | None
    items: tuple[dict[str, Any], ...]
    unread: tuple[str, ...] = ()
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class AttributeFacts:
    """One attribute of a variable; ``value`` is ``None`` where it may not be read."""

    type: str
    value: str | None
    mutability: str = ""
    persistent: bool = False
    constant: bool = False


@dataclass(frozen=True, slots=True)
class VariableFacts:
    """One entry of a report on the device model (ReportDataType)."""

    reference: ComponentVariable
    attributes: tuple[AttributeFacts, ...]
    data_type: str = ""
    unit: str = ""
    min_limit: float | None = None
    max_limit: float | None = None
    values_list: str = ""
    supports_monitoring: bool | None = None
    max_elements: int | None = None

    @property
    def has_characteristics(self) -> bool:
        """Whether it says more than values; an entry need not."""
        return bool(self.data_type or self.unit or self.values_list) or any(
            each is not None
            for each in (
                self.min_limit,
                self.max_limit,
                self.supports_monitoring,
                self.max_elements,
            )
        )


@dataclass(frozen=True, slots=True)
class VariableAsked:
    """An attribute to read, or to set when it has a ``value``."""

    reference: ComponentVariable
    attribute_type: str = "Actual"
    value: str | None = None

    def key(self) -> tuple[Any, ...]:
        """What makes two of them ask for the same thing."""
        return (*self.reference.key(), self.attribute_type.lower())


@dataclass(frozen=True, slots=True)
class VariableResult:
    """What came of one of them, in the words of 2.x; ``value`` is ``None`` where none came."""

    reference: ComponentVariable
    attribute_type: str
    status: str
    value: str | None = None
    reason_code: str = ""
    additional_info: str = ""
    mutability: str = ""

    def key(self) -> tuple[Any, ...]:
        """Equal to the key of what was asked."""
        return (*self.reference.key(), self.attribute_type.lower())
