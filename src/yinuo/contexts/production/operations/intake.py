"""Recording capacity, plans and the plant's reports. Applying them is somebody else's work."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from yinuo.contexts.production import rules
from yinuo.contexts.production.models import BuildEvent, HeldSupply, Plan, PlanWeek, SupplyWeek
from yinuo.contexts.production.queries.intake import get_committed_weeks, get_supply, get_vins
from yinuo.contexts.production.rules import BuildRecord, Car, Held, PlanRecord, SupplyRecord
from yinuo.platform import ids
from yinuo.platform.spoken import local_date


class OrderFacts(NamedTuple):
    """What a report of the plant is judged by: the state and lock of its order."""

    state: str
    locked_at: dt.datetime


def record_supply(records: Sequence[SupplyRecord], *, sender: str, now: dt.datetime) -> list[Held]:
    """Record quantities in the caller's transaction; those that jump are held and given back."""
    known = get_supply(
        {record.resource_id for record in records}, {record.week_date for record in records}
    )
    taken, held = [], []
    why: list[Held] = []
    for record in records:
        key = (record.resource_id, record.week_date)
        before = known.get((record.resource_id, record.week_date - rules.WEEK))
        fields = {
            "resource_id": record.resource_id,
            "week_date": record.week_date,
            "quantity": record.quantity,
            "sender": sender,
            "external_id": record.external_id,
            "digest": record.digest,
            "received_at": now,
        }
        if jump := rules.judge_jump(record.line, record.quantity, known.get(key), before):
            why.append(jump)
            held.append(HeldSupply(**fields, problem=jump._asdict()))
        else:
            known[key] = record.quantity
            taken.append(SupplyWeek(**fields))
    SupplyWeek.objects.bulk_create(taken, batch_size=2000)
    HeldSupply.objects.bulk_create(held, batch_size=2000)
    return why


def digest_plan(weeks: Sequence[PlanRecord]) -> str:
    """A digest of what a plan says, whatever the order of its rows."""
    said = sorted((week.resource_id, week.week_date.isoformat(), week.cars) for week in weeks)
    return hashlib.sha256(repr(said).encode()).hexdigest()


def record_plan(
    weeks: Sequence[PlanRecord], *, external_id: str, sender: str, now: dt.datetime
) -> tuple[str, Held | None]:
    """Store a plan in the caller's transaction, uploaded or refused; no date moves by it.

    Returns its public id, and why it was refused.
    """
    today = local_date(now)
    this_week = today - dt.timedelta(days=today.weekday())
    held = rules.judge_plan(weeks, get_committed_weeks(), this_week)
    plan = Plan.objects.create(
        public_id=ids.new_id("pln"),
        sender=sender,
        external_id=external_id,
        digest=digest_plan(weeks),
        state=Plan.State.UPLOADED if held is None else Plan.State.REFUSED,
        problem=None if held is None else held._asdict(),
        uploaded_at=now,
    )
    PlanWeek.objects.bulk_create(
        [
            PlanWeek(
                plan=plan,
                resource_id=week.resource_id,
                week_date=week.week_date,
                cars=week.cars,
            )
            for week in weeks
        ],
        batch_size=2000,
    )
    return plan.public_id, held


def record_builds(
    records: Sequence[BuildRecord],
    orders: Mapping[int, OrderFacts],
    *,
    sender: str,
    now: dt.datetime,
) -> list[str]:
    """Store what the plant reports, in the caller's transaction.

    Returns for each record why it waits for staff (a code of `rules.PROBLEMS`), or empty.
    """
    vins = get_vins(
        {record.order_id for record in records}, {record.vin for record in records} - {""}
    )
    owners = {vin: order_id for order_id, vin in vins.items()}
    problems = []
    for record in records:
        order = orders[record.order_id]
        car = Car(
            order.state,
            order.locked_at,
            vins.get(record.order_id, ""),
            owners.get(record.vin),
        )
        problem = rules.judge_build(record, car, now)
        if record.vin and not problem:
            vins[record.order_id] = record.vin
            owners[record.vin] = record.order_id
        problems.append(problem)
    BuildEvent.objects.bulk_create(
        [
            BuildEvent(
                sender=sender,
                external_id=record.external_id,
                digest=record.digest,
                order_id=record.order_id,
                kind=record.kind,
                at=record.at,
                received_at=now,
                batch=record.batch,
                vin=record.vin,
                week_date=record.week_date,
                state="QUARANTINED" if problem else "RECEIVED",
                problem=problem,
            )
            for record, problem in zip(records, problems, strict=True)
        ],
        batch_size=2000,
    )
    return problems
