"""A void clause in the contracts of very many open orders; started by `rules.py --database`."""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from bench import apps_ready  # noqa: F401 -- before anything that has tables
from bench.event_world import NOW, make_world
from bench.nightly_parts import timed
from yinuo.contexts.people.models import StaffMember
from yinuo.contexts.terms.models import Clause, ClauseVersion, Template, TemplateClause
from yinuo.contexts.terms.operations.adopt import adopt_contracts
from yinuo.contexts.terms.operations.rulings import record_ruling, tell_exposed
from yinuo.contexts.terms.operations.scan import scan
from yinuo.contexts.terms.queries.exposure import codes_of, find_exposed, versions_of
from yinuo.contexts.terms.rules import wording_digest
from yinuo.platform import schema

# Forty versions of templates of ten clauses each; three hold the void one.
TEMPLATES: Final = 40
CLAUSES: Final = 10
HOLDING: Final = 3
VOID: Final = "balance-7-days"


def make_templates() -> list[str]:
    """Templates in force, by code."""
    versions = []
    for n in range(CLAUSES * 2 + 1):
        code = f"clause-{n}" if n else VOID
        clause = Clause.objects.create(code=code, title_zh=code, title_en=code)
        versions.append(
            ClauseVersion.objects.create(
                clause=clause,
                version=1,
                text_zh=code,
                text_en=code,
                facts={},
                wording_digest=wording_digest(code),
                written_at=NOW,
            )
        )
    codes = []
    for n in range(TEMPLATES):
        template = Template.objects.create(
            code=f"sale-{n}", version=1, title_zh="合同", title_en="contract", drafted_at=NOW
        )
        held = [versions[0]] if n < HOLDING else []
        held += [versions[1 + (n + k) % (CLAUSES * 2)] for k in range(CLAUSES - len(held))]
        for position, version in enumerate(held):
            TemplateClause.objects.create(
                template=template, clause_version=version, position=position
            )
        template.state, template.issued_at = Template.State.ISSUED, NOW
        template.check_record, template.digest = {}, "0f" * 32
        template.save()
        codes.append(template.code)
    return codes


def main(orders: int) -> dict[str, Any]:
    """Every piece, timed in the order of a real case."""
    schema.ensure_schema()
    make_world(orders)
    codes = make_templates()
    staff = StaffMember.objects.order_by("id").first()
    assert staff is not None
    owner = staff.id
    pieces = [
        timed(
            "a contract for every order",
            lambda: adopt_contracts(template_codes=codes, named={}, deposit_fen=500_000, now=NOW),
        ),
        timed("found in all open orders", lambda: len(find_exposed(versions_of(VOID)).order_ids)),
        timed(
            "found, with every code",
            lambda: len(codes_of(find_exposed(versions_of(VOID)).order_ids.tolist())),
        ),
        timed(
            "ruling: templates withdrawn, remedies opened",
            lambda: (
                record_ruling(
                    court="court",
                    case_no="case",
                    ruled_date=NOW.date(),
                    clause_code=VOID,
                    source="source",
                    summary_zh="无效",
                    summary_en="void",
                    owner_staff_id=owner,
                    staff_id=None,
                    now=NOW,
                ).id
            ),
        ),
        timed("exposed orders entered into the ledger", lambda: tell_exposed(now=NOW)),
        timed("the nightly look, nothing new", lambda: scan(now=NOW).opened),
    ]
    return {"orders": orders, "pieces": pieces}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
