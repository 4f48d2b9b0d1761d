"""The build queue: who is built when, and whether the line is kept. See docs/engines/queue.md."""

from yinuo.engines.queue.capacity import CapacityParameters, output_level, sample_capacity
from yinuo.engines.queue.fairness import enforce_lock_order, places, unfair_pairs
from yinuo.engines.queue.quantiles import build_week_counts, build_week_quantiles
from yinuo.engines.queue.simulation import QueueRun, simulate

__all__ = [
    "CapacityParameters",
    "QueueRun",
    "build_week_counts",
    "build_week_quantiles",
    "enforce_lock_order",
    "output_level",
    "places",
    "sample_capacity",
    "simulate",
    "unfair_pairs",
]
