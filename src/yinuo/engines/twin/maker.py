"""The maker's orders with everything that happens to them, as arrays.

The method: the ramp says how many cars are handed over each day; each model has a queue served
in the order of locking, so the j-th order of a model gets the j-th hand-over of that model. When
it was locked follows from a wait that grows over the life of the maker; the wait is scaled until
its mean over the delivered orders is the published one. Cars then get a build, a train and an
arrival that lead to the hand-over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yinuo.engines.twin.parameters import TwinParameters
from yinuo.engines.twin.ramp import daily_output
from yinuo.engines.twin.way import Way, send_cars

Floats = NDArray[np.float64]
SPECS_PER_MODEL = 6
SPEC_WEIGHTS = np.array([0.30, 0.24, 0.18, 0.14, 0.09, 0.05])
LEAD_DAYS_MIN = 16.0


@dataclass(frozen=True)
class Maker:
    """All orders, in lock order; N orders, T trains. Days as in `TwinParameters`.

    Attributes
    ----------
    locked_day : f64[N], never falls.
    model : i8[N]; spec : i16[N], model times 6 plus 0..5; region : i8[N].
    scarce : bool[N], needs the option there is too little of.
    built_day, departed_day, arrived_day, handed_day : f64[N], rising in this order.
    train : i32[N], the train that carries the car, an index into the arrays of trains.
    train_region : i8[T]; train_departs_day, train_arrives_day : f64[T].
    output : f64[D], cars handed over each day at full size.
    wait_scale : the factor that brought the mean wait to the published figure.
    """

    locked_day: Floats
    model: NDArray[np.int8]
    spec: NDArray[np.int16]
    region: NDArray[np.int8]
    scarce: NDArray[np.bool_]
    built_day: Floats
    departed_day: Floats
    arrived_day: Floats
    handed_day: Floats
    train: NDArray[np.int32]
    train_region: NDArray[np.int8]
    train_departs_day: Floats
    train_arrives_day: Floats
    output: Floats
    wait_scale: float


@dataclass(frozen=True)
class _Slots:
    """The hand-overs there are, model by model: when, for which queue, in queue order."""

    day: Floats
    model: NDArray[np.int8]
    scarce: NDArray[np.bool_]


def make_maker(
    parameters: TwinParameters,
    closed: NDArray[np.bool_],
    rng: np.random.Generator,
    scale: int = 50,
) -> Maker:
    """Invent the maker at one order in `scale`.

    `closed` is bool[D], True on days off, from day 0 to at least 200 days after `now_day`; later
    hand-overs are placed by the last known rate. The same parameters, seed and scale give the
    same bytes.

    Raises
    ------
    ValueError
        `scale` is not positive, or `closed` is too short.
    """
    if scale < 1:
        raise ValueError("scale is a positive number of cars for one order")
    if len(closed) < parameters.now_day + 200:
        raise ValueError("the calendar must reach 200 days beyond now")
    output = daily_output(parameters, closed, rng)
    slots = _hand_over_slots(parameters, output, scale)
    count = len(slots.day)
    region = rng.choice(len(parameters.regions), size=count, p=parameters.regions)
    spec = _specs(slots, rng)
    jitter = rng.uniform(-0.5, 0.5, size=count)
    way = send_cars(parameters, closed, slots.day, region.astype(np.int8), scale, rng)
    factor, locked = _calibrated_locks(parameters, slots, way.handed_day, jitter)
    order = np.lexsort((np.arange(count), locked))
    return Maker(
        locked_day=locked[order],
        model=slots.model[order],
        spec=spec[order],
        region=region.astype(np.int8)[order],
        scarce=slots.scarce[order],
        built_day=way.built_day[order],
        departed_day=way.departed_day[order],
        arrived_day=way.arrived_day[order],
        handed_day=way.handed_day[order],
        train=way.train[order],
        train_region=way.train_region,
        train_departs_day=way.train_departs_day,
        train_arrives_day=way.train_arrives_day,
        output=output,
        wait_scale=factor,
    )


def _specs(slots: _Slots, rng: np.random.Generator) -> NDArray[np.int16]:
    """A spec of the right model; the scarce option is the last spec of the last model alone."""
    count = len(slots.day)
    choice = rng.choice(SPECS_PER_MODEL, size=count, p=SPEC_WEIGHTS)
    last_model = slots.model == slots.model.max()
    plain = rng.choice(SPECS_PER_MODEL - 1, size=count, p=SPEC_WEIGHTS[:-1] / 0.95)
    choice = np.where(last_model, plain, choice)
    choice = np.where(slots.scarce, SPECS_PER_MODEL - 1, choice)
    return (slots.model.astype(np.int16) * SPECS_PER_MODEL + choice).astype(np.int16)


def _hand_over_slots(parameters: TwinParameters, output: Floats, scale: int) -> _Slots:
    """When the j-th car of each queue is handed over, until all open orders are served."""
    now, pace = parameters.now_day, parameters.scarce_per_week / 7
    days = np.arange(len(output))
    scarce_daily = np.minimum(np.where(days >= parameters.scarce_start_day, pace, 0), output / 2)
    plain = output - scarce_daily
    shares = np.stack(
        [np.interp(days, line.share_days, line.shares) for line in parameters.car_lines]
    )
    shares /= shares.sum(axis=0)
    end = _end_day(plain, now, parameters.open_cars - parameters.scarce_open)
    parts = []
    for model in range(len(parameters.car_lines)):
        cumulative = np.concatenate([[0.0], np.cumsum(plain * shares[model])])
        parts.append(_served(cumulative, _total_at(cumulative, end), scale, model, False))
    done = max(0.0, now - parameters.scarce_start_day) * pace
    # The scarce queue is worth showing even where a small scale would leave a handful.
    waiting = max(parameters.scarce_open, 24 * scale)
    cumulative = np.concatenate([[0.0], np.cumsum(scarce_daily)])
    last_model = len(parameters.car_lines) - 1
    parts.append(_served(cumulative, done + waiting, scale, last_model, True, pace))
    return _Slots(
        day=np.concatenate([part.day for part in parts]),
        model=np.concatenate([part.model for part in parts]),
        scarce=np.concatenate([part.scarce for part in parts]),
    )


def _total_at(cumulative: Floats, day: float) -> float:
    return float(np.interp(day, np.arange(len(cumulative)), cumulative))


def _end_day(plain: Floats, now: float, cars: float) -> float:
    """The day by which `cars` more than today are handed over; the last rate goes on beyond."""
    cumulative = np.concatenate([[0.0], np.cumsum(plain)])
    wanted = _total_at(cumulative, now) + cars
    if wanted <= cumulative[-1]:
        return float(np.interp(wanted, cumulative, np.arange(len(cumulative))))
    raise ValueError("the calendar ends before the open orders are served")


def _served(
    cumulative: Floats, total: float, scale: int, model: int, scarce: bool, pace: float = 0.0
) -> _Slots:
    """Days on which every `scale`-th car up to `total` is handed over."""
    wanted = (np.arange(round(total / scale)) + 0.5) * scale
    rising = np.concatenate([[True], np.diff(cumulative) > 0])
    days = np.arange(len(cumulative), dtype=np.float64)[rising]
    # A day's cars are handed over in the course of it, so the knot before a rise is its start.
    known = cumulative[rising]
    start = int(np.argmax(np.diff(cumulative) > 0))
    days, known = np.concatenate([[start], days[1:]]), np.concatenate([[0.0], known[1:]])
    day = np.interp(wanted, known, days)
    beyond = wanted > known[-1]
    if pace and beyond.any():
        day[beyond] = days[-1] + (wanted[beyond] - known[-1]) / pace
    return _Slots(
        day=day,
        model=np.full(len(wanted), model, dtype=np.int8),
        scarce=np.full(len(wanted), scarce),
    )


def _calibrated_locks(
    parameters: TwinParameters, slots: _Slots, handed: Floats, jitter: Floats
) -> tuple[float, Floats]:
    """The factor on the waits that gives the published mean, and the lock days it leads to."""
    done = handed <= parameters.now_day
    low, high = 0.0, 4.0
    for _ in range(40):
        factor = (low + high) / 2
        locked = _lock_days(parameters, slots, jitter, factor)
        if float((handed[done] - locked[done]).mean()) < parameters.mean_wait_days:
            low = factor
        else:
            high = factor
    if high == 4.0:
        raise ValueError("no wait of this shape has the published mean")
    return factor, locked


def _lock_days(parameters: TwinParameters, slots: _Slots, jitter: Floats, factor: float) -> Floats:
    """Lock days in the order of each queue; see the head of this module."""
    now = parameters.now_day
    locked = np.empty_like(slots.day)
    for model, line in enumerate(parameters.car_lines):
        for scarce in (False, True):
            mine = (slots.model == model) & (slots.scarce == scarce)
            day = slots.day[mine]
            if not len(day):
                continue
            if scarce:
                raw = line.launch_day + (day - parameters.scarce_start_day) * (
                    parameters.scarce_lock_pace
                )
                raw = _stretch(raw, day, now, now)
            else:
                wait = factor * np.interp(day, parameters.wait_days, parameters.waits)
                raw = _stretch(day - np.maximum(wait, LEAD_DAYS_MIN), day, now, now)
            raw = _drawn_to_bursts(raw + jitter[mine], parameters)
            # Everybody who would have locked before orders opened locks in the first days.
            rush = line.launch_day + 2.5 * (np.arange(len(day)) + 0.5) / len(day)
            raw = np.clip(np.sort(np.maximum(raw, rush)), None, now - 0.02)
            locked[mine] = raw
    return locked


def _stretch(raw: Floats, day: Floats, now: float, last_lock: float) -> Floats:
    """Orders that still wait were locked evenly between the newest delivered one and today."""
    later = day > now
    if not later.any() or later.all():
        return raw
    start = float(raw[~later].max())
    out = raw.copy()
    out[later] = start + (day[later] - now) / (day[later].max() - now) * (last_lock - start)
    return out


def _drawn_to_bursts(raw: Floats, parameters: TwinParameters) -> Floats:
    """Locks soon after a burst come earlier, in the same order."""
    out, width = raw.copy(), parameters.burst_width_days
    for burst in parameters.burst_days:
        near = (out >= burst) & (out < burst + width)
        out[near] = burst + width * ((out[near] - burst) / width) ** 3
    return out


__all__ = ["Maker", "Way", "make_maker"]
