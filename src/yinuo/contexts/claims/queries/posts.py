"""Hidden posts as everybody may read them: rules, counts, one post, and appeals for staff."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count

from yinuo.contexts.claims.models import Appeal, HiddenPost
from yinuo.contexts.ledger.claims_codes import POST_RULES
from yinuo.contexts.ledger.queries.sealed import get_numbers
from yinuo.contexts.people.queries.staff import require_staff


@dataclass(frozen=True)
class RuleCount:
    """A rule with how many posts were hidden under it and what became of appeals."""

    rule: str
    posts: int
    appeals: int
    restored: int
    upheld: int


@dataclass(frozen=True)
class AppealSeen:
    """An appeal without its author's words, which are for its decider."""

    asked_at: dt.datetime
    due_at: dt.datetime
    decider_id: int
    decider_zh: str
    decider_en: str
    outcome: str
    why: str
    decided_at: dt.datetime | None
    entry: int | None


@dataclass(frozen=True)
class PostSeen:
    """One hidden post; nothing of its text or author is known here."""

    public_id: str
    post_ref: str
    act: str
    rule: str
    reason: str
    reviewer_zh: str
    reviewer_en: str
    evidence: str
    evidence_claim: str
    seal: str
    acted_at: dt.datetime
    reported_at: dt.datetime
    entry: int | None
    appeal: AppealSeen | None


@dataclass(frozen=True)
class OpenAppeal:
    """An appeal that waits, with its author's words."""

    post: PostSeen
    words: str


def count_by_rule() -> list[RuleCount]:
    """Every rule of the list, also those under which nothing was hidden."""
    posts = dict(HiddenPost.objects.values_list("rule").annotate(n=Count("id")))
    ends: dict[tuple[str, str], int] = {
        (rule, outcome): n
        for rule, outcome, n in Appeal.objects.values_list("post__rule", "outcome").annotate(
            n=Count("id")
        )
    }
    return [
        RuleCount(
            rule,
            posts.get(rule, 0),
            sum(n for (one, _), n in ends.items() if one == rule),
            ends.get((rule, "RESTORED"), 0),
            ends.get((rule, "UPHELD"), 0),
        )
        for rule in POST_RULES
    ]


def get_post(public_id: str) -> PostSeen | None:
    """One hidden post, for anybody who has its number."""
    return next(iter(_list(public_id=public_id)), None)


def list_posts(limit: int) -> list[PostSeen]:
    """The newest hidden posts."""
    return _list(limit=limit)


def list_open_appeals(staff_id: int) -> list[OpenAppeal]:
    """Appeals that wait for a decision, the next due first.

    Raises
    ------
    NotStaff
    """
    require_staff(staff_id)
    rows = Appeal.objects.filter(outcome="").order_by("due_at", "id")
    words = dict(rows.values_list("post__public_id", "words"))
    return [OpenAppeal(post, words[post.public_id]) for post in _list(public_ids=list(words))]


def _list(
    *, public_id: str = "", public_ids: list[str] | None = None, limit: int | None = None
) -> list[PostSeen]:
    rows = HiddenPost.objects.select_related(
        "reviewer", "evidence__claim", "appeal__decider", "appeal"
    ).order_by("-reported_at", "-id")
    if public_id:
        rows = rows.filter(public_id=public_id)
    if public_ids is not None:
        rows = rows.filter(public_id__in=public_ids).order_by("appeal__due_at", "id")
    found = list(rows[:limit])
    appeals = {row.id: getattr(row, "appeal", None) for row in found}
    named = {row.entry_id for row in found} | {one.entry_id for one in appeals.values() if one}
    numbers = get_numbers({one for one in named if one is not None})
    return [_post(row, appeals[row.id], numbers) for row in found]


def _post(row: HiddenPost, appeal: Appeal | None, numbers: dict[int, int]) -> PostSeen:
    return PostSeen(
        row.public_id,
        row.post_ref,
        row.act,
        row.rule,
        row.reason,
        row.reviewer.name_zh,
        row.reviewer.name_en,
        row.evidence.public_id if row.evidence else "",
        row.evidence.claim.code if row.evidence else "",
        row.seal,
        row.acted_at,
        row.reported_at,
        numbers.get(row.entry_id or 0),
        _appeal(appeal, numbers) if appeal else None,
    )


def _appeal(row: Appeal, numbers: dict[int, int]) -> AppealSeen:
    return AppealSeen(
        row.asked_at,
        row.due_at,
        row.decider_id,
        row.decider.name_zh,
        row.decider.name_en,
        row.outcome,
        row.why,
        row.decided_at,
        numbers.get(row.entry_id or 0),
    )
