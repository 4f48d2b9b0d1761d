"""Shipments: which train or truck takes which cars where, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from yinuo.contexts.orders.queries.intake import Found, find_orders
from yinuo.contexts.transit.operations.intake import record_shipments
from yinuo.contexts.transit.queries.intake import (
    Clash,
    get_lanes,
    get_shipment_digests,
    get_taken_codes,
    list_clashes,
)
from yinuo.contexts.transit.rules import UNLOADING, ShipmentRecord
from yinuo.platform.records.problems import RowProblem, Wrong
from yinuo.platform.records.schema import Field, Kind, Row, Schema
from yinuo.workflows.intake.handler import Handler, Written, unknown_order


class Shipments(Handler):
    """One pass over planned shipments."""

    zh = "运输班次和上面的车"
    en = "Shipments and the cars on them"
    schema = Schema(
        (
            Field("id", Kind.CODE, "发送方自己的编号", "the sender's own id of the shipment"),
            Field("code", Kind.CODE, "车次或运单号", "number of the train or waybill"),
            Field("origin", Kind.CODE, "起点代码", "code of the place it leaves"),
            Field("destination", Kind.CODE, "终点代码", "code of the place it goes to"),
            Field(
                "mode",
                Kind.CHOICE,
                "RAIL 铁路、ROAD 公路",
                "by rail or by road",
                choices=("RAIL", "ROAD"),
            ),
            Field("departs_at", Kind.INSTANT, "计划发车时间", "planned departure"),
            Field("arrives_at", Kind.INSTANT, "计划到达时间", "planned arrival"),
            Field(
                "orders",
                Kind.LIST,
                "车上的订单，用空格或分号隔开",
                "the orders on it, separated by blanks or semicolons",
            ),
        )
    )

    def __init__(self, sender: str, now: dt.datetime) -> None:
        super().__init__(sender, now)
        self.lanes = get_lanes()
        self.found: dict[str, Found] = {}
        self.codes: set[str] = set()
        # Cars of earlier rows; those that a dry pass has let through stand in no table yet.
        self.loaded: dict[int, list[Clash]] = {}

    def digests(self, keys: Sequence[str]) -> dict[str, str]:
        return get_shipment_digests(self.sender, keys)

    def check(self, rows: Sequence[Row]) -> list[RowProblem]:
        self.found = find_orders(self.sender, (one for row in rows for one in row.values["orders"]))
        taken = get_taken_codes([row.values["code"] for row in rows])
        standing: dict[int, list[Clash]] = {}
        for clash in list_clashes([want for row in rows for want in self._wanted(row)]):
            standing.setdefault(clash.order_id, []).append(clash)
        problems = []
        for row in rows:
            wrong = [*self._check_way(row, taken), *self._check_cars(row, standing)]
            problems += wrong
            if not wrong:
                self.codes.add(row.values["code"])
                for order_id, start, end in self._wanted(row):
                    clash = Clash(order_id, row.values["code"], start, end)
                    self.loaded.setdefault(order_id, []).append(clash)
        return problems

    def _wanted(self, row: Row) -> Iterator[tuple[int, dt.datetime, dt.datetime]]:
        """Each car that the row loads, and the time it would be on it."""
        start, end = row.values["departs_at"], row.values["arrives_at"]
        if end > start:
            for reference in row.values["orders"]:
                if reference in self.found:
                    yield self.found[reference].id, start, end + UNLOADING

    def _check_way(self, row: Row, taken: set[str]) -> Iterator[RowProblem]:
        said = row.values
        if said["code"] in taken or said["code"] in self.codes:
            wrong = Wrong(
                f"班次 {said['code']} 已经有了", f"there is a shipment {said['code']} already"
            )
            yield wrong.at(row.line, "code")
        if (said["origin"], said["destination"]) not in self.lanes:
            known = "、".join(f"{one}→{end}" for one, end in self.lanes)
            wrong = Wrong(
                f"没有从 {said['origin']} 到 {said['destination']} 的线路，现有：{known}",
                f"there is no lane from {said['origin']} to {said['destination']};"
                f" lanes are {known}",
            )
            yield wrong.at(row.line, "destination")
        if said["arrives_at"] <= said["departs_at"]:
            wrong = Wrong("到达要晚于发车", "it must arrive after it departs")
            yield wrong.at(row.line, "arrives_at")

    def _check_cars(self, row: Row, standing: dict[int, list[Clash]]) -> Iterator[RowProblem]:
        references = row.values["orders"]
        lane = self.lanes.get((row.values["origin"], row.values["destination"]))
        for reference in references:
            order = self.found.get(reference)
            wrong = None
            if order is None:
                wrong = unknown_order(reference)
            elif references.count(reference) > 1:
                wrong = Wrong(f"订单 {reference} 写了两次", f"order {reference} stands twice")
            elif order.state in ("DELIVERED", "CANCELLED"):
                wrong = Wrong(
                    f"订单 {order.code} 已经交付或取消",
                    f"order {order.code} was delivered or cancelled",
                )
            elif lane is not None and order.centre_id != lane.destination_id:
                wrong = Wrong(
                    f"订单 {order.code} 不在 {row.values['destination']} 交车",
                    f"order {order.code} is not handed over at {row.values['destination']}",
                )
            else:
                wrong = self._check_clash(row, order, standing)
            if wrong is not None:
                yield wrong.at(row.line, "orders")

    def _check_clash(
        self, row: Row, order: Found, standing: dict[int, list[Clash]]
    ) -> Wrong | None:
        start, end = row.values["departs_at"], row.values["arrives_at"] + UNLOADING
        for clash in [*standing.get(order.id, []), *self.loaded.get(order.id, [])]:
            if clash.from_at < end and start < clash.until_at:
                return Wrong(
                    f"订单 {order.code} 的车同一时间在班次 {clash.shipment_code} 上",
                    f"the car of order {order.code} is on shipment {clash.shipment_code}"
                    " at that time",
                )
        return None

    def write(self, rows: Sequence[Row]) -> Written:
        records = [
            ShipmentRecord(
                row.line,
                row.values["id"],
                row.digest,
                row.values["code"],
                self.lanes[row.values["origin"], row.values["destination"]].id,
                row.values["mode"],
                row.values["departs_at"],
                row.values["arrives_at"],
                tuple(self.found[one].id for one in row.values["orders"]),
            )
            for row in rows
        ]
        return Written(record_shipments(records, sender=self.sender))

    def finish(self) -> Written:
        return Written([])
