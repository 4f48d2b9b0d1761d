"""Seconds that a planner waits: impact of a plan, why dates change, what if, what must grow.

    python bench/planner.py [--orders 12000] [--scale full] [--json]

The world is that of `event_to_notice.py`, with a promise for every order and four weeks of intake,
on the product's own server in a temporary folder. Each line is one thing that a planner asks for,
from the question to the answer; the study of growth is a job of the night and of a button. Wall
seconds depend on what else runs; own work is the processor time of this process, all its threads.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.own_server import measure_apart, own_server

FULL: Final = 600_000


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


def main() -> None:
    """Read the words, measure, print."""
    parser = argparse.ArgumentParser(description="Seconds that a planner waits for an answer.")
    parser.add_argument("--orders", type=int, default=12_000)
    parser.add_argument("--scale", choices=["full"], help=f"full: {FULL} orders")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = measure(FULL if asked.scale else asked.orders)
    if asked.json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        print_table(result)


if __name__ == "__main__":
    main()
