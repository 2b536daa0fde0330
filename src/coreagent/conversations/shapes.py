"""Frozen dataclasses as plain JSON values and back, each value checked against its type.

Fields that are not known are passed over, so that what a newer version adds does not make a record unreadable; fields
that are missing take their defaults. No other package is needed, so reading a conversation loads nothing else.
"""

import functools
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import IntEnum
from types import UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

MOST = 2**53
"""Whole numbers beyond it are refused: JSON readers elsewhere round them."""

_Reader = Callable[[Any], Any]


def to_plain(value: Any) -> Any:
    """A dataclass, tuple, mapping or scalar as what ``json`` can write; all fields, in their order."""
    if is_dataclass(value):
        return {entry.name: to_plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in cast("tuple[Any, ...]", value)]
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in cast("dict[str, Any]", value).items()}
    return int(value) if isinstance(value, IntEnum) else value


def from_plain(kind: Any, value: Any) -> Any:
    """A value of ``kind``.

    Raises:
        ValueError: it does not fit; the text names the field.
    """
    return _reader(kind)(value)


@functools.cache
def _reader(kind: Any) -> _Reader:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return functools.partial(_one_of, inner)
    if origin is tuple:
        return functools.partial(_items, _reader(inner[0]))
    if origin is dict:
        return functools.partial(_entries, _reader(inner[1]))
    if origin in (Union, UnionType):
        (some,) = [entry for entry in inner if entry is not type(None)]
        return functools.partial(_optional, _reader(some))
    if is_dataclass(kind):
        return _dataclass_reader(cast("type[Any]", kind))
    if issubclass(kind, IntEnum):
        return functools.partial(_level, kind)
    return {str: _text, bool: _flag, int: _whole, float: _number}[kind]


def _dataclass_reader(kind: type[Any]) -> _Reader:
    hints = get_type_hints(kind)
    parts = [(entry.name, _reader(hints[entry.name])) for entry in fields(kind)]
    needed = {entry.name for entry in fields(kind) if entry.default is MISSING and entry.default_factory is MISSING}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise ValueError(f"{_short(value)} is no {kind.__name__}")
        table = cast("dict[str, Any]", value)
        found: dict[str, Any] = {}
        for name, read_part in parts:
            if name in table:
                try:
                    found[name] = read_part(table[name])
                except ValueError as error:
                    raise ValueError(f"{name}: {error}") from None
            elif name in needed:
                raise ValueError(f"{name} is missing")
        return kind(**found)

    return read


def _one_of(known: tuple[Any, ...], value: Any) -> Any:
    if value not in known:
        raise ValueError(f"{_short(value)} is none of {', '.join(map(str, known))}")
    return value


def _items(read: _Reader, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{_short(value)} is no list")
    return tuple(map(read, cast("list[object]", value)))


def _entries(read: _Reader, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{_short(value)} is no table")
    return {key: read(item) for key, item in cast("dict[str, Any]", value).items()}


def _optional(read: _Reader, value: Any) -> Any:
    return None if value is None else read(value)


def _level(kind: type[IntEnum], value: Any) -> IntEnum:
    return kind(_whole(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{_short(value)} is no text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{_short(value)} is neither true nor false")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MOST:
        raise ValueError(f"{_short(value)} is no whole number that can be kept")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{_short(value)} is no number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError("a number that is too large") from None


def _short(value: Any) -> str:
    # Only scalars are shown: a nested value could be of any length and depth.
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + " ..."
