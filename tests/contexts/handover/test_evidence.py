"""Taking in files: kept once, or thrown away; codes of helpers; what carriers report."""

from __future__ import annotations

import datetime as dt

import pytest

from tests import factories, handovers
from yinuo.contexts.handover.models import Damage, Evidence, Upload
from yinuo.contexts.handover.operations import evidence, passes
from yinuo.contexts.handover.operations.inspecting import DecidedAlready, NotOpen
from yinuo.contexts.handover.queries.customer import get_helper
from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.orders.models import Order
from yinuo.platform import parts
from yinuo.workflows import disclosure

NOW = handovers.NOW
HOUR, DAY = dt.timedelta(hours=1), factories.DAY
pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> factories.World:
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    return handovers.make_ready(world)


def keep(order: Order, about: evidence.About, content: bytes = b"") -> str:
    return evidence.keep_file(
        [content or handovers.photo()],
        claimed="image/jpeg",
        about=about,
        sender=evidence.Sender(person_id=order.person_id),
        now=NOW,
    )


def test_the_same_picture_of_the_same_thing_is_kept_once(
    world: factories.World, order: Order
) -> None:
    inspection = handovers.begin(order, world)
    about = evidence.About(order.id, inspection.id, None, "paint")
    assert keep(order, about) == keep(order, about)
    keep(order, evidence.About(order.id, inspection.id, None, "wheels"))
    assert Evidence.objects.count() == 2
    # Each new file is a new version of the document, and its digest is recorded.
    assert handovers.look(order).version == 3
    kinds = [one.kind for one in ledger.list_of_subject(order.id)]
    assert kinds.count("evidence.kept") == 2


def test_the_digest_is_of_what_is_kept_not_of_what_came(
    world: factories.World, order: Order
) -> None:
    """Two photographs that differ only in the place where they were taken are one."""
    inspection = handovers.begin(order, world)
    about = evidence.About(order.id, inspection.id, None, "paint")
    with_place = keep(order, about, handovers.photo("blue", place=True))
    assert keep(order, about, handovers.photo("blue", place=False)) == with_place


def test_nothing_is_added_to_what_was_decided_or_signed(
    world: factories.World, order: Order
) -> None:
    inspection = handovers.begin(order, world)
    about = evidence.About(order.id, inspection.id, None, "paint")
    handovers.answer_all(inspection)
    handovers.decide(order)
    with pytest.raises(DecidedAlready):
        keep(order, about)
    handovers.sign(order)
    with pytest.raises(NotOpen):
        keep(order, about)
    assert not Evidence.objects.exists()


def test_an_order_keeps_so_many_files_and_no_more(
    world: factories.World, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "EVIDENCE_MAX", 2)
    inspection = handovers.begin(order, world)
    about = evidence.About(order.id, inspection.id, None, "paint")
    for colour in ("red", "green"):
        keep(order, about, handovers.photo(colour))
    with pytest.raises(evidence.TooMany):
        keep(order, about, handovers.photo("blue"))


def test_what_was_begun_long_ago_is_thrown_away(world: factories.World, order: Order) -> None:
    inspection = handovers.begin(order, world)
    about = evidence.About(order.id, inspection.id, None, "boot")
    sender = evidence.Sender(person_id=order.person_id)
    refs = [
        evidence.begin_upload(about=about, size_bytes=100, sender=sender, now=at)
        for at in (NOW - 3 * DAY, NOW)
    ]
    for ref in refs:
        evidence.take_part(
            [b"x" * 50],
            order_id=order.id,
            upload_ref=ref,
            at=0,
            until=50,
            size_bytes=100,
            sender=sender,
            now=NOW,
        )
    assert evidence.drop_stale(now=NOW) == 1
    assert evidence.drop_stale(now=NOW) == 0
    with pytest.raises(FileNotFoundError):
        list(parts.pieces_of(refs[0]))
    assert b"".join(parts.pieces_of(refs[1])) == b"x" * 50
    assert Upload.objects.filter(finished_at=None).count() == 1


def test_a_part_longer_than_it_says_is_refused_and_leaves_nothing(
    world: factories.World, order: Order
) -> None:
    inspection = handovers.begin(order, world)
    about = evidence.About(order.id, inspection.id, None, "boot")
    sender = evidence.Sender(person_id=order.person_id)
    ref = evidence.begin_upload(about=about, size_bytes=100, sender=sender, now=NOW)
    with pytest.raises(parts.PartsDiffer) as refused:
        evidence.take_part(
            [b"x" * 40, b"y" * 40],
            order_id=order.id,
            upload_ref=ref,
            at=0,
            until=50,
            size_bytes=100,
            sender=sender,
            now=NOW,
        )
    assert refused.value.data == {"received_bytes": 0}
    assert evidence.received_of(order_id=order.id, upload_ref=ref) == 0


def test_a_helpers_code_ends_by_itself_and_with_the_next_one(
    world: factories.World, order: Order
) -> None:
    first, _ = passes.give_pass(order_id=order.id, name="刘子航", person_id=world.alice.id, now=NOW)
    found = get_helper(first, NOW)
    assert found is not None
    assert (found.order_code, found.name) == (order.code, "刘子航")
    assert get_helper(first, NOW + 3 * DAY) is None
    second, _ = passes.give_pass(
        order_id=order.id, name="王芳", person_id=world.alice.id, now=NOW + HOUR
    )
    assert get_helper(first, NOW + HOUR) is None
    assert get_helper(second, NOW + HOUR) is not None
    with pytest.raises(passes.NameTheHelper):
        passes.give_pass(order_id=order.id, name=" ", person_id=world.alice.id, now=NOW)


@pytest.mark.need(15)
def test_a_carriers_report_of_damage_is_told_at_once_and_once(
    world: factories.World, order: Order
) -> None:
    other = handovers.make_car(world, "NC26AB", state="IN_TRANSIT", vin="LYNS7ANC0S0000009")
    for told in (2, 0):
        done = disclosure.from_carrier(order_ids=[order.id, other.id], ref="evt_1", now=NOW)
        assert done == told
    assert Damage.objects.exclude(told_at=None).count() == 2
    [entry] = [one for one in ledger.list_of_subject(other.id) if one.kind == "damage.told"]
    assert (entry.payload["cause_ref"], entry.public["code"]) == ("evt_1", "TRANSIT")
