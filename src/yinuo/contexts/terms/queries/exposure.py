"""Where a clause stands: in which templates, and in the contracts of which open orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from yinuo.contexts.terms.models import ClauseVersion, Template
from yinuo.platform.columns import fetch_columns

Ints = npt.NDArray[np.int64]
ENDED = ("DELIVERED", "CANCELLED")


@dataclass(frozen=True)
class Place:
    """A template that holds a clause."""

    template_id: int
    code: str
    version: int
    title_zh: str
    title_en: str
    state: str


@dataclass(frozen=True)
class Exposed:
    """Open orders whose contract in force holds a clause, one element each, by order."""

    order_ids: Ints
    contract_ids: Ints


def versions_of(clause_code: str) -> list[int]:
    """Every wording of a clause, also the same words under another name."""
    own = ClauseVersion.objects.filter(clause__code=clause_code)
    same = ClauseVersion.objects.filter(wording_digest__in=own.values("wording_digest"))
    return list(same.order_by("id").values_list("id", flat=True))


def list_places(version_ids: Sequence[int]) -> list[Place]:
    """The templates that hold one of these wordings, newest first."""
    rows = Template.objects.filter(places__clause_version__in=list(version_ids)).distinct()
    return [
        Place(row.id, row.code, row.version, row.title_zh, row.title_en, row.state)
        for row in rows.order_by("state", "code", "-version")
    ]


def find_exposed(version_ids: Sequence[int]) -> Exposed:
    """Every open order whose contract in force holds one of these wordings.

    A contract's clauses are those of its template, so templates are looked through and not
    contracts: hundreds of thousands of them are found by the row of their template.
    """
    orders, contracts = fetch_columns(
        """
        SELECT c.order_id, c.id FROM terms_contract c JOIN orders_order o ON o.id = c.order_id
        WHERE c.superseded_at IS NULL AND o.state <> ALL(%s)
          AND c.template_id = ANY(SELECT template_id FROM terms_templateclause
                                  WHERE clause_version_id = ANY(%s))
        ORDER BY c.order_id
        """,
        ("order_id", "id"),
        [list(ENDED), list(version_ids)],
    )
    return Exposed(orders, contracts)


def count_tickets(version_ids: Sequence[int]) -> int:
    """Tickets that are no order yet, with a contract that holds one of these wordings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM terms_contract c JOIN orders_ticket t ON t.id = c.ticket_id"
            " WHERE c.superseded_at IS NULL AND c.order_id IS NULL"
            " AND t.state IN ('WAITING', 'TAKEN', 'ORDERED') AND c.template_id IN"
            " (SELECT template_id FROM terms_templateclause WHERE clause_version_id = ANY(%s))",
            [list(version_ids)],
        )
        [count] = cursor.fetchone()
    return int(count)


def codes_of(order_ids: Sequence[int]) -> list[str]:
    """The codes of these orders, sorted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM orders_order WHERE id = ANY(%s::bigint[]) ORDER BY code",
            [list(order_ids)],
        )
        return [row[0] for row in cursor.fetchall()]
