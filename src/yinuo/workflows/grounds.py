"""What a first date may rest on, and what it cannot be worked out without: one rule for all doors.

A quote before any money and the first promise after the lock ask the same questions, so that
neither names a date where the other names none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from yinuo.contexts.production.queries.forecasting import Capacity
from yinuo.contexts.promises.queries.quotes import Launches
from yinuo.workflows.inputs import Inputs

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# What a first date may want: a plant for the configuration, a way to the centre, a report of a
# part, output that was measured or launches to compare with.
MISSING = ("", "NOT_PLANNED", "NO_LANE", "NO_SUPPLY", "NO_OUTPUT")
NO_OUTPUT = MISSING.index("NO_OUTPUT")
# Of an order, not of a line: its buyer asks for the slot by agreement, and has not asked.
# Or its place in line is still to be drawn.
WHYS = (*MISSING, "NOT_ASKED", "NOT_DRAWN")
NOT_ASKED, NOT_DRAWN = WHYS.index("NOT_ASKED"), WHYS.index("NOT_DRAWN")


@dataclass(frozen=True)
class Grounds:
    """By class (K): what its dates rest on.

    `output_weeks` counts the weeks of output that the class's plants were measured in, the most of
    any; `supplied` is false where a part was never reported; `reference_of` is the place in
    `references` of what earlier launches say of its plant, -1 where nothing is stated.
    """

    output_weeks: Ints
    supplied: Flags
    reference_of: Ints
    references: tuple[Launches, ...]

    @property
    def any(self) -> Flags:
        """Classes that have built something or that earlier launches speak of."""
        return np.asarray((self.output_weeks > 0) | (self.reference_of >= 0))


def find_grounds(inputs: Inputs) -> Grounds:
    """The grounds of each class of the inputs."""
    capacity, known = inputs.capacity, inputs.vintages
    place_of = {code: place for place, code in enumerate(known)}
    measured = _measured_weeks(capacity)
    kinds = capacity.alternatives.size
    weeks, supplied = np.zeros(kinds, np.int64), np.zeros(kinds, np.bool_)
    reference_of = np.full(kinds, -1, np.int64)
    for k in range(kinds):
        ways = [needs[needs >= 0] for needs in capacity.resources[k, : capacity.alternatives[k]]]
        weeks[k] = max(int(measured[rows].max(initial=0)) for rows in ways)
        supplied[k] = any(capacity.known[rows].all() for rows in ways)
        # That of the plant that the class likes best; of another where that one has none.
        codes = [capacity.codes[row] for rows in ways for row in rows.tolist()]
        reference_of[k] = next((place_of[code] for code in codes if code in place_of), -1)
    launches = (
        Launches(
            one.launches,
            max(0, round(100 * (1 + one.mean - one.sd))),
            round(100 * (1 + one.mean + one.sd)),
            one.note_zh,
            one.note_en,
        )
        for one in known.values()
    )
    return Grounds(weeks, supplied, reference_of, tuple(launches))


def _measured_weeks(capacity: Capacity) -> Ints:
    """Weeks of output that were held against a plan, by resource row.

    A plant of which no car was ever reported was not measured, whatever its plan had said. That a
    supplier keeps its word is no ground for a date of a line that has built nothing.
    """
    plants = np.array([code not in capacity.parts for code in capacity.codes], np.bool_)
    return np.asarray((capacity.target > 0).sum(axis=1) * plants * capacity.actual.any(axis=1))


def what_is_missing(planned: Flags, reached: Flags, supplied: Flags, grounded: Flags) -> Ints:
    """The row of `MISSING` of each order, element by element: the first thing it wants."""
    wants = [~planned, ~reached, ~supplied, ~grounded]
    return np.select(wants, range(1, len(MISSING)), 0).astype(np.int64)
