"""Profiles as YAML: read with what is wrong at its line, written so that it reads the same again.

Texts come from people and from strangers' files: no tag makes an object, no alias makes a bomb.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import yaml

from diagnostics.ocpp.monitoring import USUAL_SEVERITY, StreamParams
from diagnostics.profiles.document import (
    ANY,
    LARGEST_NUMBER,
    MOST_MONITORS,
    Document,
    Flaw,
    Wanted,
    flaws_of,
    needs_a_value,
)

#: Characters of a text that is read at all, and how deep lists may lie in lists.
LONGEST_TEXT = 200_000
DEEPEST = 6

_TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NOTHING = ("", "~", "null", "none")


class DocumentRefused(Exception):
    """The text is no profile; `flaws` say why, in the order of their lines."""

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__(" ".join(flaw.sentence for flaw in flaws))
        self.flaws = sorted(flaws, key=lambda flaw: flaw.line or 0)


def dump(document: Document, *, heading: str = "") -> str:
    """Write a document as YAML; lines of `heading` become comments on top."""
    comments = "".join(f"# {line}\n" for line in heading.splitlines())
    plain = document.plain()
    text = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)
    return comments + text


def load(text: str) -> Document:
    """Read a document. Raises DocumentRefused with everything that is wrong with it."""
    reader = _Reader()
    document = reader.document(_composed(text))
    lines = reader.lines
    found = [
        replace(flaw, line=lines.get((flaw.entry, flaw.field)) or lines.get((flaw.entry, "")))
        for flaw in flaws_of(document)
        if (flaw.entry, flaw.field) not in reader.wrong
    ]
    if reader.flaws or found:
        raise DocumentRefused([*reader.flaws, *found])
    return document


def _composed(text: str) -> yaml.MappingNode:
    if len(text) > LONGEST_TEXT:
        raise DocumentRefused([Flaw(f"The text is longer than {LONGEST_TEXT:,} characters.")])
    try:
        _check_events(text)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise DocumentRefused([_syntax(error)]) from error
    except (yaml.YAMLError, ValueError) as error:  # characters that YAML has not, numbers beyond it
        raise DocumentRefused([Flaw("This is no YAML: it has characters of no text.")]) from error
    if node is None:
        raise DocumentRefused([Flaw("The text is empty: say at least base, level or monitors.")])
    if not isinstance(node, yaml.MappingNode):
        text = "A profile is written as base: …, level: …, enabled: … and monitors: with a list."
        raise DocumentRefused([Flaw(text, line=_line(node))])
    return node


def _check_events(text: str) -> None:
    """No alias, and nothing nested without end: composing either could take for ever."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise DocumentRefused(
                [Flaw('A star that stands alone is written in quotes: "*".', line=_line(event))]
            )
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise DocumentRefused([Flaw("Nothing here is nested so deep.", line=_line(event))])


def _syntax(error: yaml.MarkedYAMLError) -> Flaw:
    mark = error.problem_mark or error.context_mark
    said = str(error.problem or error.context or "")
    text = f"This is no YAML: {said}."
    if "alias" in f"{error.context} {error.problem}":
        text = 'A star that stands alone is written in quotes: "*".'
    return Flaw(text, line=mark.line + 1 if mark else None)


def _line(place: Any) -> int:
    return int(place.start_mark.line) + 1


class _Reader:
    """Turns nodes into a document; `lines` says where each field stands, `flaws` what is wrong."""

    def __init__(self) -> None:
        self.flaws: list[Flaw] = []
        self.lines: dict[tuple[int | None, str], int] = {}
        self.wrong: set[tuple[int | None, str]] = set()

    def document(self, node: yaml.MappingNode) -> Document:
        parts = self._fields(node, None, ("base", "level", "enabled", "monitors"))
        given: dict[str, Any] = {}
        for name, read in (("base", _text), ("level", _whole), ("enabled", _truth)):
            if name in parts:
                given[name] = self._value(parts[name], None, name, read)
        if given.get("base") is None:
            given.pop("base", None)
        monitors = parts.get("monitors")
        return Document(**given, monitors=tuple(self._monitors(monitors)) if monitors else ())

    def _monitors(self, node: yaml.Node) -> Iterator[Wanted]:
        if isinstance(node, yaml.ScalarNode) and node.value.lower() in _NOTHING:
            return
        if not isinstance(node, yaml.SequenceNode):
            self._wrong("monitors is a list: each begins with a dash.", None, "monitors", node)
            return
        for entry, each in enumerate(node.value[: MOST_MONITORS + 1]):
            self.lines[entry, ""] = _line(each)
            if isinstance(each, yaml.MappingNode):
                yield self._monitor(each, entry)
            else:
                self._wrong("A monitor is written as component: …, variable: …", entry, "", each)

    def _monitor(self, node: yaml.MappingNode, entry: int) -> Wanted:
        parts = self._fields(node, entry, tuple(_FIELDS))
        given = {
            name: self._value(part, entry, name, _FIELDS[name])
            for name, part in parts.items()
            if name != "stream"
        }
        given = {name: value for name, value in given.items() if value is not None}
        if "stream" in parts:
            given["stream"] = self._stream(parts["stream"], entry)
        if "value" not in given and needs_a_value(given.get("type", "")):
            self._wrong("Give a value.", entry, "value", parts.get("value", node))
        usual = {"component": "", "variable": "", "type": "", "severity": USUAL_SEVERITY}
        return Wanted(**{**usual, **given})

    def _stream(self, node: yaml.Node, entry: int) -> StreamParams | None:
        if isinstance(node, yaml.ScalarNode) and node.value.lower() in _NOTHING:
            return None
        if not isinstance(node, yaml.MappingNode):
            text = "A stream is written as interval: … and values: …, or one of the two."
            self._wrong(text, entry, "stream", node)
            return None
        parts = self._fields(node, entry, ("interval", "values"))
        return StreamParams(
            **{name: self._value(part, entry, "stream", _whole) for name, part in parts.items()}
        )

    def _fields(
        self, node: yaml.MappingNode, entry: int | None, known: tuple[str, ...]
    ) -> dict[str, yaml.Node]:
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name not in known:
                text = f"Nothing is called {name[:40] or 'so'} here. Known: {', '.join(known)}."
                self.flaws.append(Flaw(text, entry, line=_line(key)))
            elif name in found:
                text = f"{name} is there twice: which is it to be?"
                self.flaws.append(Flaw(text, entry, name, _line(key)))
            else:
                found[name] = value
                self.lines[entry, name] = _line(key)
        return found

    def _value(
        self, node: yaml.Node, entry: int | None, name: str, read: Callable[[str], Any]
    ) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self._wrong(f"{name} is one word or number, no list.", entry, name, node)
            return None
        if node.value.lower() in _NOTHING and node.style is None:
            return None
        try:
            return read(node.value)
        except ValueError as error:
            self._wrong(f"{name}: {error}", entry, name, node)
            return None

    def _wrong(self, sentence: str, entry: int | None, name: str, node: yaml.Node) -> None:
        self.flaws.append(Flaw(sentence, entry, name, _line(node)))
        self.wrong.add((entry, name))


def _text(value: str) -> str:
    return value.strip()


def _whole(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", value) or int(value) > LARGEST_NUMBER:
        raise ValueError("give a whole number.")
    return int(value)


def _place(value: str) -> int | str:
    if value == ANY:
        return ANY
    try:
        return _whole(value)
    except ValueError:
        raise ValueError('give a whole number, or "*" for each.') from None


def _number(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError("give a number.") from None
    if not math.isfinite(number):
        raise ValueError("give a number.")
    return number


def _truth(value: str) -> bool:
    if value.lower() not in _TRUTHS:
        raise ValueError("say true or false.")
    return _TRUTHS[value.lower()]


_FIELDS: dict[str, Callable[[str], Any]] = {
    "component": _text,
    "instance": _text,
    "evse": _place,
    "connector": _place,
    "variable": _text,
    "variable_instance": _text,
    "type": _text,
    "value": _number,
    "severity": _whole,
    "transaction": _truth,
    "stream": _text,
    "optional": _truth,
}
