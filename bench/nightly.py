"""What the clock alone costs: the parts of a night, and a minute in which nothing is due.

    python bench/nightly.py [--orders 12000] [--scale full] [--json]

The world is that of `event_to_notice.py`, with a promise for every order, and as many orders again
that were handed over in the last 104 weeks. Of the open ones five in a hundred are past their
first date. Each line is one piece of the night, then each step of the sweep in a minute in which
nothing is left to do. Wall seconds depend on what else runs; own work is the processor time of this
process, the database's is that of its server processes meanwhile.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.own_server import measure_and_print, measure_apart, own_server


def measure(orders: int) -> dict[str, Any]:
    """Everything, on a server of its own."""
    with own_server() as environment:
        return measure_apart("bench.nightly_parts", str(orders), environment=environment)


def print_table(result: dict[str, Any]) -> None:
    """A line for each piece, by the time of day."""
    said = ", ".join(f"{count} {what}" for what, count in result["world"].items())
    print(f"{result['orders']} open orders, as many handed over; {said}")
    for title in ("night", "minute"):
        print(f"{title:40} {'wall':>9} {'own work':>10} {'database':>10}")
        for one in result[title]:
            seconds = (
                f"{one['wall_s']:7.2f} s {one['own_cpu_s']:8.2f} s {one['database_cpu_s']:8.2f} s"
            )
            print(f"  {one['name']:38} {seconds}  {one['done']}")
    print(f"peak memory {result['peak_rss_mb']} MB")


if __name__ == "__main__":
    measure_and_print("What the clock alone costs.", measure, print_table)
