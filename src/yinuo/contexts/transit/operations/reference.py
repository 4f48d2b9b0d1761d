"""The lanes from plants to delivery centres."""

from __future__ import annotations

from collections.abc import Sequence

from yinuo.contexts.transit.models import Lane


def save_lane(
    *,
    origin_id: int,
    destination_id: int,
    mode: str,
    departure_weekdays: Sequence[int],
    transit_days_mean: float,
    transit_days_sd: float,
    preparation_days: float,
) -> int:
    """Add or change a lane; its row is given back.

    `departure_weekdays` are ISO weekdays (1 = Monday); the days are decimal, none is negative.

    Raises
    ------
    ValueError
        A weekday is not 1..7, or a number of days is negative.
    """
    if not departure_weekdays or not set(departure_weekdays) <= set(range(1, 8)):
        raise ValueError("departures are on weekdays 1 to 7")
    if min(transit_days_mean, transit_days_sd, preparation_days) < 0:
        raise ValueError("a number of days is not negative")
    row, _ = Lane.objects.update_or_create(
        origin_id=origin_id,
        destination_id=destination_id,
        defaults={
            "mode": mode,
            "departure_weekdays": sorted(departure_weekdays),
            "transit_days_mean": transit_days_mean,
            "transit_days_sd": transit_days_sd,
            "preparation_days": preparation_days,
        },
    )
    return row.id
