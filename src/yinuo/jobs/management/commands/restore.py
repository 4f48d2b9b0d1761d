"""Try a backup out, or go back to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.platform.speech import say
from yinuo.workflows import backups


class Command(BaseCommand):
    """`yinuo restore`."""

    help = "Go back to a backup; with --verify only try whether it can be done."

    def add_arguments(self, parser: CommandParser) -> None:
        """`FOLDER [--verify] [--erased FILE]`."""
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument(
            "--erased", type=Path, metavar="FILE", help="a copy of the list of what was erased"
        )
        parser.add_argument(
            "--verify", action="store_true", help="restore beside the database, then remove it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was found or brought back."""
        if options["verify"]:
            counts = backups.try_out(options["folder"])
            say(
                "备份完好：{orders} 个订单，{entries} 条记录。".format(**counts),
                "The backup is whole: {orders} orders, {entries} entries.".format(**counts),
            )
            return
        done = vars(backups.restore(options["folder"], erased=options["erased"]))
        say(
            "恢复好了：{orders} 个订单，{entries} 条记录，从公开文件补回 {refilled} 条，"
            "重新删除 {erased} 个订单的记录。".format(**done),
            "Restored: {orders} orders, {entries} entries; {refilled} leaves came back from the"
            " public files, {erased} records were erased again.".format(**done),
        )
        if done["lost"]:
            say(
                "公开记录里还有 {lost} 次删除对不上号：被删的又回来了。"
                "请找到 erased.list 的最新副本，用 --erased 再恢复一次。".format(**done),
                "The public log speaks of {lost} more erasures: what was erased is here again. Find"
                " the newest copy of erased.list and restore again with --erased; do not start the"
                " system before.".format(**done),
            )
            raise SystemExit(1)
        if not done["before"]:
            return
        say(
            "原来的数据库改名为 {before}，确认无误后请删除。".format(**done),
            "The database before is kept as {before}; remove it once all is well.".format(**done),
        )
