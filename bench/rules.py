"""Legal decisions per second, and the daily look at every open order for void clauses.

    python bench/rules.py [--orders 600000] [--seed 7] [--database] [--json]

Orders hold one of forty contract versions; a tenth were asked for the balance, some of them before
an inspection was offered. `scan` judges one rule over all orders from columns, `decide` makes whole
decisions with sentences and articles, `record` also writes them as JSON. With `--database` the
orders and their contracts are rows: a clause is found in all open orders, held void, its templates
withdrawn and a remedy opened and entered for each order that holds it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.own_server import measure_apart, own_server
from yinuo.engines.rules import Facts, Pack, decide, scan
from yinuo.engines.rules.values import Value
from yinuo.rulepacks import FOLDER, load_folder

DAY: Final = dt.date(2026, 3, 2)
VERSIONS: Final = 40
CLAUSE_FACTS: Final = (
    "clause.standard",
    "clause.online",
    "clause.excludes_main_right",
    "clause.limits_right_unreasonably",
    "clause.adds_burden_unreasonably",
    "clause.frees_drafter_unreasonably",
    "clause.receipt_is_acceptance",
    "clause.final_interpretation",
    "clause.bars_complaint_or_suit",
    "clause.balance_before_inspection",
    "clause.ruled_void",
    "clause.ruling_overturned",
)

Columns = dict[str, list[Value | None]]


def make_orders(orders: int, seed: int) -> Columns:
    """Facts of open orders by column; three of the forty versions hold a void clause."""
    rng = np.random.default_rng(seed)
    version = rng.integers(0, VERSIONS, orders)
    columns: Columns = {}
    for name in CLAUSE_FACTS:
        of_version = np.zeros(VERSIONS, bool)
        if name in ("clause.standard", "clause.online"):
            of_version[:] = True
        elif name in ("clause.balance_before_inspection", "clause.ruled_void"):
            of_version[:3] = True
        columns[name] = of_version[version].tolist()
    demanded = rng.random(orders) < 0.1
    columns["balance.demanded"] = demanded.tolist()
    columns["inspection.offered"] = (~demanded | (rng.random(orders) < 0.98)).tolist()
    return columns


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """The result with seconds of wall and of processor."""
    wall, processor = perf_counter(), process_time()
    result = work()
    return result, perf_counter() - wall, process_time() - processor


def rows_of(columns: Columns, count: int) -> list[Facts]:
    """The first rows as facts."""
    return [
        {name: value for name, column in columns.items() if (value := column[row]) is not None}
        for row in range(count)
    ]


def measure(orders: int, seed: int) -> dict[str, Any]:
    """Seconds and decisions per second of each way."""
    pack, wall, processor = timed(lambda: load_folder(FOLDER / "cn"))
    figures: dict[str, Any] = {"load": figure(len(pack.rules), wall, processor)}
    columns = make_orders(orders, seed)
    daily = pack.asked_at("scan")
    for rule_id in daily:
        version = pack.version(rule_id, DAY)
        assert version
        found, wall, processor = timed(partial(scan, version, columns, orders))
        figures[f"scan {rule_id}"] = figure(orders, wall, processor) | {"found": found.count(True)}
    _, wall, processor = timed(lambda: daily_scan(pack, columns, orders))
    figures["scan all daily rules"] = figure(orders * len(daily), wall, processor)
    some = rows_of(columns, min(orders, 5_000))
    rule = pack.version("clause.void", DAY)
    assert rule
    many = rows_of(columns, min(orders, 50_000))
    _, wall, processor = timed(lambda: list(map(rule.when.run, many)))
    figures["one condition, row by row"] = figure(len(many), wall, processor)
    _, wall, processor = timed(lambda: [decide(pack, row, DAY, at="scan") for row in some])
    figures["decide"] = figure(len(some) * len(daily), wall, processor)
    _, wall, processor = timed(
        lambda: [json.dumps(decide(pack, row, DAY, at="scan").to_record()) for row in some]
    )
    figures["decide and record"] = figure(len(some) * len(daily), wall, processor)
    return figures


def daily_scan(pack: Pack, columns: Columns, orders: int) -> int:
    """How many orders some daily rule stops."""
    stopped = np.zeros(orders, bool)
    for rule_id in pack.asked_at("scan"):
        rule = pack.version(rule_id, DAY)
        if rule:
            stopped |= np.array([each is True for each in scan(rule, columns, orders)])
    return int(stopped.sum())


def figure(count: int, wall: float, processor: float) -> dict[str, float]:
    """Seconds, and how many rules were judged in each of the processor's."""
    return {
        "count": count,
        "wall_seconds": round(wall, 3),
        "processor_seconds": round(processor, 3),
        "per_processor_second": round(count / processor) if processor else 0,
    }


def measure_rows(orders: int) -> dict[str, Any]:
    """The same question put to the tables, on a server of its own."""
    with own_server() as environment:
        return measure_apart("bench.exposure_parts", str(orders), environment=environment)


def print_pieces(result: dict[str, Any], *, as_json: bool) -> None:
    """A line for each piece: wall, own processor time, the database's."""
    if as_json:
        print(json.dumps(result, indent=1))
        return
    print(f"{result['orders']:,} open orders with a contract each")
    print(f"{'':44}{'wall s':>9}{'own CPU s':>11}{'database s':>12}{'orders':>10}")
    for one in result["pieces"]:
        print(
            f"{one['name']:44}{one['wall_s']:>9}{one['own_cpu_s']:>11}{one['database_cpu_s']:>12}"
            f"{one['done']:>10,}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=600_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--database", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.database:
        print_pieces(measure_rows(options.orders), as_json=options.json)
        return
    figures = measure(options.orders, options.seed)
    if options.json:
        print(json.dumps(figures, indent=1))
        return
    print(f"{'':28}{'judged':>12}{'wall s':>10}{'CPU s':>10}{'per CPU s':>14}{'found':>10}")
    for name, each in figures.items():
        print(
            f"{name:28}{each['count']:>12,}{each['wall_seconds']:>10}"
            f"{each['processor_seconds']:>10}{each['per_processor_second']:>14,}"
            f"{each.get('found', ''):>10}"
        )


if __name__ == "__main__":
    main()
