"""Notices: what waits to be told, what the outbox holds, and sending again."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.contexts.notices.operations.retry import retry_deliveries
from yinuo.contexts.notices.queries.outbox import list_outbox, list_waiting
from yinuo.platform import clock
from yinuo.platform.speech import say, terminal_language
from yinuo.platform.spoken import say_instant, write_instant


class Command(BaseCommand):
    """`yinuo notice`."""

    help = "Look at notices that wait, at the outbox, or send again what bounced."

    def add_arguments(self, parser: CommandParser) -> None:
        """Example: yinuo notice outbox --limit 20."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        preview = verbs.add_parser("preview", help="notices that wait for their time")
        outbox = verbs.add_parser("outbox", help="what would have gone out")
        retry = verbs.add_parser("retry", help="send again what bounced or waits")
        retry.add_argument("--code", default="", help="only the notice with this code")
        for verb in (preview, outbox):
            verb.add_argument("--limit", type=int, default=50)
        for verb in (preview, outbox, retry):
            verb.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the one that was asked for."""
        if options["verb"] == "retry":
            count = retry_deliveries(now=clock.now(), notice_code=options["code"])
            say(f"{count} 条重新排队。", f"{count} queued again.")
            rows: list[dict[str, Any]] = [{"queued": count}]
        elif options["verb"] == "preview":
            rows = self._preview(options["limit"], options["json"])
        else:
            rows = self._outbox(options["limit"], options["json"])
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1))

    def _preview(self, limit: int, as_json: bool) -> list[dict[str, Any]]:
        found = list_waiting(limit=limit)
        if not as_json:
            for one in found:
                at = say_instant(one.send_at, terminal_language())
                self.stdout.write(f"{at}  {one.order_code}  {one.kind}")
        return [
            {"order": one.order_code, "kind": one.kind, "send_at": write_instant(one.send_at)}
            for one in found
        ]

    def _outbox(self, limit: int, as_json: bool) -> list[dict[str, Any]]:
        found = list_outbox(limit=limit)
        if not as_json:
            for one in found:
                at = say_instant(one.at, terminal_language())
                self.stdout.write(
                    f"{at}  {one.order_code}  {one.channel} {one.address}\n{one.text}\n"
                )
        return [
            {
                "order": one.order_code,
                "channel": one.channel,
                "to": one.address,
                "text": one.text,
                "at": write_instant(one.at),
            }
            for one in found
        ]
