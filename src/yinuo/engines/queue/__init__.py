"""The build queue: who is built when, and whether the line is kept. See docs/engines/queue.md."""

from yinuo.engines.queue.capacity import CapacityParameters, output_level, sample_capacity
from yinuo.engines.queue.fairness import enforce_lock_order, places, unfair_pairs
from yinuo.engines.queue.quantiles import (
    build_week_counts,
    build_week_quantiles,
    kept_counts,
    kept_share,
    sort_counts,
    weekly_rates,
)
from yinuo.engines.queue.simulation import QueueRun, ServingParameters, simulate
from yinuo.engines.queue.state import QueueState, append, append_all, quote, quote_all

__all__ = [
    "CapacityParameters",
    "QueueRun",
    "QueueState",
    "ServingParameters",
    "append",
    "append_all",
    "build_week_counts",
    "build_week_quantiles",
    "enforce_lock_order",
    "kept_counts",
    "kept_share",
    "output_level",
    "places",
    "quote",
    "quote_all",
    "sample_capacity",
    "simulate",
    "sort_counts",
    "unfair_pairs",
    "weekly_rates",
]
