"""Seconds from an event to all its notices queued, step by step, on a real PostgreSQL.

    python bench/event_to_notice.py [--orders 12000] [--scale full] [--json]

Two stories: a train with 200 cars is cancelled; a plant loses a week. The server is the product's
own, with normal durability, in a temporary folder. The world: 2 plants that build each other's
cars, one scarce option, up to 72 specs and 60 delivery centres; 5 of 100 cars are built. A
notice is queued when its row is committed with the time at which it leaves by itself; the words
for each channel are written when it leaves, which is paced, so that is a step of its own behind
the total. Wall seconds depend on what else runs; own work is the processor time of this process.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.own_server import measure_and_print, measure_apart, own_server


def measure(orders: int) -> dict[str, Any]:
    """Both stories, on a server of their own."""
    with own_server() as environment:
        return measure_apart("bench.event_stories", str(orders), environment=environment)


def print_table(result: dict[str, Any]) -> None:
    """Each story with its steps."""
    print(f"{result['orders']} open orders, {result['built']} of them built")
    for name in ("prepared", "train", "plan"):
        story = result[name]
        told = ", ".join(f"{count} {what}" for what, count in story["counts"].items())
        print(f"{story['title']}: {told}")
        for step, took in story["steps"].items():
            print(f"  {step:36} {_seconds(took)}")
        print(f"  {'total until queued':36} {story['total_s']:9.2f} s")
        written = story["steps"].get("notices written out per channel")
        if written and story["counts"]["notices"]:
            print(f"  written out: {story['counts']['notices'] / written['wall_s']:.0f} a second")
        for step, took in story["lanes"].items():
            print(f"    in the lanes: {step:30} {_seconds(took)}")
    print(f"peak memory {result['peak_rss_mb']} MB")


def _seconds(took: dict[str, float]) -> str:
    return f"{took['wall_s']:9.2f} s, own work {took['own_cpu_s']:7.2f} s"


if __name__ == "__main__":
    measure_and_print("Seconds from an event to its notices queued.", measure, print_table)
