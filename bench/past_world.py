"""What is behind the open orders of `event_world.py`: cars that came, promises that are late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection

from bench.event_world import DAY, NOW, copy_rows
from yinuo.contexts.orders.models import Line, Order
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.promises.dots import pack_dates
from yinuo.contexts.promises.models import ForecastRun
from yinuo.contexts.promises.operations.owed import store_table
from yinuo.contexts.promises.rules import KEPT, LATE, OwedTable
from yinuo.platform import ids

TODAY: Final = NOW.date()
PAST_WEEKS: Final = 104
LATE_EVERY: Final = 12
AHEAD_DAYS: Final = 120
WIDTH_DAYS: Final = 14
# Of the open orders: five in a hundred are past their first date, one in two hundred today's new.
LATE_SHARE: Final = 0.05
OVERDUE_SHARE: Final = 0.005


def add_past(orders: int) -> None:
    """As many orders again, handed over in the last 104 weeks; one in twelve came late."""
    run = ForecastRun.objects.create(
        public_id="run_past", cause_ref="past", seed=1, started_at=NOW - 800 * DAY,
        finished_at=NOW - 800 * DAY,
    )  # fmt: skip
    staff = StaffMember.objects.get()
    lines = list(Line.objects.order_by("id").values_list("id", flat=True))
    codes = _free_codes(orders)
    dots = pack_dates([TODAY] * 20)
    numbers = range(orders + 1, 2 * orders + 1)
    ended = {n: TODAY - (1 + (n * 7919) % (PAST_WEEKS * 7)) * DAY for n in numbers}

    def order_rows() -> Iterable[tuple[Any, ...]]:
        for n in numbers:
            at = dt.datetime.combine(ended[n], NOW.timetz())
            locked_at = at - AHEAD_DAYS * DAY
            yield (
                n, f"ord_{n}", codes[n - orders - 1], "shop", str(n), "", n - orders,
                lines[n % len(lines)], staff.id, locked_at, n, "DELIVERED", at, at,
            )  # fmt: skip

    copy_rows(
        "orders_order (id, public_id, code, sender, external_id, digest, person_id, line_id,"
        " owner_id, locked_at, rank, state, state_at, delivered_at)",
        order_rows(),
    )
    copy_rows(
        "promises_promise (order_id, from_date, until_date, latest_date, odds_percent, dots,"
        " first_from_date, first_until_date, first_latest_date, first_odds_percent, first_made_at,"
        " worked_out_at, next_update_at, run_id, state, stage, outside_count, risk_count,"
        " moved_count, version)",
        (
            (n, *days, 95, dots, *days, 95, made, made, made, run.id, "CLOSED", stage, 0, 0, 0, 1)
            for n in numbers
            for days, made, stage in [_promised(n, ended[n])]
        ),
    )
    copy_rows(
        "promises_outcome (order_id, ended_how, ended_date, first_from_date, first_until_date,"
        " first_latest_date, first_odds_percent, first_made_at, last_from_date, last_until_date,"
        " last_latest_date, last_odds_percent, last_made_at, moved_count, late_days_first,"
        " late_days_last, told_before, recorded_at)",
        (
            (n, "HANDED_OVER", ended[n], *days, 95, made, *days, 95, made, 0,
             *[max(0, (ended[n] - days[2]).days)] * 2, True, NOW)
            for n in numbers
            for days, made, _ in [_promised(n, ended[n])]
        ),
    )  # fmt: skip
    copy_rows(
        "promises_settlement (order_id, late_days, total, settled_at)",
        ((n, 3, 30_000, NOW) for n in numbers if n % LATE_EVERY == 0),
    )


def _promised(n: int, ended: dt.date) -> tuple[list[dt.date], dt.datetime, str]:
    """First range and latest date, when they were given, and how it went."""
    late = n % LATE_EVERY == 0
    latest = ended + (-3 if late else n % 20) * DAY
    days = [latest - (WIDTH_DAYS + 2) * DAY, latest - 2 * DAY, latest]
    made = dt.datetime.combine(latest - AHEAD_DAYS * DAY, NOW.timetz())
    return days, made, LATE if late else KEPT


def _free_codes(count: int) -> list[str]:
    taken = set(Order.objects.values_list("code", flat=True))
    found: dict[str, None] = {}
    while len(found) < count:
        new = ids.new_codes(count - len(found))
        found.update(dict.fromkeys(code for code in new if code not in taken))
    return list(found)


def let_time_pass(orders: int, built: int) -> dict[str, int]:
    """Some open orders run late, some have just done so, and a day's cars were handed over.

    Late ones are past their first date and were told a later one; returns how many of each.
    """
    late, overdue = int(orders * LATE_SHARE), int(orders * OVERDUE_SHARE)
    handed_over = orders // (PAST_WEEKS * 7) + 1
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE promises_promise SET first_latest_date = x.first, first_until_date = x.first,"
            " first_from_date = x.first - 14, from_date = least(from_date, %s),"
            " until_date = %s + 20, latest_date = %s + 30 FROM (SELECT order_id,"
            " %s::date - 1 - (order_id %% 40)::int AS first FROM promises_promise"
            " WHERE order_id > %s AND state = 'ACTIVE' ORDER BY order_id LIMIT %s) x"
            " WHERE x.order_id = promises_promise.order_id",
            [TODAY, TODAY, TODAY, TODAY, built, late],
        )
        cursor.execute(
            "UPDATE promises_promise SET from_date = %s, until_date = %s, latest_date = %s"
            " WHERE order_id IN (SELECT order_id FROM promises_promise WHERE order_id > %s"
            " AND state = 'ACTIVE' AND latest_date > %s + 60 ORDER BY order_id LIMIT %s)",
            [TODAY - 20 * DAY, TODAY - 3 * DAY, TODAY - DAY, built, TODAY, overdue],
        )
        cursor.execute(
            "UPDATE orders_order SET state = 'DELIVERED', delivered_at = %s, state_at = %s"
            " WHERE id IN (SELECT order_id FROM promises_promise WHERE order_id <= %s"
            " ORDER BY order_id LIMIT %s)",
            [NOW, NOW, built, handed_over],
        )
    return {"late": late, "overdue": overdue, "handed over": handed_over}


def put_table_in_force() -> None:
    """Late days are worth 100 yuan each from the fourth on."""
    table = OwedTable("2026", TODAY - 300 * DAY, "FEN", 3, 10_000, 1_000_000, {}, frozenset())
    store_table(table=table, now=NOW - 300 * DAY)
