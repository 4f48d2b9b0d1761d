"""Crediting late days without being asked, and the maker's table of what they are worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from yinuo.contexts.ledger.operations import Fact, record_many
from yinuo.contexts.ledger.queries import Recorded, list_of_subjects
from yinuo.contexts.promises import rules
from yinuo.contexts.promises.models import Credit, Outcome, OwedVersion, Promise, Settlement
from yinuo.contexts.promises.operations.forecasting import Named
from yinuo.contexts.promises.queries.owed import list_tables, newest_steps
from yinuo.contexts.promises.rules import LateDay, OwedTable
from yinuo.platform.refusals import Refusal
from yinuo.platform.spoken import local_date, write_instant


class VersionTaken(Refusal):
    """Another table has this version already."""

    code = "version_taken"
    zh = "版本 {version} 已经有了，内容不一样。旧版本不能改，请用新的版本号。"
    en = "Version {version} exists and says something else. Use a new version; old ones stand."


class TooEarly(Refusal):
    """A table may not take effect before today or before the version in front of it."""

    code = "too_early"
    zh = "新表最早从 {earliest} 起生效，不能倒着改。"
    en = "A new table takes effect on {earliest} at the earliest; the past is not rewritten."


def store_table(*, table: OwedTable, now: dt.datetime) -> bool:
    """Add a version of the table; False when the very same one is stored already.

    Raises
    ------
    VersionTaken
        The version says something else.
    TooEarly
        It would begin in the past, or before the newest version. The first may begin any day.
    """
    with transaction.atomic():
        tables = list_tables()
        if table in tables:
            return False
        if any(one.version == table.version for one in tables):
            raise VersionTaken(version=table.version)
        if tables:
            earliest = max(tables[0].effective_from_date + dt.timedelta(days=1), local_date(now))
            if table.effective_from_date < earliest:
                raise TooEarly(earliest=earliest.isoformat())
        OwedVersion.objects.create(
            version=table.version,
            effective_from_date=table.effective_from_date,
            unit=table.unit,
            start_after_days=table.start_after_days,
            per_day=table.per_day,
            cap=table.cap,
            rates=dict(table.rates),
            also_ours=sorted(table.also_ours),
            stored_at=now,
        )
    return True


@dataclass(frozen=True)
class _Account:
    """One order's late days: until which step they are due, what was given, by which table."""

    order_id: int
    code: str
    answerer: str
    first_latest_date: dt.date
    due: int
    given_steps: int
    given: int
    table: OwedTable
    ended: bool


def credit(*, names: Mapping[int, Named], now: dt.datetime) -> int:
    """Count the late days of these orders up to today, or to their end, and credit what is ours.

    One row for each order and day, a fact for each time something was given, one when the first
    is, one at the end. Safe to repeat: a day that was counted stays as it is, whatever is learned
    later. Days missed while nothing ran are made up for. Returns the days counted.
    """
    with transaction.atomic():
        accounts = _open_accounts(names, now)
        entries = list_of_subjects([one.order_id for one in accounts], ["promise.revised"])
        versions = dict(OwedVersion.objects.values_list("version", "id"))
        facts: list[Fact] = []
        rows: list[Credit] = []
        for account in accounts:
            days = _owed(account, entries[account.order_id])
            rows += [_row(account, day, versions, now) for day in days]
            facts += _facts(account, days, now)
        Credit.objects.bulk_create(rows)
        Settlement.objects.bulk_create(
            [
                Settlement(
                    order_id=account.order_id,
                    late_days=account.due,
                    total=account.given
                    + sum(row.amount for row in rows if row.order_id == account.order_id),
                    settled_at=now,
                )
                for account in accounts
                if account.ended
            ]
        )
        record_many(facts, now=now)
    return len(rows)


def _open_accounts(names: Mapping[int, Named], now: dt.datetime) -> list[_Account]:
    """Lock the promises of these orders; those that are settled already have no open account."""
    rows = list(
        Promise.objects.select_for_update(of=("self",))
        .filter(order_id__in=list(names))
        .select_related("order")
        .order_by("order_id")
    )
    ended = Outcome.objects.in_bulk([row.order_id for row in rows])
    settled = set(
        Settlement.objects.filter(order_id__in=list(ended)).values_list("order_id", flat=True)
    )
    counted, tables = newest_steps(list(names)), list_tables()
    accounts = []
    for row in rows:
        outcome, table = ended.get(row.order_id), _table_of(row, tables)
        # An order that has ended waits for its outcome, which knows the day.
        unknown = outcome is None and row.order.state in ("DELIVERED", "CANCELLED")
        if table is None or unknown or row.order_id in settled:
            continue
        steps, given = counted.get(row.order_id, (0, 0))
        due = rules.late_days(row.first_latest_date, local_date(now))
        accounts.append(
            _Account(
                row.order_id,
                names[row.order_id].code,
                names[row.order_id].answerer,
                row.first_latest_date,
                max(steps, outcome.late_days_first if outcome else due),
                steps,
                given,
                table,
                outcome is not None,
            )
        )
    return accounts


def _table_of(row: Promise, tables: list[OwedTable]) -> OwedTable | None:
    return rules.table_for(tables, local_date(row.first_made_at))


def _owed(account: _Account, entries: list[Recorded]) -> list[LateDay]:
    moves = [
        rules.Move(dt.date.fromisoformat(one.payload["latest"]), str(one.payload["cause"]))
        for one in entries
    ]
    causes = rules.blame(account.first_latest_date, moves, account.due)
    return rules.late_days_owed(
        account.table,
        account.first_latest_date,
        causes,
        given=account.given,
        given_steps=account.given_steps,
    )


def _row(account: _Account, day: LateDay, versions: dict[str, int], now: dt.datetime) -> Credit:
    return Credit(
        order_id=account.order_id,
        step=day.step,
        late_date=day.date,
        cause=day.cause,
        ours=day.ours,
        amount=day.amount,
        owed_version_id=versions[account.table.version],
        given_at=now,
    )


def _facts(account: _Account, days: list[LateDay], now: dt.datetime) -> list[Fact]:
    paid = [day for day in days if day.amount]
    total = account.given + sum(day.amount for day in paid)
    money: dict[str, str | int] = {"unit": account.table.unit, "table": account.table.version}
    facts = []
    # Whose car has come by then need not be told that counting begins.
    if paid and not account.given and not account.ended:
        begun: dict[str, str | int] = {
            "first_latest": account.first_latest_date.isoformat(),
            "from_step": paid[0].step,
            "per_day": account.table.rate(paid[0].cause),
            "cap": account.table.cap,
            "answerer": account.answerer,
            "known_at": write_instant(now),
            **money,
        }
        facts.append(_fact(account, "credit.begun", "begun", begun))
    if paid:
        given: dict[str, str | int] = {
            "late_days": paid[-1].step,
            "amount": sum(day.amount for day in paid),
            "total": total,
            "last_cause": paid[-1].cause,
            **money,
        }
        facts.append(_fact(account, "credit.given", str(paid[-1].step), given))
    if account.ended:
        settled: dict[str, str | int] = {"late_days": account.due, "total": total, **money}
        facts.append(_fact(account, "credit.settled", "settled", settled))
    return facts


def _fact(account: _Account, kind: str, key: str, private: Mapping[str, str | int]) -> Fact:
    return Fact(
        kind=kind,
        change_key=f"credit:{account.order_id}:{key}",
        public={"code": kind.rpartition(".")[2].upper()},
        private={"order": account.code, **private},
        subject_id=account.order_id,
        subject_code=account.code,
    )
