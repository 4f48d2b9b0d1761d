"""Contract clauses: where one stands, what is in force, and a ruling that makes one void."""

from __future__ import annotations

import datetime as dt
import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.terms.operations.rulings import record_ruling, tell_exposed
from yinuo.contexts.terms.queries.catalogue import list_clauses, list_templates
from yinuo.contexts.terms.queries.exposure import (
    codes_of,
    count_tickets,
    find_exposed,
    list_places,
    versions_of,
)
from yinuo.contexts.terms.queries.rulings import list_rulings
from yinuo.contexts.terms.queries.staff import default_owner
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import terminal_language, word
from yinuo.platform.spoken import local_date

EXAMPLES = """examples:
  yinuo terms list
  yinuo terms where balance-7-days --json
  yinuo terms rule balance-7-days --court 海口市美兰区人民法院 --case "(2025)0108-1" \\
      --date 2025-11-20 --source https://... --zh "剥夺了验车的权利" --en "no inspection: void"
"""
# So many orders are named without --all.
NAMED = 20


class Command(BaseCommand):
    """`yinuo terms`."""

    help = "Clauses and templates (list), where a clause stands (where), a ruling on it (rule)."

    def add_arguments(self, parser: CommandParser) -> None:
        """`where` and `rule` name a clause by its code."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        for name in ("list", "where"):
            verb = verbs.add_parser(name)
            verb.add_argument("--json", action="store_true")
            if name == "where":
                verb.add_argument("clause")
                verb.add_argument("--all", action="store_true", help="name every order")
        rule = verbs.add_parser("rule")
        rule.add_argument("clause")
        for name in ("court", "case", "source"):
            rule.add_argument(f"--{name}", required=True)
        rule.add_argument("--date", type=dt.date.fromisoformat, required=True)
        rule.add_argument("--zh", default="")
        rule.add_argument("--en", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with 1 when a clause is not there or a ruling is refused."""
        if options["verb"] == "list":
            self._list(as_json=options["json"])
        elif options["verb"] == "where":
            self._where(options["clause"], everybody=options["all"], as_json=options["json"])
        else:
            self._rule(options)

    def _list(self, *, as_json: bool) -> None:
        clauses, templates = list_clauses(), list_templates()
        if as_json:
            said = {
                "clauses": [asdict(one) for one in clauses],
                "templates": [asdict(one) for one in templates],
            }
            self.stdout.write(json.dumps(said, ensure_ascii=False, default=str))
            return
        language = terminal_language()
        for one in clauses:
            void = word("  无效", "  VOID") if one.void else ""
            held = ", ".join(one.issued_in) or "-"
            self.stdout.write(f"{one.code}  {one.title(language)}  v{one.versions}  {held}{void}")
        for template in templates:
            why = f"  {template.withdrawn_why}" if template.withdrawn_why else ""
            self.stdout.write(f"{template.name}  {template.title(language)}  {template.state}{why}")

    def _where(self, clause: str, *, everybody: bool, as_json: bool) -> None:
        versions = versions_of(clause)
        if not versions:
            raise CommandError(word(f"没有条款 {clause}", f"there is no clause {clause}"))
        places, tickets = list_places(versions), count_tickets(versions)
        exposed = find_exposed(versions).order_ids.tolist()
        codes = codes_of(exposed if everybody or as_json else exposed[:NAMED])
        if as_json:
            said = {
                "clause": clause,
                "templates": [asdict(place) for place in places],
                "open_orders": codes,
                "tickets": tickets,
            }
            self.stdout.write(json.dumps(said, ensure_ascii=False))
            return
        for place in places:
            self.stdout.write(f"{place.code}-{place.version}  {place.state}")
        self.stdout.write(
            word(
                f"没有结束的订单：{len(exposed):,}；还没锁单的排队号：{tickets:,}",
                f"open orders: {len(exposed):,}; tickets that are no order yet: {tickets:,}",
            )
        )
        for code in codes:
            self.stdout.write(code)

    def _rule(self, options: dict[str, Any]) -> None:
        now = clock.now()
        try:
            ruling = record_ruling(
                court=options["court"],
                case_no=options["case"],
                ruled_date=options["date"],
                clause_code=options["clause"],
                source=options["source"],
                summary_zh=options["zh"],
                summary_en=options["en"],
                owner_staff_id=default_owner(),
                staff_id=None,
                now=now,
            )
        except Refusal as refused:
            raise CommandError(refused.message(terminal_language())) from None
        tell_exposed(now=now)
        [seen] = [one for one in list_rulings(today=local_date(now)) if one.id == ruling.id]
        self.stdout.write(
            word(
                f"已记录。还在用的模板 {seen.open_templates}，要处理的订单 {seen.open_orders:,}。",
                f"Recorded. Live templates: {seen.open_templates};"
                f" orders to be put right: {seen.open_orders:,}.",
            )
        )
