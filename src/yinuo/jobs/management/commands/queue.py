"""Check that nobody is passed without a reason, explain a place, read and state the rule."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.ledger.codes import QUEUE_CODES
from yinuo.contexts.ledger.operations.rulebook import state_rule
from yinuo.contexts.ledger.queries.queue import list_rules
from yinuo.contexts.ledger.rulebook import (
    AT_ONCE,
    Figures,
    read_figures,
    rule_fields,
    write_rule,
)
from yinuo.contexts.orders.operations.notes import NoSuchOrder
from yinuo.contexts.orders.queries.fairness import Explanation, explain
from yinuo.jobs.arguments import read_day
from yinuo.platform import clock
from yinuo.platform.speech import word
from yinuo.platform.spoken import CHINA
from yinuo.workflows.fairness import UnfairPair, check


class Command(BaseCommand):
    """`yinuo queue`."""

    help = "Check the order of every line, or explain one order's place."

    def add_arguments(self, parser: CommandParser) -> None:
        """`check [--json]` or `explain CODE`."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        checking = verbs.add_parser("check", help="exit 1 when somebody is passed unfairly")
        checking.add_argument("--json", action="store_true")
        explaining = verbs.add_parser("explain", help="place, rule, and who passed and why")
        explaining.add_argument("code", metavar="CODE")
        ruling = verbs.add_parser("rule", help="the rules of the queue, and from when they bind")
        ruling.add_argument("--json", action="store_true", help="our leaves, as rule NUMBER")
        ruling.add_argument("--number", type=int, default=1)
        stating = verbs.add_parser("state-rule", help="put a rule with other figures into the log")
        stating.add_argument("file", type=Path, metavar="FILE")
        stating.add_argument("--from", dest="binds", type=read_day, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer; exit with 1 when a pair is unfair."""
        if options["verb"] == "explain":
            self._explain(options["code"])
        elif options["verb"] == "rule":
            self._rule(options["number"] if options["json"] else 0)
        elif options["verb"] == "state-rule":
            self._state_rule(options["file"], options["binds"])
        else:
            self._check(as_json=options["json"])

    def _check(self, *, as_json: bool) -> None:
        pairs = check(clock.now())
        if as_json:
            rows = [_as_json(pair) for pair in pairs]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))
        else:
            for pair in pairs:
                self.stdout.write(_in_words(pair))
            self.stdout.write(
                word(
                    f"没有理由却先走的：{len(pairs)} 处。",
                    f"{len(pairs)} passed without a recorded reason.",
                )
            )
        if pairs:
            raise SystemExit(1)

    def _rule(self, number: int) -> None:
        if number:
            binds, stated = AT_ONCE if number == 1 else "", list_rules()
            # Whoever changes the rule begins with the one that stands, not with ours.
            figures = read_figures(stated[-1]) if stated and number > 1 else Figures()
            self.stdout.write(write_rule(rule_fields(number, figures, binds)), ending="")
            return
        for rule in list_rules():
            binds = word("从第一条起", "from the first entry on")
            if rule["binds"] != AT_ONCE:
                binds = word(f"从 {rule['binds']} 起", f"from {rule['binds']} on")
            self.stdout.write(f"{rule['rule']}  {binds}")
            for code, quota in sorted(rule["exceptions"].items()):
                most = f"{quota['at_least']} / {quota['per_mille']} ‰"
                self.stdout.write(f"   {code}  {word(*QUEUE_CODES[code])}  {most}")

    def _state_rule(self, file: Path, binds: dt.date) -> None:
        try:
            figures = read_figures(json.loads(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except (TypeError, ValueError) as error:
            said = word(f"{file} 不是一份规则：{error}", f"{file} holds no rule: {error}")
            raise CommandError(said) from error
        stated = state_rule(figures=figures, binds=binds, now=clock.now())
        self.stdout.write(
            word(
                f"规则第 {stated.number} 版已写入记录，{stated.binds} 起生效。",
                f"Rule {stated.number} is in the record; it binds from {stated.binds} on.",
            )
        )

    def _explain(self, code: str) -> None:
        found = explain(code, now=clock.now())
        if found is None:
            raise NoSuchOrder(order=code)
        for line in _explained(found):
            self.stdout.write(line)


def _as_json(pair: UnfairPair) -> dict[str, object]:
    def side(which: str) -> dict[str, object]:
        stand = getattr(pair, which)
        date = getattr(pair, f"{which}_date")
        return {
            "order": stand.code,
            "locked_at": stand.locked_at.isoformat(),
            "state": stand.state,
            "latest_date": date.isoformat() if date else None,
        }

    return {
        "line": pair.line,
        "how": pair.how,
        "earlier": side("earlier"),
        "later": side("later"),
    }


def _in_words(pair: UnfairPair) -> str:
    dates = f"{pair.earlier_date or '-'} > {pair.later_date or '-'}"
    locked = " < ".join(
        f"{stand.locked_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
        for stand in (pair.earlier, pair.later)
    )
    how = word(
        {"PROMISED": "承诺日更早", "BUILT": "先开工"}[pair.how],
        {"PROMISED": "promised earlier", "BUILT": "built earlier"}[pair.how],
    )
    return f"{pair.line}  {pair.earlier.code} / {pair.later.code}  {how}  {locked}  {dates}"


def _explained(found: Explanation) -> list[str]:
    stand = found.stand
    lines = [
        f"{stand.code}  {stand.line}  {stand.locked_at.astimezone(CHINA):%Y-%m-%d %H:%M}",
        word(
            "规则：同一配置、同一交付中心，先锁单先排产。",
            "Rule: same specification and centre, first locked is first built.",
        ),
        word(
            f"前面还有 {found.ahead} 台，最近 7 天走了 {found.left_last_week} 台。",
            f"{found.ahead} ahead; {found.left_last_week} left in the last 7 days.",
        ),
    ]
    for code, count in sorted(found.passes.items()):
        zh, en = QUEUE_CODES.get(code, ("没有记录原因", "no recorded reason"))
        lines.append(
            word(f"晚锁单先走的 {count} 台：{zh}。", f"{count} locked later and left first: {en}.")
        )
    return lines
