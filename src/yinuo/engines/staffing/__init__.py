"""How many people, bays and hours a stage needs. See docs/engines/staffing.md."""

from yinuo.engines.staffing.bays import (
    PreparationParameters,
    bay_bounds,
    bays_needed,
    on_time_share,
)
from yinuo.engines.staffing.calls import agents_needed, answered_in_time, erlang_c
from yinuo.engines.staffing.service import service_bays_needed, square_root_staffing

__all__ = [
    "PreparationParameters",
    "agents_needed",
    "answered_in_time",
    "bay_bounds",
    "bays_needed",
    "erlang_c",
    "on_time_share",
    "service_bays_needed",
    "square_root_staffing",
]
