"""Workshop bays for a fleet, and the square root that stands behind all staffing."""

from __future__ import annotations

import math


def square_root_staffing(load: float, safety: float) -> float:
    """Servers for a load: the load plus `safety` times its square root (Halfin and Whitt 1981).

    Parameters
    ----------
    load : float
        Work that arrives in a unit of time over the work one server does in it, 0 or more.
    safety : float
        0 or more: 0.5 lets about half wait, 1.3 about one in ten.

    Returns
    -------
    float
        Not rounded.

    Raises
    ------
    ValueError
        A number is negative or not finite.
    """
    for name, number in (("load", load), ("safety", safety)):
        if not math.isfinite(number) or number < 0:
            raise ValueError(f"{name} must be 0 or more, not {number}")
    return load + safety * math.sqrt(load)


def service_bays_needed(
    fleet: float,
    *,
    visits_per_year: float,
    hours_per_visit: float,
    hours_per_year: float,
    usable: float = 0.8,
    safety: float = 1.0,
) -> int:
    """Workshop bays for the cars of one catchment.

    Parameters
    ----------
    fleet : float
        Cars in use, 0 or more.
    visits_per_year, hours_per_visit : float
        Visits of one car in a year and bay hours of one visit, 0 or more.
    hours_per_year : float
        Opening hours of a bay in a year, above 0.
    usable : float
        The part of these hours in which work is really done, above 0 and at most 1.
    safety : float
        Bays added for each root of the load.

    Raises
    ------
    ValueError
        A number out of range.
    """
    for name, number in (
        ("fleet", fleet),
        ("visits_per_year", visits_per_year),
        ("hours_per_visit", hours_per_visit),
    ):
        if not math.isfinite(number) or number < 0:
            raise ValueError(f"{name} must be 0 or more, not {number}")
    if not math.isfinite(hours_per_year) or hours_per_year <= 0:
        raise ValueError(f"hours_per_year must be above 0, not {hours_per_year}")
    if not 0 < usable <= 1:
        raise ValueError(f"usable must lie above 0 and at most 1, not {usable}")
    load = fleet * visits_per_year * hours_per_visit / (hours_per_year * usable)
    # 3.0000000001 bays are three.
    return math.ceil(square_root_staffing(load, safety) - 1e-9)
