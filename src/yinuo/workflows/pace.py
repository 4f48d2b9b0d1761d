"""How far a study of many forecasts is, for who waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

# The phase, forecasts done, and at most how many there will be.
Tell = Callable[[str, int, int], None]


def say_nothing(_phase: str, _done: int, _most: int) -> None:
    """For who does not wait."""


class Pace:
    """Counts forecasts. Each phase takes at most so many; what one does not need is skipped."""

    def __init__(self, most: Mapping[str, int], tell: Tell) -> None:
        """`most` gives the forecasts of each phase at most, in the order of the phases."""
        self._most, self._tell = dict(most), tell
        self._phase, self._within = "", 0

    def step(self, phase: str) -> None:
        """A forecast of this phase begins: says how many are done."""
        if phase != self._phase:
            self._phase, self._within = phase, 0
        names = list(self._most)
        before = sum(self._most[name] for name in names[: names.index(phase)])
        self._tell(phase, before + min(self._within, self._most[phase]), sum(self._most.values()))
        self._within += 1
