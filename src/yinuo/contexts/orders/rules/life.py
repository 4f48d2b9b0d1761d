"""The life of an order: one table of its states and of what leads from one to another.

Before the lock it is that of a ticket, from the lock on that of its order. Conditions stand beside
the state: an order that is held, or whose buyer is being changed, keeps its state and its rank.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

WAITING_LIST = "WAITING"
TAKEN, ORDERED, WITHDRAWN, LAPSED = "TAKEN", "ORDERED", "WITHDRAWN", "LAPSED"
LOCKED, SCHEDULED, IN_BUILD, BUILT = "LOCKED", "SCHEDULED", "IN_BUILD", "BUILT"
IN_TRANSIT, AT_CENTRE, INSPECTED = "IN_TRANSIT", "AT_CENTRE", "INSPECTED"
SIGNED, PAID, DELIVERED, CANCELLED = "SIGNED", "PAID", "DELIVERED", "CANCELLED"

TICKET_STATES = (WAITING_LIST, TAKEN, ORDERED, WITHDRAWN, LAPSED)
# Forward only. CANCELLED is not on the way: it ends it.
STATES = (
    LOCKED, SCHEDULED, IN_BUILD, BUILT, IN_TRANSIT, AT_CENTRE, INSPECTED, SIGNED, PAID, DELIVERED
)  # fmt: skip
ENDED = frozenset({DELIVERED, CANCELLED})
AT_THE_CENTRE = (AT_CENTRE, INSPECTED, SIGNED, PAID)
# No car is there yet: nothing is lost when these leave, and they may come back.
WAITING = (LOCKED, SCHEDULED)
BEFORE_PAYMENT = STATES[:-2]
OPEN = STATES[:-1]

CUSTOMER, STAFF, BOTH = "CUSTOMER", "STAFF", "BOTH"
FEED, CLOCK, MONEY = "FEED", "CLOCK", "MONEY"

HELD, BUYER_CHANGE, POSTPONED, DISPUTED = "HELD", "BUYER_CHANGE", "POSTPONED", "DISPUTED"


@dataclass(frozen=True)
class Way:
    """From any of `sources` the `verb` leads to `target`; `who` may do it when `needs` hold.

    `needs` names what its story checks first; `zh` and `en` are the action as staff read it.
    """

    sources: tuple[str, ...]
    verb: str
    target: str
    who: str
    needs: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True)
class Condition:
    """What may stand beside the state in `states`, begun and ended by a verb.

    While it stands, the verbs of `stops` are refused. The rank never changes by it.
    """

    name: str
    states: tuple[str, ...]
    begins: str
    ends: str
    who: str
    stops: frozenset[str]
    zh: str
    en: str


WAYS = (
    Way((WAITING_LIST,), "give_place", TAKEN, CLOCK, ("a place is free",), "轮到", "get a place"),
    Way((TAKEN,), "agree", ORDERED, CUSTOMER, ("contract",), "同意合同", "agree to the contract"),
    Way((ORDERED,), "lock", LOCKED, MONEY, ("deposit paid",), "锁单", "lock"),
    Way((WAITING_LIST, TAKEN, ORDERED), "withdraw", WITHDRAWN, CUSTOMER, (), "不要了", "withdraw"),
    Way((TAKEN, ORDERED), "lapse", LAPSED, CLOCK, ("its time is over",), "过期", "lapse"),
    Way((LOCKED,), "schedule", SCHEDULED, FEED, ("no scheduling hold",), "排产", "schedule"),
    Way((SCHEDULED,), "start", IN_BUILD, FEED, (), "开工", "start building"),
    Way((IN_BUILD,), "build", BUILT, FEED, (), "下线", "finish building"),
    Way((BUILT,), "depart", IN_TRANSIT, FEED, (), "发车", "leave the plant"),
    Way((IN_TRANSIT,), "arrive", AT_CENTRE, FEED, (), "到中心", "arrive at the centre"),
    Way(
        STATES[:7], "take_car", AT_CENTRE, CUSTOMER,
        ("a car of its own", "its history signed"), "换成现有的车", "take a car that is there",
    ),
    Way(
        (AT_CENTRE,), "inspect", INSPECTED, BOTH,
        ("joint inspection complete",), "验完车", "finish the inspection",
    ),
    Way(
        (INSPECTED, SIGNED), "inspect_again", AT_CENTRE, BOTH,
        ("not paid",), "修好再验", "inspect again",
    ),
    Way((INSPECTED,), "sign", SIGNED, CUSTOMER, ("car accepted",), "签字收车", "sign for the car"),
    Way((SIGNED,), "pay", PAID, MONEY, ("balance paid in full",), "付清尾款", "pay the balance"),
    Way((PAID,), "hand_over", DELIVERED, STAFF, ("keys given",), "交钥匙", "give the keys"),
    Way(OPEN, "cancel", CANCELLED, CUSTOMER, ("decision",), "退订", "cancel"),
    Way(
        (CANCELLED,), "restore", LOCKED, MONEY,
        ("deposit paid again in time", "no car was there"),
        "回到原来的位置", "take its place again",
    ),
)  # fmt: skip

# The verbs that end or spend what a customer has; nothing of it happens while people disagree.
GRAVE = frozenset({"sign", "pay", "hand_over", "cancel", "take_car"})

CONDITIONS = (
    Condition(
        HELD, OPEN, "hold", "release", STAFF, frozenset(),
        "暂缓", "held",
    ),
    Condition(
        BUYER_CHANGE, BEFORE_PAYMENT, "change_buyer", "finish_buyer", BOTH,
        frozenset({"sign", "pay", "hand_over", "take_car"}),
        "正在变更购车人", "the buyer is being changed",
    ),
    Condition(
        POSTPONED, STATES[:6], "postpone", "resume", CUSTOMER,
        frozenset({"schedule"}),
        "客户改期", "postponed by the customer",
    ),
    Condition(
        DISPUTED, (*OPEN, CANCELLED), "dispute", "settle", CUSTOMER, GRAVE | {"restore"},
        "有异议，钱和取消都先停住", "disputed: money and cancellation are frozen",
    ),
)  # fmt: skip

_TARGETS = {(source, way.verb): way for way in WAYS for source in way.sources}


def find_way(state: str, verb: str) -> Way | None:
    """What `verb` leads to from `state`; None where it leads nowhere."""
    return _TARGETS.get((state, verb))


def stopped_by(verb: str, standing: Collection[str]) -> str:
    """The first of the conditions that stand beside an order which stops `verb`; else empty."""
    for one in CONDITIONS:
        if one.name in standing and verb in one.stops:
            return one.name
    return ""


def list_ways(state: str, standing: Collection[str] = ()) -> list[Way]:
    """What may lawfully happen next to an order, in the order of the table."""
    return [way for way in WAYS if state in way.sources and not stopped_by(way.verb, standing)]


def may_begin(condition: str, state: str, standing: Collection[str] = ()) -> bool:
    """Whether this condition may begin beside an order in `state`."""
    one = next(one for one in CONDITIONS if one.name == condition)
    return state in one.states and condition not in standing


def is_forward(state: str, reached: str) -> bool:
    """Whether an order in `state` moves on when it has `reached` another; ended ones do not."""
    return state not in ENDED and STATES.index(reached) > STATES.index(state)
