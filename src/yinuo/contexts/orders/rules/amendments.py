"""Changes that customers ask for: which suit whom, what they need, and who answers by when."""

from __future__ import annotations

from dataclasses import dataclass

from yinuo.contexts.orders.rules.life import BEFORE_PAYMENT, CANCELLED, SIGNED

TO_COMPANY, TO_PERSON, TRANSFER, SPECIAL = "TO_COMPANY", "TO_PERSON", "TRANSFER", "SPECIAL"
BUYER_KINDS = (TO_COMPANY, TO_PERSON, TRANSFER)

ASKED, CHECKED, CONFIRMED = "ASKED", "CHECKED", "CONFIRMED"
DECIDED, REFUSED, WITHDRAWN = "DECIDED", "REFUSED", "WITHDRAWN"
RUNNING = frozenset({ASKED, CHECKED, CONFIRMED})

# The loan of the buyer so far, and whose plate quota the car is to have.
LOANS = ("NONE", "APPROVED")
PLATES = ("MINE", "NEW_BUYER", "NOT_NEEDED")

ANSWER_HOUR = 18
# So long a customer may hear nothing while somebody else's move is awaited; then we say how it is.
SILENT_DAYS_MAX = {ASKED: 3, CHECKED: 3, CONFIRMED: 2}
# Who decides when the named person did not, in this order.
LADDER = ("SPECIALIST", "MANAGER", "EXECUTIVE")

# What is done for each kind, in order. The words stand beside the page that shows them.
TASKS = {
    TO_COMPANY: ("LICENCE_READ", "LOAN_TOLD", "CONTRACT_RENEWED", "INVOICE_NAME"),
    TO_PERSON: ("LOAN_TOLD", "CONTRACT_RENEWED", "INVOICE_NAME"),
    TRANSFER: ("LOAN_TOLD", "CONTRACT_RENEWED", "INVOICE_NAME"),
}
SPECIAL_TASKS = {
    "WHEELCHAIR": ("MEASURED", "PART_ASKED", "FITTED", "SHOWN"),
    "CHILD_SEAT": ("PART_ASKED", "FITTED", "SHOWN"),
    "HOME_DELIVERY": ("ADDRESS_CHECKED", "CARRIER_ASKED", "TIME_TOLD"),
    "PLATE_HELP": ("PAPERS_TOLD", "OFFICE_ASKED", "DONE_TOLD"),
    "OTHER_CENTRE": ("CARRIER_ASKED", "CENTRE_ASKED", "TIME_TOLD"),
    "SIGN_LANGUAGE": ("INTERPRETER_ASKED", "TIME_TOLD"),
}

# Closed grounds on which a change may be refused, each with its clause; the words stand in `words`.
GROUNDS = ("LICENCE_UNREADABLE", "COMPANY_CLOSED", "NAMES_DIFFER", "LOAN_RUNS", "QUOTA_USED")


@dataclass(frozen=True)
class Suits:
    """Whether a change of the buyer can be asked for, and what it would mean; codes of words."""

    may: bool
    why_not: str
    notes: tuple[str, ...]


def suits(state: str, loan: str, plate: str) -> Suits:
    """Whether the buyer can be changed in this state, and what changes with the loan and the plate.

    After the signature the paper is the buyer's; nothing before stops it.
    """
    if state == CANCELLED:
        return Suits(False, "CANCELLED", ())
    if state == SIGNED or state not in BEFORE_PAYMENT:
        return Suits(False, "SIGNED", ())
    notes = []
    if loan == "APPROVED":
        notes.append("LOAN_AGAIN")
    if plate == "MINE":
        notes.append("QUOTA_STAYS")
    elif plate == "NEW_BUYER":
        notes.append("QUOTA_MOVES")
    return Suits(True, "", tuple(notes))


def tasks_of(kind: str, about: str, loan: str) -> tuple[str, ...]:
    """The things to do; nobody tells a bank of a loan that there is not."""
    tasks = SPECIAL_TASKS[about] if kind == SPECIAL else TASKS[kind]
    return tuple(task for task in tasks if task != "LOAN_TOLD" or loan == "APPROVED")


def next_on_ladder(role: str) -> str:
    """The role that decides after this one did not; the last keeps it and names a new time."""
    at = LADDER.index(role) if role in LADDER else 0
    return LADDER[min(at + 1, len(LADDER) - 1)]


def may_handle(role: str, staff_centre: str, order_centre: str) -> bool:
    """Whether this member of staff may read the papers of an amendment and decide about it."""
    return role in ("MANAGER", "EXECUTIVE") or (
        role == "SPECIALIST" and staff_centre == order_centre
    )
