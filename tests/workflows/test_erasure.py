"""A customer has the record of an order erased: what the database still holds, and what pages say.

Alice owns the order, Bob shares her household, Carol is a stranger, Dora works for the maker.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from tests import factories
from tests.factories import NOW
from tests.web.people import read, send, sign_in, sign_in_staff
from tests.workflows.leaving_story import pay_deposit
from yinuo.contexts.ledger.models import Entry, Erasure, Opening, Secret
from yinuo.contexts.ledger.operations import erasing
from yinuo.contexts.ledger.operations.streams import Erased
from yinuo.contexts.notices.models import Notice
from yinuo.contexts.orders.models import Dispute, Order, StaffLook
from yinuo.contexts.payments.models import Bill, Refund
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.promises.models import Choice
from yinuo.jobs.schedule import STEPS
from yinuo.platform import clock
from yinuo.workflows import erasure

pytestmark = pytest.mark.django_db
YEAR = dt.timedelta(days=366)
CODE = "ER26AA"
# What is kept of contract and car has pages of its own.
KEPT_PAGES = ("handover", "terms")


@pytest.fixture
def world() -> factories.World:
    clock.set_test_clock(at=NOW, running=False)
    return factories.make_world()


@pytest.fixture
def order(world: factories.World) -> Order:
    """Delivered four years ago, with a promise that moved, a notice and a choice."""
    order = factories.make_order(
        world, CODE, state="DELIVERED", locked_at=NOW - 5 * YEAR, state_at=NOW - 4 * YEAR
    )
    factories.make_promise(order, state="CLOSED")
    factories.move_promise(world, order)
    factories.make_choice(order)
    return order


def dump() -> str:
    """Every row of every table as text, bytes in hexadecimal."""
    found = io.StringIO()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            found.write(f"-- {table}\n")
            with cursor.copy(f'COPY "{table}" TO STDOUT') as rows:
                for part in rows:
                    found.write(bytes(part).decode())
    return found.getvalue()


def against(order: Order) -> tuple[str, ...]:
    """What stands in the way of erasing it."""
    return erasure.look(erasure.find(order.code), now=NOW).against


@pytest.mark.need(26)
def test_nothing_in_the_whole_database_opens_or_joins_the_leaves(
    world: factories.World, order: Order
) -> None:
    other = factories.make_order(world, "KE26PT", person=world.carol)
    factories.make_promise(other)
    rows = list(Entry.objects.filter(subject_id=order.id).select_related("opening__form"))
    k = bytes(Secret.objects.get(subject_id=order.id).k).hex()
    streams = {json.loads(row.body)["s"] for row in rows}
    before = dump()
    assert k in before
    assert all(row.opening.payload in before.replace("\\\\", "\\") for row in rows)
    assert erasure.ask(person_id=world.alice.id, code=CODE, now=NOW)
    after = dump()
    assert k not in after
    for row in rows:
        assert row.opening.payload not in after
        assert row.change_key not in after
    # The streams' ids stand in the leaves alone, and none of them beside this order's code.
    for stream in streams:
        lines = [line for line in after.splitlines() if stream in line]
        assert len(lines) == sum(json.loads(row.body)["s"] == stream for row in rows)
        assert not [line for line in lines if CODE in line]
    assert not Notice.objects.filter(order=order).exists()
    assert not Choice.objects.filter(order=order).exists()
    assert {row.id: row.body for row in rows} == dict(
        Entry.objects.filter(id__in=[row.id for row in rows]).values_list("id", "body")
    )
    assert Opening.objects.filter(entry__subject_id=other.id).count() == 1


def test_every_column_that_names_an_entry_is_cut(world: factories.World, order: Order) -> None:
    entry_ids = set(Entry.objects.filter(subject_id=order.id).values_list("id", flat=True))
    erasure.ask(person_id=world.alice.id, code=CODE, now=NOW)
    tables = connection.introspection.table_names(include_views=True)
    # The leaf itself, and its number in the log, which leads to nothing else.
    known = {("ledger_entry", "id"), ("ledger_inbox", "entry_id"), ("ledger_leaf", "entry_id")}
    with connection.cursor() as cursor:
        for table in tables:
            columns = connection.introspection.get_table_description(cursor, table)
            for name in {one.name for one in columns} & {"id", "entry_id"}:
                if (name == "entry_id" or table == "notices_notice") and (table, name) not in known:
                    cursor.execute(f'SELECT {name} FROM "{table}"')
                    assert not entry_ids & {row[0] for row in cursor.fetchall()}, table


@pytest.mark.parametrize("path", ["", "/record", "/queue", "/money", "/options", "/changes/1"])
def test_pages_of_an_erased_order_say_so(world: factories.World, order: Order, path: str) -> None:
    clients = {"alice": sign_in(world.alice), "bob": sign_in(world.bob)}
    assert "已经删除" not in read(clients["alice"], "/o/ER26AA")
    erasure.ask(person_id=world.alice.id, code=CODE, now=NOW)
    for client in clients.values():
        page = read(client, f"/o/ER26AA{path}")
        assert "ER26AA 的记录在 2月11日 09:20 删除了。密钥已经销毁，我们也打不开。" in page
        assert "任何人都能验证" in page
    assert "The record of ER26AA was erased" in read(clients["bob"], f"/o/ER26AA{path}?lang=en")
    read(sign_in(world.carol), f"/o/ER26AA{path}", 404)
    send(clients["alice"], "/o/ER26AA/erase", 410, do="erase")


@pytest.mark.need(26)
def test_staff_read_neither_name_nor_telephone_of_an_erased_order(
    world: factories.World, order: Order
) -> None:
    dora, phone = sign_in_staff(world.dora), world.alice.phone
    assert phone in read(dora, "/staff/orders/ER26AA")
    erasure.ask(person_id=world.alice.id, code=CODE, now=NOW)
    page = read(dora, "/staff/orders/ER26AA")
    assert "已按本人要求删除" in page
    assert world.alice.name not in page
    assert phone not in page
    for path in KEPT_PAGES:
        assert f"/staff/orders/ER26AA/{path}" not in page
        read(dora, f"/staff/orders/ER26AA/{path}", 404)
    assert "请找法务或质量部门" in read(dora, "/staff/orders/ER26AA")
    # Nobody finds whose it was by what was erased.
    for typed in (world.alice.name, phone, phone[-4:]):
        assert "ER26AA" not in read(dora, f"/staff/orders?q={typed}")
    assert dora.get("/staff/orders?q=ER26").headers["Location"] == "/staff/orders/ER26AA"
    assert "ER26AA" in read(dora, "/o/ER26AA")
    assert world.alice.name not in read(dora, "/o/ER26AA")
    assert world.alice.name not in read(dora, "/staff/")
    # Another order of hers that runs is not touched.
    factories.make_order(world, "RU26NN")
    assert phone in read(dora, "/staff/orders/RU26NN")


@pytest.mark.parametrize("role", ["LEGAL", "QUALITY"])
def test_who_recalls_and_who_goes_to_court_read_them_with_the_reason(
    world: factories.World, order: Order, role: str
) -> None:
    erasure.ask(person_id=world.alice.id, code=CODE, now=NOW)
    StaffMember.objects.filter(id=world.dora.id).update(role=role)
    dora = sign_in_staff(world.dora)
    page = read(dora, "/staff/orders/ER26AA")
    for path in KEPT_PAGES:
        read(dora, f"/staff/orders/ER26AA/{path}")
    assert world.alice.phone in page
    assert "只用于召回、查账和诉讼" in page
    assert "《缺陷汽车产品召回管理条例》第九条" in page
    assert StaffLook.objects.filter(order=order, staff=world.dora).exists()
    assert "erased at the person" not in read(dora, "/staff/orders/ER26AA?lang=en")


def test_the_person_reads_what_the_law_keeps_and_until_when_before_confirming(
    world: factories.World, order: Order
) -> None:
    bob = sign_in(world.bob)
    page = read(sign_in(world.alice), "/o/ER26AA/erase")
    # Delivered on 2022-02-08; nothing was paid, so there are no books.
    assert "法律要求我们留下" in page
    assert "到 2032年2月8日 为止" in page
    assert "会计档案" not in page
    pay_deposit(order, paid_at=NOW - 4 * YEAR)
    page = read(sign_in(world.alice), "/o/ER26AA/erase")
    assert "账存 30 年，到 2052年12月31日 为止" in page
    erasure.ask(person_id=world.alice.id, code=CODE, now=NOW)
    for client, words in ((sign_in(world.alice), "到 2052年12月31日 为止"), (bob, "2032年2月8日")):
        assert words in read(client, "/o/ER26AA")
    read(sign_in(world.carol), "/o/ER26AA", 404)
    assert "until 31 December 2052" in read(bob, "/o/ER26AA?lang=en")


def test_the_page_says_what_goes_and_what_stays(world: factories.World, order: Order) -> None:
    alice = sign_in(world.alice)
    assert 'href="/me/erase"' in read(alice, "/me")
    assert 'href="/o/ER26AA/erase"' in read(alice, "/me/erase")
    page = read(alice, "/o/ER26AA/erase")
    for words in ("这个订单的密钥", "公开账本里还有几行：乱码", "删了不能恢复", "下载您的证明包"):
        assert words in page
    assert send(alice, "/o/ER26AA/erase", 302, do="erase") == "/o/ER26AA/erase"
    assert "已经销毁" in read(alice, "/o/ER26AA/erase")
    assert not Secret.objects.filter(subject_id=order.id).exists()


def test_only_the_owner_may_ask(world: factories.World, order: Order) -> None:
    send(sign_in(world.bob), "/o/ER26AA/erase", 403, do="erase")
    send(sign_in(world.carol), "/o/ER26AA/erase", 404, do="erase")
    assert "ER26AA" not in read(sign_in(world.carol), "/me/erase")
    for person in (world.bob, world.carol):
        with pytest.raises(erasure.NoSuchOrder):
            erasure.ask(person_id=person.id, code=CODE, now=NOW)
        with pytest.raises(erasure.NoSuchOrder):
            erasure.take_back(person_id=person.id, code=CODE)
    assert Secret.objects.filter(subject_id=order.id).exists()


def test_a_wish_waits_until_the_law_lets_it_and_can_be_taken_back(world: factories.World) -> None:
    order = factories.make_order(
        world, CODE, state="DELIVERED", locked_at=NOW - 2 * YEAR, state_at=NOW - YEAR
    )
    factories.make_promise(order, state="CLOSED")
    alice = sign_in(world.alice)
    page = read(alice, "/o/ER26AA/erase")
    assert "法律要求保存的时间没有满。" in page
    assert "2028年2月10日 起可以删。" in page
    assert "It may be erased from 10 February 2028 on." in read(
        sign_in(world.alice), "/o/ER26AA/erase?lang=en"
    )
    send(alice, "/o/ER26AA/erase", 302, do="erase")
    assert "您 2月11日 09:20 要求删除。" in read(alice, "/o/ER26AA/erase")
    send(alice, "/o/ER26AA/erase", 302, do="back")
    assert not Erasure.objects.exists()
    send(alice, "/o/ER26AA/erase", 409, do="back")
    send(alice, "/o/ER26AA/erase", 302, do="erase")
    day_before = dt.datetime(2028, 2, 9, 15, tzinfo=dt.UTC)
    assert erasure.run(now=day_before) == 0
    assert STEPS["privacy.erase"](day_before + dt.timedelta(hours=2)) == 1
    assert not Secret.objects.filter(subject_id=order.id).exists()


@pytest.mark.need(26)
def test_whatever_is_open_keeps_the_record(world: factories.World, order: Order) -> None:
    assert against(order) == ()
    erasing.place_hold(subject_id=order.id, why="(2026)沪01民初8号", staff_id=None, now=NOW)
    assert against(order) == ("evidence",)
    erasing.lift_hold(subject_id=order.id, now=NOW)
    dispute = Dispute.objects.create(
        public_id="dis_1",
        request_key="1",
        code="D1",
        order=order,
        about="MONEY",
        opened_by=world.alice,
        opened_at=NOW,
        answerer=world.dora,
        answer_by_at=NOW,
    )
    assert against(order) == ("dispute_open",)
    dispute.settled_at, dispute.settled_by, dispute.outcome = NOW, world.dora, "GIVEN"
    dispute.save()
    pay_deposit(order, paid_at=NOW - 4 * YEAR)
    assert against(order) == ()
    assert "order_runs" in against(factories.make_order(world, "RU26NN", state="IN_TRANSIT"))


def test_the_last_movement_of_money_counts(world: factories.World) -> None:
    order = factories.make_order(
        world, CODE, state="CANCELLED", locked_at=NOW - 5 * YEAR, state_at=NOW - 4 * YEAR
    )
    assert against(order) == ()
    bill = pay_deposit(order, paid_at=NOW - 5 * YEAR)
    assert against(order) == ("money_open",)
    Bill.objects.filter(id=bill.id).update(refunded_fen=bill.paid_fen)
    Refund.objects.create(
        public_id="ref_1",
        request_key="r",
        order=order,
        amount_fen=bill.paid_fen,
        reason="cancel.free",
        state="PAID",
        ordered_at=NOW - 4 * YEAR,
        due_at=NOW - 4 * YEAR,
        paid_at=NOW - YEAR,
        bank_reference="B1",
    )
    assert against(order) == ("too_early",)
    Refund.objects.update(state="SENT", paid_at=None)
    assert "money_open" in against(order)


def test_staff_erase_by_the_command_and_are_refused_in_words(
    world: factories.World, order: Order, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    running = factories.make_order(world, "RU26NN")
    factories.make_promise(running)
    with pytest.raises(erasure.Kept, match="order has not ended"):
        erasure.erase(code="RU26NN", reason="PURPOSE_ENDED", now=NOW)
    with pytest.raises(SystemExit):
        call_command("privacy", "look", "RU26NN")
    with pytest.raises(erasure.NoSuchOrder):
        call_command("privacy", "look", "NO26NE")
    call_command("privacy", "hold", CODE, "--why", "x")
    with pytest.raises(erasure.Kept, match="evidence"):
        erasure.erase(code=CODE, reason="PURPOSE_ENDED", now=NOW)
    call_command("privacy", "release", CODE)
    copy = tmp_path / "copy.json"
    call_command("privacy", "export", CODE, "--to", str(copy))
    assert copy.stat().st_mode & 0o777 == 0o600
    said = json.loads(copy.read_text())
    rows = Entry.objects.filter(subject_id=order.id).select_related("opening").order_by("id")
    assert [one["payload"] for one in said["entries"]] == [row.opening.payload for row in rows]
    assert all(one["words"] for one in said["entries"])
    with pytest.raises(FileExistsError):
        call_command("privacy", "export", CODE, "--to", str(copy))
    assert erasure.erase(code=CODE, reason="PURPOSE_ENDED", staff_id=world.dora.id, now=NOW)
    assert not erasure.erase(code=CODE, reason="PURPOSE_ENDED", now=NOW)
    call_command("privacy", "look", CODE)
    assert capsys.readouterr().err.strip().splitlines()[-1] in ("Erased.", "已经删除。")
    with pytest.raises(Erased):
        erasure.export(erasure.find(CODE), language="zh")


def test_each_day_with_erasures_is_one_leaf_with_their_number(world: factories.World) -> None:
    for number, code in enumerate(("DA26AA", "DA26AB", "DA26AC")):
        order = factories.make_order(
            world, code, state="DELIVERED", locked_at=NOW - 5 * YEAR, state_at=NOW - 4 * YEAR
        )
        factories.make_promise(order, state="CLOSED")
        day = NOW if number < 2 else NOW + dt.timedelta(days=1)
        erasure.ask(person_id=world.alice.id, code=code, now=day)
    erasure.run(now=NOW)
    assert not Entry.objects.filter(kind="secrets.destroyed").exists()
    for _ in range(2):
        erasure.run(now=NOW + dt.timedelta(days=3))
    leaves = Entry.objects.filter(kind="secrets.destroyed").order_by("id")
    assert [leaf.body for leaf in leaves] == [
        '{"count":2,"t":"erase","v":1}',
        '{"count":1,"t":"erase","v":1}',
    ]
