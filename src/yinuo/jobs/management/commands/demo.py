"""Load the demo maker, let its time pass, and report how the system did."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.jobs.schedule import give_out, sweep
from yinuo.platform import clock, installation, schema
from yinuo.platform.durations import read_duration
from yinuo.platform.speech import word
from yinuo.platform.spoken import CHINA
from yinuo.workflows import log
from yinuo.workflows.demo import cast
from yinuo.workflows.demo.load import load, wipe
from yinuo.workflows.demo.play import play_now, tick
from yinuo.workflows.demo.report import make_report
from yinuo.workflows.demo.spoil import plant_swap
from yinuo.workflows.demo.timeline import OFFSET_DAYS
from yinuo.workflows.demo.world import DEFAULT_SCALE, DEFAULT_SEED, SMALL_SCALE, read_rows

SHOWN_CUSTOMERS = ("NC26LU", "BJ24ZH", "SH26EN")
SHOWN_STAFF = ("stf_wangmin", "stf_zhouyang", "stf_linke")


def who_to_log_in_as() -> list[str]:
    """Whom a visitor of the demo may log in as, one line each; empty when there is no demo."""
    if installation.find_demo() is None:
        return []
    customers = {part.code: part for part in cast.PARTS}
    staff = {row["public_id"]: row for row in read_rows("staff.csv")}
    lines = [f"{customers[code].phone}  {customers[code].name}  {code}" for code in SHOWN_CUSTOMERS]
    roles = {
        "SPECIALIST": word("交付专员", "delivery specialist"),
        "PLANNER": word("生产计划", "planner"),
        "QUALITY": word("质量工程师", "quality engineer"),
    }
    for public_id in SHOWN_STAFF:
        row = staff[public_id]
        lines.append(
            f"{row['phone']}  {word(row['name_zh'], row['name_en'])}  {roles[row['role']]}"
        )
    return lines


class Command(BaseCommand):
    """`yinuo demo`."""

    help = "Load the demo maker, let its time pass, report."

    def add_arguments(self, parser: CommandParser) -> None:
        """One verb with its words."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        for name in ("load", "reset"):
            loading = verbs.add_parser(name)
            loading.add_argument("--seed", type=int, default=DEFAULT_SEED)
            size = loading.add_mutually_exclusive_group()
            size.add_argument("--scale", type=int, default=DEFAULT_SCALE, metavar="CARS")
            size.add_argument("--small", action="store_true", help="about 600 open orders")
            if name == "reset":
                loading.add_argument("--load", action="store_true", help="load again afterwards")
        ticking = verbs.add_parser("tick", help="let 30m, 3h or 2d pass")
        ticking.add_argument("by", metavar="DURATION")
        reporting = verbs.add_parser("report", help="how the system did so far")
        reporting.add_argument("--json", action="store_true")
        verbs.add_parser("plant-swap", help="make one pair unfair, for queue check to find")
        telling = verbs.add_parser("story", help="play one part of the story now")
        telling.add_argument("part", choices=sorted(OFFSET_DAYS))

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry out one verb."""
        name = "_" + options["verb"].replace("-", "_")
        act: Callable[[dict[str, Any]], None] = getattr(self, name)
        act(options)

    def _load(self, options: dict[str, Any]) -> None:
        scale = SMALL_SCALE if options["small"] else options["scale"]
        if scale < 1:
            raise CommandError("--scale is 1 or more", returncode=2)
        load(seed=options["seed"], scale=scale, send=give_out, say=self.stdout.write)
        for line in who_to_log_in_as():
            self.stdout.write(line)

    def _reset(self, options: dict[str, Any]) -> None:
        wipe()
        schema.ensure_schema()
        self.stdout.write(word("演示数据已清空。", "The demo is wiped."))
        if options["load"]:
            self._load(options)

    def _tick(self, options: dict[str, Any]) -> None:
        try:
            length = read_duration(options["by"])
        except ValueError as problem:
            raise CommandError(str(problem), returncode=2) from problem
        installation.get_demo()
        start, running = clock.now(), not clock.is_frozen()
        try:
            tick(start, start + length, sweep=sweep, say=self.stdout.write)
            self._publish()
        finally:
            clock.set_test_clock(at=clock.now(), running=running)
        self.stdout.write(clock.now().astimezone(CHINA).isoformat(timespec="minutes"))

    def _publish(self) -> None:
        """What was recorded meanwhile is published; without a running signer it only waits."""
        trouble = log.turn(now=clock.now(), wanted=True).trouble
        if trouble is not None:
            self.stdout.write(word(trouble.zh, trouble.en))

    def _story(self, options: dict[str, Any]) -> None:
        play_now(options["part"], now=clock.now(), sweep=sweep, say=self.stdout.write)

    def _report(self, options: dict[str, Any]) -> None:
        report = asdict(make_report(clock.now()))
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1))
            return
        missing = report.pop("not_measured")
        for name, value in report.items():
            why = f"  ({missing[name]})" if name in missing else ""
            self.stdout.write(f"{name:28}{value}{why}")

    def _plant_swap(self, _options: dict[str, Any]) -> None:
        earlier, later = plant_swap()
        self.stdout.write(f"{earlier.line}  {earlier.code}  {later.code}")
