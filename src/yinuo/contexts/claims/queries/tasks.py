"""What somebody has to do because of what was said in public, for the one list of staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from yinuo.contexts.claims.models import Appeal, Commitment, Conflict
from yinuo.contexts.claims.queries.register import list_for_staff
from yinuo.contexts.people.queries.staff import require_staff
from yinuo.platform.spoken import at_local, local_date

# A commitment shows this long before its day, the end of a statement's time, too.
AHEAD = dt.timedelta(days=7)
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Task:
    """One thing to do: `what` names it in two languages, `code` the statement or post."""

    kind: str
    due_at: dt.datetime
    code: str
    what_zh: str
    what_en: str
    owner_id: int
    owner_zh: str
    owner_en: str


def list_tasks(staff_id: int, *, now: dt.datetime) -> list[Task]:
    """Overdue and near commitments, conflicts, statements whose time or evidence ran out, appeals.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    return [*_commitments(now), *_conflicts(), *_run_out(staff_id, now), *_appeals()]


def _commitments(now: dt.datetime) -> Iterator[Task]:
    until = local_date(now) + AHEAD
    rows = Commitment.objects.filter(closed_at=None, due_date__lte=until).select_related("owner")
    for row in rows:
        due_at = at_local(row.due_date + ONE_DAY, 0)
        yield Task(
            "commitment",
            due_at,
            row.public_id,
            row.what_zh,
            row.what_en,
            row.owner_id,
            row.owner.name_zh,
            row.owner.name_en,
        )


def _conflicts() -> Iterator[Task]:
    for row in Conflict.objects.filter(mended_at=None).select_related("owner", "claim"):
        yield Task(
            "conflict",
            row.due_at,
            row.claim.code,
            f"{row.clause_zh}（{row.template}）",
            f"{row.clause_en} ({row.template})",
            row.owner_id,
            row.owner.name_zh,
            row.owner.name_en,
        )


def _run_out(staff_id: int, now: dt.datetime) -> Iterator[Task]:
    today = local_date(now)
    for one in list_for_staff(staff_id, today=today):
        if not one.live:
            continue
        until = one.seen.newest.expires_date
        last = [each.valid_until_date for each in one.seen.evidence]
        # Evidence without an end never runs out; the last one that does is what counts.
        known = [day for day in last if day is not None]
        proof = max(known) + ONE_DAY if known and len(known) == len(last) else None
        ends = min(day for day in (until, proof, dt.date.max) if day is not None)
        if ends <= today + AHEAD or one.seen.proof_run_out:
            yield Task(
                "run_out",
                at_local(min(ends, today), 0) if ends <= today else at_local(ends, 0),
                one.seen.code,
                one.newest_text,
                one.newest_text,
                one.owner_id,
                one.seen.owner_zh,
                one.seen.owner_en,
            )


def _appeals() -> Iterator[Task]:
    rows = Appeal.objects.filter(outcome="").select_related("post", "decider")
    for row in rows:
        yield Task(
            "appeal",
            row.due_at,
            row.post.public_id,
            row.post.post_ref,
            row.post.post_ref,
            row.decider_id,
            row.decider.name_zh,
            row.decider.name_en,
        )
