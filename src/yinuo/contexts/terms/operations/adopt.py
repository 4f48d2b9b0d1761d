"""Contracts of orders that were agreed before contracts were kept here: many at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from django.db import connection, transaction

from yinuo.contexts.ledger.operations import Series, record_series
from yinuo.contexts.ledger.rules import Each
from yinuo.contexts.terms import rules
from yinuo.contexts.terms.models import Contract, Template
from yinuo.contexts.terms.operations.contracts import NoSuchTemplate
from yinuo.contexts.terms.queries.contracts import (
    content_of,
    live_statement_ids,
    statement_codes,
)
from yinuo.platform import ids
from yinuo.platform.copying import Same, copy_in, fresh_ids
from yinuo.platform.spoken import local_date, write_instant

BATCH = 25_000


def adopt_contracts(
    *,
    template_codes: Sequence[str],
    named: Mapping[str, str],
    deposit_fen: int,
    now: dt.datetime,
) -> int:
    """A first contract for every order without one, at its spec's price and the day of its lock.

    Orders take turns through the issued templates of `template_codes`; `named` gives a template
    by order code where it is known. There is no evidence of how the clauses were shown, and none
    is made up. Returns how many contracts were made. Safe to repeat.

    Raises
    ------
    NoSuchTemplate
    """
    templates = {
        row.code: row
        for row in Template.objects.filter(
            code__in={*template_codes, *named.values()}, state=Template.State.ISSUED
        )
    }
    for code in (*template_codes, *named.values()):
        if code not in templates:
            raise NoSuchTemplate(template=code)
    made = 0
    while rows := _without_contract():
        chosen = [
            templates[named.get(row[1], template_codes[row[0] % len(template_codes)])]
            for row in rows
        ]
        with transaction.atomic():
            _copy(rows, chosen, deposit_fen, now)
        made += len(rows)
    return made


_Row = tuple[int, str, int, dt.datetime, int, str]


def _without_contract() -> list[_Row]:
    """Orders without a contract: row, code, person, lock, price, language of the customer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.code, o.person_id, o.locked_at, s.price_fen, p.language"
            " FROM orders_order o JOIN orders_line l ON l.id = o.line_id"
            " JOIN catalogue_spec s ON s.id = l.spec_id JOIN people_person p ON p.id = o.person_id"
            " WHERE NOT EXISTS (SELECT 1 FROM terms_contract c WHERE c.order_id = o.id)"
            " ORDER BY o.id LIMIT %s",
            [BATCH],
        )
        return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in cursor.fetchall()]


def _copy(
    rows: Sequence[_Row], templates: Sequence[Template], deposit_fen: int, now: dt.datetime
) -> None:
    statements_on = _statements_by_day()
    public_ids = ids.new_ids("ctr", len(rows))
    deposits = [min(deposit_fen, row[4] // 5) for row in rows]
    said = [statements_on(local_date(row[3])) for row in rows]
    digests = _digests(rows, templates, public_ids, deposits, [codes for _, codes in said])
    copy_in(
        "terms_contract (id, public_id, order_id, version, template_id, person_id, language,"
        " price_fen, deposit_fen, statement_ids, facts, digest, agreed_at)",
        [
            fresh_ids("terms_contract", len(rows)),
            public_ids,
            [row[0] for row in rows],
            Same(1),
            [template.id for template in templates],
            [row[2] for row in rows],
            [row[5] for row in rows],
            [row[4] for row in rows],
            deposits,
            ["{" + ",".join(map(str, row_ids)) + "}" for row_ids, _ in said],
            Same("{}"),
            digests,
            [row[3].isoformat() for row in rows],
        ],
    )
    record_series(
        Series(
            kind="contract.agreed",
            subject_ids=[row[0] for row in rows],
            subject_codes=[row[1] for row in rows],
            change_keys=[f"contract:{one}" for one in public_ids],
            public={"template": Each([f"{one.code}-{one.version}" for one in templates])},
            private={
                "order": Each([row[1] for row in rows]),
                "contract": Each(public_ids),
                "version": 1,
                "digest": Each(digests),
                "price_fen": Each([row[4] for row in rows]),
                "deposit_fen": Each(deposits),
                "at": Each([write_instant(row[3]) for row in rows]),
            },
        ),
        now=now,
    )


def _digests(
    rows: Sequence[_Row],
    templates: Sequence[Template],
    public_ids: Sequence[str],
    deposits: Sequence[int],
    statements: Sequence[Sequence[str]],
) -> list[str]:
    return [
        rules.content_digest(
            content_of(
                Contract(
                    public_id=public_ids[i],
                    version=1,
                    template=templates[i],
                    language=language,
                    price_fen=price_fen,
                    deposit_fen=deposits[i],
                    agreed_at=locked_at,
                ),
                statements[i],
                [],
                [],
            )
        )
        for i, (_, _, _, locked_at, price_fen, language) in enumerate(rows)
    ]


def _statements_by_day() -> Callable[[dt.date], tuple[list[int], list[str]]]:
    """A function of a day: rows and codes of what was promised in public then, asked once a day."""

    @cache
    def on(day: dt.date) -> tuple[list[int], list[str]]:
        found = live_statement_ids(day)
        return found, statement_codes(found)

    return on
