"""People who answer calls: the queue with patient callers."""

from __future__ import annotations

import math

AGENTS_MAX = 1_000_000


def erlang_c(agents: int, load: float) -> float:
    """Chance that a caller has to wait.

    Parameters
    ----------
    agents : int
        People who answer, at least 1.
    load : float
        Calls an hour times hours a call, in erlangs, 0 or more.

    Returns
    -------
    float
        Between 0 and 1; 1 where the load is not below the number of agents: the queue then grows
        without end.

    Raises
    ------
    ValueError
        Fewer than one agent, or a load that is negative or no number.

    Notes
    -----
    Erlang (1917); by the stable recursion for the loss formula, so no factorial is ever formed.
    Calls arrive at random, last an exponential time, and nobody hangs up.
    """
    if agents < 1:
        raise ValueError("at least one agent is needed")
    _positive("load", load, zero=True)
    if load >= agents:
        return 1.0
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = load * blocked / (number + load * blocked)
    return agents * blocked / (agents - load * (1 - blocked))


def answered_in_time(agents: int, calls_per_hour: float, seconds: float, within: float) -> float:
    """Share of callers answered within `within` seconds, when a call lasts `seconds` on average.

    Raises
    ------
    ValueError
        Fewer than one agent, a negative number, or a call of no length.
    """
    _positive("calls_per_hour", calls_per_hour, zero=True)
    _positive("seconds", seconds, zero=False)
    _positive("within", within, zero=True)
    load = calls_per_hour * seconds / 3600
    if load >= agents:
        return 0.0
    return 1 - erlang_c(agents, load) * math.exp(-(agents - load) * within / seconds)


def agents_needed(
    calls_per_hour: float, *, seconds: float = 360.0, share: float = 0.8, within: float = 20.0
) -> int:
    """The least number of people who answer `share` of the calls within `within` seconds.

    Parameters
    ----------
    calls_per_hour : float
        0 or more; for 0 nobody is needed.
    seconds : float
        Mean length of a call with the work after it, above 0.
    share : float
        Above 0 and below 1.
    within : float
        Seconds, 0 or more.

    Raises
    ------
    ValueError
        A number out of these ranges, or a load above `AGENTS_MAX` erlangs.
    """
    _positive("calls_per_hour", calls_per_hour, zero=True)
    _positive("seconds", seconds, zero=False)
    _positive("within", within, zero=True)
    if not 0 < share < 1:
        raise ValueError("share must lie between 0 and 1")
    if calls_per_hour == 0:
        return 0
    load = calls_per_hour * seconds / 3600
    if load >= AGENTS_MAX:
        raise ValueError(f"a load of {load:.0f} is no call centre")
    # The recursion is carried along, so that the search costs no more than its last step.
    blocked, agents = 1.0, 0
    while True:
        agents += 1
        blocked = load * blocked / (agents + load * blocked)
        if agents <= load:
            continue
        waits = agents * blocked / (agents - load * (1 - blocked))
        if 1 - waits * math.exp(-(agents - load) * within / seconds) >= share:
            return agents


def _positive(name: str, number: float, *, zero: bool) -> None:
    if not math.isfinite(number) or number < 0 or (number == 0 and not zero):
        raise ValueError(f"{name} must be {'0 or more' if zero else 'above 0'}, not {number}")
