"""A production plan: taken whole, looked at by the gates, committed by somebody later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from yinuo.contexts.production.operations.intake import digest_plan, record_plan
from yinuo.contexts.production.queries.intake import get_plan_digest, get_resources
from yinuo.contexts.production.rules import PlanRecord
from yinuo.platform.records.problems import RowProblem, Wrong
from yinuo.platform.records.schema import Field, Kind, Row, Schema, unknown
from yinuo.workflows.intake.handler import Handler, Written


class Plan(Handler):
    """One pass over the weeks of one plan."""

    zh = "生产计划（每周产量）"
    en = "A production plan (cars a week)"
    whole = True
    schema = Schema(
        (
            Field("plan", Kind.CODE, "计划编号，每一行都一样", "id of the plan, in every row"),
            Field("resource", Kind.CODE, "工厂的资源代码", "code of the plant's resource"),
            Field("week", Kind.WEEK, "周一的日期，或 2026-W08", "its Monday, or 2026-W08"),
            Field("cars", Kind.INTEGER, "这一周的产量", "cars in this week", most=10**6),
        )
    )

    def __init__(self, sender: str, now: dt.datetime) -> None:
        super().__init__(sender, now)
        self.plants = {
            code: facts.id for code, facts in get_resources().items() if facts.kind == "PLANT"
        }
        self.external_id = ""
        self.weeks: list[PlanRecord] = []

    def key(self, row: Row) -> str:
        return f"{row.values['resource']} {row.values['week']}"

    def digests(self, keys: Sequence[str]) -> dict[str, str]:  # noqa: ARG002
        # A plan is known as a whole, not by its rows: see `check_end` and `received_whole`.
        return {}

    def check(self, rows: Sequence[Row]) -> list[RowProblem]:
        problems = []
        for row in rows:
            self.external_id = self.external_id or row.values["plan"]
            if row.values["plan"] != self.external_id:
                wrong = Wrong(
                    f"和第一行的“{self.external_id}”不一样；一个文件只放一份计划",
                    f"it differs from {self.external_id!r} above; one file holds one plan",
                )
                problems.append(wrong.at(row.line, "plan"))
            if row.values["resource"] not in self.plants:
                wrong = unknown("工厂", "plant", row.values["resource"], list(self.plants))
                problems.append(wrong.at(row.line, "resource"))
            else:
                self.weeks.append(
                    PlanRecord(
                        row.line,
                        self.plants[row.values["resource"]],
                        row.values["week"],
                        row.values["cars"],
                    )
                )
        return problems

    def check_end(self) -> list[RowProblem]:
        if not self.weeks:
            return []
        known = get_plan_digest(self.sender, self.external_id)
        if known in (None, digest_plan(self.weeks)):
            return []
        wrong = Wrong(
            f"计划“{self.external_id}”已经收到过，内容不一样；新的计划请用新的编号",
            f"plan {self.external_id!r} was already received with other content; give a new plan"
            " a new id",
        )
        return [wrong.at(self.weeks[0].line, "plan")]

    def received_whole(self) -> bool:
        known = get_plan_digest(self.sender, self.external_id)
        return known is not None and known == digest_plan(self.weeks)

    def write(self, rows: Sequence[Row]) -> Written:  # noqa: ARG002
        # The gates look at all weeks together, so `finish` writes.
        return Written([])

    def finish(self) -> Written:
        if not self.weeks or self.received_whole():
            return Written([])
        public_id, held = record_plan(
            self.weeks, external_id=self.external_id, sender=self.sender, now=self.now
        )
        if held is None:
            return Written([public_id])
        return Written(
            [public_id], len(self.weeks), [Wrong(held.zh, held.en).at(held.line, "cars")]
        )
