"""What somebody who leaves gets back: one row for each ground, tied to the rules that it rests on.

The rows stand in the order in which they are asked; the first that holds decides. A ground is never
worse than the law: what the law adds (interest, the deposit twice) is worked out by its own rules.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from yinuo.contexts.orders.rules.life import (
    AT_CENTRE,
    AT_THE_CENTRE,
    BEFORE_PAYMENT,
    INSPECTED,
    LOCKED,
    OPEN,
    SCHEDULED,
)

UNDO, REFUSED, UNSAFE, BROKEN = "UNDO", "REFUSED", "UNSAFE", "BROKEN"
DEFECT, VOID, MOVED = "DEFECT", "VOID", "MOVED"
COLD, EARLY, OWN_WISH = "COLD", "EARLY", "OWN_WISH"

UNDO_TIME = dt.timedelta(hours=72)
# Money that was paid in time may be heard of later: so long a place is not given on.
WORD_OF_MONEY = dt.timedelta(days=1)
# What the maker promises; the law's own last day (`prepay.refund`) is later.
REFUND_DAYS = 5
# Whoever waited so long is offered the way out without asking for it.
WAIT_CAP_DAYS = 365
# A promised day that passed this long ago counts as a purpose defeated (`delay.remedy`).
REASONABLE_DAYS = 30
# A named person says within so many days whether anything is kept; after that nothing is.
DECIDE_DAYS = 2


@dataclass(frozen=True)
class Remedy:
    """A ground to leave from one of `states`.

    `decided` means that a named person may propose to keep a part by `deposit.forfeit`; without a
    word in time all of it goes back. `interest` and `double` say which sums the rules may add.
    """

    ground: str
    states: tuple[str, ...]
    rules: tuple[str, ...]
    decided: bool
    interest: bool
    double: bool
    zh: str
    en: str

    @property
    def words(self) -> dict[str, str]:
        """What it says in both languages."""
        return {"zh": self.zh, "en": self.en}


REMEDIES = (
    Remedy(
        UNDO, OPEN, ("consumer.noreason",), False, False, False,
        "锁单后 72 小时内，可以无条件取消。",
        "Within 72 hours of the lock you can cancel freely.",
    ),
    Remedy(
        REFUSED, (AT_CENTRE, INSPECTED), ("reject.fundamental", "prepay.refund", "deposit.double"),
        False, True, True,
        "您没有收车，钱全部退给您。",
        "You did not take the car; all of the money goes back.",
    ),
    Remedy(
        UNSAFE, AT_THE_CENTRE, ("reject.fundamental", "prepay.refund", "deposit.double"),
        False, True, True,
        "验车发现了影响安全的问题，还没有解决。钱全部退给您，并付利息。",
        "A fault that life depends on is not put right; all of the money goes back, with interest.",
    ),
    Remedy(
        BROKEN, OPEN, ("delay.remedy", "prepay.refund", "deposit.double"), False, True, True,
        "我们没有按承诺的日子交车，钱全部退给您，并付利息。",
        "We broke our promised date; all of the money goes back, with interest.",
    ),
    Remedy(
        DEFECT, AT_THE_CENTRE, ("contract.ad_as_offer", "prepay.refund"), False, True, False,
        "我们说过的和实际的不一样，钱全部退给您，并付利息。",
        "What we said was not so; all of the money goes back, with interest.",
    ),
    Remedy(
        MOVED, BEFORE_PAYMENT, ("delay.notify", "prepay.refund"), False, False, False,
        "交车日往后改过，钱全部退给您。",
        "Your date was moved back; all of the money goes back.",
    ),
    Remedy(
        VOID, OPEN, ("clause.ruled_void", "deposit.forfeit"), False, False, False,
        "您的合同里有一条被判无效，还没有改好。钱全部退给您。",
        "A clause of your contract was held void and is not put right; all of the money goes back.",
    ),
    Remedy(
        COLD, (LOCKED, SCHEDULED), ("prepay.refund",), False, False, False,
        "您等了很久，车还没开工，钱全部退给您。",
        "You waited long and the car is not begun; all of the money goes back.",
    ),
    Remedy(
        EARLY, (LOCKED, SCHEDULED), ("deposit.forfeit",), False, False, False,
        "车还没开工，钱全部退给您。",
        "The car is not begun; all of the money goes back.",
    ),
    Remedy(
        OWN_WISH, OPEN, ("deposit.forfeit", "deposit.cap"), True, False, False,
        "车已经开工。要留一部分定金，得有法律依据，还要有具名的人批准；到时没有批准，全部退给您。",
        "The car is begun. Keeping a part of the deposit needs a ground in law and a named person;"
        " without that in time, all of it goes back.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What is known of an order whose customer wants to leave.

    `refused` and `unsafe` come from the inspection of its car, `defect` from promised features
    that do not work, `void` from a ruling on a clause of its contract that is not put right.
    """

    state: str
    locked_at: dt.datetime
    undo_until_at: dt.datetime
    broken: bool = False
    refused: bool = False
    unsafe: bool = False
    defect: bool = False
    void: bool = False
    moved: bool = False


def holds(ground: str, case: Case, now: dt.datetime) -> bool:
    """Whether a ground is given by what is known of the case."""
    given = {
        UNDO: now < case.undo_until_at,
        REFUSED: case.refused,
        UNSAFE: case.unsafe,
        BROKEN: case.broken,
        DEFECT: case.defect,
        VOID: case.void,
        MOVED: case.moved,
        COLD: is_cold(case.locked_at, now),
        EARLY: True,
        OWN_WISH: True,
    }
    return given[ground]


def is_cold(locked_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether somebody has waited as long as anybody should have to."""
    return now - locked_at >= dt.timedelta(days=WAIT_CAP_DAYS)


def find_remedy(case: Case, now: dt.datetime) -> Remedy | None:
    """The first row that holds; None where the order is past leaving."""
    for one in REMEDIES:
        if case.state in one.states and holds(one.ground, case, now):
            return one
    return None


def get_remedy(ground: str) -> Remedy:
    """The row of a ground."""
    return next(one for one in REMEDIES if one.ground == ground)
