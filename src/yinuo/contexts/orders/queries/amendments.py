"""What may be asked of amendments: by their customers, by staff in charge, by the stories."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from yinuo.contexts.orders.models import Amendment, AmendmentPaper, Buyer, Order
from yinuo.contexts.orders.rules import amendments as rules
from yinuo.contexts.people.queries.people import acts, sees
from yinuo.contexts.people.queries.staff import get_staff, require_staff


@dataclass(frozen=True)
class PaperSeen:
    """A paper of an amendment; the file is the upload room's."""

    id: int
    kind: str
    digest: str
    media_type: str
    received_at: dt.datetime


@dataclass(frozen=True)
class TaskSeen:
    """One thing of the template; None while it is not done."""

    code: str
    done_at: dt.datetime | None


@dataclass(frozen=True)
class AmendmentSeen:
    """An amendment as the people concerned see it. `side` is the reader's: OLD, NEW, BOTH, STAFF.

    Of the other side only the name is shown. `code` is `about` of a special request, else its kind.
    """

    public_id: str
    order_id: int
    order_code: str
    kind: str
    code: str
    words: str
    state: str
    side: str
    loan: str
    plate: str
    asked_at: dt.datetime
    asked_name: str
    to_name: str
    to_phone: str
    company_name: str
    company_code: str
    old_confirmed: bool
    new_confirmed: bool
    owner_id: int | None
    owner_zh: str
    owner_en: str
    answer_by_at: dt.datetime | None
    handed_up_at: dt.datetime | None
    ended_at: dt.datetime | None
    ground: str
    centre_code: str
    papers: tuple[PaperSeen, ...]
    tasks: tuple[TaskSeen, ...]

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.state in rules.RUNNING

    @property
    def mine_to_confirm(self) -> bool:
        """Whether the reader still has to confirm by code."""
        old = self.side in ("OLD", "BOTH") and not self.old_confirmed
        new = self.side in ("NEW", "BOTH") and not self.new_confirmed
        return self.running and self.kind != rules.SPECIAL and (old or new)


@dataclass(frozen=True)
class BuyerSeen:
    """Who buys the car now; a company's name is empty where a person does."""

    person_id: int
    company_name: str
    company_code: str

    @property
    def is_company(self) -> bool:
        """Whether a company buys it."""
        return bool(self.company_code)


def get_buyer(order_id: int) -> BuyerSeen:
    """Who buys the car of this order; the caller checked who may read it."""
    row = Buyer.objects.filter(order=order_id, until_at=None).first()
    if row is None:
        person = Order.objects.values_list("person_id", flat=True).get(id=order_id)
        return BuyerSeen(person, "", "")
    return BuyerSeen(row.person_id, row.company_name, row.company_code)


def get_for_side(person_id: int, order_code: str) -> AmendmentSeen | None:
    """The newest change of the buyer of this order for one of its two sides; None for strangers.

    Who was the buyer before keeps reading how the change ended, and nothing of the order since.
    """
    rows = _rows().filter(order__code=order_code).exclude(kind=rules.SPECIAL)
    mine = rows.filter(acts(person_id, "asked_by")) | rows.filter(acts(person_id, "to_person"))
    row = mine.order_by("-id").first()
    return _seen(row, _side(row, person_id)) if row else None


def get_newest_of_order(order_id: int) -> AmendmentSeen | None:
    """The newest change of the buyer of an order whose reader was checked."""
    rows = _rows().filter(order=order_id).exclude(kind=rules.SPECIAL).order_by("-id")
    row = rows.first()
    return _seen(row, "HOUSEHOLD") if row else None


def list_sides(public_id: str) -> list[int]:
    """The people who confirm a change: two, or one who stands on both sides."""
    found = Amendment.objects.filter(public_id=public_id).values_list("asked_by", "to_person")
    return sorted({person for pair in found for person in pair if person is not None})


def list_special(person_id: int, order_id: int) -> list[AmendmentSeen]:
    """The special requests of an order, for its owner and household, newest first."""
    rows = _rows().filter(sees(person_id, "order__person"), order=order_id, kind=rules.SPECIAL)
    return [_seen(row, _side(row, person_id)) for row in rows.distinct().order_by("-id")]


def list_for_staff(staff_id: int, *, order_id: int | None = None) -> list[AmendmentSeen]:
    """Running amendments, the soonest answer first; all of one order when it is given.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = _rows()
    if order_id is None:
        rows = rows.filter(state__in=Amendment.RUNNING)
    else:
        rows = rows.filter(order=order_id)
    return [_seen(row, "STAFF") for row in rows.order_by("answer_by_at", "id")[:200]]


def get_for_staff(staff_id: int, public_id: str) -> AmendmentSeen | None:
    """One amendment for any member of staff.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    row = _rows().filter(public_id=public_id).first()
    return _seen(row, "STAFF") if row else None


def get_paper_for_staff(staff_id: int, paper_id: int) -> PaperSeen | None:
    """A paper, for the person in charge, the centre's specialists and managers only."""
    row = (
        AmendmentPaper.objects.filter(id=paper_id)
        .select_related("amendment__order__line__centre")
        .first()
    )
    card = get_staff(staff_id)
    if row is None or card is None:
        return None
    centre = row.amendment.order.line.centre.code
    in_charge = card.id == row.amendment.owner_id
    if not in_charge and not rules.may_handle(card.role, card.centre_code, centre):
        return None
    return _paper(row)


def get_paper_for_side(person_id: int, paper_id: int) -> PaperSeen | None:
    """A paper, for the person who sent it."""
    row = AmendmentPaper.objects.filter(id=paper_id, amendment__asked_by=person_id).first()
    return _paper(row) if row else None


def _rows() -> QuerySet[Amendment]:
    return Amendment.objects.select_related(
        "order__line__centre", "asked_by", "to_person", "owner"
    ).prefetch_related("papers", "tasks")


def _side(row: Amendment, person_id: int) -> str:
    old, new = row.asked_by_id == person_id, row.to_person_id == person_id
    if old and new:
        return "BOTH"
    return "OLD" if old else "NEW" if new else "HOUSEHOLD"


def _paper(row: AmendmentPaper) -> PaperSeen:
    return PaperSeen(row.id, row.kind, row.digest, row.media_type, row.received_at)


def _seen(row: Amendment, side: str) -> AmendmentSeen:
    return AmendmentSeen(
        public_id=row.public_id,
        order_id=row.order_id,
        order_code=row.order.code,
        kind=row.kind,
        code=row.about or row.kind,
        words=row.words,
        state=row.state,
        side=side,
        loan=row.loan,
        plate=row.plate,
        asked_at=row.asked_at,
        asked_name=row.asked_by.name,
        to_name=row.to_person.name if row.to_person else "",
        to_phone=row.to_person.phone if row.to_person and side != "NEW" else "",
        company_name=row.company_name,
        company_code=row.company_code,
        old_confirmed=row.old_confirmed_at is not None,
        new_confirmed=row.new_confirmed_at is not None,
        owner_id=row.owner_id,
        owner_zh=row.owner.name_zh if row.owner else "",
        owner_en=row.owner.name_en if row.owner else "",
        answer_by_at=row.answer_by_at,
        handed_up_at=row.handed_up_at,
        ended_at=row.ended_at,
        ground=row.outcome,
        centre_code=row.order.line.centre.code,
        papers=tuple(_paper(paper) for paper in row.papers.all()),
        tasks=tuple(TaskSeen(task.code, task.done_at) for task in row.tasks.all()),
    )
