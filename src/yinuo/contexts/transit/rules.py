"""Pure decisions about shipments and what carriers report of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

CLOCK_SKEW = dt.timedelta(minutes=5)
# A car is on its shipment until it has been unloaded.
UNLOADING = dt.timedelta(days=1)
# What moves a car; the other kinds move a date and are the delay story's work.
MOVES = frozenset({"DEPARTED", "ARRIVED", "POSITION", "HANDED_OVER"})
DELAYS = frozenset({"DELAYED", "CANCELLED", "DAMAGED"})

# Why a report waits for staff, in words.
PROBLEMS: dict[str, tuple[str, str]] = {
    "FUTURE": ("时间还没有到", "it lies in the future"),
    "OTHER_PLACE": (
        "报告到达的地方不是这趟车的终点，同一批车不能在两个地方",
        "it arrived somewhere else than this shipment goes; cars cannot be in two places",
    ),
    "DEPARTED_AFTER_ARRIVED": ("已经到达之后又报告发车", "it departed after it had arrived"),
    "ARRIVED_BEFORE_DEPARTED": ("到达时间早于发车时间", "it arrived before it departed"),
    "AFTER_ARRIVED": ("已经到达之后才报告晚点或停运", "delayed or cancelled after it had arrived"),
    "already_arrived": (
        "已经到达之后才报告晚点或停运",
        "delayed or cancelled after it had arrived",
    ),
    "already_cancelled": ("已经停运之后又报告晚点", "delayed after it was cancelled"),
    "delay_without_time": ("晚点没有写预计几时到", "late, without the arrival expected now"),
    "cause_unknown": ("原因不在清单里", "the cause is not on the list"),
    "cause_not_shown": ("报告本身不能说明这个原因", "the report does not show this cause"),
    "SHIPMENT_CANCELLED": (
        "这趟车已经停运，却报告在走",
        "the shipment was cancelled, yet it moves",
    ),
    "NOT_ON_SHIPMENT": ("这台车不在这趟车上", "the car is not on this shipment"),
    "ORDER_DELIVERED": ("这台车已经交付", "the car was handed over already"),
    "ORDER_CANCELLED": ("这个订单已经取消", "the order was cancelled"),
}


class ShipmentRecord(NamedTuple):
    """A train or truck as its sender plans it, with the orders whose cars are on it."""

    line: int
    external_id: str
    digest: str
    code: str
    lane_id: int
    mode: str
    departs_at: dt.datetime
    arrives_at: dt.datetime
    order_ids: tuple[int, ...]

    @property
    def until_at(self) -> dt.datetime:
        """The end of the time in which its cars can be on nothing else."""
        return self.arrives_at + UNLOADING


class EventRecord(NamedTuple):
    """What a carrier reports. `cause` is a code of the ledger's causes, or empty."""

    external_id: str
    digest: str
    shipment_id: int | None
    order_id: int | None
    kind: str
    at: dt.datetime
    cause: str
    place_id: int | None
    expected_at: dt.datetime | None
    condition: str = ""


class OrderFacts(NamedTuple):
    """What a report about one car is judged by: its order's state, and where it is going."""

    state: str
    centre_id: int


class Report(Protocol):
    """What a report is judged by, before and after it was stored."""

    @property
    def kind(self) -> str: ...

    @property
    def at(self) -> dt.datetime: ...

    @property
    def place_id(self) -> int | None: ...


@dataclass(frozen=True)
class Standing:
    """Where a shipment stands, with what was reported and is not applied yet."""

    destination_id: int
    departed_at: dt.datetime | None = None
    arrived_at: dt.datetime | None = None
    cancelled: bool = False

    def after(self, kind: str, at: dt.datetime) -> Standing:
        """Where it stands once this report is true; the earliest of two such reports counts."""
        if kind == "DEPARTED":
            return replace(self, departed_at=min(self.departed_at or at, at))
        if kind == "ARRIVED":
            return replace(self, arrived_at=min(self.arrived_at or at, at))
        if kind == "CANCELLED":
            return replace(self, cancelled=True)
        return self


def judge_event(
    event: Report,
    shipment: Standing | None,
    order: OrderFacts | None,
    on_shipment: bool,
    now: dt.datetime,
) -> str:
    """Why a report cannot be true as it stands, as a code of PROBLEMS; or empty.

    `shipment` and `order` are those that the report names; `on_shipment` says whether the named
    order's car is on the named shipment.
    """
    if event.at > now + CLOCK_SKEW:
        return "FUTURE"
    if order is not None and order.state in ("DELIVERED", "CANCELLED"):
        return f"ORDER_{order.state}"
    if not on_shipment:
        return "NOT_ON_SHIPMENT"
    if shipment is None:
        assert order is not None
        shipment = Standing(order.centre_id)
    return _judge_shipment(event, shipment)


def _judge_shipment(event: Report, shipment: Standing) -> str:
    kind, at = event.kind, event.at
    arrived_at, departed_at = shipment.arrived_at, shipment.departed_at
    if kind in ("DEPARTED", "ARRIVED") and shipment.cancelled:
        return "SHIPMENT_CANCELLED"
    if kind == "DEPARTED" and arrived_at is not None and at >= arrived_at:
        return "DEPARTED_AFTER_ARRIVED"
    if kind == "ARRIVED":
        if departed_at is not None and at < departed_at:
            return "ARRIVED_BEFORE_DEPARTED"
        if event.place_id not in (None, shipment.destination_id):
            return "OTHER_PLACE"
    if kind in ("DELAYED", "CANCELLED") and arrived_at is not None:
        return "AFTER_ARRIVED"
    return ""
