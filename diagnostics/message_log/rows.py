"""From queued frames to rows: what they are, and which answer belongs to which call."""

from __future__ import annotations

import json
import re
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from diagnostics.conf import current_settings
from diagnostics.message_log.contents import harmless
from diagnostics.message_log.entry import FROM, TO, Entry, Exchange
from diagnostics.message_log.tally import Tally
from diagnostics.models.message import IGNORED, OK, MessageType
from diagnostics.redaction import storable

# Calls whose answer may still come.
REMEMBERED = 20_000
LONGEST_ID, LONGEST_ACTION, LONGEST_WORD, LONGEST_ERROR = 255, 64, 64, 255

# A checked frame without escapes: the payload need not be parsed to be kept.
_REQUEST = re.compile(
    r'\s*\[\s*([26])\s*,\s*"([^"\\]*)"\s*,\s*"([^"\\]*)"\s*,\s*(\{.*\})\s*\]\s*', re.DOTALL
)
_RESULT = re.compile(r'\s*\[\s*(3)\s*,\s*"([^"\\]*)"\s*,\s*(\{.*\})\s*\]\s*', re.DOTALL)

_OTHER = {FROM: TO, TO: FROM}
# Plain numbers, since comparing with a member of an enumeration takes several times as long.
_KINDS = frozenset(MessageType.values)
_CALL, _RESULT_KIND = MessageType.CALL.value, MessageType.CALL_RESULT.value
_RESULT_REFUSED = MessageType.CALL_RESULT_ERROR.value
_REQUESTS = frozenset({_CALL, MessageType.SEND.value})
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


Item = TypeVar("Item")


def gently(items: Iterable[Item]) -> Iterator[Item]:
    """The same items, with a moment for the event loop after every hundred of them."""
    for number, item in enumerate(items, 1):
        yield item
        if not number % 100:
            time.sleep(0)


class Row(NamedTuple):
    """The columns of a MessageRecord, in order; `payload` is JSON text."""

    station_id: Any
    connection: str
    at: datetime
    direction: str
    message_type: int | None
    message_id: str
    action: str
    payload: str | None
    text: str
    size: int
    latency: float | None
    outcome: str
    error_description: str


def rows_of_exchange(each: Exchange) -> tuple[Row, Row]:
    """The call and its answer."""
    began = datetime.fromtimestamp(each.at, UTC)
    end = datetime.fromtimestamp(each.answered_at, UTC)
    ids, named = (each.station_id, each.connection), (each.message_id, each.action)
    size, answered = len(each.text), len(each.answer)
    return (
        Row(*ids, began, FROM, _CALL, *named, each.payload, "", size, None, "", ""),
        Row(*ids, end, TO, _RESULT_KIND, *named, "{}", "", answered, each.latency, OK, ""),
    )


class _Frame(NamedTuple):
    kind: int | None
    message_id: str = ""
    action: str = ""
    payload: str | None = None
    outcome: str = ""
    description: str = ""
    text: str = ""


class _Call(NamedTuple):
    action: str
    at: float
    is_left_out: bool


class Scribe:
    """Makes rows of entries in the order in which they came, and remembers the calls among them.

    All of them are counted in `tally`, also those that are left out.
    """

    def __init__(self) -> None:
        self._calls: OrderedDict[tuple[Any, str, str, str], _Call] = OrderedDict()
        self.tally = Tally()

    def rows(self, entries: Sequence[Entry | Exchange]) -> list[Row | Exchange]:
        """What to write; an exchange stands for its two rows, as `rows_of_exchange` makes them.

        Calls of actions that are left out have none, nor their answers.
        """
        current = current_settings()
        left_out = current.message_log_leaves_out
        rows: list[Row | Exchange] = []
        for each in gently(harmless(entries, upload_path=current.upload_path)):
            if isinstance(each, Exchange):
                is_left_out = each.action in left_out
                self._count_exchange(each)
                key = (each.station_id, each.connection, FROM, each.message_id)
                self._remember(key, _Call(each.action, each.at, is_left_out))
                if not is_left_out:
                    rows.append(each)
                continue
            entry, content = each
            row = self._row(entry, _frame_of(content, entry.direction), left_out)
            if row is not None:
                rows.append(row)
        return rows

    def _count_exchange(self, each: Exchange) -> None:
        self.tally.count(each.station_id, each.at, FROM, _CALL, "", None)
        self.tally.count(each.station_id, each.answered_at, TO, _RESULT_KIND, OK, None)

    def _row(self, entry: Entry, frame: _Frame, left_out: Collection[str]) -> Row | None:
        latency, action, outcome = None, frame.action, entry.outcome or frame.outcome
        description = entry.description or frame.description
        is_left_out = False
        if frame.kind in _REQUESTS:
            is_left_out = action in left_out and not outcome
            if frame.kind == _CALL:
                key = (entry.station_id, entry.connection, entry.direction, frame.message_id)
                self._remember(key, _Call(action, entry.at, action in left_out))
        elif frame.kind is not None:
            call = self._call_of(entry, frame)
            if call is not None:
                is_left_out = call.is_left_out and outcome == OK
                action, latency = call.action, max(0.0, round((entry.at - call.at) * 1000, 3))
        self.tally.count(entry.station_id, entry.at, entry.direction, frame.kind, outcome, latency)
        if is_left_out:
            return None
        return Row(
            entry.station_id,
            entry.connection[:64],
            datetime.fromtimestamp(entry.at, UTC),
            entry.direction,
            frame.kind,
            frame.message_id[:LONGEST_ID],
            action[:LONGEST_ACTION],
            frame.payload,
            frame.text,
            entry.size,
            latency,
            outcome[:LONGEST_WORD],
            description and storable(description[:LONGEST_ERROR]),
        )

    def _remember(self, key: tuple[Any, str, str, str], call: _Call) -> None:
        self._calls[key] = call
        if len(self._calls) > REMEMBERED:
            self._calls.popitem(last=False)

    def _call_of(self, entry: Entry, frame: _Frame) -> _Call | None:
        """The call that is answered; CALLRESULTERROR is the caller's word on the answer."""
        is_callers = frame.kind == _RESULT_REFUSED
        caller = entry.direction if is_callers else _OTHER[entry.direction]
        return self._calls.get((entry.station_id, entry.connection, caller, frame.message_id))


def _frame_of(content: Any, direction: str) -> _Frame:
    if isinstance(content, tuple):
        return _Frame(None, text=content[0], outcome=IGNORED)
    if isinstance(content, str):
        if found := _REQUEST.fullmatch(content):
            return _Frame(int(found[1]), found[2], found[3], found[4])
        # A station's answer may have more elements than it should: those are parsed.
        if direction == TO and (found := _RESULT.fullmatch(content)):
            return _Frame(3, found[2], "", found[3], OK)
        content = json.loads(content)
    return _frame_of_elements(content)


def _frame_of_elements(elements: list[Any]) -> _Frame:
    kind = elements[0] if elements else None
    if type(kind) is not int or kind not in _KINDS:
        return _Frame(None, text=_json(elements)[:1000], outcome=IGNORED)
    rest = [*elements[1:5], None, None, None, None]
    message_id = "" if rest[0] is None else str(rest[0])
    if kind in _REQUESTS:
        action = rest[1] if isinstance(rest[1], str) else ""
        return _Frame(kind, message_id, action, _json(rest[2]))
    if kind == MessageType.CALL_RESULT:
        return _Frame(kind, message_id, "", _json(rest[1]), OK)
    code, description = (each if isinstance(each, str) else "" for each in rest[1:3])
    details = _json(rest[3]) if rest[3] else None
    return _Frame(kind, message_id, "", details, code or "GenericError", description)


def _json(value: Any) -> str:
    return _ENCODER.encode(value)
