"""Judge how well promises hold in invented launches whose truth is known."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.engines.twin.calibrate import REFERENCE, Score, WorldReport, calibrate, mean_of
from yinuo.platform.speech import say, word

EXAMPLES = """examples:
  yinuo twin calibrate --worlds 12 --seed 7
  yinuo twin calibrate --worlds 2 --no-reference --json
"""
WAYS = ("plan", "learned", "in_line")
# The figures of a score that are printed, with the name of each in both languages.
FIGURES = (
    ("coverage", "按订单算的覆盖率", "coverage by order"),
    ("coverage_by_week", "按锁单周算的覆盖率", "coverage by lock week"),
    ("late", "晚于区间", "after the window"),
    ("early", "早于区间", "before the window"),
    ("width_days", "平均宽度（天）", "mean width, days"),
    ("interval_score_days", "区间评分（天）", "interval score, days"),
    ("error_days", "中点误差（天）", "error of the middle, days"),
    ("told_before_share", "晚交的，到期前已告知", "late ones told before"),
    ("alarmed_on_time_share", "没晚却报过晚", "warned but on time"),
    ("re_promises_per_order", "每单改约次数", "re-promises per order"),
    ("untouched_share", "从未改约", "never moved"),
    ("last_coverage", "最后区间的覆盖率", "coverage of the last window"),
    ("weeks_worth", "相当于独立周数", "independent weeks, at most"),
)


class Command(BaseCommand):
    """`yinuo twin`."""

    help = "Rehearse promises in invented launches and say how well they hold."

    def add_arguments(self, parser: CommandParser) -> None:
        """`calibrate` with the number of worlds and a seed."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        calibrating = verbs.add_parser("calibrate", help="90 %% windows in random worlds")
        calibrating.add_argument("--worlds", type=int, default=12)
        calibrating.add_argument("--seed", type=int, default=1)
        calibrating.add_argument("--json", action="store_true")
        calibrating.add_argument(
            "--no-reference", action="store_true", help="as if no earlier launch were known"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the table, or JSON; progress goes to the error stream."""
        if options["worlds"] < 1 or options["seed"] < 0:
            raise CommandError(
                word(
                    "--worlds 至少为 1，--seed 不能为负。",
                    "--worlds is 1 or more and --seed 0 or more.",
                ),
                returncode=2,
            )
        reference = None if options["no_reference"] else REFERENCE
        reports = calibrate(options["worlds"], options["seed"], reference=reference, say=_progress)
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    as_json(reports, seed=options["seed"], has_reference=reference is not None),
                    indent=1,
                )
            )
        else:
            for line in table(reports):
                self.stdout.write(line)


def _progress(report: WorldReport) -> None:
    coverage, ratio = report.learned.coverage, report.interval_score_ratio
    say(
        f"世界 {report.world + 1}：覆盖率 {coverage:.3f}，区间评分为计划法的 {ratio:.2f}",
        f"world {report.world + 1}: coverage {coverage:.3f}, interval score {ratio:.2f} of plan",
    )


def as_json(reports: list[WorldReport], *, seed: int, has_reference: bool) -> dict[str, object]:
    """The means over worlds, and every world."""
    methods = {way: [getattr(one, way) for one in reports] for way in WAYS}
    mean = {
        method: {name: round(mean_of(scores, name), 4) for name, _, _ in FIGURES}
        | {"coverage_by_block": [round(share, 4) for share in _by_block(scores)]}
        for method, scores in methods.items()
    }
    ratio = _ratio(reports)
    return {
        "level": 0.9,
        "seed": seed,
        "worlds": len(reports),
        "has_reference": has_reference,
        "independent_weeks": sum(one.learned.lock_weeks for one in reports),
        "mean": mean | {"interval_score_ratio": round(ratio, 4)},
        "by_world": [asdict(one) for one in reports],
    }


def _ratio(reports: list[WorldReport]) -> float:
    learned = mean_of([one.learned for one in reports], "interval_score_days")
    return learned / mean_of([one.plan for one in reports], "interval_score_days")


def _by_block(scores: list[Score]) -> list[float]:
    return [
        sum(one.blocks[block].coverage for one in scores) / len(scores)
        for block in range(len(scores[0].blocks))
    ]


def table(reports: list[WorldReport]) -> list[str]:
    """The means over worlds for people, in lines."""
    ways = [[getattr(one, way) for one in reports] for way in WAYS]
    lines = [
        word(
            f"{len(reports)} 个虚构世界，区间把握 90%。三列：照计划加声明的误差；从产量中学习；"
            "再加上“先锁单的区间不晚于后锁单的”。",
            f"{len(reports)} invented worlds, windows of 90 %. Columns: plan and stated noise; "
            "learned from output; learned, and no end before an earlier lock's.",
        )
    ]
    for name, zh, en in FIGURES:
        lines.append(_row([mean_of(scores, name) for scores in ways], word(zh, en)))
    ratio = word("区间评分与照计划之比", "interval score, learned over plan")
    lines.append(f"{'':10}{_ratio(reports):10.3f}{'':10}  {ratio}")
    lines.append(word("每 9 个锁单周的覆盖率：", "Coverage by nine lock weeks:"))
    shares = [_by_block(scores) for scores in ways]
    for number, block in enumerate(reports[0].plan.blocks):
        weeks = f"{block.first_week}-{block.first_week + block.lock_weeks - 1}"
        lines.append(_row([share[number] for share in shares], weeks))
    behind = sum(one.learned.lock_weeks for one in reports)
    lines.append(
        word(
            f"背后是 {behind} 个锁单周；同一周的订单同命运，不能当作独立样本。",
            f"{behind} lock weeks stand behind this; orders of one week share its luck.",
        )
    )
    return lines


def _row(values: list[float], text: str) -> str:
    return "".join(f"{value:10.3f}" for value in values) + f"  {text}"
