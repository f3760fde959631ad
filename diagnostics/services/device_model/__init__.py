"""What is known of a station's variables: replaced by a complete report, renewed by answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from diagnostics.lifecycles.report import ReportBase, ReportKind, ReportStatus
from diagnostics.lifecycles.variables import ACCEPTED, Mutability
from diagnostics.models import (
    Report,
    ReportedVariable,
    StationInfo,
    VariableAttribute,
)
from diagnostics.models.naming import NamesVariable
from diagnostics.models.variable import digest_of
from diagnostics.ocpp.codecs import codec_for
from diagnostics.ocpp.device_model import AttributeFacts, VariableFacts, VariableResult
from diagnostics.ocpp.secrets import is_secret
from diagnostics.ocpp.types import ComponentVariable
from diagnostics.ocpp.versions import OcppVersion
from diagnostics.services.device_model import limits

_FACTS = ("data_type", "unit", "min_limit", "max_limit", "values_list", "supports_monitoring",
          "max_elements")  # fmt: skip
_NAMES = ("component", "component_instance", "evse_id", "connector_id", "variable",
          "variable_instance")  # fmt: skip
_ATTRIBUTE = ("value", "mutability", "persistent", "constant", "updated_at")

#: Whether nobody may read a variable.
Guard = Callable[[ComponentVariable], bool]

# Both versions that have reports write their entries alike.
_CODEC = codec_for(OcppVersion.V21)


def apply_report(report: Report, now: datetime) -> None:
    """Take over a report: a complete full inventory replaces what was known, others add to it.

    So does one with entries that cannot be read: what it lacks would look like what is gone.
    """
    found = _merged(_CODEC.decode_variable(item) for part in report.parts.all()
                    for item in part.items)  # fmt: skip
    base = report.criteria.get("reportBase") if report.kind == ReportKind.BASE else None
    replaces = base == ReportBase.FULL and report.status == ReportStatus.COMPLETE and bool(found)
    record_variables(report.station, found, now, replace=replaces)
    if replaces:
        note_inventory(report.station, now)


def note_inventory(station: Any, now: datetime) -> None:
    """The device model is known for the present firmware."""
    info, _ = StationInfo.objects.get_or_create(station=station)
    StationInfo.objects.filter(pk=info.pk).update(
        inventory_firmware=info.firmware_version, inventory_at=now
    )


def _merged(facts: Iterable[VariableFacts]) -> dict[str, VariableFacts]:
    """By digest; a variable may stand in several entries, each with some of its attributes."""
    merged: dict[str, VariableFacts] = {}
    for each in facts:
        digest = digest_of(each.reference)
        if earlier := merged.get(digest):
            known = {attribute.type: attribute for attribute in earlier.attributes}
            known.update((attribute.type, attribute) for attribute in each.attributes)
            best = each if each.data_type else earlier
            each = VariableFacts(
                best.reference,
                tuple(known.values()),
                *(getattr(best, name) for name in _FACTS),
            )
        merged[digest] = each
    return merged


@transaction.atomic
def record_variables(
    station: Any, found: dict[str, VariableFacts], now: datetime, *, replace: bool
) -> None:
    """Keep variables with their characteristics; `replace` forgets all others."""
    if replace:
        ReportedVariable.objects.filter(station=station).exclude(digest__in=list(found)).delete()
    _keep_variables(station, found, now)
    keys = _keys(station, found)
    if replace:
        VariableAttribute.objects.filter(variable__station=station).delete()
    _keep_attributes(
        [(keys[digest], each) for digest, facts in found.items() for each in facts.attributes], now
    )
    values = [(facts.reference, each.value) for facts in found.values()
              for each in facts.attributes if each.type == "Actual" and each.value]  # fmt: skip
    limits.learn(station, values, now)


def _keep_variables(station: Any, found: dict[str, VariableFacts], now: datetime) -> None:
    """An entry without characteristics leaves those that are known."""
    for columns, tells in (((*_NAMES, *_FACTS), True), (_NAMES, False)):
        ReportedVariable.objects.bulk_create(
            [
                ReportedVariable(
                    station=station,
                    digest=digest,
                    updated_at=now,
                    **NamesVariable.columns(facts.reference),
                    **{name: getattr(facts, name) for name in _FACTS},
                )
                for digest, facts in sorted(found.items())  # one order for all: no deadlocks
                if facts.has_characteristics is tells
            ],
            update_conflicts=True,
            unique_fields=["station", "digest"],
            update_fields=[*columns, "updated_at"],
            batch_size=500,
        )


def _keys(station: Any, digests: Iterable[str]) -> dict[str, int]:
    known = ReportedVariable.objects.filter(station=station, digest__in=list(digests))
    return dict(known.values_list("digest", "pk"))


def _keep_attributes(pairs: list[tuple[int, AttributeFacts]], now: datetime) -> None:
    VariableAttribute.objects.bulk_create(
        [
            VariableAttribute(
                variable_id=pk,
                type=each.type,
                value=each.value,
                mutability=each.mutability if each.mutability in Mutability.values else "",
                persistent=each.persistent,
                constant=each.constant,
                updated_at=now,
            )
            for pk, each in sorted(pairs, key=lambda pair: (pair[0], pair[1].type))
        ],
        update_conflicts=True,
        unique_fields=["variable", "type"],
        update_fields=list(_ATTRIBUTE),
        batch_size=500,
    )


@transaction.atomic
def record_results(
    station: Any, results: Iterable[VariableResult], now: datetime, guard: Guard
) -> None:
    """Keep the values of variables that were read or set; secrets leave no value.

    `guard` is that of the station, see `secrets_of`.
    """
    good = [each for each in results if each.status == ACCEPTED and each.value is not None]
    found = {digest_of(each.reference): each.reference for each in good}
    _add_unknown(station, found, now)
    rows = VariableAttribute.objects.filter(
        variable__station=station, variable__digest__in=list(found)
    )
    known = {(row.variable_id, row.type): row for row in rows}
    keys = _keys(station, found)
    pairs = []
    for each in good:
        pk = keys[digest_of(each.reference)]
        value = None if guard(each.reference) else each.value
        pairs.append((pk, _renewed(known.get((pk, each.attribute_type)), each, value)))
    _keep_attributes(list({(pk, each.type): (pk, each) for pk, each in pairs}.values()), now)
    limits.learn(
        station,
        [(each.reference, each.value) for each in good
         if each.value and each.attribute_type == "Actual"],
        now,
    )  # fmt: skip


def _add_unknown(station: Any, found: dict[str, ComponentVariable], now: datetime) -> None:
    ReportedVariable.objects.bulk_create(
        [
            ReportedVariable(
                station=station, digest=digest, updated_at=now, **NamesVariable.columns(reference)
            )
            for digest, reference in sorted(found.items())
        ],
        ignore_conflicts=True,
    )


def _renewed(
    row: VariableAttribute | None, result: VariableResult, value: str | None
) -> AttributeFacts:
    """A new value leaves what a report said of the attribute as it was."""
    return AttributeFacts(
        type=result.attribute_type,
        value=value,
        mutability=result.mutability or (row.mutability if row else ""),
        persistent=row.persistent if row else False,
        constant=row.constant if row else False,
    )


def secrets_of(station: Any) -> Guard:
    """Which variables of a station (or its primary key) nobody may read: known by name, or
    write-only as it said."""
    return secrets_of_many([station])[station]


def secrets_of_many(stations: Sequence[Any]) -> dict[Any, Guard]:
    """`secrets_of` for each of these stations, or their primary keys."""
    rows = ReportedVariable.objects.filter(
        station__in=stations, attributes__mutability=Mutability.WRITE_ONLY
    )
    written: dict[Any, set[str]] = {}
    for key, digest in rows.values_list("station", "digest"):
        written.setdefault(key, set()).add(digest)
    return {each: _guard(written.get(getattr(each, "pk", each), set())) for each in stations}


def _guard(written: set[str]) -> Guard:
    return lambda named: is_secret(named) or (bool(written) and digest_of(named) in written)
