"""A launch: open it, say how much of it may be sold, and look at it."""

from __future__ import annotations

import datetime as dt
import json
from argparse import ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.catalogue.queries import get_model_ids, list_specs
from yinuo.contexts.orders.operations import draws
from yinuo.contexts.orders.operations.launches import offer, open_launch
from yinuo.contexts.orders.queries.draws import get_draw
from yinuo.contexts.orders.queries.tickets import get_launch, list_launches, list_miscounts
from yinuo.contexts.orders.rules.draws import read_value
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import terminal_language, word
from yinuo.platform.spoken import CHINA
from yinuo.workflows.draws import draw

EXAMPLES = """examples:
  yinuo launch open S7-2026 --spec S7-A,S7-B --count 2000 --opens 2026-03-01T10:00 --template retail
  yinuo launch open S7-2026 --spec S7-A --group long --count 40 --day 2026-05-04
  yinuo launch open S7-2026 --spec S7-A --count 2000 --opens 2026-03-01T10:00 \
      --draw "drand quicknet 7121800" --until 2026-03-01T10:10 --drawn 2026-03-01T11:00
  yinuo launch draw S7-2026 --value 3f9c...
  yinuo launch show S7-2026 --json

How many may be sold is the planner's figure: what the plants will build and the centres can hand
over, see /staff/plan/growth and `yinuo plan inverse`. A time without a zone is Beijing time.
With --draw the tickets taken before --until share their places by what that public source
publishes at --drawn; it is stated in the public record before the launch opens.
"""


def tell_specs(missing: Sequence[str], known: Collection[str]) -> str:
    """Which specs there are not, and which there are."""
    some, names = ", ".join(missing), ", ".join(sorted(known)) or "-"
    return word(
        f"没有这个配置：{some}。现有：{names}", f"there is no spec {some}; there are {names}"
    )


def instant(text: str) -> dt.datetime:
    """A moment as somebody types it."""
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        said = word(
            f"“{text}”不是时间，请写成 2026-03-01T10:00",
            f"{text!r} is no moment; write 2026-03-01T10:00",
        )
        raise ArgumentTypeError(said) from None
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


class Command(BaseCommand):
    """`yinuo launch`."""

    def add_arguments(self, parser: CommandParser) -> None:
        """`open` makes or changes a launch, `draw` enters a result, `show` tells how it stands."""
        parser.epilog, parser.formatter_class = EXAMPLES, RawDescriptionHelpFormatter
        verbs = parser.add_subparsers(dest="verb", required=True)
        opening = verbs.add_parser("open", help="make a launch, or change what may be sold")
        opening.add_argument("code")
        opening.add_argument("--spec", required=True, help="specs that share this capacity")
        opening.add_argument("--count", required=True, type=int, help="how many may be sold")
        opening.add_argument("--group", default="", help="name of the group; else the first spec")
        opening.add_argument("--day", type=dt.date.fromisoformat, help="capacity of one day")
        opening.add_argument("--opens", type=instant, help="when it begins; else now")
        opening.add_argument("--closes", type=instant)
        opening.add_argument("--hours", type=int, default=48, help="time to finish a ticket")
        opening.add_argument("--deposit", type=int, default=5000, help="in yuan")
        opening.add_argument("--template", default="", help="contract template")
        opening.add_argument("--draw", default="", help="public source that decides the places")
        opening.add_argument("--until", type=instant, help="end of the time that shares the draw")
        opening.add_argument("--drawn", type=instant, help="when the source publishes")
        drawing = verbs.add_parser("draw", help="enter what the source of a draw published")
        drawing.add_argument("code")
        drawing.add_argument("--value", required=True, help="as it was published")
        show = verbs.add_parser("show", help="how a launch stands")
        show.add_argument("code", nargs="?")
        show.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit with 1 when it is refused, or when the counts do not agree."""
        if options["verb"] == "open":
            self._open(options)
        elif options["verb"] == "draw":
            self._draw(options["code"], options["value"])
        elif options["code"]:
            self._show(options["code"], as_json=options["json"])
        else:
            for code, opens_at, _ in list_launches():
                self.stdout.write(f"{code}  {opens_at.astimezone(CHINA):%Y-%m-%d %H:%M}")

    def _open(self, options: dict[str, Any]) -> None:
        codes = [one.strip() for one in options["spec"].split(",") if one.strip()]
        known = {one.code: one for one in list_specs()}
        missing = [one for one in codes if one not in known]
        if missing or not codes or options["count"] < 0:
            raise CommandError(
                tell_specs(missing, known)
                if missing
                else word("数量不能是负数", "the count cannot be negative")
            )
        now, seen = clock.now(), get_launch(options["code"], clock.now())
        try:
            launch_id = open_launch(
                code=options["code"],
                car_model_id=get_model_ids()[known[codes[0]].model_code],
                opens_at=options["opens"] or (seen.opens_at if seen else now),
                closes_at=options["closes"],
                finish_hours=options["hours"],
                deposit_fen=100 * options["deposit"],
                template_code=options["template"] or (seen.template_code if seen else ""),
                now=now,
            )
            if options["draw"]:
                self._state_draw(launch_id, options, now)
            given = offer(
                launch_id=launch_id,
                group_code=options["group"] or codes[0],
                spec_ids=[known[one].id for one in codes],
                for_sale=options["count"],
                day=options["day"],
                now=now,
            )
        except Refusal as refused:
            raise CommandError(refused.message(terminal_language())) from None
        self.stdout.write(
            word(
                f"/launch/{options['code']} 已设置，候补中有 {given} 人得到位置",
                f"/launch/{options['code']} is set; {given} who waited got a place",
            )
        )

    def _state_draw(self, launch_id: int, options: dict[str, Any], now: dt.datetime) -> None:
        source = read_value(options["draw"])
        if not (source and options["until"] and options["drawn"]):
            raise CommandError(
                word(
                    "--draw 要和 --until、--drawn 一起写；来源只用数字、字母和空格",
                    "--draw goes with --until and --drawn; a source has digits, letters, blanks",
                )
            )
        draws.state_draw(
            launch_id=launch_id,
            source=source,
            until_at=options["until"],
            drawn_at=options["drawn"],
            now=now,
        )

    def _draw(self, code: str, value: str) -> None:
        try:
            outcome = draw(launch=code, value=value, now=clock.now())
        except Refusal as refused:
            raise CommandError(refused.message(terminal_language())) from None
        if outcome == draws.DRAWN:
            self.stdout.write(word(f"{code} 的先后抽好了", f"the places of {code} are drawn"))
            return
        self.stdout.write(
            word(
                f"{code} 没有抽签：开奖以前记录没有封好，照拿号的先后排",
                f"{code} is not drawn: the record was not sealed before; ticket numbers count",
            )
        )

    def _show(self, code: str, *, as_json: bool) -> None:
        seen = get_launch(code, clock.now())
        if seen is None:
            raise CommandError(word(f"没有 {code}", f"there is no launch {code}"))
        wrong = [one for one in list_miscounts() if one.launch == code]
        drawn = get_draw(code)
        if as_json:
            said = asdict(seen) | {"miscounts": [asdict(one) for one in wrong]}
            said["draw"] = asdict(drawn) if drawn else None
            self.stdout.write(json.dumps(said, default=str, ensure_ascii=False))
        else:
            self.stdout.write(f"{seen.code}  {seen.stage}  {seen.numbers_given}")
            for one in seen.groups:
                self.stdout.write(
                    word(
                        f"  {one.code}：可售 {one.for_sale}，已拿 {one.taken}，候补 {one.waiting}",
                        f"  {one.code}: {one.for_sale} for sale, {one.taken} taken,"
                        f" {one.waiting} waiting",
                    )
                )
            if drawn:
                said_of = f"{drawn.source}, {drawn.drawn_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
                self.stdout.write(f"  {word('抽签', 'draw')}：{said_of}  {drawn.outcome or '-'}")
        if wrong:
            raise SystemExit(1)
