"""Clauses, templates and evidence for tests: a fair contract, and the one of the Haikou case."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.factories import World
from yinuo.contexts.orders.models import Launch, SalesCell, SalesGroup, Ticket
from yinuo.contexts.terms.models import Clause, ClauseVersion, Template, TemplateClause
from yinuo.contexts.terms.rules import Shown, wording_digest

FAIR: dict[str, Any] = {
    "standard": True,
    "material": True,
    "online": True,
    "not_formed_after_payment": False,
    "excludes_main_right": False,
    "limits_right_unreasonably": False,
    "adds_burden_unreasonably": False,
    "frees_drafter_unreasonably": False,
    "receipt_is_acceptance": False,
    "final_interpretation": False,
    "bars_complaint_or_suit": False,
    "balance_before_inspection": False,
    "two_readings": False,
    "used_in_shanghai": False,
    "prompt_conspicuous": True,
    "prompt_means": ["highlight"],
    "explanation_asked": False,
}
# What the rules ask of a template as a whole.
WHOLE: dict[str, Any] = {
    "handover.signature_taken_as_waiver": False,
    "deposit.as_earnest": True,
    "deposit.amount_fen": 500_000,
    "order.price_fen": 24_590_000,
    "prepay.taken": True,
    "prepay.contract_written": True,
    "prepay.contract_names_goods": True,
    "prepay.contract_names_price": True,
    "prepay.contract_names_refund": True,
    "prepay.contract_names_liability": True,
    "price.below_full_cost": False,
    "price.delivery_in_contract": True,
    "price.forced_add_on": False,
    "price.options_marked": True,
    "price.paid_unlock": False,
    "price.to_exclude_rivals": False,
}
SEVEN_DAYS = "收到尾款通知后 7 日内付清尾款，否则取消订单，定金不退。"


def make_clause(
    code: str, text_zh: str, now: dt.datetime, version: int = 1, **changed: bool
) -> ClauseVersion:
    """A wording of a clause, fair unless said otherwise."""
    clause, _ = Clause.objects.get_or_create(
        code=code, defaults={"title_zh": f"{code} 条", "title_en": f"clause {code}"}
    )
    return ClauseVersion.objects.create(
        clause=clause,
        version=version,
        text_zh=text_zh,
        text_en=f"English words of {code}",
        facts={**FAIR, **changed},
        wording_digest=wording_digest(text_zh),
        written_at=now,
    )


def make_template(
    code: str, clauses: list[ClauseVersion], now: dt.datetime, *, issued: bool = True
) -> Template:
    """A template with these clauses, put into force without the check unless told not to."""
    template = Template.objects.create(
        code=code, version=1, title_zh="购车合同", title_en="Contract of sale", drafted_at=now
    )
    for position, version in enumerate(clauses):
        TemplateClause.objects.create(template=template, clause_version=version, position=position)
    if issued:
        template.state, template.issued_at = Template.State.ISSUED, now
        template.check_record, template.digest = {}, "0f" * 32
        template.save()
    return template


def shown(code: str, now: dt.datetime, **changed: Any) -> Shown:
    """A clause shown as the law asks."""
    fields: dict[str, Any] = {
        "page": "/o/confirm",
        "means": frozenset({"highlight", "tick_box"}),
        "type_px": 20,
        "price_type_px": 20,
        "contrast_x100": 1200,
        "shown_at": now,
        **changed,
    }
    return Shown(clause_code=code, **fields)


def make_ticket(world: World, now: dt.datetime) -> int:
    """A ticket of Alice's that holds a place; its row."""
    launch = Launch.objects.create(
        code="s7", car_model=world.line.spec.car_model, opens_at=now, created_at=now
    )
    group = SalesGroup.objects.create(launch=launch, code="all")
    cell = SalesCell.objects.create(group=group, for_sale=10, taken=1)
    ticket = Ticket.objects.create(
        launch=launch,
        group=group,
        cell=cell,
        number=1,
        code="T2345678",
        request_key="k",
        taken_at=now,
        chain="c",
        signature="s",
        state=Ticket.State.TAKEN,
        person=world.alice,
        due_at=now + dt.timedelta(hours=48),
    )
    return ticket.id
