"""Reading what was recorded."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from yinuo.contexts.ledger.forms import put_together
from yinuo.contexts.ledger.kinds import HISTORY, KINDS
from yinuo.contexts.ledger.models import Entry, Untold

# An entry's opening with its form, as a relation to follow and as columns to read.
OPENED = "opening__form"
PAYLOAD = ("opening__form__pieces", "opening__parts")


@dataclass(frozen=True)
class Recorded:
    """One fact as recorded: `payload` holds the committed fields, `public` the clear ones."""

    entry_id: int
    kind: str
    subject_id: int | None
    n: int | None
    payload: dict[str, Any]
    public: dict[str, Any]
    recorded_at: dt.datetime


def _recorded(entry: Entry) -> Recorded:
    payload = json.loads(entry.opening.payload) if entry.subject_id is not None else {}
    return Recorded(
        entry_id=entry.id,
        kind=entry.kind,
        subject_id=entry.subject_id,
        n=entry.n,
        payload=payload,
        public=json.loads(entry.body),
        recorded_at=entry.recorded_at,
    )


def _payload(form: str | None, parts: str | None) -> dict[str, Any]:
    """The committed fields by what `PAYLOAD` names; none for a fact of no order."""
    whole = parts if form is None else put_together(form, parts or "")
    payload: dict[str, Any] = json.loads(whole or "{}")
    return payload


def list_of_subject(subject_id: int, kinds: Collection[str] | None = None) -> list[Recorded]:
    """What was recorded of one order, oldest first; only `kinds` when given.

    The caller has checked that its reader may see this order.
    """
    rows = Entry.objects.filter(subject_id=subject_id).select_related(OPENED).order_by("id")
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    return [_recorded(row) for row in rows]


def list_of_subjects(
    subject_ids: Collection[int], kinds: Collection[str]
) -> dict[int, list[Recorded]]:
    """What was recorded of these kinds of each order, oldest first; every order is a key."""
    found: dict[int, list[Recorded]] = {subject_id: [] for subject_id in subject_ids}
    if not found:
        return found
    rows = Entry.objects.filter(subject_id__in=list(found), kind__in=kinds)
    for row in rows.select_related(OPENED).order_by("id"):
        assert row.subject_id is not None
        found[row.subject_id].append(_recorded(row))
    return found


def get_many(entry_ids: Iterable[int]) -> dict[int, Recorded]:
    """The entries with these ids."""
    rows = Entry.objects.filter(id__in=list(entry_ids)).values_list(
        "id", "kind", "subject_id", "n", *PAYLOAD, "body", "recorded_at"
    )
    return {
        one: Recorded(one, kind, subject, n, _payload(form, parts), json.loads(body), recorded_at)
        for one, kind, subject, n, form, parts, body, recorded_at in rows
    }


def entry_ids_of_cause(ref: str, kind: str) -> list[int]:
    """The same as ids only, for counting."""
    rows = Entry.objects.filter(change_key__startswith=f"{ref}:", kind=kind)
    return list(rows.order_by("id").values_list("id", flat=True))


WINDOW_KINDS = ("promise.made", "promise.revised", "promise.kept_as_is")


def latest_windows(subject_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The payload of each order's newest entry that carries a range."""
    rows = (
        Entry.objects.filter(subject_id__in=list(subject_ids), kind__in=WINDOW_KINDS)
        .order_by("subject_id", "-id")
        .distinct("subject_id")
        .values_list("subject_id", *PAYLOAD)
    )
    return {subject: _payload(form, parts) for subject, form, parts in rows if subject is not None}


def latest_window_entries(subject_ids: Collection[int]) -> dict[int, int]:
    """The newest entry of each order that carries a range."""
    rows = (
        Entry.objects.filter(subject_id__in=list(subject_ids), kind__in=WINDOW_KINDS)
        .order_by("subject_id", "-id")
        .distinct("subject_id")
        .values_list("subject_id", "id")
    )
    return {subject: entry_id for subject, entry_id in rows if subject is not None}


def list_untold(limit: int) -> list[Recorded]:
    """Entries that no notice covers yet, oldest first, locked for the caller's transaction.

    Entries that another worker holds are passed over.
    """
    rows = list(
        Untold.objects.select_for_update(skip_locked=True, of=("self",))
        .order_by("entry_id")
        .values_list("entry_id", flat=True)[:limit]
    )
    by_id = get_many(rows)
    return [by_id[entry_id] for entry_id in rows]


def recorded_keys(change_keys: Collection[str]) -> set[str]:
    """Those of `change_keys` under which something was recorded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT change_key FROM ledger_entry WHERE change_key = ANY(%s)", [list(change_keys)]
        )
        return {row[0] for row in cursor.fetchall()}


def count_untold() -> int:
    """How many entries wait for a notice."""
    return Untold.objects.count()


def count_kind(kind: str, since: dt.datetime) -> tuple[int, int]:
    """How many facts of this kind were recorded from `since` on, and of how many orders."""
    rows = Entry.objects.filter(kind=kind, recorded_at__gte=since)
    return rows.count(), rows.values("subject_id").distinct().count()


def count_code(kind: str, code: str, since: dt.datetime) -> int:
    """How many facts of this kind recorded from `since` on carry this public code."""
    rows = Entry.objects.filter(kind=kind, recorded_at__gte=since)
    return rows.filter(body__contains=f'"code":"{code}"').count()


def list_recorded(kinds: Collection[str], since: dt.datetime, until: dt.datetime) -> list[int]:
    """Ids of the facts of these kinds recorded from `since` on and before `until`."""
    rows = Entry.objects.filter(kind__in=kinds, recorded_at__gte=since, recorded_at__lt=until)
    return list(rows.values_list("id", flat=True))


def list_to_tell(after: dt.datetime, until: dt.datetime) -> list[int]:
    """Entries recorded after `after` and by `until` of which a customer must be told."""
    kinds = [kind.name for kind in KINDS.values() if kind.tells]
    rows = Entry.objects.filter(
        kind__in=kinds, recorded_at__gt=after, recorded_at__lte=until
    ).exclude(body__contains=f'"code":"{HISTORY}"')
    return list(rows.order_by("id").values_list("id", flat=True))


def iterate_bodies() -> Iterator[str]:
    """Every leaf as it is sealed, oldest first, without holding all of them."""
    return Entry.objects.order_by("id").values_list("body", flat=True).iterator()
