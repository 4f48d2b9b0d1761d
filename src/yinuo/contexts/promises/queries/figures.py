"""How first promises were kept, counted by the day on which they fell due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection

from yinuo.contexts.promises.models import KeptFigures
from yinuo.contexts.promises.rules.figures import LATE_FROM, LONG_UNDATED_DAYS, Kept, Undated

# Counted by due date: every promise falls due, whatever became of its order, so short waits are
# not over-represented, and a car that has not come yet counts as late.
ROWS = """
SELECT to_char(p.first_latest_date, 'YYYY-MM') AS month,
       to_char(p.first_latest_date, 'YYYY-"Q"Q') AS quarter, l.centre_id AS centre, m.model,
       coalesce(o.ended_how, '') AS how,
       p.first_until_date - p.first_from_date + 1 AS width,
       p.first_latest_date - (p.first_made_at AT TIME ZONE 'Asia/Shanghai')::date AS ahead,
       date_trunc('week', p.first_made_at AT TIME ZONE 'Asia/Shanghai') AS made_week,
       date_trunc('week', p.first_latest_date) AS due_week,
       coalesce(o.ended_date, %(today)s) - p.first_latest_date AS late,
       o.ended_date <= p.latest_date AS kept_last,
       o.ended_date < p.first_from_date AS early,
       o.ended_date BETWEEN p.first_from_date AND p.first_until_date AS in_range
FROM promises_promise p
LEFT JOIN promises_outcome o ON o.order_id = p.order_id
JOIN orders_order r ON r.id = p.order_id
JOIN orders_line l ON l.id = r.line_id
JOIN unnest(%(specs)s::bigint[], %(models)s::text[]) AS m(spec_id, model) ON m.spec_id = l.spec_id
WHERE p.first_latest_date < %(today)s
"""
DUE = "how <> 'CANCELLED'"
OVER = "how = 'HANDED_OVER'"
FIGURES = f"""
SELECT quarter, month, centre, model,
       count(*) FILTER (WHERE {DUE}), count(*) FILTER (WHERE how = 'CANCELLED'),
       count(*) FILTER (WHERE {OVER}), count(*) FILTER (WHERE {OVER} AND late <= 0),
       count(*) FILTER (WHERE {OVER} AND kept_last), count(*) FILTER (WHERE {OVER} AND early),
       count(*) FILTER (WHERE {OVER} AND in_range), count(*) FILTER (WHERE how = ''),
       coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY width) FILTER (WHERE {DUE}), 0),
       coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY ahead) FILTER (WHERE {DUE}), 0),
       least(count(DISTINCT made_week) FILTER (WHERE {DUE}),
             count(DISTINCT due_week) FILTER (WHERE {DUE})),
       {{late}}
FROM ({ROWS}) AS rows
GROUP BY GROUPING SETS ((), (quarter), (month), (centre), (model))
"""


def count_kept(
    today: dt.date, model_of: Mapping[int, str]
) -> tuple[Kept | None, dict[str, dict[str, Kept]]]:
    """All promises that fell due before `today`, and by quarter, month, centre (row) and model.

    `model_of` gives the model of each spec. None where nothing has fallen due.
    """
    bounds = [*zip(LATE_FROM, (*LATE_FROM[1:], None), strict=True)]
    late = ", ".join(
        f"count(*) FILTER (WHERE {DUE} AND late >= {low}"
        + (f" AND late < {high})" if high else ")")
        for low, high in bounds
    )
    with connection.cursor() as cursor:
        cursor.execute(
            FIGURES.format(late=late),
            {"today": today, "specs": list(model_of), "models": list(model_of.values())},
        )
        rows = cursor.fetchall()
    names = ("quarter", "month", "centre", "model")
    groups: dict[str, dict[str, Kept]] = {name: {} for name in names}
    whole = None
    for row in rows:
        codes, figures = row[: len(names)], row[len(names) :]
        kept = _kept(figures)
        for name, code in zip(names, codes, strict=True):
            if code is not None:
                groups[name][str(code)] = kept
        if not any(code is not None for code in codes) and figures[0] + figures[1]:
            whole = kept
    return whole, groups


def _kept(figures: Sequence[Any]) -> Kept:
    due, cancelled, over, kept, last, early, in_range, still, width, ahead, weeks = figures[:11]
    return Kept(
        due=due,
        cancelled=cancelled,
        handed_over=over,
        kept=kept,
        kept_last=last,
        early=early,
        in_range=in_range,
        open_late=still,
        late=tuple(figures[11:]),
        width_days=width,
        ahead_days=ahead,
        weeks=weeks,
    )


def count_undated(today: dt.date) -> Undated:
    """Open orders that never had a date, and why; NOT_YET where nobody has tried to give one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT CASE WHEN p.order_id IS NULL THEN coalesce(u.why, 'NOT_YET') END AS why,
                   count(*),
                   count(*) FILTER (WHERE (o.locked_at AT TIME ZONE 'Asia/Shanghai')::date <= %s)
            FROM orders_order o
            LEFT JOIN promises_promise p ON p.order_id = o.id
            LEFT JOIN promises_undated u ON u.order_id = o.id
            WHERE o.state NOT IN ('DELIVERED', 'CANCELLED')
            GROUP BY 1
            """,
            [today - dt.timedelta(days=LONG_UNDATED_DAYS)],
        )
        rows = cursor.fetchall()
    why = {code: n for code, n, _ in rows if code is not None}
    return Undated(
        open=sum(n for _, n, _ in rows),
        undated=sum(why.values()),
        long=sum(long for code, _, long in rows if code is not None),
        why=why,
    )


def get_figures() -> tuple[dt.datetime, dict[str, Any]] | None:
    """The newest figures and when they were counted."""
    row = KeptFigures.objects.order_by("-date").first()
    return (row.made_at, row.figures) if row else None


def counted_at() -> dt.datetime | None:
    """When the newest figures were counted."""
    return KeptFigures.objects.order_by("-date").values_list("made_at", flat=True).first()
