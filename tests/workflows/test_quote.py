"""Quote before money: the same numbers and the same fairness as a promise, and what it rests on."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from tests.workflows.story import DAY, HOUR, MONDAY, NOW, WEEK, Story, make_story
from yinuo.contexts.catalogue.models import CarModel, Option, Spec
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.orders.models import Line, Order, QueueNote
from yinuo.contexts.places.models import Place
from yinuo.contexts.production.models import Need, Plan, PlanWeek, Resource, SupplyWeek
from yinuo.contexts.promises.models import Promise, Quote, QuoteBase
from yinuo.contexts.promises.queries import quotes
from yinuo.platform.ids import new_code, new_id
from yinuo.web.kit.wording import WORDS_DIR
from yinuo.workflows import first_promise, quote

pytestmark = pytest.mark.django_db


def measured(story: Story, weeks: int = 8) -> None:
    """The plan in force said something about the past weeks, so output was measured against it."""
    plan = Plan.objects.get(state="COMMITTED")
    PlanWeek.objects.filter(week_date__lt=MONDAY).delete()
    PlanWeek.objects.bulk_create(
        [
            PlanWeek(plan=plan, resource=story.plant, week_date=MONDAY - n * WEEK, cars=6)
            for n in range(1, weeks + 1)
        ]
    )


def with_hood(story: Story, cars_a_week: int = 1) -> Spec:
    """A second configuration that needs a scarce part."""
    hood = Option.objects.create(code="HOOD", name_zh="碳纤维前盖", name_en="carbon hood")
    spec = Spec.objects.create(
        code="S7-H",
        car_model=CarModel.objects.get(code="S7"),
        name_zh="碳纤维前盖版",
        name_en="With carbon hood",
        price_fen=25_790_000,
    )
    spec.options.add(hood)
    part = Resource.objects.create(code="HOOD", kind="OPTION", name_zh="前盖", name_en="hood")
    SupplyWeek.objects.bulk_create(
        [
            SupplyWeek(
                resource=part,
                week_date=MONDAY + n * WEEK,
                quantity=cars_a_week,
                sender="supplier",
                external_id=f"h-{n}",
                digest="",
                received_at=NOW - DAY,
            )
            for n in range(12)
        ]
    )
    Need.objects.create(spec=spec, resource=story.plant)
    Need.objects.create(spec=spec, resource=part)
    return spec


def lock(story: Story, spec: Spec, at: dt.datetime, centre: str = "NC") -> Order:
    """One more order, at the end of its line."""
    line, _ = Line.objects.get_or_create(spec=spec, centre=Place.objects.get(code=centre))
    return Order.objects.create(
        public_id=new_id("ord"),
        code=new_code(6),
        sender="shop",
        external_id=new_code(10),
        digest="",
        person=story.orders[0].person,
        line=line,
        owner=story.staff,
        locked_at=at,
        rank=int(at.timestamp() * 1_000_000),
        state="LOCKED",
        state_at=at,
    )


@pytest.fixture
def story() -> Story:
    found = make_story(promised=False)
    measured(found)
    first_promise.run(now=NOW)
    quote.refresh(now=NOW)
    return found


@pytest.mark.need(102)
def test_a_lock_is_promised_what_was_quoted(story: Story) -> None:
    """The same engine, scenarios and rule: the quote and the first promise agree to the day."""
    answer = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW)
    order = lock(story, Spec.objects.get(code="S7-A"), NOW)
    first_promise.run(now=NOW + dt.timedelta(minutes=1))
    promise = Promise.objects.get(order=order)
    assert answer.asked.window == quotes.Floor(
        promise.from_date, promise.until_date, promise.latest_date
    )
    assert answer.asked.ahead == 44
    assert answer.output_weeks == 8
    assert answer.worked_out_at == NOW
    assert not answer.stale


def test_locks_since_the_tables_count_at_once(story: Story) -> None:
    """Orders that came a minute ago stand ahead in the next quote, as if all were worked out."""
    spec = Spec.objects.get(code="S7-A")
    before = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    for number in range(90):
        lock(story, spec, NOW + dt.timedelta(seconds=number))
    live = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    again = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    quote.refresh(now=NOW + 2 * HOUR)
    whole = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW + 2 * HOUR).asked
    assert live == again
    assert (live.window, live.ahead) == (whole.window, whole.ahead)
    assert before.window is not None
    assert live.window is not None
    assert live.window.latest_date > before.window.latest_date + 80 * DAY


def test_a_quote_is_not_before_an_earlier_locks_promise(story: Story) -> None:
    plain = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    assert plain.window is not None
    last = story.queued[-1]
    far = plain.window.latest_date + 40 * DAY
    Promise.objects.filter(order=last).update(latest_date=far)
    raised = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    assert raised.window is not None
    assert raised.raised
    assert raised.window.latest_date == far
    QueueNote.objects.create(
        order=last, kind="HOLD", code="QUALITY_HOLD", cause_ref="hold:x", from_at=NOW
    )
    held = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    assert held.window is not None
    assert held.window.latest_date < far


@pytest.mark.need(104)
def test_a_scarce_part_is_shown_beside_the_plain_car_before_it_is_sold(story: Story) -> None:
    with_hood(story)
    quote.refresh(now=NOW + HOUR)
    spec = Spec.objects.get(code="S7-H")
    for number in range(15):
        lock(story, spec, NOW + dt.timedelta(seconds=number))
    first_promise.run(now=NOW + 2 * HOUR)
    quote.refresh(now=NOW + 2 * HOUR)
    answer = quote.ask(spec_code="S7-H", centre_code="NC", now=NOW + 2 * HOUR)
    plain = answer.other_specs[0]
    assert answer.asked.ahead == 15
    assert answer.asked.window is not None
    assert plain.window is not None
    assert answer.asked.window.latest_date > plain.window.latest_date + 21 * DAY
    shown = quote.as_json(answer, NOW)
    assert shown["other_specs"][0]["without"][0]["code"] == "HOOD"
    assert shown["other_specs"][0]["price_difference_fen"] == -4_200_000
    assert shown["other_specs"][0]["days_later"] < -21


def test_other_centres_stand_beside_the_asked_one(story: Story) -> None:
    Place.objects.create(
        code="TJ",
        kind="CENTRE",
        name_zh="天津交付中心",
        name_en="Tianjin centre",
        city_zh="天津",
        city_en="Tianjin",
        latitude=39.0,
        longitude=117.0,
    )
    answer = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW)
    assert [one.centre.code for one in answer.other_centres] == ["TJ"]
    assert answer.other_centres[0].why == "NO_LANE"
    assert answer.other_centres[0].window is None


def test_without_measured_output_there_is_no_date_but_a_place_and_a_rate() -> None:
    make_story(grounded=False)
    QuoteBase.objects.all().delete()
    nothing = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    assert (nothing.window, nothing.why) == (None, "NO_BASE")
    quote.refresh(now=NOW)
    found = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW).asked
    assert (found.window, found.why, found.ahead) == (None, "NO_OUTPUT", 44)
    assert found.moved_week == 16


def test_a_part_nobody_reported_and_one_that_never_comes(story: Story) -> None:
    with_hood(story, cars_a_week=0)
    quote.refresh(now=NOW + HOUR)
    never = quote.ask(spec_code="S7-H", centre_code="NC", now=NOW + HOUR)
    assert (never.asked.window, never.asked.why) == (None, "BEYOND")
    assert quote.as_json(never, NOW)["after"] == "2029-02"
    SupplyWeek.objects.all().delete()
    quote.refresh(now=NOW + DAY)
    unknown = quote.ask(spec_code="S7-H", centre_code="NC", now=NOW + DAY).asked
    assert (unknown.why, unknown.after) == ("NO_SUPPLY", None)
    Need.objects.filter(spec__code="S7-H").delete()
    quote.refresh(now=NOW + 2 * DAY)
    assert quote.ask(spec_code="S7-H", centre_code="NC", now=NOW).asked.why == "NOT_PLANNED"


def test_what_does_not_exist_is_refused(story: Story) -> None:
    with pytest.raises(quote.NotOffered, match="configuration S9"):
        quote.ask(spec_code="S9", centre_code="NC", now=NOW)
    with pytest.raises(quote.NotOffered, match="delivery centre ZZ"):
        quote.ask(spec_code="S7-A", centre_code="ZZ", now=NOW)


def test_tables_follow_the_dates_and_grow_stale_without_them(story: Story) -> None:
    assert quote.refresh(now=NOW + HOUR / 2) == 0
    lock(story, Spec.objects.get(code="S7-A"), NOW)
    first_promise.run(now=NOW + HOUR / 5)
    assert quote.refresh(now=NOW + HOUR / 5) == 0
    assert quote.refresh(now=NOW + HOUR / 2) == 1
    later = NOW + 26 * HOUR
    assert quote.ask(spec_code="S7-A", centre_code="NC", now=later).stale
    for n in range(5):
        assert quote.refresh(now=later + n * DAY) == 1
    assert QuoteBase.objects.count() == 3


def test_one_archive_gives_back_what_was_packed(story: Story) -> None:
    base = quotes.get_base()
    assert base is not None
    assert quotes.pack(quotes.unpack(quotes.pack(base.tables))) == quotes.pack(base.tables)
    again = QuoteBase.objects.get()
    quote.refresh(now=NOW + 2 * DAY)
    QuoteBase.objects.exclude(id=again.id).delete()
    assert bytes(again.tables) == quotes.pack(base.tables)


def test_a_quote_is_kept_word_for_word_for_ever(story: Story) -> None:
    entries = Entry.objects.count()
    answer = quote.ask(spec_code="S7-A", centre_code="NC", now=NOW)
    given = quote.give(answer=answer, now=NOW)
    public_id = given.public_id
    kept = quotes.get_quote(public_id)
    assert kept == given
    assert public_id.startswith("quo_")
    assert kept.shown == quote.as_json(answer, NOW)
    assert kept.valid_until_at == NOW + 3 * DAY
    assert kept.latest_date == answer.asked.window.latest_date  # type: ignore[union-attr]
    assert quotes.get_quote("quo_none") is None
    assert Entry.objects.count() == entries
    for statement in ("UPDATE promises_quote SET ahead_count = 0", "DELETE FROM promises_quote"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            connection.cursor().execute(statement)
    assert Quote.objects.get().ahead_count == 44


@pytest.mark.need(106)
def test_every_counter_before_money_is_counted_from_the_orders(story: Story) -> None:
    """No made-up scarcity: what the quote says stands ahead, and leaves a week, are rows."""
    spec = Spec.objects.get(code="S7-A")

    def check(now: dt.datetime) -> int:
        asked = quote.ask(spec_code="S7-A", centre_code="NC", now=now).asked
        line = Order.objects.filter(line__spec=spec, line__centre__code="NC")
        waits = ["LOCKED", "SCHEDULED", "IN_BUILD"]
        assert asked.ahead == line.filter(state__in=waits).count()
        gone = line.exclude(state__in=waits).filter(state_at__gt=now - WEEK, state_at__lte=now)
        assert asked.moved_week == gone.count()
        return asked.ahead

    before = check(NOW)
    late = lock(story, spec, NOW)
    assert check(NOW + HOUR) == before + 1
    Order.objects.filter(id=late.id).update(state="CANCELLED", cancelled_at=NOW, state_at=NOW)
    assert check(NOW + HOUR) == before
    built = story.queued[0].id
    Order.objects.filter(id=built).update(state="BUILT", state_at=NOW + HOUR)
    assert check(NOW + 2 * HOUR) == before - 1


@pytest.mark.need(106)
def test_no_public_sentence_presses_anybody_to_hurry() -> None:
    pressing = (
        "仅剩",
        "限量",
        "抢购",
        "最后机会",
        "错过",
        "手慢",
        "hurry",
        "only a few",
        "last chance",
    )
    words = "\n".join(path.read_text(encoding="utf-8") for path in WORDS_DIR.glob("*.toml"))
    assert [one for one in pressing if one in words.lower()] == []
