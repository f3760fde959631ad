"""What each stage of bringing a station into step asks of it; `runs` decides which comes next."""

from __future__ import annotations

from collections.abc import Callable

from diagnostics.lifecycles.profile import Stage
from diagnostics.models import ProfileRun
from diagnostics.ocpp.device_model import VariableAsked
from diagnostics.ocpp.types import Component, ComponentVariable, Variable
from diagnostics.profiles.steps import Action, Plan
from diagnostics.services import monitors, reports
from diagnostics.services.device_model import variables
from diagnostics.services.monitors.watch import read_again

SWITCH = ComponentVariable(Component("MonitoringCtrlr"), Variable("Enabled"))


def _read(run: ProfileRun, found: Plan) -> None:
    read_again(run.station, run.requested_by)


def _read_model(run: ProfileRun, found: Plan) -> None:
    reports.request_base_report(station=run.station, requested_by=run.requested_by)


def _switch(run: ProfileRun, found: Plan) -> None:
    user = run.requested_by
    for each in found.to_switch:
        if each.name == "enabled":
            asked = [VariableAsked(SWITCH, value=each.wanted)]
            run.variables = variables.set_variables(
                station=run.station, asked=asked, requested_by=user
            )
        elif each.name == "base":
            base = monitors.set_monitoring_base(
                station=run.station, base=each.wanted, requested_by=user
            )
            run.calls.add(base)
        else:
            level = monitors.set_monitoring_level(
                station=run.station, severity=int(each.wanted), requested_by=user
            )
            run.calls.add(level)


def _clear(run: ProfileRun, found: Plan) -> None:
    ids = [step.present.monitor_id for step in found.of(Action.CLEAR) if step.present]
    run.calls.add(
        *monitors.clear_monitors(station=run.station, ids=ids, requested_by=run.requested_by)
    )


def _set(run: ProfileRun, found: Plan) -> None:
    steps = found.of(Action.SET, Action.REPLACE)
    wanted = [step.spec for step in steps if step.spec]
    monitors.set_monitors(
        station=run.station, wanted=wanted, requested_by=run.requested_by, run=run
    )


BEGIN: dict[Stage, Callable[[ProfileRun, Plan], None]] = {
    Stage.READ: _read,
    Stage.MODEL: _read_model,
    Stage.SETTINGS: _switch,
    Stage.CLEAR: _clear,
    Stage.SET: _set,
}
