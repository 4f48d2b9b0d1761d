"""What a production plan does to people, and putting it into force."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.production.queries.staff import PlanSeen, find_plan
from yinuo.platform import clock
from yinuo.platform.speech import say, terminal_language, word
from yinuo.workflows import replan
from yinuo.workflows.intake import run_feed

SENDER = "cli"
EXAMPLES = """examples:
  yinuo plan diff plan-2026-07.csv
  yinuo plan commit plan-2026-07 --cause PLANT_STOPPED --evidence "paint line down, order 0213"
"""


class Command(BaseCommand):
    """`yinuo plan`."""

    help = "Show what a plan does to people (diff), or put it into force (commit)."

    def add_arguments(self, parser: CommandParser) -> None:
        """`diff` takes a file or a plan's id, `commit` the id with a cause and its evidence."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        diff = verbs.add_parser("diff")
        diff.add_argument("plan", help="a file, or the id of an uploaded plan")
        commit = verbs.add_parser("commit")
        commit.add_argument("plan", help="the id of an uploaded plan")
        causes = [cause.code for cause in CAUSES.values() if cause.evidence == "plan"]
        commit.add_argument("--cause", required=True, choices=causes)
        commit.add_argument("--evidence", required=True)
        for verb in (diff, commit):
            verb.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with 1 when the plan is refused or somebody would be worse off unfairly."""
        if options["verb"] == "diff":
            self._diff(options["plan"], as_json=options["json"])
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
