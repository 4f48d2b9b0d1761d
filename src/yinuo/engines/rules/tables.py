"""Typed reading of TOML tables: every key is known, present where needed, and of its type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeVar

from yinuo.engines.rules.faults import Unreadable
from yinuo.engines.rules.rule import Words

Table = Mapping[str, Any]
T = TypeVar("T")


def get(table: Table, key: str, kind: type[T]) -> T:
    """The value of `key`.

    Raises
    ------
    Unreadable
        It is absent, empty text, or of another type.
    """
    if key not in table or table[key] == "":
        raise Unreadable(f"缺少“{key}”", f"{key!r} is missing")
    value = table[key]
    # A yes is no number and an instant no date, although Python takes them for such.
    odd = (isinstance(value, bool) and kind is not bool) or isinstance(value, dt.datetime)
    if isinstance(value, kind) and not odd:
        return value
    raise Unreadable(
        f"“{key}”应是 {kind.__name__}，现在是 {value!r}",
        f"{key!r} should be {kind.__name__}, not {value!r}",
    )


def get_or(table: Table, key: str, kind: type[T], default: T) -> T:
    """As `get`, or `default` where the key is absent."""
    return get(table, key, kind) if key in table else default


def one_of(table: Table, key: str, allowed: tuple[T, ...]) -> T:
    """The value of `key`, one of `allowed`.

    Raises
    ------
    Unreadable
        It is absent or another.
    """
    value = get(table, key, str)
    for each in allowed:
        if value == each:
            return each
    names = ", ".join(map(str, allowed))
    raise Unreadable(f"“{key}”只能是 {names}", f"{key!r} must be one of {names}, not {value!r}")


def words(table: Table, zh: str = "zh", en: str = "en") -> Words:
    """The two wordings under the keys `zh` and `en`."""
    return Words(get(table, zh, str), get(table, en, str))


def only(table: Table, *keys: str) -> None:
    """Nothing else stands in the table.

    Raises
    ------
    Unreadable
        A key is none of `keys`: a misspelled word must not be passed over.
    """
    unknown = sorted(set(table) - set(keys))
    if unknown:
        said = ", ".join(unknown)
        raise Unreadable(f"不认识“{said}”", f"unknown: {said}")
