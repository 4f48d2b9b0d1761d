"""One dated source of interest: what leaving offers is what the refund carries, to the fen."""

from __future__ import annotations

import datetime as dt
import tomllib
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import factories
from tests.contexts.payments.desk import Desk
from tests.factories import NOW, World
from tests.workflows.leaving_story import ordered
from yinuo.contexts.payments.models import Refund
from yinuo.contexts.payments.operations import sending
from yinuo.contexts.payments.queries import rates
from yinuo.contexts.payments.rules.interest import Rate, interest_fen, sum_rates_bp
from yinuo.engines.rules.functions import interest
from yinuo.platform.spoken import local_date
from yinuo.workflows.cancellation import cancel
from yinuo.workflows.leaving import look

DAY = dt.timedelta(days=1)
FIRST = dt.date(2024, 1, 1)
RATES = (Rate(FIRST, 345), Rate(dt.date(2024, 7, 22), 335), Rate(dt.date(2025, 5, 20), 300))
DAYS = st.integers(0, 900).map(lambda days: FIRST + days * DAY)


def by_day(fen: int, from_date: dt.date, until_date: dt.date) -> Fraction:
    """The same in the slow way: each day for itself, with the newest rate that has begun."""
    owed, day = Fraction(0), from_date
    while day < until_date:
        rate = max((rate for rate in RATES if rate.from_date <= day), key=lambda one: one.from_date)
        owed += Fraction(fen * rate.rate_bp, 10_000 * 365)
        day += DAY
    return owed


@given(st.integers(0, 50_000_000), DAYS, DAYS)
@settings(max_examples=60)
def test_rule_and_refund_work_out_the_same_fen(
    fen: int, from_date: dt.date, until_date: dt.date
) -> None:
    got = interest_fen([(fen, from_date, until_date)], RATES)
    assert got - 1 < by_day(fen, from_date, until_date) <= got
    assert got == interest(fen, sum_rates_bp(from_date, until_date, RATES), 1)


def test_no_rate_before_the_first() -> None:
    with pytest.raises(ValueError, match="no rate"):
        sum_rates_bp(FIRST - DAY, FIRST, RATES)
    assert sum_rates_bp(FIRST, FIRST, ()) == 0


def test_rates_have_sources_and_whole_basis_points() -> None:
    table = tomllib.loads(rates.FILE.read_text(encoding="utf-8"))["rate"]
    assert [rate.rate_bp for rate in rates.load_rates()] == [
        round(float(row["percent"]) * 100) for row in table
    ]
    with pytest.raises(ValueError, match="finer"):
        rates._rate({"from_date": FIRST, "percent": "3.005", "source": "x"})
    with pytest.raises(ValueError, match="source"):
        rates._rate({"from_date": FIRST, "percent": "3.00", "source": " "})


@pytest.mark.need(45, 117)
@pytest.mark.django_db
def test_what_leaving_offers_is_what_the_refund_carries() -> None:
    world: World = factories.make_world()
    # The deposit was paid while another rate was in force.
    order = ordered(world, "LV26AD", "IN_TRANSIT", NOW - 300 * DAY)
    latest = local_date(NOW) - 3 * DAY
    factories.make_promise(
        order,
        from_date=latest - 13 * DAY,
        until_date=latest - 3 * DAY,
        latest_date=latest,
        state="BROKEN",
    )
    offer = look(order_id=order.id, now=NOW)
    finding = offer.decision.find("prepay.refund")
    assert finding.values["interest_fen"] == offer.interest_fen > 0
    cancel(person_id=order.person_id, order_id=order.id, request_key="k1", now=NOW)
    refund = Refund.objects.get(order=order)
    for minutes in (0, 10, 20):
        at = NOW + dt.timedelta(minutes=minutes)
        sending.send(refund_id=refund.id, providers={"WECHAT": Desk()}, now=at)
    refund.refresh_from_db()
    assert refund.interest_fen == offer.interest_fen
