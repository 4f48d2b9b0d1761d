"""What carriers report: departed, arrived, late, cancelled, damaged, seen, handed over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.orders.queries.intake import Found, find_orders
from yinuo.contexts.places.queries import get_place_ids
from yinuo.contexts.transit.operations.intake import record_events
from yinuo.contexts.transit.queries.intake import (
    ShipmentFacts,
    find_shipments,
    get_event_digests,
)
from yinuo.contexts.transit.rules import DELAYS, PROBLEMS, EventRecord, OrderFacts
from yinuo.platform import outbox
from yinuo.platform.records.problems import RowProblem, Wrong
from yinuo.platform.records.schema import Field, Kind, Row, Schema, unknown
from yinuo.workflows.intake.handler import Handler, Written, held_back, unknown_order

KINDS = ("DEPARTED", "ARRIVED", "DELAYED", "CANCELLED", "DAMAGED", "POSITION", "HANDED_OVER")
CARRIER_CAUSES = {code: cause for code, cause in CAUSES.items() if cause.evidence == "carrier"}


class Events(Handler):
    """One pass over carriers' reports."""

    zh = "承运方的报告"
    en = "What carriers report"
    schema = Schema(
        (
            Field("id", Kind.CODE, "发送方自己的编号", "the sender's own id of the report"),
            Field(
                "shipment",
                Kind.CODE,
                "班次，或发送方自己的班次编号",
                "the shipment's code, or the sender's own id of it",
                required=False,
            ),
            Field(
                "order",
                Kind.CODE,
                "只涉及一台车时的订单",
                "the order, when one car is meant",
                required=False,
            ),
            Field("kind", Kind.CHOICE, "发生了什么", "what happened", choices=KINDS),
            Field("at", Kind.INSTANT, "发生的时间", "when it happened"),
            Field(
                "cause",
                Kind.CHOICE,
                "原因代码；晚点、停运、受损时必填",
                "code of the cause; needed for DELAYED, CANCELLED and DAMAGED",
                required=False,
                choices=tuple(CARRIER_CAUSES),
            ),
            Field("place", Kind.CODE, "地点代码", "code of the place", required=False),
            Field(
                "expected_at",
                Kind.INSTANT,
                "现在预计的到达时间；晚点时必填",
                "arrival as expected now; needed for DELAYED",
                required=False,
            ),
            Field(
                "condition",
                Kind.CHOICE,
                "车况：INTACT 完好、DAMAGED 受损",
                "condition of the cars",
                required=False,
                choices=("INTACT", "DAMAGED"),
            ),
        )
    )

    def __init__(self, sender: str, now: dt.datetime) -> None:
        super().__init__(sender, now)
        self.places = get_place_ids()
        self.orders: dict[str, Found] = {}
        self.shipments: dict[str, ShipmentFacts] = {}

    def digests(self, keys: Sequence[str]) -> dict[str, str]:
        return get_event_digests(self.sender, keys)

    def check(self, rows: Sequence[Row]) -> list[RowProblem]:
        self.orders = find_orders(
            self.sender, (row.values["order"] for row in rows if row.values["order"])
        )
        self.shipments = find_shipments(
            self.sender, (row.values["shipment"] for row in rows if row.values["shipment"])
        )
        return [
            wrong.at(row.line, name)
            for row in rows
            for name, wrong in (*self._check_object(row), *self._check_cause(row))
        ]

    def _check_object(self, row: Row) -> Iterator[tuple[str, Wrong]]:
        shipment, order, place = (row.values[name] for name in ("shipment", "order", "place"))
        if shipment is None and order is None:
            yield "shipment", Wrong("要写明班次或订单", "name a shipment or an order")
        if shipment is not None and shipment not in self.shipments:
            yield (
                "shipment",
                Wrong(
                    f"没有班次“{shipment}”；请先发送班次，同一个 id 可以再发一次",
                    f"there is no shipment {shipment!r}; send the shipment first; the same id may"
                    " be sent again",
                ),
            )
        if order is not None and order not in self.orders:
            yield "order", unknown_order(order)
        if order is None and row.values["kind"] == "HANDED_OVER":
            yield "order", Wrong("交车要写明订单", "HANDED_OVER needs the order")
        if place is not None and place not in self.places:
            yield "place", unknown("地点", "place", place, list(self.places))

    def _check_cause(self, row: Row) -> Iterator[tuple[str, Wrong]]:
        kind, code = row.values["kind"], row.values["cause"]
        fitting = [one.code for one in CARRIER_CAUSES.values() if kind in one.events]
        if kind in DELAYS and code is None:
            yield (
                "cause",
                Wrong(
                    f"要写明原因，可选：{'、'.join(fitting)}",
                    f"say why, as one of {', '.join(fitting)}",
                ),
            )
        if code is not None and code not in fitting:
            yield (
                "cause",
                Wrong(
                    f"{code} 不能说明 {kind}，可选：{'、'.join(fitting) or '不填'}",
                    f"{code} does not explain {kind}; use {', '.join(fitting) or 'none'}",
                ),
            )
        elif code is not None and row.values["shipment"] in self.shipments:
            mode = self.shipments[row.values["shipment"]].mode
            if (modes := CARRIER_CAUSES[code].modes) and mode not in modes:
                yield (
                    "cause",
                    Wrong(
                        f"{code} 只用于 {'、'.join(modes)}，这个班次是 {mode}",
                        f"{code} is for {', '.join(modes)}; this shipment goes by {mode}",
                    ),
                )
        if kind == "DELAYED" and row.values["expected_at"] is None:
            yield "expected_at", Wrong("晚点要写明预计几时到", "DELAYED needs the expected arrival")

    def write(self, rows: Sequence[Row]) -> Written:
        orders = {one.id: OrderFacts(one.state, one.centre_id) for one in self.orders.values()}
        records = [self._record(row) for row in rows]
        stored = record_events(records, orders, sender=self.sender, now=self.now)
        for event in stored:
            if event.kind in DELAYS and not event.problem:
                outbox.nudge("delay.apply", event_id=event.id)
        written = held_back(rows, [event.problem for event in stored], PROBLEMS)
        written.ids += [event.public_id for event in stored]
        return written

    def _record(self, row: Row) -> EventRecord:
        said = row.values
        return EventRecord(
            said["id"],
            row.digest,
            self.shipments[said["shipment"]].id if said["shipment"] else None,
            self.orders[said["order"]].id if said["order"] else None,
            said["kind"],
            said["at"],
            said["cause"] or "",
            self.places[said["place"]] if said["place"] else None,
            said["expected_at"],
            said["condition"] or "",
        )

    def finish(self) -> Written:
        outbox.nudge("progress.apply")
        return Written([])
