"""A choice is read from the entry that opened it, until somebody chooses."""

from __future__ import annotations

import datetime as dt
import threading
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import Choice, Promise
from yinuo.contexts.promises.operations.answers import (
    Next,
    NothingToAnswer,
    answer_choice,
    take_over_choice,
)
from yinuo.contexts.promises.operations.choices import (
    ChoiceClosed,
    NothingToChoose,
    NotYours,
    choose,
)
from yinuo.contexts.promises.queries import staff
from yinuo.contexts.promises.queries.choices import (
    OPENING_KINDS,
    choices_closing,
    newest_opened,
    opened_by,
)
from yinuo.contexts.promises.queries.customer import (
    ChoiceSeen,
    get_choice,
    get_choice_of_entries,
)
from yinuo.platform.spoken import at_local

NOW, DAY = factories.NOW, factories.DAY
HOUR = dt.timedelta(hours=1)
CLOSES = at_local(dt.date(2026, 2, 25), 18)
CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def world(db: None) -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return make_moved(world, "NC26LU")


def make_moved(world: factories.World, code: str) -> Order:
    order = factories.make_order(world, code)
    factories.make_promise(order)
    factories.move_promise(world, order)
    return order


def seen(person_id: int, order: Order) -> ChoiceSeen:
    choice = get_choice(person_id, order.id)
    assert choice is not None
    return choice


def made(order: Order) -> list[str]:
    return [one.payload["chosen"] for one in ledger.list_of_subject(order.id, ["choice.made"])]


def test_only_what_moves_endangers_or_breaks_a_promise_opens_a_choice() -> None:
    assert set(OPENING_KINDS) == {"promise.revised", "promise.at_risk", "promise.broken"}


def test_before_anybody_chooses_there_is_no_row_and_the_page_reads_the_same(
    world: factories.World, order: Order
) -> None:
    entry = ledger.list_of_subject(order.id, ["promise.revised"])[-1]
    before = seen(world.alice.id, order)
    assert not Choice.objects.exists()
    assert before == ChoiceSeen(
        entry_id=entry.entry_id,
        choose_by_at=CLOSES,
        chosen="",
        chosen_at=None,
        answer_by_at=at_local(dt.date(2026, 2, 12), 12),
        answerer_zh=world.dora.name_zh,
        answerer_en=world.dora.name_en,
        answerer_phone=world.dora.phone,
        answered_at=None,
    )
    assert get_choice_of_entries([entry]) == before
    assert get_choice_of_entries(ledger.list_of_subject(order.id, ["promise.made"])) is None
    assert staff.list_choices_for_staff(world.dora.id) == []
    assert staff.get_choice_for_staff(world.dora.id, entry.entry_id) is None


def test_the_owner_and_the_household_see_it_and_nobody_else(
    world: factories.World, order: Order
) -> None:
    assert seen(world.bob.id, order) == seen(world.alice.id, order)
    assert get_choice(world.carol.id, order.id) is None
    for person in (world.bob, world.carol):
        with pytest.raises(NotYours):
            choose(person_id=person.id, order_id=order.id, chosen="WAIT", now=NOW)
    assert not Choice.objects.exists()


def test_an_answerer_who_left_is_still_named(world: factories.World, order: Order) -> None:
    StaffMember.objects.filter(id=world.dora.id).update(active=False)
    assert seen(world.alice.id, order).answerer_zh == world.dora.name_zh
    chosen = choose(person_id=world.alice.id, order_id=order.id, chosen="WAIT", now=NOW)
    assert chosen.answerer_zh == world.dora.name_zh


def test_a_choice_is_kept_with_what_its_entry_said(world: factories.World, order: Order) -> None:
    opened = newest_opened(order.id)
    assert opened is not None
    choose(person_id=world.alice.id, order_id=order.id, chosen="WAIT", now=NOW + HOUR)
    row = Choice.objects.get()
    assert (row.entry_id, row.order_id, row.answerer_id) == (
        opened.entry_id,
        order.id,
        world.dora.id,
    )
    assert (row.opened_at, row.choose_by_at, row.answer_by_at) == (
        opened.opened_at,
        opened.choose_by_at,
        opened.answer_by_at,
    )
    assert (row.chosen, row.chosen_at, row.answered_at) == ("WAIT", NOW + HOUR, None)
    choose(person_id=world.alice.id, order_id=order.id, chosen="WAIT", now=NOW + 2 * HOUR)
    assert Choice.objects.get().chosen_at == NOW + HOUR
    choose(person_id=world.alice.id, order_id=order.id, chosen="CANCEL", now=NOW + 30 * HOUR)
    again = seen(world.alice.id, order)
    assert (again.chosen, again.chosen_at) == ("CANCEL", NOW + 30 * HOUR)
    assert again.answer_by_at == at_local(dt.date(2026, 2, 13), 12)
    assert made(order) == ["WAIT", "CANCEL"]


def test_no_row_says_that_nothing_was_chosen(order: Order) -> None:
    for broken in ({"chosen": ""}, {"chosen_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            factories.make_choice(order, **{"chosen": "WAIT", **broken})  # type: ignore[arg-type]
    assert not Choice.objects.exists()


def test_an_order_moved_again_has_a_new_choice_and_the_old_one_waits_for_its_answer(
    world: factories.World, order: Order
) -> None:
    first = newest_opened(order.id)
    choose(person_id=world.alice.id, order_id=order.id, chosen="OTHER_CAR", now=NOW)
    factories.break_promise(world, order, factories.today())
    second = newest_opened(order.id)
    assert first is not None
    assert second is not None
    assert second.entry_id > first.entry_id
    fresh = seen(world.alice.id, order)
    assert (fresh.entry_id, fresh.chosen) == (second.entry_id, "")
    old = get_choice_of_entries(ledger.list_of_subject(order.id, ["promise.revised"]))
    assert old is not None
    assert (old.entry_id, old.chosen) == (first.entry_id, "OTHER_CAR")
    [task] = staff.list_choices_for_staff(world.dora.id, order_id=order.id)
    assert (task.id, task.chosen) == (first.entry_id, "OTHER_CAR")
    choose(person_id=world.alice.id, order_id=order.id, chosen="CANCEL", now=NOW + HOUR)
    rows = dict(Choice.objects.values_list("entry_id", "chosen"))
    assert rows == {first.entry_id: "OTHER_CAR", second.entry_id: "CANCEL"}


def test_a_choice_that_nobody_made_closes_without_a_row(
    world: factories.World, order: Order
) -> None:
    last = CLOSES - dt.timedelta(seconds=1)
    with pytest.raises(ChoiceClosed):
        choose(person_id=world.alice.id, order_id=order.id, chosen="WAIT", now=CLOSES)
    assert not Choice.objects.exists()
    choose(person_id=world.alice.id, order_id=order.id, chosen="WAIT", now=last)
    with pytest.raises(ChoiceClosed):
        choose(person_id=world.alice.id, order_id=order.id, chosen="CANCEL", now=CLOSES)
    assert made(order) == ["WAIT"]


def test_without_a_change_or_a_promise_there_is_nothing_to_choose(world: factories.World) -> None:
    calm, bare = (factories.make_order(world, code) for code in ("NC26AA", "NC26AB"))
    factories.make_promise(calm)
    for order in (calm, bare):
        assert get_choice(world.alice.id, order.id) is None
        with pytest.raises(NothingToChoose):
            choose(person_id=world.alice.id, order_id=order.id, chosen="WAIT", now=NOW)


def test_staff_answer_and_take_over_what_was_chosen_and_nothing_else(
    world: factories.World, order: Order
) -> None:
    opened = newest_opened(order.id)
    assert opened is not None
    other = StaffMember.objects.create(
        public_id="stf_eve", name_zh="李雷", name_en="Li Lei", phone="13900000077", role="MANAGER"
    )
    with pytest.raises(NothingToAnswer):
        take_over_choice(choice_id=opened.entry_id, staff_id=other.id)
    with pytest.raises(NothingToAnswer):
        answer_choice(
            choice_id=opened.entry_id,
            staff_id=other.id,
            text="已经为您换好了",
            further=None,
            now=NOW,
        )
    choose(person_id=world.alice.id, order_id=order.id, chosen="OTHER_CAR", now=NOW)
    take_over_choice(choice_id=opened.entry_id, staff_id=other.id)
    mine = seen(world.alice.id, order)
    assert (mine.answerer_zh, mine.answerer_phone) == ("李雷", "13900000077")
    further = Next(world.dora.id, NOW + DAY)
    answer_choice(
        choice_id=opened.entry_id,
        staff_id=other.id,
        text="店里没有同款，王敏去问别的店",
        further=further,
        now=NOW + HOUR,
    )
    passed_on = seen(world.alice.id, order)
    assert (passed_on.answerer_zh, passed_on.answer_by_at) == (world.dora.name_zh, NOW + DAY)
    assert passed_on.answered_at is None
    answer_choice(
        choice_id=opened.entry_id, staff_id=world.dora.id, text="同款明天到店", further=None,
        now=NOW + 2 * HOUR,
    )  # fmt: skip
    assert seen(world.alice.id, order).answered_at == NOW + 2 * HOUR


def test_of_several_entries_the_newest_that_opened_one_counts(
    world: factories.World, order: Order
) -> None:
    factories.break_promise(world, order, factories.today())
    entries = ledger.list_of_subject(order.id)
    broken = next(one for one in entries if one.kind == "promise.broken")
    for told in (entries, entries[::-1]):
        found = opened_by(told)
        assert found is not None
        assert found.entry_id == broken.entry_id
    assert opened_by([]) is None


def test_open_choices_are_found_by_the_time_they_close(
    world: factories.World, order: Order
) -> None:
    other = make_moved(world, "NC26AA")
    done = make_moved(world, "NC26AB")
    factories.make_choice(done, "WAIT")
    ids = [opened.entry_id for one in (order, other) if (opened := newest_opened(one.id))]
    assert choices_closing(CLOSES - 2 * DAY, CLOSES) == dict.fromkeys(ids, CLOSES)
    assert choices_closing(NOW, CLOSES - dt.timedelta(seconds=1)) == {}
    assert choices_closing(CLOSES, CLOSES + 2 * DAY) == {}
    assert choices_closing(CLOSES - dt.timedelta(seconds=1), CLOSES) == dict.fromkeys(ids, CLOSES)


# Minutes of a year and more, with all its midnights.
MOMENTS = st.integers(0, 400 * 24 * 60).map(lambda n: NOW + dt.timedelta(minutes=n))


@given(opened=MOMENTS, after=MOMENTS, span=st.integers(0, 5 * 24 * 60))
def test_the_day_of_opening_tells_when_a_choice_closes(
    opened: dt.datetime, after: dt.datetime, span: int
) -> None:
    """`opened_on` says the same as asking every choice for its time, one by one."""
    until = after + dt.timedelta(minutes=span)
    near = rules.choose_by_at(opened) - dt.timedelta(minutes=span // 2)
    for begins, ends in ((after, until), (near, near + dt.timedelta(minutes=span))):
        closes_within = begins < rules.choose_by_at(opened) <= ends
        day = opened.astimezone(CHINA).date()
        assert (day in rules.opened_on(begins, ends)) == closes_within


@pytest.mark.parametrize("ways", [("WAIT", "WAIT"), ("WAIT", "CANCEL")])
def test_two_who_choose_at_once_come_one_after_the_other(
    fresh_database: str, ways: tuple[str, str]
) -> None:
    """One row; what is recorded is what came about, and the last of two decisions holds."""
    world = factories.make_world()
    order = make_moved(world, "NC26LU")
    ready, failures = threading.Barrier(2), []

    def decide(way: str) -> None:
        try:
            ready.wait(10)
            choose(person_id=world.alice.id, order_id=order.id, chosen=way, now=NOW + HOUR)
        except BaseException as failure:  # noqa: BLE001 -- shown below, in the test's own thread
            failures.append(failure)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=decide, args=(way,)) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    row = Choice.objects.get()
    assert made(order)[-1] == row.chosen
    assert sorted(made(order)) == sorted(set(ways))


def test_whoever_chooses_while_the_order_moves_chooses_about_the_new_date(
    fresh_database: str,
) -> None:
    """The decision waits for the move, and goes with the entry that the move wrote."""
    world = factories.make_world()
    order = make_moved(world, "NC26LU")
    moved, chosen = threading.Event(), threading.Event()

    def decide() -> None:
        moved.wait(10)
        choose(person_id=world.alice.id, order_id=order.id, chosen="WAIT", now=NOW + HOUR)
        chosen.set()
        connections.close_all()

    thread = threading.Thread(target=decide)
    thread.start()
    with transaction.atomic():
        Promise.objects.select_for_update().get(order=order)
        moved.set()
        assert not chosen.wait(0.5)
        factories.break_promise(world, order, factories.today())
    thread.join(60)
    newest = newest_opened(order.id)
    assert newest is not None
    assert Choice.objects.get().entry_id == newest.entry_id


def test_rows_of_choices_that_nobody_made_go_and_made_ones_stay(fresh_database: str) -> None:
    """A database in which each opened choice had a row reads the same afterwards."""
    world = factories.make_world()
    made_one, open_one = (make_moved(world, code) for code in ("NC26AA", "NC26AB"))
    factories.make_choice(made_one, "CANCEL")
    before = [seen(world.alice.id, order) for order in (made_one, open_one)]
    call_command("migrate", "promises", "0011", verbosity=0)
    opened = newest_opened(open_one.id)
    assert opened is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO promises_choice (entry_id, order_id, opened_at, choose_by_at, chosen,"
            " answer_by_at, answerer_id) SELECT %s, %s, opened_at, choose_by_at, '',"
            " answer_by_at, answerer_id FROM promises_choice",
            [opened.entry_id, open_one.id],
        )
    call_command("migrate", "promises", verbosity=0)
    assert [row.order_id for row in Choice.objects.all()] == [made_one.id]
    assert [seen(world.alice.id, order) for order in (made_one, open_one)] == before
