"""What somebody has to do because of what was said in public, for the one list of staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from yinuo.contexts.claims.models import Appeal, Claim, Commitment, Conflict
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
    return [*_commitments(now), *_conflicts(), *_run_out(now), *_appeals()]


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


def _run_out(now: dt.datetime) -> Iterator[Task]:
    today = local_date(now)
    rows = Claim.objects.filter(ended_at=None, versions__published_at__isnull=False).distinct()
    for row in rows.select_related("owner").prefetch_related("versions", "evidence"):
        published = [one for one in row.versions.all() if one.published_at is not None]
        newest = max(published, key=lambda one: one.number)
        ends = min(newest.expires_date or dt.date.max, _proved_until(row))
        if ends <= today + AHEAD:
            yield Task(
                "run_out",
                at_local(ends, 0),
                row.code,
                newest.text,
                newest.text_en or newest.text,
                row.owner_id,
                row.owner.name_zh,
                row.owner.name_en,
            )


def _proved_until(row: Claim) -> dt.date:
    """From which day on no evidence is valid; the first day of all where there is none."""
    last = [one.valid_until_date for one in row.evidence.all() if one.dropped_at is None]
    if not last:
        return local_date(row.opened_at)
    known = [day for day in last if day is not None]
    return max(known) + ONE_DAY if len(known) == len(last) else dt.date.max


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
