"""Which figures there are, within what limits, and which of them hold."""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("parameters.toml")


@dataclass(frozen=True)
class Parameter:
    """A figure that the studies take as given.

    `value` is what holds when nobody stated anything, None where nothing is assumed. A figure
    `by_place` may be stated for each delivery centre. Texts come in Chinese and English.
    """

    name: str
    value: float | None
    least: float
    most: float
    by_place: bool
    zh: str
    en: str
    unit_zh: str
    unit_en: str
    source_zh: str
    source_en: str


@functools.cache
def all_parameters() -> dict[str, Parameter]:
    """Every figure of the table, by name, in its order."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {
        name: Parameter(
            name=name,
            value=row.get("value"),
            by_place=row.get("place", False),
            **{key: row[key] for key in ("least", "most", "zh", "en")},
            **{key: row[key] for key in ("unit_zh", "unit_en", "source_zh", "source_en")},
        )
        for name, row in table.items()
    }


def may_hold(parameter: Parameter, value: float) -> bool:
    """Whether the figure lies within its limits."""
    return math.isfinite(value) and parameter.least <= value <= parameter.most


@dataclass(frozen=True)
class Figures:
    """The figures that hold, by name and place code; empty place codes hold everywhere."""

    stated: Mapping[tuple[str, str], float]

    def get(self, name: str, place_code: str = "") -> float | None:
        """The figure stated for the place, else for everywhere, else the assumed one, else None.

        Raises
        ------
        KeyError
            There is no such figure.
        """
        parameter = all_parameters()[name]
        for key in ((name, place_code), (name, "")):
            if key in self.stated:
                return self.stated[key]
        return parameter.value

    def need(self, name: str, place_code: str = "") -> float:
        """A figure that always has a value, because one is assumed."""
        value = self.get(name, place_code)
        assert value is not None, name
        return value
