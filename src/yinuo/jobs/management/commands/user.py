"""Who works for the maker: add somebody, change a role, list everybody."""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.contexts.people.operations.staff import add_staff, set_role
from yinuo.contexts.people.queries.staff import list_everybody
from yinuo.platform.speech import say

EXAMPLES = """examples:
  yinuo user add --name-zh 王敏 --name-en "Wang Min" --phone 13800138000 --role SPECIALIST
  yinuo user role 13800138000 --role MANAGER
  yinuo user role 13800138000 --left
"""


class Command(BaseCommand):
    """`yinuo user`."""

    help = "Add staff, change a role, list everybody."

    def add_arguments(self, parser: CommandParser) -> None:
        """Three verbs; see the examples."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        add = verbs.add_parser("add")
        for name in ("--name-zh", "--name-en", "--phone", "--role"):
            add.add_argument(name, required=True)
        add.add_argument("--centre", default="", help="code of the delivery centre")
        role = verbs.add_parser("role")
        role.add_argument("who", help="public id or telephone")
        role.add_argument("--role")
        role.add_argument("--left", action="store_true", help="no longer works here")
        role.add_argument("--back", action="store_true", help="works here again")
        verbs.add_parser("list").add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry the verb out; a refusal is said by the command line."""
        if options["verb"] == "add":
            public_id = add_staff(
                name_zh=options["name_zh"],
                name_en=options["name_en"],
                phone=options["phone"],
                role=options["role"].upper(),
                centre_code=options["centre"],
            )
            say("已添加，用手机验证码登录。", "Added; they log in by a code to their phone.")
            self.stdout.write(public_id)
        elif options["verb"] == "role":
            role = options["role"].upper() if options["role"] else None
            active = False if options["left"] else True if options["back"] else None
            set_role(who=options["who"], role=role, active=active)
            say("已更改。", "Changed.")
        else:
            self._list(as_json=options["json"])

    def _list(self, *, as_json: bool) -> None:
        rows = [vars(one) for one in list_everybody()]
        if as_json:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
            return
        for row in rows:
            sign = " " if row["active"] else "-"
            line = "{public_id}  {role:10} {phone:14} {name_zh} {name_en} {centre_code}"
            self.stdout.write(f"{sign} {line.format(**row)}".rstrip())
