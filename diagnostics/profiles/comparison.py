"""The monitors of a station beside those of a profile: what is set, replaced, cleared or kept."""

from __future__ import annotations

from dataclasses import replace

from diagnostics.ocpp.codecs.monitoring import monitoring_codec
from diagnostics.ocpp.errors import UnsupportedAction
from diagnostics.ocpp.monitoring import (
    NOTHING_KNOWN,
    MonitorSpec,
    Watchable,
    mistake,
    needs_value,
    settled,
)
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.profiles.document import Document, Wanted
from diagnostics.profiles.station import HARD_WIRED, PRECONFIGURED, Present, Station
from diagnostics.profiles.steps import Action, Step, Why, refusal_key

_NOTHING = (None, NOTHING_KNOWN)

# The fields of a mistake, as reasons.
_MISTAKES = {"variable": Why.NOT_MONITORABLE, "type": Why.DATA_TYPE}


class Comparison:
    """The monitors of one station beside those of a document; `left` is not spoken for yet."""

    def __init__(
        self, document: Document, station: Station, wiped: frozenset[str], clears_custom: bool
    ) -> None:
        self.document, self.station, self.clears_custom = document, station, clears_custom
        assert station.version is not None  # noqa: S101  asked before
        self.codec = monitoring_codec(station.version)
        self.left = [each for each in station.present if each.origin not in wiped]

    def steps(self) -> list[Step]:
        """What is there already comes first: only what is left over is replaced or cleared."""
        found = [*self._absent_ones(), *(self._beside(*each) for each in self._expanded())]
        found = [self._instead(step) for step in found]
        found.sort(key=lambda step: -1 if step.entry is None else step.entry)
        return [*found, *self._leftover()]

    def _absent_ones(self) -> list[Step]:
        return [
            Step(action=Action.CANNOT, spec=wanted.spec(), entry=entry, why=self._absent(wanted))
            for entry, wanted in enumerate(self.document.monitors)
            if not wanted.optional and not self._targets(wanted)
        ]

    def _expanded(self) -> list[tuple[int, MonitorSpec, Watchable]]:
        """Each monitor on each of its variables; of two that are the same, the fewest stars."""
        best: dict[tuple[object, ...], tuple[int, int, MonitorSpec, Watchable]] = {}
        for entry, wanted in enumerate(self.document.monitors):
            for target, known in self._targets(wanted):
                spec = settled(wanted.spec(target), known)
                if wanted.optional and self._is_unknown_there(spec):
                    continue
                found = best.get(spec.key())
                if found is None or wanted.stars < found[0]:
                    best[spec.key()] = (wanted.stars, entry, spec, known)
        return [(entry, spec, known) for _stars, entry, spec, known in best.values()]

    def _is_unknown_there(self, spec: MonitorSpec) -> bool:
        """Whether the station said, when it was tried, that it has no such variable."""
        said = self.station.refused.get(refusal_key(spec), "")
        return said.startswith((Why.UNKNOWN_COMPONENT, Why.UNKNOWN_VARIABLE))

    def _targets(self, wanted: Wanted) -> list[tuple[ComponentVariable, Watchable]]:
        """The variables that a monitor is on. A star stands for what can be monitored."""
        if wanted.stars:
            return [
                (target, known)
                for target, known in self.station.variables.values()
                if wanted.names(target) and known.supports_monitoring
            ]
        found = self.station.variables.get(wanted.target().key())
        if found is not None:
            return [found]
        return [] if self.station.model_read else [(wanted.target(), NOTHING_KNOWN)]

    def _absent(self, wanted: Wanted) -> Why:
        if wanted.component.lower() not in self.station.components:
            return Why.UNKNOWN_COMPONENT
        return Why.NO_MATCH if wanted.stars else Why.UNKNOWN_VARIABLE

    def _impossible(self, entry: int, spec: MonitorSpec, known: Watchable) -> Step | None:
        cannot = Step(action=Action.CANNOT, spec=spec, known=known, entry=entry)
        try:
            self.codec.check_spec(spec)
        except UnsupportedAction as error:
            return replace(cannot, why=Why.NOT_IN_VERSION, detail=str(error))
        if found := mistake(spec, known):
            why = _MISTAKES.get(found.field, Why.LIMITS)
            return replace(cannot, why=why, detail=found.sentence)
        refused = self.station.refused and self.station.refused.get(refusal_key(spec))
        if refused:
            return replace(cannot, why=Why.REFUSED, detail=refused)
        return None

    def _beside(self, entry: int, spec: MonitorSpec, known: Watchable) -> Step:
        """A monitor beside that of the same variable, type and severity, if there is one.

        A station takes no second one, and what cannot be replaced stays rather than being cleared.
        """
        key = spec.key()
        found = next((each for each in self.left if each.key() == key), None)
        if found is not None:
            self.left.remove(found)
            if _is_same(spec, known, found):
                return Step(action=Action.KEEP, spec=spec, known=known, present=found, entry=entry)
        step = self._impossible(entry, spec, known)
        if step is not None or found is None:
            return step or Step(action=Action.SET, spec=spec, known=known, entry=entry)
        step = Step(action=Action.REPLACE, spec=spec, known=known, present=found, entry=entry)
        if found.origin == HARD_WIRED:
            return replace(step, action=Action.CANNOT, why=Why.BUILT_IN)
        return replace(step, spec=replace(spec, monitor_id=found.monitor_id))

    def _instead(self, step: Step) -> Step:
        """One of another severity that would be cleared takes the new one under its id."""
        if step.action is not Action.SET or step.spec is None:
            return step
        kind = (*step.spec.target.key(), step.spec.type)
        for each in self.left:
            if each.key()[:-1] == kind and self._may_clear(each) and not each.kept:
                self.left.remove(each)
                spec = replace(step.spec, monitor_id=each.monitor_id)
                return replace(step, action=Action.REPLACE, spec=spec, present=each)
        return step

    def _leftover(self) -> list[Step]:
        clear = [each for each in self.left if self._may_clear(each)]
        return [
            Step(action=Action.CANNOT, known=known, present=each, why=Why.REFUSED, detail=each.kept)
            if each.kept
            else Step(action=Action.CLEAR, known=known, present=each)
            for each in clear
            for _target, known in [self.station.variables.get(each.target.key(), _NOTHING)]
        ]

    def _may_clear(self, found: Present) -> bool:
        if found.origin in (HARD_WIRED, PRECONFIGURED):
            return False
        return found.ours or (self.clears_custom and found.is_custom)


def _is_same(spec: MonitorSpec, known: Watchable, found: Present) -> bool:
    values = not needs_value(spec.type, known.data_type) or abs(
        spec.value - found.value
    ) <= 1e-6 * max(1.0, abs(spec.value))
    streams = spec.stream is None or spec.stream == found.stream
    return values and streams and spec.transaction == found.transaction
