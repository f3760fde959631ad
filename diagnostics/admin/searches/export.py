"""The hits of a search as a table and as JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from diagnostics.admin.searches.results import seen_files
from diagnostics.gateway import StationGateway, get_gateway
from diagnostics.models import LogSearch, SearchHit

# Hits fetched at once.
BATCH = 500

COLUMNS = ("station", "log_request", "log_type", "file", "received_at", "member", "line", "column",
           "text")  # fmt: skip
# What spreadsheets take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(
    rows: Iterator[list[dict[str, Any]]], columns: Sequence[str] = COLUMNS
) -> Generator[bytes, None, None]:
    """UTF-8 with a mark, which spreadsheets need; no cell begins as a formula does."""
    yield "\ufeff".encode() + _csv([dict(zip(columns, columns, strict=True))], columns)
    for some in rows:
        yield _csv(some, columns)


def as_json_lines(rows: Iterator[list[dict[str, Any]]]) -> Generator[bytes, None, None]:
    for some in rows:
        yield "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in some).encode()


def exported(search: LogSearch, user: Any) -> Iterator[list[dict[str, Any]]]:
    """The kept hits, some hundred at a time, in the order they were found. Lines count from 1."""
    gateway, last = get_gateway(), 0
    files = seen_files(search, user).values("pk")
    hits = SearchHit.objects.filter(searched_file__in=files).order_by("pk")
    hits = hits.select_related("searched_file__log_file__log_request__station")
    while some := list(hits.filter(pk__gt=last)[:BATCH]):
        yield [_row(gateway, hit) for hit in some]
        last = some[-1].pk


def _row(gateway: StationGateway, hit: SearchHit) -> dict[str, Any]:
    file = hit.searched_file.log_file
    request = file.log_request
    return {
        "station": gateway.identity(request.station),
        "log_request": request.pk,
        "log_type": request.log_type,
        "file": file.name,
        "received_at": file.received_at.isoformat(),
        "member": hit.path,
        "line": hit.line + 1,
        "column": hit.column + 1,
        "text": hit.text,
    }


def _csv(rows: list[dict[str, Any]], columns: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.DictWriter(out, columns).writerows(
        {name: _cell(value) for name, value in row.items()} for row in rows
    )
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
