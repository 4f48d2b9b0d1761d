"""A choice that is about to close, and a notice of it that nobody read, become one call."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories
from yinuo.contexts.notices.models import CallTask, FurtherEntry, Notice
from yinuo.contexts.notices.operations import calls
from yinuo.contexts.notices.operations.reading import mark_read
from yinuo.contexts.orders.models import Order
from yinuo.contexts.promises.models import Promise
from yinuo.contexts.promises.operations.choices import choose
from yinuo.contexts.promises.operations.forecasting import Named
from yinuo.contexts.promises.operations.ticks import break_promises
from yinuo.contexts.promises.queries.choices import choices_closing, newest_opened
from yinuo.platform.spoken import at_local
from yinuo.workflows import tell

pytestmark = pytest.mark.django_db
NOW, DAY = factories.NOW, factories.DAY
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
CLOSES = at_local(dt.date(2026, 2, 25), 18)
TWO_DAYS_BEFORE = CLOSES - 2 * DAY


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


def make_moved(world: factories.World, code: str) -> tuple[Order, Notice]:
    order = factories.make_order(world, code)
    factories.make_promise(order)
    return order, factories.move_promise(world, order)


def test_only_who_neither_read_nor_chose_is_called_once(world: factories.World) -> None:
    made = [make_moved(world, code) for code in ("NC26AA", "NC26AB", "NC26AC", "NC26AD")]
    (_, silent), (_, read), (chosen, _), (_, also_silent) = made
    mark_read(notice_id=read.id, now=NOW + HOUR)
    choose(person_id=world.alice.id, order_id=chosen.id, chosen="WAIT", now=NOW + HOUR)
    assert tell.follow_up(now=TWO_DAYS_BEFORE - MINUTE) == 0
    assert tell.follow_up(now=TWO_DAYS_BEFORE) == 2
    assert tell.follow_up(now=TWO_DAYS_BEFORE + HOUR) == 0
    rows = CallTask.objects.order_by("notice_id").values_list(
        "notice_id", "reason", "due_at", "opened_at", "owner_id", "outcome", "done_at"
    )
    owner = silent.order.owner_id
    assert list(rows) == [
        (notice.id, "UNREAD", CLOSES, TWO_DAYS_BEFORE, owner, "", None)
        for notice in (silent, also_silent)
    ]


def test_each_hour_is_looked_once_and_the_next_day_again(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[dt.datetime] = []

    def noted(now: dt.datetime, until: dt.datetime) -> dict[int, dt.datetime]:
        looks.append(now)
        return choices_closing(now, until)

    monkeypatch.setattr(tell, "choices_closing", noted)
    moments = [TWO_DAYS_BEFORE + n * 20 * MINUTE for n in range(7)] + [TWO_DAYS_BEFORE + DAY]
    for moment in moments:
        tell.follow_up(now=moment)
    assert looks == [moments[n] for n in (0, 3, 6, 7)]


def test_a_look_that_failed_is_made_again_in_the_same_hour(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_moved(world, "NC26AA")

    def die(**_given: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(calls, "open_unread_calls", die)
        tell.follow_up(now=TWO_DAYS_BEFORE)
    assert tell.follow_up(now=TWO_DAYS_BEFORE + MINUTE) == 1


def test_a_notice_that_came_late_is_called_about_in_the_next_hour(world: factories.World) -> None:
    order, notice = make_moved(world, "NC26AA")
    opened = newest_opened(order.id)
    assert opened is not None
    notice.delete()
    assert tell.follow_up(now=TWO_DAYS_BEFORE) == 0
    factories.make_notice(world, order, opened.entry_id)
    assert tell.follow_up(now=TWO_DAYS_BEFORE + HOUR) == 1


def test_an_order_that_moved_again_is_called_about_for_each_notice_in_its_time(
    world: factories.World,
) -> None:
    """Three days after the move its date passes: another choice, which closes three days later."""
    order, first = make_moved(world, "NC26AA")
    later = NOW + 3 * DAY
    yesterday = later.date() - DAY
    Promise.objects.filter(order=order).update(
        from_date=yesterday, until_date=yesterday, latest_date=yesterday
    )
    names = {order.id: Named(order.code, world.dora.public_id)}
    assert break_promises(names=names, now=later) == 1
    opened = newest_opened(order.id)
    assert opened is not None
    assert opened.choose_by_at == CLOSES + 3 * DAY
    second = factories.make_notice(world, order, opened.entry_id)
    assert tell.follow_up(now=TWO_DAYS_BEFORE) == 1
    assert CallTask.objects.get().notice_id == first.id
    assert tell.follow_up(now=TWO_DAYS_BEFORE + 3 * DAY - HOUR) == 0
    assert tell.follow_up(now=TWO_DAYS_BEFORE + 3 * DAY) == 1
    assert CallTask.objects.get(notice=second).due_at == CLOSES + 3 * DAY


def test_a_notice_that_tells_two_choices_has_one_call_by_the_sooner(
    world: factories.World,
) -> None:
    order, notice = make_moved(world, "NC26AA")
    broken = factories.break_promise(world, order, factories.today())
    further = broken.id
    broken.delete()
    FurtherEntry.objects.create(entry_id=further, notice=notice)
    closing = {further: CLOSES, notice.id: CLOSES - DAY}
    assert calls.open_unread_calls(closing=closing, now=TWO_DAYS_BEFORE) == 1
    assert CallTask.objects.get().due_at == CLOSES - DAY
    assert calls.open_unread_calls(closing=closing, now=TWO_DAYS_BEFORE) == 0
    assert calls.open_unread_calls(closing={}, now=TWO_DAYS_BEFORE) == 0
