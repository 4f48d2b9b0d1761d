"""Capacity: how much of a scarce option, or of a centre's hand-overs, there is each week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from yinuo.contexts.production.operations.intake import record_supply
from yinuo.contexts.production.queries.intake import get_resources, get_supply_digests
from yinuo.contexts.production.rules import SupplyRecord
from yinuo.platform.records.problems import RowProblem, Wrong
from yinuo.platform.records.schema import Field, Kind, Row, Schema, unknown
from yinuo.workflows.intake.handler import Handler, Written


class Capacity(Handler):
    """One pass over weekly quantities."""

    zh = "选装件供给和交付中心的每周能力"
    en = "Weekly supply of options and capacity of centres"
    schema = Schema(
        (
            Field("id", Kind.CODE, "发送方自己的编号", "the sender's own id of the record"),
            Field("resource", Kind.CODE, "资源代码", "code of the resource"),
            Field("week", Kind.WEEK, "周一的日期，或 2026-W08", "its Monday, or 2026-W08"),
            Field("quantity", Kind.INTEGER, "这一周的数量", "quantity in this week", most=10**6),
        )
    )

    def __init__(self, sender: str, now: dt.datetime) -> None:
        super().__init__(sender, now)
        self.resources = {
            code: facts.id for code, facts in get_resources().items() if facts.kind != "PLANT"
        }
        # What this delivery says of each week, and in which line it said so first.
        self.said: dict[tuple[str, dt.date], tuple[int, int]] = {}

    def digests(self, keys: Sequence[str]) -> dict[str, str]:
        return get_supply_digests(self.sender, keys)

    def check(self, rows: Sequence[Row]) -> list[RowProblem]:
        problems = []
        for row in rows:
            code, week, quantity = (row.values[key] for key in ("resource", "week", "quantity"))
            if code not in self.resources:
                wrong = unknown("资源", "resource", code, list(self.resources))
                problems.append(wrong.at(row.line, "resource"))
                continue
            line, said = self.said.setdefault((code, week), (row.line, quantity))
            if said != quantity:
                wrong = Wrong(
                    f"和第 {line} 行矛盾：同一周那里写的是 {said}；一次只说一个数",
                    f"it contradicts line {line}, which says {said} for the same week; give one"
                    " figure for a week at a time",
                )
                problems.append(wrong.at(row.line, "quantity"))
        return problems

    def write(self, rows: Sequence[Row]) -> Written:
        held = record_supply(
            [
                SupplyRecord(
                    row.line,
                    row.values["id"],
                    row.digest,
                    self.resources[row.values["resource"]],
                    row.values["week"],
                    row.values["quantity"],
                )
                for row in rows
            ],
            sender=self.sender,
            now=self.now,
        )
        warnings = [Wrong(one.zh, one.en).at(one.line, "quantity") for one in held]
        return Written([], len(held), warnings)

    def finish(self) -> Written:
        return Written([])
