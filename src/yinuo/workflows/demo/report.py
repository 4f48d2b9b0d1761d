"""How the system did, counted from its tables: the figures by which the demo is judged."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypedDict

from yinuo.contexts.ledger import queries as ledger
from yinuo.contexts.ledger.causes import CAUSES
from yinuo.contexts.ledger.wording import parts_of
from yinuo.contexts.notices.queries import report as notices
from yinuo.contexts.orders.queries.report import count_orders, list_date_inquiries
from yinuo.contexts.people.queries.staff import names_of_staff
from yinuo.contexts.promises.queries.kept import count_due
from yinuo.platform import installation
from yinuo.platform.spoken import CHINA, local_date
from yinuo.workflows import fairness
from yinuo.workflows.promptness import count_asked_first, first_notice_p95

# The sweep comes once a minute; what is older than this and not done is missing.
GRACE = dt.timedelta(minutes=10)
CHUNK = 2000


@dataclass(frozen=True)
class DemoReport:
    """The figures; minutes and days are decimal, None where there is nothing to measure.

    Moves and notices are those since the story began; how promises were kept counts from the first.
    """

    clock: str
    orders_open: int
    orders_affected: int
    promises_moved: int
    notices_sent: int
    notices_missing: int
    notices_duplicate: int
    notices_without_five_parts: int
    first_notice_minutes_p95: float | None
    asked_first: int
    unfair_pairs: int
    delivered: int
    mean_days_to_delivery: float | None
    promised_days: float | None
    coverage_80: float | None
    kept_share: float | None
    re_promises_per_order: float | None
    re_promises_without_event: int
    told_before_share: float | None
    not_measured: dict[str, str]


def make_report(now: dt.datetime) -> DemoReport:
    """Count everything at `now`.

    Raises
    ------
    NotADemo
        This database holds no demo.
    """
    since = installation.get_demo().started_at
    orders = count_orders()
    moved, affected = ledger.count_kind("promise.revised", since)
    told = notices.list_told(since)
    due = now - GRACE
    return DemoReport(
        clock=now.astimezone(CHINA).isoformat(timespec="minutes"),
        orders_open=orders.open,
        orders_affected=affected,
        promises_moved=moved,
        notices_sent=notices.count_sent(since),
        notices_missing=len(notices.list_not_told(ledger.list_to_tell(since, due), due=due)),
        notices_duplicate=notices.count_duplicates(),
        notices_without_five_parts=count_incomplete(since),
        first_notice_minutes_p95=first_notice_p95(told),
        asked_first=count_asked_first(told, list_date_inquiries(since)),
        unfair_pairs=len(fairness.check(now)),
        delivered=orders.delivered,
        mean_days_to_delivery=_rounded(orders.mean_days),
        promised_days=_rounded(orders.promised_days),
        re_promises_without_event=sum(
            ledger.count_code("promise.revised", code, since)
            for code, cause in CAUSES.items()
            if cause.evidence == "forecast"
        ),
        **_promises(now),
    )


class Kept(TypedDict):
    """How promises were kept, and why what is None cannot be said yet."""

    coverage_80: float | None
    kept_share: float | None
    re_promises_per_order: float | None
    told_before_share: float | None
    not_measured: dict[str, str]


def _promises(now: dt.datetime) -> Kept:
    """First promises whose day has come against what happened.

    Shares lie between 0 and 1: cars that came inside their range, cars that came by their latest
    date, and late ones whose customer was told before that date was over (1 when none was late).
    """
    due = count_due(local_date(now))
    shares = {
        "coverage_80": (due.inside, due.ranges, "no promised range has ended yet"),
        "kept_share": (due.kept, due.dates, "no promised latest date has passed yet"),
        "re_promises_per_order": (due.moves, due.promises, "nothing was promised yet"),
        "told_before_share": (
            due.told if due.late else due.dates,
            due.late or due.dates,
            "no promised latest date has passed yet",
        ),
    }
    found = {
        name: round(part / whole, 4) if whole else None for name, (part, whole, _) in shares.items()
    }
    return Kept(
        coverage_80=found["coverage_80"],
        kept_share=found["kept_share"],
        re_promises_per_order=found["re_promises_per_order"],
        told_before_share=found["told_before_share"],
        not_measured={name: why for name, (_, whole, why) in shares.items() if not whole},
    )


def count_incomplete(since: dt.datetime) -> int:
    """Notices that went out without one of the five parts: in the mail, or by their entries."""
    short = notices.list_short_mails(since)
    sent = notices.list_sent_entries(since)
    names = {language: {**names_of_staff(language), "": "-"} for language in ("zh", "en")}
    for start in range(0, len(sent), CHUNK):
        part = sent[start : start + CHUNK]
        entries = ledger.get_many(entry_id for one in part for entry_id in one.entry_ids)
        windows = ledger.latest_windows([one.order_id for one in part])
        for one in part:
            told = [entries[entry_id] for entry_id in one.entry_ids]
            promise = windows.get(one.order_id)
            if not told or parts_of(told, promise, names[one.language], one.language).missing():
                short.add(one.notice_id)
    return len(short)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
