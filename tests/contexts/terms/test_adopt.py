"""Contracts of orders from before: many at once, nothing made up, the same digest."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.contexts.terms.drafts import make_clause, make_template
from tests.contexts.terms.test_haikou import state_it
from tests.factories import NOW, make_order, make_world
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.terms.models import Contract
from yinuo.contexts.terms.operations.adopt import adopt_contracts
from yinuo.contexts.terms.operations.contracts import NoSuchTemplate
from yinuo.contexts.terms.queries.contracts import get_content, get_current
from yinuo.contexts.terms.rules import content_digest

pytestmark = pytest.mark.django_db


def test_every_order_without_a_contract_gets_its_first_one() -> None:
    world = make_world()
    make_template("car-sale", [make_clause("deposit", "定金抵作车款。", NOW)], NOW)
    make_template("store-sale", [make_clause("balance", "验车后付尾款。", NOW)], NOW)
    state_it()
    early = make_order(
        world, "NC24AA", locked_at=dt.datetime(2024, 3, 1, 2, tzinfo=dt.UTC), state="DELIVERED"
    )
    late = make_order(world, "HK24LI")
    for made in (2, 0):
        assert (
            adopt_contracts(
                template_codes=["car-sale"],
                named={"HK24LI": "store-sale"},
                deposit_fen=500_000,
                now=NOW,
            )
            == made
        )
    for order, template, statements in ((early, "car-sale", 0), (late, "store-sale", 1)):
        contract = Contract.objects.get(order=order)
        assert contract.template.code == template
        assert (contract.price_fen, contract.agreed_at) == (24_590_000, order.locked_at)
        assert len(contract.statement_ids) == statements
        assert contract.digest == content_digest(get_content(contract.id))
        assert not contract.shown.exists()
        assert get_current(order.id) is not None
    assert Entry.objects.filter(kind="contract.agreed").count() == 2


def test_no_contract_is_adopted_under_a_template_that_is_not_issued() -> None:
    make_template("car-sale", [], NOW, issued=False)
    with pytest.raises(NoSuchTemplate):
        adopt_contracts(template_codes=["car-sale"], named={}, deposit_fen=1, now=NOW)
