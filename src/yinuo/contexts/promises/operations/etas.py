"""Stating in public what the next lock of each line would be given."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.rules import Value
from yinuo.contexts.promises.models import Eta, QuoteBase
from yinuo.contexts.promises.queries.etas import list_etas
from yinuo.contexts.promises.rules.etas import Dates, is_news
from yinuo.platform.ids import new_id

# So many lines stand in one entry, and so many bytes of their names.
LINES_MAX, NAMES_BYTES_MAX = 24, 700
Line = tuple[int, int]


def state_etas(*, found: Mapping[Line, Dates], names: Mapping[Line, str], now: dt.datetime) -> int:
    """State what is news of the lines `found`; returns how many lines that were.

    A line is a pair of spec and centre and `names` its public name. Entries and rows stand or
    fall together; two at once wait for each other at the newest tables. What did not change is
    not stated again, and many lines share one entry: see `docs/how-to/quotes.md`.
    """
    with transaction.atomic():
        base = QuoteBase.objects.select_for_update(of=("self",)).order_by("-id").first()
        if base is None:
            return 0
        base.stated_at = now
        base.save(update_fields=["stated_at"])
        stated = list_etas(list(found))
        news = [
            line
            for line, dates in sorted(found.items(), key=lambda one: names[one[0]])
            if is_news(stated[line].dates if line in stated else None, dates)
        ]
        # What the dates were read from; it can be shown while the tables are kept.
        digest = hashlib.sha256(bytes(base.tables)).hexdigest()
        parts = list(_parts(news, found, names))
        facts = [_fact(part, found, names, digest) for part in parts]
        entry_ids = record_many(facts, now=now)
        for part, entry_id in zip(parts, entry_ids, strict=True):
            assert entry_id is not None, "its key is new"
            _keep(part, found, entry_id, now)
    return len(news)


def _parts(
    news: Sequence[Line], found: Mapping[Line, Dates], names: Mapping[Line, str]
) -> Iterator[list[Line]]:
    """The lines by entry: dates apart from each reason for none, never more than fit."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in news:
        groups.setdefault((found[line].why, found[line].beyond), []).append(line)
    for _, lines in sorted(groups.items()):
        part: list[Line] = []
        room = NAMES_BYTES_MAX
        for line in lines:
            size = len(json.dumps(names[line], ensure_ascii=False).encode())
            if part and (len(part) == LINES_MAX or size > room):
                yield part
                part, room = [], NAMES_BYTES_MAX
            part.append(line)
            room -= size
        yield part


def _fact(
    part: Sequence[Line], found: Mapping[Line, Dates], names: Mapping[Line, str], digest: str
) -> Fact:
    first = found[part[0]]
    public: dict[str, Value] = {"lines": [names[line] for line in part], "digest": digest}
    if first.why:
        public |= {"code": first.why, "beyond": first.beyond}
        return Fact("eta.withdrawn", f"eta:{new_id('eta')}", public)
    for name, key in (
        ("first_days", "from_date"),
        ("last_days", "until_date"),
        ("latest_days", "latest_date"),
    ):
        public[name] = [getattr(found[line], key).isoformat() for line in part]
    return Fact("eta.stated", f"eta:{new_id('eta')}", public)


def _keep(
    part: Sequence[Line], found: Mapping[Line, Dates], entry_id: int, now: dt.datetime
) -> None:
    Eta.objects.bulk_create(
        [
            Eta(
                spec_id=line[0],
                centre_id=line[1],
                entry_id=entry_id,
                stated_at=now,
                **vars(found[line]),
            )
            for line in part
        ],
        update_conflicts=True,
        unique_fields=["spec", "centre"],
        update_fields=[
            "from_date", "until_date", "latest_date", "why", "beyond", "entry", "stated_at",
        ],
    )  # fmt: skip
