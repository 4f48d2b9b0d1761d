"""What those who record the plant's reports may ask about production."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from yinuo.contexts.production.models import (
    Build,
    BuildEvent,
    HeldSupply,
    Plan,
    PlanWeek,
    Resource,
    SupplyWeek,
)

WEEK = dt.timedelta(days=7)


class ResourceFacts(NamedTuple):
    """A resource: `kind` is PLANT, OPTION or CENTRE."""

    id: int
    kind: str


def get_resources() -> dict[str, ResourceFacts]:
    """Every resource, by code."""
    rows = Resource.objects.values_list("code", "id", "kind")
    return {code: ResourceFacts(row_id, kind) for code, row_id, kind in rows}


def get_supply_digests(sender: str, external_ids: Sequence[str]) -> dict[str, str]:
    """The digest of each capacity record received from this sender, in use or held."""
    found: dict[str, str] = {}
    for table in (SupplyWeek, HeldSupply):
        rows = table._default_manager.filter(sender=sender, external_id__in=external_ids)
        found |= dict(rows.values_list("external_id", "digest"))
    return found


def get_build_digests(sender: str, external_ids: Sequence[str]) -> dict[str, str]:
    """The digest of each report received from this plant, by its id."""
    rows = BuildEvent.objects.filter(sender=sender, external_id__in=external_ids)
    return dict(rows.values_list("external_id", "digest"))


def get_plan_digest(sender: str, external_id: str) -> str | None:
    """The digest of a plan that was received before, or None."""
    rows = Plan.objects.filter(sender=sender, external_id=external_id)
    return rows.values_list("digest", flat=True).first()


def get_supply(
    resource_ids: Collection[int], weeks: Collection[dt.date]
) -> dict[tuple[int, dt.date], int]:
    """The newest quantity of each resource in those weeks and the weeks before them."""
    asked = set(weeks) | {week - WEEK for week in weeks}
    rows = (
        SupplyWeek.objects.filter(resource_id__in=resource_ids, week_date__in=asked)
        .order_by("id")
        .values_list("resource_id", "week_date", "quantity")
    )
    return {(resource, week): quantity for resource, week, quantity in rows}


def get_committed_weeks() -> dict[tuple[int, dt.date], int]:
    """Cars by resource and week of the plan in force; empty before the first is committed."""
    plan = Plan.objects.filter(state=Plan.State.COMMITTED).order_by("-committed_at", "-id").first()
    if plan is None:
        return {}
    rows = PlanWeek.objects.filter(plan=plan).values_list("resource_id", "week_date", "cars")
    return {(resource, week): cars for resource, week, cars in rows}


def get_vins(order_ids: Collection[int], vins: Collection[str]) -> dict[int, str]:
    """The VIN of each order that has one: of those orders, and of who has one of those VINs."""
    rows = Build.objects.exclude(vin="")
    by_order = rows.filter(order_id__in=order_ids).values_list("order_id", "vin")
    return dict(by_order) | dict(rows.filter(vin__in=vins).values_list("order_id", "vin"))
