"""The weekly note to many people at once: in batches, side by side, and told once."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from tests.contexts.ledger.test_record import check_streams
from tests.workflows.story import (
    CHINA,
    DAY,
    NOW,
    check_promises,
    check_told,
    ids_of,
    make_story,
)
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Order
from yinuo.contexts.orders.queries.customer import get_place_in_line
from yinuo.contexts.orders.queries.forecasting import count_places
from yinuo.contexts.promises.models import Promise
from yinuo.workflows import quiet_week

NOTE_AT = dt.datetime(2026, 2, 18, 18, 0, tzinfo=CHINA)


@pytest.mark.django_db
def test_the_places_in_line_are_those_that_counting_one_by_one_gives() -> None:
    """A slow twin: for each order, walk its whole line."""
    story = make_story()
    since = NOW - 3 * DAY
    for order, state in zip(
        story.queued[:9],
        ("BUILT", "DELIVERED", "CANCELLED", "SCHEDULED", "IN_BUILD", "DELIVERED") * 2,
        strict=False,
    ):
        order.state, order.state_at = state, NOW - (order.id % 5) * DAY
        order.delivered_at = order.state_at if state == "DELIVERED" else None
        order.cancelled_at = order.state_at if state == "CANCELLED" else None
        order.save()
    every = list(Order.objects.order_by("id"))
    left = {"BUILT", "IN_TRANSIT", "AT_CENTRE", "DELIVERED", "CANCELLED"}
    waiting = {"LOCKED", "SCHEDULED", "IN_BUILD"}
    ended = {"DELIVERED", "CANCELLED"}
    expected = []
    for one in (order for order in every if order.state not in ended):
        before = [other for other in every if other.rank < one.rank and other.line == one.line]
        ahead = sum(other.state in waiting for other in before) if one.state in waiting else 0
        gone = sum(other.state in left and other.state_at > since for other in before)
        expected.append((one.id, ahead, gone))
    asked = np.array([order_id for order_id, _, _ in expected], np.int64)
    stand, left_lately = count_places(asked, since)
    found = zip(asked.tolist(), stand.tolist(), left_lately.tolist(), strict=True)
    assert list(found) == expected
    assert (stand.max() > 20, left_lately.max() > 1) == (True, True)
    # The customer's page says the same as the note.
    for one, place in zip(asked.tolist(), zip(stand, left_lately, strict=True), strict=True):
        page = get_place_in_line(one, since + 7 * DAY)
        if page.in_line:
            assert (page.ahead, page.moved_week) == place
    nobody, _ = count_places(np.array([10**9], np.int64), since)
    assert nobody.tolist() == [0]


def test_weekly_notes_in_small_batches_side_by_side_are_one_for_each(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = make_story()
    monkeypatch.setattr("yinuo.workflows.quiet_week.BATCH", 7)
    assert quiet_week.tell(now=NOTE_AT) == len(story.orders)
    assert quiet_week.tell(now=NOTE_AT) == 0
    told = Notice.objects.filter(kind="promise.kept_as_is").values_list("order_id", flat=True)
    assert sorted(told) == ids_of(story.orders)
    check_streams({order.id: order.code for order in story.orders})
    check_promises()
    check_told()


@pytest.mark.django_db
def test_a_promise_that_moves_meanwhile_gets_no_word_that_nothing_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = make_story()
    moved = story.queued[0]

    def count(*given: Any) -> Any:
        Promise.objects.filter(order=moved).update(version=9, next_update_at=NOTE_AT + 7 * DAY)
        return count_places(*given)

    monkeypatch.setattr("yinuo.workflows.quiet_week.count_places", count)
    assert quiet_week.tell(now=NOTE_AT) == len(story.orders) - 1
    assert not Entry.objects.filter(kind="promise.kept_as_is", subject_id=moved.id).exists()
