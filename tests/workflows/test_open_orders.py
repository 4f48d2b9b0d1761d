"""Open orders as arrays, and what is needed to name many of them at once."""

from __future__ import annotations

import numpy as np
import pytest

from tests.workflows.story import IN_YARD, NOW, ON_TRAIN, make_story
from yinuo.contexts.orders.models import Order, QueueNote
from yinuo.contexts.orders.queries.forecasting import (
    contact_many,
    label_columns,
    label_many,
    load_open,
)

pytestmark = pytest.mark.django_db


def test_open_orders_in_lock_order_with_what_is_known_of_them() -> None:
    story = make_story(promised=False)
    gone, held = story.orders[0], story.orders[-1]
    Order.objects.filter(id=gone.id).update(state="DELIVERED", delivered_at=NOW)
    Order.objects.filter(id=story.orders[1].id).update(state="AT_CENTRE")
    QueueNote.objects.create(
        order=held, kind="HOLD", code="CUSTOMER_WAITS", cause_ref="x", from_at=NOW
    )
    found = load_open()
    assert found.order_ids.tolist() == [order.id for order in story.orders[1:]]
    assert found.line_ids.tolist() == [order.line_id for order in story.orders[1:]]
    assert int(found.built.sum()) == ON_TRAIN + IN_YARD - 1
    assert np.flatnonzero(found.at_centre).tolist() == [0]
    assert np.flatnonzero(found.held).tolist() == [len(story.orders) - 2]
    assert not found.excepted.any()


def test_built_cars_alone_are_those_of_all() -> None:
    make_story(promised=False)
    every = load_open()
    wanted, alone = every.pick(every.built), load_open(only_built=True)
    for name in alone.__dataclass_fields__:
        assert np.array_equal(getattr(alone, name), getattr(wanted, name)), name


def test_no_orders() -> None:
    assert load_open().order_ids.size == 0
    assert label_columns(np.zeros(0, np.int64)).codes == []


def test_columns_say_what_single_labels_say() -> None:
    story = make_story(promised=False)
    ids = [order.id for order in reversed(story.orders[3:30:4])]
    columns = label_columns(np.array(ids, np.int64))
    labels, contacts = label_many(ids), contact_many(ids)
    assert columns.codes == [labels[one].code for one in ids]
    assert columns.owner_ids == [labels[one].owner_id for one in ids]
    assert columns.centre_codes == [labels[one].centre_code for one in ids]
    assert columns.locked_at == [labels[one].locked_at.timestamp() for one in ids]
    assert columns.person_ids == [contacts[one].person_id for one in ids]
    assert columns.languages == [contacts[one].language for one in ids]
