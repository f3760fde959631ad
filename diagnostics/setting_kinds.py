"""What values a key of a settings dict takes: read from the annotations of its dataclass."""

from __future__ import annotations

from datetime import timedelta
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

_WORDS: dict[Any, str] = {
    str: "a text",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    timedelta: "a datetime.timedelta",
    NoneType: "None",
}


def takes(kind: Any, value: Any) -> bool:
    """Whether a key of this kind takes the value; a list is as good as a tuple."""
    if isinstance(kind, UnionType):
        return any(takes(each, value) for each in get_args(kind))
    if get_origin(kind) is tuple:
        return isinstance(value, tuple | list) and _take(get_args(kind), value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)


def _take(kinds: tuple[Any, ...], values: Any) -> bool:
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(values)
    return len(kinds) == len(values) and all(map(takes, kinds, values))


def in_words(kind: Any) -> str:
    """What the key takes: "a datetime.timedelta or None"."""
    if isinstance(kind, UnionType):
        return " or ".join(map(in_words, get_args(kind)))
    if get_origin(kind) is tuple:
        return "a tuple of texts" if get_args(kind)[0] is str else "a pair of whole numbers"
    return _WORDS[kind]
