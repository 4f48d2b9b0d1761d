"""What a production plan does to people, and putting it into force."""

from __future__ import annotations

import argparse
import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.production.queries.staff import PlanSeen, find_plan
from yinuo.jobs.arguments import read_day
from yinuo.platform import clock
from yinuo.platform.speech import say, terminal_language, word
from yinuo.workflows import inverse, replan, whatif
from yinuo.workflows.intake import run_feed
from yinuo.workflows.supposed import Change, ClosedWeek, Growth, Moved

SENDER = "cli"
EXAMPLES = """examples:
  yinuo plan diff plan-2026-07.csv
  yinuo plan commit plan-2026-07 --cause PLANT_STOPPED --evidence "paint line down, order 0213"
  yinuo plan whatif --more P1=5 --more HOOD=-10 --close P1=2026-03-02 --move NC=SH --json
  yinuo plan inverse --kept 0.9 --growth 10 --json
"""


class Command(BaseCommand):
    """`yinuo plan`."""

    help = "Show what a plan does to people (diff), put it into force (commit), or ask (whatif)."

    def add_arguments(self, parser: CommandParser) -> None:
        """`diff` takes a file or a plan's id, `commit` the id with a cause and its evidence;
        `whatif` takes the changes to suppose."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        diff = verbs.add_parser("diff")
        diff.add_argument("plan", help="a file, or the id of an uploaded plan")
        commit = verbs.add_parser("commit")
        commit.add_argument("plan", help="the id of an uploaded plan")
        causes = [cause.code for cause in CAUSES.values() if cause.evidence == "plan"]
        commit.add_argument("--cause", required=True, choices=causes)
        commit.add_argument("--evidence", required=True)
        asked = verbs.add_parser("whatif", help="suppose a change; nothing is written")
        for name, shape in (
            ("--more", "CODE=PERCENT"),
            ("--close", "CODE=DATE"),
            ("--move", "CENTRE=CENTRE"),
        ):
            asked.add_argument(name, action="append", default=[], type=pair, metavar=shape)
        grow = verbs.add_parser("inverse", help="what must grow so that promises are kept")
        grow.add_argument("--kept", type=float, help="share to keep, such as 0.9")
        grow.add_argument("--growth", type=float, default=0.0, help="percent a month")
        for verb in (diff, commit, asked, grow):
            verb.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with 1 when the plan is refused or somebody would be worse off unfairly."""
        if options["verb"] == "diff":
            self._diff(options["plan"], as_json=options["json"])
        elif options["verb"] == "whatif":
            self._suppose(options)
        elif options["verb"] == "inverse":
            self._grow(options)
        else:
            self._commit(options)

    def _diff(self, reference: str, *, as_json: bool) -> None:
        path = Path(reference)
        plan = self._take_in(path) if path.is_file() else _find(reference)
        if plan.problem is not None:
            say(plan.problem["zh"], plan.problem["en"])
            raise SystemExit(1)
        if plan.state == "UPLOADED":
            replan.preview(plan_id=plan.id, now=clock.now())
            plan = _find(plan.public_id)
        impact = plan.impact or {}
        if as_json:
            found = {"plan": plan.public_id, "id": plan.external_id, "state": plan.state, **impact}
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            self.stdout.write(_words(plan, impact))

    def _take_in(self, path: Path) -> PlanSeen:
        report = run_feed("plan", path, sender=SENDER, now=clock.now())
        language = terminal_language()
        for problem in report.problems.kept:
            self.stderr.write(f"{path}:{problem.line} {problem.field} {problem.message(language)}")
        if not report.ok:
            raise SystemExit(1)
        if report.ids:
            return _find(report.ids[0])
        say(
            "这份计划已经收到过；请写它的编号。",
            "This plan was received before; give its id.",
        )
        raise SystemExit(1)

    def _suppose(self, options: dict[str, Any]) -> None:
        answer = whatif.ask(_changes(options), now=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps(asdict(answer), ensure_ascii=False, default=str))
            return
        said = word(
            "{orders} 个订单里，{earlier} 人会早，{later} 人会晚。",
            "Of {orders} orders, {earlier} get earlier and {later} later.",
        )
        self.stdout.write(said.format(**asdict(answer)))
        if answer.kept_before is not None and answer.kept_after is not None:
            kept = word("守住承诺的把握", "Promises kept")
            self.stdout.write(f"{kept}: {answer.kept_before:.3f} -> {answer.kept_after:.3f}")
        for one in (*answer.worst, *answer.best):
            self.stdout.write(f"{one.order}  {one.days:+d}  {one.before} -> {one.after}")

    def _grow(self, options: dict[str, Any]) -> None:
        study = inverse.work_out(
            kept=options["kept"], growth=options["growth"] / 100, now=clock.now()
        )
        if options["json"]:
            self.stdout.write(json.dumps(inverse.write(study), ensure_ascii=False))
            return
        if study.month_max is not None:
            said = word(
                "四周内最多再接 {month_max} 单（上四周 {month_last} 单）。",
                "At most {month_max} orders in four weeks (the last four: {month_last}).",
            )
            self.stdout.write(said.format(**asdict(study)))
        for one in study.stages:
            have = "-" if one.have is None else f"{one.have:.1f}"
            required = "-" if one.required is None else f"{one.required:.1f}"
            self.stdout.write(
                f"{one.stage:9} {one.code:8} {have:>9} {required:>9} {one.first_breach or '-'}"
            )

    def _commit(self, options: dict[str, Any]) -> None:
        plan = _find(options["plan"])
        replan.commit_plan(
            plan_id=plan.id,
            cause_code=options["cause"],
            evidence=options["evidence"],
            staff_id=None,
            now=clock.now(),
        )
        say("已生效，日期正在重算，通知随后发出。", "In force; dates and notices follow.")
        if options["json"]:
            found = {"plan": plan.public_id, "state": "COMMITTED", "cause": options["cause"]}
            self.stdout.write(json.dumps(found))


def pair(text: str) -> tuple[str, str]:
    """Two words with an equals sign between them.

    Raises
    ------
    argparse.ArgumentTypeError
        It is none.
    """
    first, sign, second = text.partition("=")
    if not (first and sign and second):
        raise argparse.ArgumentTypeError(
            word(f"“{text}”应写成 名称=值", f"{text!r} is not NAME=VALUE")
        )
    return first, second


def _changes(options: dict[str, Any]) -> list[Change]:
    """What the command line supposes."""
    changes: list[Change] = []
    try:
        changes += [Growth(code, float(percent)) for code, percent in options["more"]]
        changes += [ClosedWeek(code, read_day(day)) for code, day in options["close"]]
    except argparse.ArgumentTypeError as wrong:
        raise CommandError(str(wrong), returncode=2) from wrong
    except ValueError as wrong:
        said = word(
            "--more 后面要写 代码=百分数，例如 P1=50", "--more wants CODE=PERCENT, as P1=50"
        )
        raise CommandError(said, returncode=2) from wrong
    return changes + [Moved(start, goal) for start, goal in options["move"]]


def _find(reference: str) -> PlanSeen:
    plan = find_plan(reference)
    if plan is None:
        say(f"没有计划“{reference}”，也没有这个文件。", f"There is no plan or file {reference!r}.")
        raise SystemExit(1)
    return plan


def _words(plan: PlanSeen, impact: dict[str, Any]) -> str:
    if not impact:
        return word(
            f"计划 {plan.external_id}：{plan.state}", f"Plan {plan.external_id}: {plan.state}"
        )
    return (
        word(
            "{later} 人会晚（最多 {later_days_max} 天），{earlier} 人会早；"
            "{missed_deadlines} 人过不了自己的期限；{against_lock_order} 条违反先来后到。",
            "{later} people later (up to {later_days_max} days), {earlier} earlier;"
            " {missed_deadlines} miss their own deadline;"
            " {against_lock_order} against the lock order.",
        ).format(**impact)
        + f" [{plan.public_id}]"
    )
