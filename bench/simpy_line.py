"""The same way of a car, one event after the other, in SimPy: what an order costs there."""

from __future__ import annotations

from collections.abc import Generator
from time import process_time
from typing import Any, Final

import numpy as np
import simpy

CENTRES: Final = 60
OPTION_SHARE: Final = 1 / 9


def seconds_per_order(orders: int, seed: int = 1) -> float:
    """Processor seconds of one order in one scenario: option, plant, transit, preparation.

    The plants, the supply of the option and the bays of the centres are resources with as many
    places as keep up with the orders; the times are drawn beforehand and not counted.
    """
    rng = np.random.default_rng(seed)
    with_option = rng.random(orders) < OPTION_SHARE
    transit = rng.uniform(1.0, 9.0, orders)
    centre = rng.integers(0, CENTRES, orders)
    env = simpy.Environment()
    a_week = orders / 96
    plants = [simpy.Resource(env, capacity=max(1, int(0.55 * a_week / 7))) for _ in range(2)]
    option = simpy.Container(env, init=0)
    bays = [simpy.Resource(env, capacity=2) for _ in range(CENTRES)]

    def supply() -> Generator[Any, Any, None]:
        while True:
            yield option.put(max(1, round(a_week * OPTION_SHARE)))
            yield env.timeout(7)

    def order(n: int) -> Generator[Any, Any, None]:
        if with_option[n]:
            yield option.get(1)
        with plants[n % 2].request() as place:
            yield place
            yield env.timeout(1)
        yield env.timeout(transit[n])
        with bays[centre[n]].request() as bay:
            yield bay
            yield env.timeout(1.5)

    begun = process_time()
    env.process(supply())
    waiting = [env.process(order(n)) for n in range(orders)]
    env.run(until=simpy.AllOf(env, waiting))
    return (process_time() - begun) / orders
