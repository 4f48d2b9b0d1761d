"""A ticket whose deposit came after the law had changed its mind, for tests."""

from __future__ import annotations

from dataclasses import dataclass

from tests.contexts.orders.launch_worlds import Sale
from tests.contexts.terms.drafts import make_clause
from tests.factories import NOW
from tests.workflows.launch_story import TEMPLATE, agree, choose, make_launch, pay
from yinuo.contexts.orders.queries.tickets import TicketSeen
from yinuo.contexts.terms.models import (
    ClauseVersion,
    Contract,
    Ruling,
    Template,
    TemplateClause,
    VoidClause,
)
from yinuo.contexts.terms.operations import overturning
from yinuo.workflows import settled


@dataclass
class Held:
    """A ticket whose deposit came after the law had changed its mind."""

    sale: Sale
    ticket: TicketSeen
    bill_id: int
    manager_id: int


def void(clause: ClauseVersion) -> None:
    """A court holds this clause void."""
    ruling = Ruling.objects.create(
        public_id="rul_1",
        court="某市中级人民法院",
        case_no="(2026)某民终1号",
        ruled_date=NOW.date(),
        source="公开判决",
        summary_zh="该条款无效",
        summary_en="void",
        recorded_at=NOW,
    )
    Template.objects.update(state="WITHDRAWN", withdrawn_at=NOW, withdrawn_why="判决")
    VoidClause.objects.create(ruling=ruling, clause_version=clause)


def agreed() -> Held:
    """A ticket with its contract and an open bill."""
    sale = make_launch(1)
    ticket = choose(sale, "a", sale.world.alice)
    return Held(sale, ticket, agree(ticket, sale.world.alice), sale.world.manager.id)


def make_held() -> Held:
    """Agreed, ruled void, paid."""
    found = agreed()
    place = Contract.objects.get().template.places.first()
    assert place is not None
    void(place.clause_version)
    assert pay(found.bill_id, now=NOW) == "PAID"
    settled.run(NOW)
    return found


def issue_again() -> None:
    """The lawyer put the clause right and the template was issued again."""
    clause = make_clause("deposit", "定金按法律办，七十二小时内取消全退。", NOW, 2)
    other = ClauseVersion.objects.get(clause__code="inspect")
    template = Template.objects.create(
        code=TEMPLATE,
        version=2,
        title_zh="购车合同",
        title_en="Contract of sale",
        drafted_at=NOW,
    )
    for position, version in enumerate((clause, other)):
        TemplateClause.objects.create(template=template, clause_version=version, position=position)
    Template.objects.filter(id=template.id).update(
        state="ISSUED", issued_at=NOW, check_record={}, digest="1f" * 32
    )


def overturn(held: Held) -> None:
    """A higher court lets the clause stand."""
    overturning.overturn(
        ruling_id=Ruling.objects.get().id,
        why="二审改判，条款有效",
        source="（2026）某民终2号",
        staff_id=held.manager_id,
        now=NOW,
    )
