"""What the invented maker is like. Every number is at the maker's full size.

Time is counted in days since an origin that is a Monday (day 0); fractions are parts of a day in
the plant's own zone. With the origin 2024-01-01 the defaults are the published figures.
"""

from __future__ import annotations

from dataclasses import dataclass

# Days since Monday 2024-01-01.
FIRST_DELIVERY_DAY = 93  # 2024-04-03
NOW_DAY = 772  # 2026-02-11


@dataclass(frozen=True)
class CarLine:
    """One model: when orders opened, and its share of the plant's output.

    `share_days` and `shares` are the knots (days, parts of 1) between which the share runs
    straight; before the first knot it is the first share.
    """

    launch_day: float
    share_days: tuple[float, ...]
    shares: tuple[float, ...]


DEFAULT_LINES = (
    CarLine(launch_day=60.4, share_days=(0, 552, 640), shares=(1.0, 1.0, 0.42)),
    CarLine(launch_day=542.9, share_days=(552, 640), shares=(0.0, 0.50)),
    CarLine(launch_day=244.4, share_days=(290, 420), shares=(0.0, 0.08)),
)


@dataclass(frozen=True)
class TwinParameters:
    """The maker.

    Attributes
    ----------
    anchor_days, anchor_cars : cumulative hand-overs that the ramp passes through exactly before
        rounding: (day, cars). Between them the rate is smooth but for weekly noise and holidays.
    weekly_noise : sd of the logarithm of a week's output, 0..0.5; by default what a plan is
        expected to be off by one week ahead, 0.05 + 0.035 sqrt(1/4), before anything is learned.
    closed_rate : cars built on a day off as a part of an ordinary day, 0..1.
    growth_per_year : relative growth of the rate after the last anchor, -0.5..2.
    now_day : the day on which the maker is looked at.
    open_cars : orders that wait on `now_day`.
    mean_wait_days : mean of hand-over minus lock over the orders handed over before `now_day`.
    promised_days : what buyers were told when they locked.
    wait_days, waits : shape of the wait by day of hand-over; scaled so that the mean holds.
    burst_days : days on which many lock at once (a new version is shown).
    burst_width_days : locks of this many days after a burst are drawn towards it.
    car_lines : the models.
    scarce_per_week : cars a week for which the scarce option can be made.
    scarce_open : orders with the scarce option that wait on `now_day`.
    scarce_start_day : first hand-over of a car with the scarce option.
    scarce_lock_pace : days of locking that one day of scarce output serves, 0..1.
    regions : share of each delivery centre; sums to 1.
    departure_weekdays : for each centre, the weekdays (0 = Monday) on which trains leave.
    transit_days, transit_sd : mean and sd of the way to each centre, days.
    train_cars : cars on one train at most.
    rush : hand-overs of a centre's busiest day as a multiple of a usual one, above 1.
    design_cars_per_year : what the plant was designed for; output early on stays below it.
    """

    anchor_days: tuple[int, ...] = (93, 121, 244, 366, 456, 701, 731, 764)
    anchor_cars: tuple[float, ...] = (
        0,
        7_000,
        47_000,
        135_000,
        180_000,
        500_000,
        545_500,
        600_000,
    )
    weekly_noise: float = 0.0675
    closed_rate: float = 0.4
    growth_per_year: float = 0.12
    now_day: float = NOW_DAY + 9.3333 / 24
    open_cars: int = 600_000
    mean_wait_days: float = 98.0
    promised_days: int = 45
    wait_days: tuple[float, ...] = (93, 250, 456, 600, 772)
    waits: tuple[float, ...] = (30, 55, 70, 110, 160)
    burst_days: tuple[float, ...] = (625.0, 737.0)
    burst_width_days: float = 24.0
    car_lines: tuple[CarLine, ...] = DEFAULT_LINES
    scarce_per_week: float = 100.0
    scarce_open: int = 12_000
    scarce_start_day: float = 290.0
    scarce_lock_pace: float = 0.10
    regions: tuple[float, ...] = (0.26, 0.28, 0.24, 0.22)
    departure_weekdays: tuple[tuple[int, ...], ...] = ((3,), (1,), (0,), (4,))
    transit_days: tuple[float, ...] = (2.4, 3.0, 2.6, 6.0)
    transit_sd: float = 0.35
    train_cars: int = 200
    rush: float = 2.2
    design_cars_per_year: int = 150_000

    def __post_init__(self) -> None:
        if len(self.anchor_days) != len(self.anchor_cars) or len(self.anchor_days) < 2:
            raise ValueError("anchors are at least two pairs of a day and a number of cars")
        if any(b <= a for a, b in zip(self.anchor_days, self.anchor_days[1:], strict=False)):
            raise ValueError("anchor days rise")
        if any(b <= a for a, b in zip(self.anchor_cars, self.anchor_cars[1:], strict=False)):
            raise ValueError("cumulative cars rise from anchor to anchor")
        if not self.rush > 1:
            raise ValueError("a centre can do more on a busy day than on a usual one")
        if abs(sum(self.regions) - 1) > 1e-9:
            raise ValueError("the shares of the centres sum to 1")
        if not len(self.regions) == len(self.departure_weekdays) == len(self.transit_days):
            raise ValueError("each centre has a share, departures and a transit time")
