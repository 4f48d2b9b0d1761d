"""What a plant works with: resources, what each spec needs, and plans from before."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.contexts.production.models import LaunchReference, Need, Plan, Resource
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import write_instant


def save_resource(*, code: str, kind: str, name_zh: str, name_en: str) -> int:
    """Add or change a resource; its row is given back. `kind` is PLANT, OPTION or CENTRE.

    Raises
    ------
    ValueError
        There is no such kind.
    """
    row, _ = Resource.objects.update_or_create(
        code=code,
        defaults={"kind": Resource.Kind(kind), "name_zh": name_zh, "name_en": name_en},
    )
    return row.id


def save_needs(*, spec_id: int, alternatives: Iterable[Iterable[str]]) -> None:
    """Say what a spec needs: for each alternative, preferred first, the codes of its resources.

    Raises
    ------
    ValueError
        A resource is not known.
    """
    wanted = [list(codes) for codes in alternatives]
    row_of = dict(Resource.objects.values_list("code", "id"))
    unknown = {code for codes in wanted for code in codes} - row_of.keys()
    if unknown:
        raise ValueError(f"no such resource: {sorted(unknown)}")
    with transaction.atomic():
        Need.objects.filter(spec_id=spec_id).delete()
        Need.objects.bulk_create(
            Need(spec_id=spec_id, resource_id=row_of[code], alternative=number)
            for number, codes in enumerate(wanted)
            for code in codes
        )


def adopt_plan(
    *,
    sender: str,
    external_id: str,
    cause_code: str,
    evidence: str,
    staff_id: int,
    committed_at: dt.datetime,
) -> int:
    """Take over a plan that was in force before the system was; no promise is compared with it.

    Returns the plan's row; adopting it again changes nothing.

    Raises
    ------
    ValueError
        The plan was not uploaded, or was refused.
    """
    with transaction.atomic():
        plan = (
            Plan.objects.select_for_update()
            .filter(sender=sender, external_id=external_id)
            .exclude(state=Plan.State.REFUSED)
            .first()
        )
        if plan is None:
            raise ValueError(f"no plan {external_id} of {sender} can be adopted")
        if plan.state == Plan.State.COMMITTED:
            return plan.id
        plan.state = Plan.State.COMMITTED
        plan.cause_code, plan.evidence = cause_code, evidence
        plan.committed_by_id, plan.committed_at = staff_id, committed_at
        plan.applied_at = committed_at
        plan.save()
        fact = Fact(
            "plan.committed",
            plan.public_id,
            {"plan": plan.external_id, "cause": cause_code, "digest": plan.digest},
        )
        record(fact, now=committed_at)
    return plan.id


def save_launch_reference(
    *,
    resource_code: str,
    from_date: dt.date,
    mean: float,
    sd: float,
    launches: int,
    note_zh: str,
    note_en: str,
    sources: tuple[str, str] = ("", ""),
) -> None:
    """State what earlier launches say of a plant's plans from a Monday on; again replaces it.

    `mean` is output over plan less 1, far ahead (above -1), `sd` its spread (above 0) among
    `launches` launches (1 or more); the notes say which these were, `sources` who says so.

    Raises
    ------
    ValueError
        There is no such plant, the day is no Monday, or a figure is out of range.
    """
    plant = Resource.objects.filter(code=resource_code, kind=Resource.Kind.PLANT).first()
    if plant is None:
        raise ValueError(f"no such plant: {resource_code}")
    if from_date.weekday() != 0:
        raise ValueError("from_date is a Monday")
    if not (mean > -1 and 0 < sd < math.inf and launches >= 1):
        raise ValueError("mean lies above -1, sd above 0, and launches is 1 or more")
    LaunchReference.objects.update_or_create(
        resource=plant,
        from_date=from_date,
        defaults={
            "mean": mean,
            "sd": sd,
            "launches": launches,
            "note_zh": note_zh,
            "note_en": note_en,
            "source": sources[0],
            "second_source": sources[1],
        },
    )


class ReferenceNeedsSources(Refusal):
    """One source may be wrong; two that depend on each other are one."""

    code = "reference_needs_sources"
    zh = "请写两个互不依赖的来源，并说明是哪几次投产。"
    en = "Name two sources that do not depend on each other, and which launches these were."


class BadReference(Refusal):
    """A figure, the day or the plant is not possible."""

    code = "bad_reference"
    zh = "请检查工厂、次数和日期（要周一）。百分比 1 到 200，上下幅度 1 到 100。"
    en = "Check the plant, a Monday, the number, the percentage (1–200) and the spread (1–100)."


@dataclass(frozen=True)
class Reference:
    """What staff state of earlier launches: output was `percent` of plan, give or take `spread`."""

    resource_code: str
    from_date: dt.date
    percent: int
    spread: int
    launches: int
    note_zh: str
    note_en: str
    sources: tuple[str, str]


def state_reference(*, what: Reference, staff_id: int, now: dt.datetime) -> None:
    """State it with two sources, on the record; dates worked out from now on rest on it.

    Raises
    ------
    ReferenceNeedsSources, BadReference, NotStaff
    """
    require_staff(staff_id)
    _check(what)
    with transaction.atomic():
        try:
            save_launch_reference(
                resource_code=what.resource_code,
                from_date=what.from_date,
                mean=what.percent / 100 - 1,
                sd=what.spread / 100,
                launches=what.launches,
                note_zh=what.note_zh,
                note_en=what.note_en,
                sources=what.sources,
            )
        except ValueError as wrong:
            raise BadReference from wrong
        rows = LaunchReference.objects.filter(
            resource__code=what.resource_code, from_date=what.from_date
        )
        rows.update(stated_by_id=staff_id, stated_at=now)
        said = "\n".join(str(part) for part in astuple(what))
        fact = Fact(
            "reference.stated",
            f"reference:{what.resource_code}:{what.from_date}:{write_instant(now)}",
            {
                "plant": what.resource_code,
                "launches": what.launches,
                "digest": hashlib.sha256(said.encode()).hexdigest(),
            },
        )
        record(fact, now=now)


def _check(what: Reference) -> None:
    first, second = what.sources
    if min(map(len, (first, second, what.note_zh, what.note_en))) < 4 or first == second:
        raise ReferenceNeedsSources
    if not (1 <= what.percent <= 200 and 1 <= what.spread <= 100 and 1 <= what.launches <= 999):
        raise BadReference
