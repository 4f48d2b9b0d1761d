"""What is handed out of an order's record: files known by digest, links that end."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from tests import factories
from yinuo.contexts.orders.models import ShareLink
from yinuo.contexts.orders.operations import records
from yinuo.contexts.orders.queries.records import get_issued, get_shared, list_links

pytestmark = pytest.mark.django_db
NOW, DAY = factories.NOW, factories.DAY
FILE = hashlib.sha256(b"a file").digest()


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


def test_a_file_is_known_again_by_its_digest_and_keeps_its_first_time(
    world: factories.World,
) -> None:
    order = factories.make_order(world, "NC26LU")
    other = hashlib.sha256(b"another").digest()
    for days, digests in ((0, [FILE]), (1, [FILE, other])):
        records.keep_issued(
            order_id=order.id, digests=digests, entries=3 + days, now=NOW + days * DAY
        )
    first, second = get_issued(FILE), get_issued(other)
    assert first is not None
    assert second is not None
    assert (first.issued_at, first.entries) == (NOW, 3)
    assert (second.issued_at, second.entries) == (NOW + DAY, 4)
    assert get_issued(hashlib.sha256(b"A file").digest()) is None


def test_a_link_runs_until_its_day_or_until_it_is_ended(world: factories.World) -> None:
    order = factories.make_order(world, "NC26LU")
    alice = world.alice.id
    tokens = [
        records.share(person_id=alice, order_id=order.id, days=days, now=NOW) for days in (7, 30)
    ]
    assert [link.token for link in list_links(alice, order.id, NOW)] == tokens[::-1]
    shared = get_shared(tokens[0], NOW + 7 * DAY - dt.timedelta(seconds=1))
    assert shared is not None
    assert (shared.order_id, shared.over) == (order.id, False)
    late = get_shared(tokens[0], NOW + 7 * DAY)
    assert late is not None
    assert late.over
    records.end_share(person_id=alice, order_id=order.id, token=tokens[1], now=NOW)
    records.end_share(person_id=alice, order_id=order.id, token=tokens[1], now=NOW + DAY)
    ended = get_shared(tokens[1], NOW)
    assert ended is not None
    assert ended.over
    assert ShareLink.objects.get(token=tokens[1]).ended_at == NOW
    assert list_links(alice, order.id, NOW + 8 * DAY) == []
    assert get_shared("nothing", NOW) is None


def test_only_who_ordered_hands_the_record_out(world: factories.World) -> None:
    order = factories.make_order(world, "NC26LU")
    token = records.share(person_id=world.alice.id, order_id=order.id, days=7, now=NOW)
    for person in (world.bob, world.carol):
        with pytest.raises(records.NotYours):
            records.share(person_id=person.id, order_id=order.id, days=7, now=NOW)
        with pytest.raises(records.NotYours):
            records.end_share(person_id=person.id, order_id=order.id, token=token, now=NOW)
        assert list_links(person.id, order.id, NOW) == []


def test_a_link_is_ended_only_at_its_own_order(world: factories.World) -> None:
    one, other = (factories.make_order(world, code) for code in ("NC26LU", "NC26LV"))
    token = records.share(person_id=world.alice.id, order_id=one.id, days=7, now=NOW)
    records.end_share(person_id=world.alice.id, order_id=other.id, token=token, now=NOW)
    assert len(list_links(world.alice.id, one.id, NOW)) == 1


def test_links_do_not_pile_up_and_run_for_an_offered_time(world: factories.World) -> None:
    order = factories.make_order(world, "NC26LU")
    with pytest.raises(records.UnknownDuration):
        records.share(person_id=world.alice.id, order_id=order.id, days=3650, now=NOW)
    for _ in range(records.LINKS_MAX):
        records.share(person_id=world.alice.id, order_id=order.id, days=7, now=NOW)
    with pytest.raises(records.TooManyLinks):
        records.share(person_id=world.alice.id, order_id=order.id, days=7, now=NOW)
    records.share(person_id=world.alice.id, order_id=order.id, days=7, now=NOW + 7 * DAY)
