"""Cars that stand somewhere: list them, take one off the list."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.vehicles.operations.listing import withdraw_car
from yinuo.contexts.vehicles.queries.staff import KINDS, STATES, Wanted, list_cars
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import terminal_language, word

EXAMPLES = """examples:
  yinuo cars list
  yinuo cars list --centre NC01 --kind DISPLAY --state FREE --json
  yinuo cars list --disclosed yes
  yinuo cars withdraw car_8k2m9p7q4r5s6t7u8v9w --why "sold at another centre"
"""


class Command(BaseCommand):
    """`yinuo cars`."""

    help = "Stock, display and nearly new cars: list them, take one off the list."

    def add_arguments(self, parser: CommandParser) -> None:
        """`list` may be narrowed; `withdraw` names a car and the reason."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        listing = verbs.add_parser("list")
        listing.add_argument("--centre", default="", help="code of the place")
        listing.add_argument("--kind", default="", choices=KINDS)
        listing.add_argument("--model", default="", help="code of the model")
        listing.add_argument("--state", default="", choices=STATES)
        listing.add_argument("--disclosed", default="", choices=("yes", "no"))
        listing.add_argument("--json", action="store_true")
        off = verbs.add_parser("withdraw")
        off.add_argument("car", help="public id")
        off.add_argument("--why", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with 1 when a car cannot be taken off the list."""
        if options["verb"] == "list":
            self._list(options)
            return
        try:
            done = withdraw_car(
                public_id=options["car"], why=options["why"], staff_id=None, now=clock.now()
            )
        except Refusal as refused:
            raise CommandError(refused.message(terminal_language())) from None
        said = ("已下架", "taken off the list") if done else ("已经下架", "off the list already")
        self.stdout.write(word(*said))

    def _list(self, options: dict[str, Any]) -> None:
        wanted = Wanted(
            options["centre"],
            options["kind"],
            options["model"],
            options["state"],
            {"yes": True, "no": False}.get(options["disclosed"]),
        )
        rows = list_cars(wanted, now=clock.now())
        if options["json"]:
            said = [asdict(one) for one in rows]
            self.stdout.write(json.dumps(said, ensure_ascii=False, default=str))
            return
        for one in rows:
            signed = f"{one.disclosed_at:%Y-%m-%d}" if one.disclosed_at else "-"
            self.stdout.write(
                f"{one.public_id}  {one.kind:10} {one.vin}  {one.model_code}  {one.place_code:6}"
                f"  {one.state:9} {one.order_code or '-':8} {signed}"
            )
