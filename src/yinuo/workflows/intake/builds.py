"""What the plant reports of single cars: scheduled, started, built."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from yinuo.contexts.orders.queries.intake import Found, find_orders
from yinuo.contexts.production.operations.intake import OrderFacts, record_builds
from yinuo.contexts.production.queries.intake import get_build_digests
from yinuo.contexts.production.rules import PROBLEMS, BuildRecord
from yinuo.platform import outbox
from yinuo.platform.records.problems import RowProblem, Wrong
from yinuo.platform.records.schema import Field, Kind, Row, Schema
from yinuo.workflows.intake.handler import Handler, Written, held_back, unknown_order


class Builds(Handler):
    """One pass over the plant's reports."""

    zh = "工厂的进度（排产、开工、下线）"
    en = "What the plant reports of each car"
    schema = Schema(
        (
            Field("id", Kind.CODE, "发送方自己的编号", "the sender's own id of the report"),
            Field(
                "order",
                Kind.CODE,
                "订单码、ord_… 编号或发送方自己的订单号",
                "order code, public id (ord_…), or the sender's own order id",
            ),
            Field(
                "kind",
                Kind.CHOICE,
                "SCHEDULED 排产、STARTED 开工、BUILT 下线",
                "what happened",
                choices=("SCHEDULED", "STARTED", "BUILT"),
            ),
            Field("at", Kind.INSTANT, "发生的时间", "when it happened"),
            Field(
                "week",
                Kind.WEEK,
                "排在哪一周；排产时必填",
                "the week it is scheduled in; needed for SCHEDULED",
                required=False,
            ),
            Field("batch", Kind.CODE, "批次", "production batch", required=False),
            Field(
                "vin",
                Kind.CODE,
                "车辆识别代号（17 位）",
                "vehicle identification number",
                required=False,
                form="[A-HJ-NPR-Z0-9]{17}",
                form_zh=" 17 位大写字母（没有 I、O、Q）和数字",
                form_en="17 capital letters (no I, O, Q) and digits",
            ),
        )
    )

    def __init__(self, sender: str, now: dt.datetime) -> None:
        super().__init__(sender, now)
        self.found: dict[str, Found] = {}

    def digests(self, keys: Sequence[str]) -> dict[str, str]:
        return get_build_digests(self.sender, keys)

    def check(self, rows: Sequence[Row]) -> list[RowProblem]:
        self.found = find_orders(self.sender, (row.values["order"] for row in rows))
        problems = []
        for row in rows:
            if row.values["order"] not in self.found:
                problems.append(unknown_order(row.values["order"]).at(row.line, "order"))
            if row.values["kind"] == "SCHEDULED" and row.values["week"] is None:
                wrong = Wrong("排产要写明在哪一周", "SCHEDULED needs the week")
                problems.append(wrong.at(row.line, "week"))
        return problems

    def write(self, rows: Sequence[Row]) -> Written:
        records = [
            BuildRecord(
                row.values["id"],
                row.digest,
                self.found[row.values["order"]].id,
                row.values["kind"],
                row.values["at"],
                row.values["week"],
                row.values["batch"] or "",
                row.values["vin"] or "",
            )
            for row in rows
        ]
        orders = {one.id: OrderFacts(one.state, one.locked_at) for one in self.found.values()}
        codes = record_builds(records, orders, sender=self.sender, now=self.now)
        return held_back(rows, codes, PROBLEMS)

    def finish(self) -> Written:
        outbox.nudge("progress.apply")
        return Written([])
