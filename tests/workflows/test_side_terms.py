"""What was said in the shop binds the bill, the promise and the planner once the buyer agreed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from tests import handovers
from tests.factories import DAY, NOW, World, make_order, make_promise, make_world
from tests.handovers import DEPOSIT, PRICE
from tests.workflows.leaving_story import pay_deposit
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.orders.rules import remedies
from yinuo.contexts.payments.models import Bill
from yinuo.contexts.payments.operations.bills import open_bill
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.terms.models import Contract, SideOffer, SideTerm, TermBreach
from yinuo.contexts.terms.operations import contracts, offers
from yinuo.contexts.terms.operations import side_terms as operations
from yinuo.contexts.terms.operations.offers import Said
from yinuo.contexts.terms.queries.contracts import get_current
from yinuo.contexts.terms.rules import NewSideTerm
from yinuo.workflows import contract_again, delivery_by, leaving, postpone, side_terms

pytestmark = pytest.mark.django_db
LESS = PRICE - 500_000
BY = dt.date(2026, 5, 1)
SAID = Said("赵敏", "海口国贸店", NOW.date())


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def order(world: World) -> Order:
    """Alice's order, not scheduled yet, with its contract and a paid deposit."""
    order = make_order(world, "HK24LI")
    handovers.make_contract(world, order)
    pay_deposit(order, DEPOSIT)
    return order


def term(kind: str, **fields: object) -> NewSideTerm:
    return NewSideTerm(kind, "店里答应的", NOW, **fields)  # type: ignore[arg-type]


def offered(order: Order, said: NewSideTerm, world: World, now: dt.datetime = NOW) -> str:
    return side_terms.offer(
        order_id=order.id, term=said, said=SAID, staff_id=world.dora.id, now=now
    )


def agree(order: Order, world: World, said: NewSideTerm, now: dt.datetime = NOW) -> None:
    public_id = offered(order, said, world, now)
    side_terms.agree(order_id=order.id, public_id=public_id, person_id=order.person_id, now=now)


def price_of(order: Order) -> int:
    current = get_current(order.id)
    assert current is not None
    return current.price_fen


@pytest.mark.need(133)
def test_nothing_binds_before_the_buyer_agreed_and_only_the_buyer_does(
    world: World, order: Order
) -> None:
    public_id = offered(order, term("PRICE", amount_fen=LESS), world)
    assert price_of(order) == PRICE
    assert not SideTerm.objects.exists()
    for person in (world.bob, world.carol):
        for act in (side_terms.agree, side_terms.decline):
            with pytest.raises(side_terms.NotTheBuyer):
                act(order_id=order.id, public_id=public_id, person_id=person.id, now=NOW)
    other = make_order(world, "HK24LJ")
    with pytest.raises(offers.OfferAnswered):
        side_terms.agree(order_id=other.id, public_id=public_id, person_id=world.alice.id, now=NOW)
    later = NOW + DAY
    side_terms.agree(order_id=order.id, public_id=public_id, person_id=world.alice.id, now=later)
    agreed = SideTerm.objects.get()
    assert (agreed.signed_at, agreed.signed_by_id) == (later, world.alice.id)
    assert agreed.signed_by_staff_id == world.dora.id
    assert SideOffer.objects.get().term_id == agreed.id
    assert price_of(order) == LESS
    with pytest.raises(offers.OfferAnswered):
        side_terms.decline(
            order_id=order.id, public_id=public_id, person_id=world.alice.id, now=later
        )
    kinds = list(Entry.objects.filter(kind__startswith="side_term").values_list("kind", flat=True))
    assert sorted(kinds) == ["side_term.agreed", "side_term.offered"]


def test_declined_or_taken_back_the_contract_stays(world: World, order: Order) -> None:
    first, second = (offered(order, term("PRICE", amount_fen=LESS), world) for _ in range(2))
    side_terms.decline(order_id=order.id, public_id=first, person_id=world.alice.id, now=NOW)
    side_terms.withdraw(order_id=order.id, public_id=second, now=NOW)
    assert price_of(order) == PRICE
    assert [one.answer for one in SideOffer.objects.order_by("id")] == ["DECLINED", "WITHDRAWN"]
    assert Entry.objects.filter(kind="side_term.declined").count() == 2
    for statement in ("UPDATE terms_sideoffer SET text = 'x'", "DELETE FROM terms_sideoffer"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        (term("PRICE", amount_fen=PRICE + 1), operations.PriceAboveMarked),
        (term("PRICE", amount_fen=DEPOSIT * 5 - 1), operations.PriceBelowDeposit),
        (term("PRICE"), operations.TermNotComplete),
        (term("DELIVERY_BY", until_date=NOW.date()), side_terms.DateOver),
        (term("DELIVERY_BY"), operations.TermNotComplete),
        (term("SCHEDULE_HOLD", days=0), operations.TermNotComplete),
        (term("MAGIC"), operations.TermNotComplete),
    ],
)
def test_what_cannot_be_agreed_is_not_offered(
    world: World, order: Order, said: NewSideTerm, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        offered(order, said, world)
    assert not SideOffer.objects.exists()


def test_who_said_it_where_and_when_belongs_to_it(world: World, order: Order) -> None:
    tomorrow = (NOW + DAY).date()
    for said in (Said("", "店", SAID.date), Said("赵", " ", SAID.date), Said("赵", "店", None)):
        with pytest.raises(offers.SaidByNobody):
            side_terms.offer(
                order_id=order.id, term=term("FREE_TEXT"), said=said, staff_id=1, now=NOW
            )
    with pytest.raises(offers.SaidByNobody):
        side_terms.offer(
            order_id=order.id,
            term=term("FREE_TEXT"),
            said=Said("赵", "店", tomorrow),
            staff_id=1,
            now=NOW,
        )


def test_an_order_that_ended_or_has_no_contract_takes_no_term(world: World, order: Order) -> None:
    bare = make_order(world, "HK24LJ")
    with pytest.raises(operations.NoContract):
        offered(bare, term("FREE_TEXT"), world)
    scheduled = make_order(world, "HK24LK", state="SCHEDULED")
    with pytest.raises(side_terms.TooMuchHeld):
        offered(scheduled, term("SCHEDULE_HOLD", days=30), world)
    public_id = offered(order, term("FREE_TEXT"), world)
    Order.objects.filter(id=order.id).update(state="CANCELLED", cancelled_at=NOW)
    with pytest.raises(side_terms.NotOpenAnyMore):
        offered(order, term("FREE_TEXT"), world)
    with pytest.raises(side_terms.NotOpenAnyMore):
        side_terms.agree(order_id=order.id, public_id=public_id, person_id=world.alice.id, now=NOW)


@pytest.mark.need(133, 160)
def test_a_scheduling_hold_agreed_by_page_holds_the_queue(world: World, order: Order) -> None:
    agree(order, world, term("SCHEDULE_HOLD", days=360), NOW + DAY)
    assert QueueNote.objects.get(order=order).code == "CUSTOMER_WAITS"
    assert SideTerm.objects.get().until_date == (NOW + 361 * DAY).date()


@pytest.mark.need(133)
def test_the_agreed_price_is_the_price_of_the_bill(world: World) -> None:
    order = handovers.make_ready(world)
    agree(order, world, term("PRICE", amount_fen=LESS))
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    payable = handovers.sign(order)
    bill = Bill.objects.get(kind="BALANCE")
    assert (payable.why, bill.state) == ("", "OPEN")
    assert bill.amount_fen == LESS - DEPOSIT
    with pytest.raises(side_terms.BalanceAsked):
        offered(order, term("PRICE", amount_fen=LESS - 1), world)


@pytest.mark.need(133)
def test_a_bill_that_differs_from_the_agreed_price_is_blocked(world: World) -> None:
    order = handovers.make_ready(world)
    agree(order, world, term("PRICE", amount_fen=LESS))
    current = get_current(order.id)
    assert current is not None
    assert (current.price_fen, current.marked_fen) == (LESS, PRICE)
    handovers.answer_all(handovers.begin(order, world))
    handovers.decide(order)
    handovers.sign(order)
    opened = Bill.objects.get(kind="BALANCE")
    wrong = open_bill(
        kind="BALANCE",
        amount_fen=PRICE - DEPOSIT,
        contract_amount_fen=current.price_fen - DEPOSIT,
        order_id=order.id,
        signature_id=opened.signature_id,
        request_key="the-price-of-before",
        now=NOW,
    )
    assert wrong.state == "BLOCKED"


def test_another_price_for_the_same_car_makes_no_contract(world: World, order: Order) -> None:
    agree(order, world, term("PRICE", amount_fen=LESS))
    contract = Contract.objects.get(superseded_at=None)
    with pytest.raises(contracts.PriceDiffers):
        contracts.agree(
            order_id=order.id,
            template_code=contract.template.code,
            language="zh",
            price_fen=PRICE,
            deposit_fen=DEPOSIT,
            shown=[],
            person_id=world.alice.id,
            now=NOW,
        )


def test_a_change_of_the_car_starts_from_the_agreed_price_and_replaces_it(
    world: World, order: Order
) -> None:
    agree(order, world, term("PRICE", amount_fen=LESS))
    for change, price in ((0, LESS), (100_000, LESS + 100_000)):
        contract_again.agree_again(
            order_id=order.id,
            person_id=world.alice.id,
            page="/o/x",
            shown_at=NOW,
            price_change_fen=change,
            now=NOW,
        )
        assert price_of(order) == price
    assert SideTerm.objects.get().ended_why == "REPLACED"


def test_the_newest_price_and_date_count(world: World, order: Order) -> None:
    for fen, day in ((LESS, BY), (LESS - 100, BY + DAY)):
        agree(order, world, term("PRICE", amount_fen=fen))
        agree(order, world, term("DELIVERY_BY", until_date=day))
    assert price_of(order) == LESS - 100
    [kept] = delivery_by.list_kept(today=NOW.date())
    assert kept.date.until_date == BY + DAY
    assert SideTerm.objects.filter(ended_why="REPLACED").count() == 2


@pytest.mark.need(133)
def test_a_date_earlier_than_the_promise_is_not_agreed_on(world: World, order: Order) -> None:
    make_promise(order, from_date=BY - 20 * DAY, until_date=BY - 10 * DAY, latest_date=BY + DAY)
    with pytest.raises(side_terms.DateNotPossible) as refused:
        offered(order, term("DELIVERY_BY", until_date=BY), world)
    assert "2026-05-02" in refused.value.message("zh")
    agree(order, world, term("DELIVERY_BY", until_date=BY + DAY))
    assert delivery_by.run(now=NOW) == 0


@pytest.fixture
def dated(world: World, order: Order) -> Order:
    """The same order, to be handed over by 1 May, promised a day before."""
    make_promise(order, from_date=BY - 20 * DAY, until_date=BY - 10 * DAY, latest_date=BY - DAY)
    agree(order, world, term("DELIVERY_BY", until_date=BY))
    return order


@pytest.mark.need(133, 160)
def test_a_promise_later_than_the_agreed_date_is_a_breach_told_and_a_way_out(
    world: World, dated: Order
) -> None:
    assert delivery_by.run(now=NOW) == 0
    Promise.objects.filter(order=dated).update(latest_date=BY + 9 * DAY)
    [kept] = delivery_by.list_kept(today=NOW.date())
    assert (kept.stage, kept.late_days) == ("EXPECTED", 9)
    assert [delivery_by.run(now=NOW) for _ in range(2)] == [1, 0]
    breach = TermBreach.objects.get()
    assert (breach.stage, breach.latest_date) == ("EXPECTED", BY + 9 * DAY)
    assert Entry.objects.filter(kind="side_term.breached", subject_id=dated.id).count() == 1
    assert leaving.look(order_id=dated.id, now=NOW).remedy.ground == remedies.MOVED
    over = NOW.replace(month=5, day=2)
    assert delivery_by.run(now=over) == 1
    offer = leaving.look(order_id=dated.id, now=over)
    assert offer.remedy.ground == remedies.BROKEN
    assert offer.facts["delivery.due_date"] == "2026-05-01"
    assert offer.interest_fen > 0


def test_on_the_last_day_nothing_is_broken_and_what_ended_is_left(
    world: World, dated: Order
) -> None:
    last = NOW.replace(month=5, day=1)
    Promise.objects.filter(order=dated).update(latest_date=BY)
    assert delivery_by.run(now=last) == 0
    Order.objects.filter(id=dated.id).update(state="DELIVERED", delivered_at=last)
    assert delivery_by.list_kept(today=BY + 30 * DAY) == []
    assert delivery_by.run(now=last + 30 * DAY) == 0


def test_the_worst_date_comes_first_for_the_planner(world: World, dated: Order) -> None:
    other = make_order(world, "HK24LM")
    handovers.make_contract(world, other)
    agree(other, world, term("DELIVERY_BY", until_date=BY - 30 * DAY))
    Promise.objects.filter(order=dated).update(latest_date=BY + DAY)
    assert delivery_by.list_kept(today=NOW.date())[0].date.order_code == dated.code
    assert delivery_by.list_kept(today=BY)[0].date.order_code == other.code


def test_who_asks_for_the_car_later_gives_up_the_earlier_date_and_we_break_nothing(
    world: World, dated: Order
) -> None:
    for day, held in ((BY, 1), (BY + 30 * DAY, 0)):
        postpone.postpone(
            person_id=world.alice.id,
            order_id=dated.id,
            typed=day.isoformat(),
            request_key=f"k{day}",
            now=NOW,
        )
        assert len(delivery_by.list_kept(today=NOW.date())) == held
    assert delivery_by.run(now=NOW.replace(month=5, day=20)) == 0
    assert Entry.objects.filter(kind="side_term.lapsed").count() == 1
