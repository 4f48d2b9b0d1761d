"""The demo maker's contracts: five templates in force, a contract for every order, a side term."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any

from yinuo.contexts.orders.queries.forecasting import contact_many
from yinuo.contexts.orders.queries.intake import find_orders
from yinuo.contexts.terms.operations import rulings, templates
from yinuo.contexts.terms.operations.adopt import adopt_contracts
from yinuo.contexts.terms.rules import NewSideTerm
from yinuo.platform.spoken import at_local
from yinuo.workflows import slots
from yinuo.workflows.demo.world import DATA

# Most people sign what the pages show; a third sign in a shop or as a company.
TURNS = ("car-sale", "car-sale", "store-sale", "car-sale", "car-sale", "company-sale")
DEPOSIT_FEN = 500_000
WRITTEN = dt.date(2024, 3, 1)
STRUCK_AFTER = dt.timedelta(days=2)


def write_templates(staff_id: int) -> None:
    """Clauses and templates as the maker issued them, and the ruling of 2025 on one of them."""
    data = _read()
    now = at_local(WRITTEN, 10)
    for row in data["clause"]:
        templates.write_clause(
            code=row["code"],
            title_zh=row["title_zh"],
            title_en=row["title_en"],
            text_zh=row["zh"],
            text_en=row["en"],
            facts={**data["usual"], **row.get("facts", {})},
            now=now,
        )
    ruling = data["ruling"]
    for row in data["template"]:
        if row["code"] == ruling["template"]:
            _issue(row, [*row["clauses"], ruling["clause"]], data, staff_id, now)
    ruled_at = at_local(ruling["ruled_date"], 16) + STRUCK_AFTER
    rulings.record_ruling(
        court=ruling["court"],
        case_no=ruling["case_no"],
        ruled_date=ruling["ruled_date"],
        clause_code=ruling["clause"],
        source=ruling["source"],
        summary_zh=ruling["zh"],
        summary_en=ruling["en"],
        owner_staff_id=staff_id,
        staff_id=staff_id,
        now=ruled_at,
    )
    for row in data["template"]:
        _issue(row, row["clauses"], data, staff_id, ruled_at)
    for row in data["statement"]:
        templates.state_publicly(
            code=row["code"],
            text_zh=row["zh"],
            text_en=row["en"],
            source=row["source"],
            said_date=row["said_date"],
            forbids=row["forbids"],
            now=now,
        )


def adopt(*, now: dt.datetime) -> int:
    """A contract for every order that has none; returns how many."""
    side = _read()["side"]
    return adopt_contracts(
        template_codes=TURNS,
        named={side["order"]: side["template"]},
        deposit_fen=DEPOSIT_FEN,
        now=now,
    )


def agree_side_term(staff_id: int, *, now: dt.datetime) -> None:
    """What the shop agreed with one customer: nothing is scheduled before she asks."""
    side = _read()["side"]
    order_id = find_orders("", [side["order"]])[side["order"]].id
    person_id = contact_many([order_id])[order_id].person_id
    term = NewSideTerm(
        kind="SCHEDULE_HOLD",
        text=side["text"],
        signed_at=at_local(side["signed_date"], 15),
        days=side["days"],
        signed_by_staff_id=staff_id,
        beats_code=side["beats"],
    )
    slots.agree_side_term(order_id=order_id, term=term, person_id=person_id, now=now)


def _issue(
    row: dict[str, Any], clauses: list[str], data: dict[str, Any], staff_id: int, now: dt.datetime
) -> None:
    drafted = templates.draft_template(
        code=row["code"],
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        clause_codes=clauses,
        whole=data["whole"],
        now=now,
    )
    templates.issue(template_id=drafted.id, staff_id=staff_id, now=now)


def _read() -> dict[str, Any]:
    return tomllib.loads((DATA / "terms.toml").read_text(encoding="utf-8"))
