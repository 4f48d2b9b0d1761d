"""Back the whole installation up: database, public log, uploads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from yinuo.platform import clock
from yinuo.platform.speech import say
from yinuo.workflows import backups


class Command(BaseCommand):
    """`yinuo backup`."""

    help = "Back up database, public log and uploads into an empty folder; the system may run."

    def add_arguments(self, parser: CommandParser) -> None:
        """`FOLDER [--with-signer]`."""
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument(
            "--with-signer",
            action="store_true",
            help="also the signer's keys: whoever has them signs as the maker",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it and say what is in it."""
        counts = backups.back_up(
            options["folder"], with_signer=options["with_signer"], now=clock.machine_now()
        )
        say(
            "备份好了：{orders} 个订单，{entries} 条记录。里面有个人信息，请加密保存。".format(
                **counts
            ),
            "Done: {orders} orders, {entries} entries. It holds personal data: keep it"
            " encrypted.".format(**counts),
        )
        if not options["with_signer"]:
            say(
                "签名密钥不在里面，请另行保管。",
                "The signer's keys are not in it: keep them apart.",
            )
