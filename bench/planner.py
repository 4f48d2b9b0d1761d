"""Seconds that a planner waits: impact of a plan, why dates change, what if, what must grow.

    python bench/planner.py [--orders 12000] [--scale full] [--json]

The world is that of `event_to_notice.py`, with a promise for every order and four weeks of intake,
on the product's own server in a temporary folder. Each line is one thing that a planner asks for,
from the question to the answer; the study of growth is a job of the night and of a button. Wall
seconds depend on what else runs; own work is the processor time of this process, all its threads.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.own_server import measure_and_print, measure_apart, own_server


def measure(orders: int) -> dict[str, Any]:
    """All questions, on a server of their own."""
    with own_server() as environment:
        return measure_apart("bench.planner_questions", str(orders), environment=environment)


def print_table(result: dict[str, Any]) -> None:
    """A line for each question."""
    print(f"{result['orders']} open orders, {result['built']} of them built")
    print(f"{'':40} {'wall':>9} {'own work':>10}")
    for one in result["questions"]:
        print(f"{one['name']:40} {one['wall_s']:7.2f} s {one['own_cpu_s']:8.2f} s  {one['answer']}")
    print(f"peak memory {result['peak_rss_mb']} MB")


if __name__ == "__main__":
    measure_and_print("Seconds that a planner waits for an answer.", measure, print_table)
