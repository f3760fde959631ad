"""The entries of NotifyReport and NotifyMonitoringReport: those to be read, and the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from diagnostics.ocpp.fields import text, whole
from diagnostics.ocpp.secrets import hidden_entry, without_values
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.ocpp.unread import as_text, parted

REPORT, MONITORING = "NotifyReport", "NotifyMonitoringReport"

#: The list of a message, and the list in each of its entries.
_LISTS = {
    REPORT: ("reportData", "variableAttribute"),
    MONITORING: ("monitor", "variableMonitoring"),
}


class Entries(NamedTuple):
    """``items`` as on the wire without secrets; ``unread`` as JSON texts without any value.

    ``came_empty``: the list was there and held nothing, as stations send all parts but the first.
    """

    items: tuple[dict[str, Any], ...]
    unread: tuple[str, ...]
    came_empty: bool


def read_entries(action: str, payload: Mapping[str, Any]) -> Entries:
    """Read the list of a report's part. Whatever is left out of ``items`` is in ``unread``."""
    outer, within = _LISTS[action]
    entries, unread = parted(payload.get(outer))
    items = []
    for entry in entries:
        if not _is_named(entry):
            unread.append(entry)
            continue
        good, bad = parted(entry.get(within))
        if action == MONITORING:
            bad += [each for each in good if not _is_a_monitor(each)]
            good = [each for each in good if _is_a_monitor(each)]
        if bad:
            unread.append({**entry, within: bad})
            entry = {**entry, within: good}
        items.append(hidden_entry(entry))
    kept = unread if action == MONITORING else map(without_values, unread)
    return Entries(tuple(items), tuple(map(as_text, kept)), payload.get(outer) == [])


def _is_named(entry: Any) -> bool:
    named = ComponentVariable.from_wire(entry) if isinstance(entry, dict) else None
    return named is not None and bool(named.component.name and named.variable)


def _is_a_monitor(entry: Any) -> bool:
    return whole(entry, "id") is not None and bool(text(entry, "type", 30))
