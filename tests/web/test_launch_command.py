"""`yinuo launch`: opened by the planner's figure, looked at, refused with a reason."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.contexts.orders.launch_worlds import Sale, make_sale, take
from tests.factories import NOW, make_world
from tests.web.people import read, sign_in
from yinuo.contexts.catalogue.models import Spec
from yinuo.contexts.orders.models import Launch, SalesCell, Ticket
from yinuo.contexts.orders.operations import buying
from yinuo.platform import clock
from yinuo.workflows.demo import cast, launches

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def sale() -> Sale:
    """A launch of one car."""
    return make_sale(1)


def run(*words: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command("launch", *words, stdout=out)
    return out.getvalue()


@pytest.mark.need(104)
def test_a_launch_is_opened_with_the_planners_figure() -> None:
    make_world()
    words = ["open", "S7", "--spec", "S7-A", "--count", "40", "--opens", "2026-02-11T10:00"]
    run(*words, "--template", "retail", "--hours", "24", "--deposit", "6000")
    launch = Launch.objects.get()
    assert (launch.finish_hours, launch.deposit_fen) == (24, 600_000)
    assert launch.opens_at.isoformat() == "2026-02-11T02:00:00+00:00"
    run("open", "S7", "--spec", "S7-A", "--count", "50")
    assert SalesCell.objects.get().for_sale == 50
    assert Launch.objects.get().template_code == "retail"
    run("open", "S7", "--spec", "S7-A", "--count", "5", "--day", "2026-05-04")
    said = json.loads(run("show", "S7", "--json"))
    assert said["groups"] == [{"code": "S7-A", "for_sale": 55, "taken": 0, "waiting": 0}]
    assert run("show").startswith("S7  2026-02-11 10:00")


def test_more_for_sale_says_how_many_got_a_place(sale: Sale) -> None:
    take("a"), take("b")
    begins = Launch.objects.get(id=sale.launch_id).opens_at.isoformat()
    words = ["open", sale.code, "--group", "S7", "--spec", "S7-A", "--opens", begins]
    assert "1" in run(*words, "--count", "2")
    assert "2" in run("show", sale.code)
    with pytest.raises(CommandError, match="2"):
        run(*words, "--count", "1")


def test_what_makes_no_sense_is_refused(sale: Sale) -> None:
    for words in (
        ["open", "X", "--spec", "none", "--count", "1"],
        ["open", "X", "--spec", "S7-A", "--count", "-1"],
        ["show", "none"],
    ):
        with pytest.raises(CommandError):
            run(*words)
    assert Launch.objects.count() == 1
    assert sale.launch_id


def test_counts_that_do_not_agree_are_a_finding(sale: Sale) -> None:
    take("a")
    Ticket.objects.update(state="WITHDRAWN", cell=None)
    with pytest.raises(SystemExit):
        run("show", sale.code)


def test_my_page_leads_to_my_ticket(sale: Sale) -> None:
    ticket = take("a")
    buying.claim(ticket_id=ticket.id, person_id=sale.world.alice.id)
    assert f"/t/{ticket.code}" in read(sign_in(sale.world.alice), "/me")
    assert ticket.code not in read(sign_in(sale.world.bob), "/me")


def test_the_demo_has_a_launch_that_is_sold_out() -> None:
    world = make_world()
    Spec.objects.create(
        code="A7-01",
        car_model=world.line.spec.car_model,
        name_zh="云白",
        name_en="White",
        price_fen=21_590_000,
    )
    assert launches.begin(now=NOW) == launches.TAKEN
    states = list(Ticket.objects.order_by("number").values_list("state", flat=True))
    assert states == ["TAKEN"] * launches.FOR_SALE + ["WAITING"] * 2
    assert Ticket.objects.get(person__phone=cast.HOUSEHOLD_PHONE).number == launches.NAMED
