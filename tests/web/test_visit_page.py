"""C8, the visit page: booked, moved and cancelled without a script, by the owner alone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client

from tests import factories
from tests.contexts.handover.centre_worlds import Centre, book, booked, make_centre, row, tomorrow
from tests.web.people import sign_in, sign_in_staff
from yinuo.contexts.handover.models import Damage, Visit
from yinuo.contexts.handover.operations import missed
from yinuo.contexts.orders.models import Order
from yinuo.contexts.people.models import Person, StaffMember
from yinuo.platform import clock
from yinuo.web.kit.calendar import Event, write_calendar

pytestmark = pytest.mark.django_db
PAGE = "/o/AA26AA/handover/visit"


@pytest.fixture
def centre() -> Centre:
    """A centre, the story's clock, and Alice's car that stands there."""
    clock.set_test_clock(at=factories.NOW, running=False)
    centre = make_centre(factories.make_world())
    factories.make_order(centre.world, "AA26AA", state="AT_CENTRE")
    return centre


def _as(person: Person | StaffMember) -> Client:
    return sign_in_staff(person) if isinstance(person, StaffMember) else sign_in(person)


def _form(page: str) -> dict[str, str]:
    """The hidden fields of the page's form, with its first time."""
    hidden = dict(re.findall(r'name="(do|request_key)" value="([^"]*)"', page))
    first = re.search(r'name="from" value="([^"]+)"', page)
    return {**hidden, "from": first.group(1) if first else ""}


def test_book_move_and_cancel_with_plain_forms(centre: Centre) -> None:
    alice = _as(centre.world.alice)
    page = alice.get(PAGE).content.decode()
    assert "最早的空位" in page
    # Two hours on at the earliest, and never at night.
    assert "2月11日（周三） 11:30—13:00" in page
    form = {**_form(page), "party": "2"}
    assert alice.post(PAGE, form).status_code == 302
    assert alice.post(PAGE, form).status_code == 302
    visit = Visit.objects.get()
    assert (visit.state, visit.party) == ("BOOKED", 2)
    page = alice.get(PAGE).content.decode()
    assert "王敏接待，按 2 人准备。" in page
    assert "我到店了" in page
    moving = alice.get(f"{PAGE}?move=1").content.decode()
    form = _form(moving)
    assert form["do"] == "move"
    alice.post(PAGE, {**form, "party": "3"})
    visit.refresh_from_db()
    assert (visit.version, visit.party) == (2, 3)
    alice.post(PAGE, {"do": "cancel"})
    visit.refresh_from_db()
    assert visit.state == "CANCELLED"


def test_the_page_in_english(centre: Centre) -> None:
    page = _as(centre.world.alice).get(f"{PAGE}?lang=en").content.decode()
    assert "Earliest free times" in page
    assert "11 February (Wed), 11:30—13:00" in page


def test_who_may_see_and_act(centre: Centre) -> None:
    """Alice acts, Bob reads, Carol finds nothing, Dora reads beside her."""
    page = _as(centre.world.alice).get(PAGE).content.decode()
    form = {**_form(page), "party": "1"}
    bob = _as(centre.world.bob)
    assert "只有下单的人可以约和改时间" in bob.get(PAGE).content.decode()
    assert bob.post(PAGE, form).status_code == 403
    carol = _as(centre.world.carol)
    assert carol.get(PAGE).status_code == 404
    assert carol.post(PAGE, form).status_code == 404
    assert carol.get(f"{PAGE}.ics").status_code == 404
    dora = _as(centre.world.dora)
    assert dora.get(PAGE).status_code == 200
    assert dora.post(PAGE, form).status_code == 302
    assert Client().get(PAGE).status_code == 302
    assert not Visit.objects.exists()


def test_a_time_that_is_gone_meanwhile_loses_nothing_typed(centre: Centre) -> None:
    alice = _as(centre.world.alice)
    page = alice.get(PAGE).content.decode()
    form = {**_form(page), "party": "3"}
    at = dt.datetime.fromisoformat(form["from"])
    for number in range(2):
        booked(centre.world, f"B{number}26AA", at)
    answer = alice.post(PAGE, form)
    again = answer.content.decode()
    assert answer.status_code == 409
    assert "这个时间刚被别人约走了。您填的还在" in again
    assert '<option value="3" selected>' in again
    assert form["request_key"] in again
    assert form["from"] not in re.findall(r'name="from" value="([^"]+)"', again)


@pytest.mark.parametrize(
    "typed",
    [
        {"from": "nonsense"},
        {"from": "2026-02-12T02:00:00"},
        {"from": "2020-01-01T02:00:00+00:00"},
        {"from": "2026-02-12T02:15:00+00:00"},
        {"from": "9999-12-31T23:59:59-12:00"},
        {"from": "0001-01-01T00:00:00+14:00"},
        {"from": "2026-02-12T02:00:00+00:00", "party": "99"},
        {},
    ],
)
def test_wrong_times_and_numbers_are_answered_in_words(
    centre: Centre, typed: dict[str, str]
) -> None:
    answer = _as(centre.world.alice).post(PAGE, {"do": "book", "request_key": "k", **typed})
    assert answer.status_code == 409
    assert 'role="alert"' in answer.content.decode()
    assert not Visit.objects.exists()


def test_later_times_and_days_that_make_no_sense(centre: Centre) -> None:
    alice = _as(centre.world.alice)
    later = alice.get(f"{PAGE}?after=2026-02-13").content.decode()
    assert "2月13日（周五） 09:00" in later
    for after in ("x", "9999-12-31", "0001-01-01", "2026-13-01"):
        assert alice.get(PAGE, {"after": after}).status_code == 200


@pytest.mark.need(15)
def test_no_times_before_the_damage_is_told_or_without_a_car(centre: Centre) -> None:
    alice = _as(centre.world.alice)
    order = Order.objects.get(code="AA26AA")
    Damage.objects.create(
        public_id="dmg_1",
        order=order,
        spot_zh="右后门",
        spot_en="Right rear door",
        words_zh="划痕",
        words_en="A scratch",
        found_at=factories.NOW,
    )
    page = alice.get(PAGE).content.decode()
    assert "您再决定来不来" in page
    assert 'name="from"' not in page
    factories.make_order(centre.world, "BB26BB", state="IN_BUILD")
    assert "车还没有到店" in alice.get("/o/BB26BB/handover/visit").content.decode()
    factories.make_order(centre.world, "CC26CC", state="CANCELLED")
    assert "订单已经结束" in alice.get("/o/CC26CC/handover/visit").content.decode()


@pytest.mark.need(14)
def test_after_a_visit_that_we_missed_the_page_says_sorry_and_offers_times(
    centre: Centre,
) -> None:
    visit = book(Order.objects.get(code="AA26AA"), tomorrow(10))
    missed.record_no_show(public_id=visit.public_id, by="CENTRE", staff_id=None, now=factories.NOW)
    page = _as(centre.world.alice).get(PAGE).content.decode()
    assert "上一次我们没有按约接待您，抱歉。" in page
    assert 'name="from"' in page


def test_i_am_here_is_said_on_the_day_and_kept(centre: Centre) -> None:
    visit = book(Order.objects.get(code="AA26AA"), tomorrow(10))
    alice = _as(centre.world.alice)
    assert alice.post(PAGE, {"do": "here"}).status_code == 409
    clock.set_test_clock(at=tomorrow(9, 50), running=False)
    assert alice.post(PAGE, {"do": "here"}).status_code == 302
    assert row(visit).arrived_at == tomorrow(9, 50)
    assert "知道您到了" in alice.get(PAGE).content.decode()


def test_the_visit_goes_into_the_customers_own_calendar(centre: Centre) -> None:
    alice = _as(centre.world.alice)
    assert alice.get(f"{PAGE}.ics").status_code == 404
    visit = book(Order.objects.get(code="AA26AA"), tomorrow(10))
    answer = alice.get(f"{PAGE}.ics")
    lines = answer.content.decode().split("\r\n")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert f"UID:{visit.public_id}" in lines
    assert "DTSTART:20260212T020000Z" in lines
    assert "LOCATION:南昌交付中心" in lines


def test_calendar_lines_are_folded_and_escaped() -> None:
    at = factories.NOW
    text = write_calendar([Event("u", 1, at, at, "验车，" * 30, "a,b;c\\d\ne", at)])
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert "".join(text.split("\r\n ")).count("验车，") == 30
    assert "LOCATION:a\\,b\\;c\\\\d\\ne\r\n" in text
