"""Give keys to sending systems and take them back."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.people.operations.keys import create_key, revoke_key
from yinuo.contexts.people.queries.keys import list_keys
from yinuo.platform import clock
from yinuo.platform.speech import say, word
from yinuo.workflows.claims import PERMISSION as POSTS
from yinuo.workflows.intake import FEEDS
from yinuo.workflows.launch import PERMISSION as TICKETS
from yinuo.workflows.quote import PERMISSION as QUOTES

MAY = (*FEEDS, QUOTES, TICKETS, POSTS)


class Command(BaseCommand):
    """`yinuo token create`, `list` and `revoke`."""

    help = "Give keys to sending systems and take them back."

    def add_arguments(self, parser: CommandParser) -> None:
        """One sub-command each."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create")
        create.add_argument("--sender", required=True, help="name of the system that will send")
        create.add_argument(
            "--feeds",
            required=True,
            help="such as events,shipments; quotes to ask for dates, tickets for launches,"
            " moderation for hidden posts",
        )
        create.add_argument("--signed", action="store_true", help="ask for signed requests")
        verbs.add_parser("list")
        revoke = verbs.add_parser("revoke")
        revoke.add_argument("key", help="the key's id (key_...)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the sub-command says."""
        {"create": self._create, "list": self._list, "revoke": self._revoke}[options["verb"]](
            options
        )

    def _create(self, options: dict[str, Any]) -> None:
        feeds = [feed.strip() for feed in options["feeds"].split(",") if feed.strip()]
        unknown = sorted(set(feeds) - set(MAY))
        if unknown or not feeds:
            raise CommandError(
                word(
                    f"没有 {'、'.join(unknown)}；可选：{'、'.join(MAY)}",
                    f"no such feed: {', '.join(unknown)}; there are {', '.join(MAY)}",
                ),
                returncode=2,
            )
        new = create_key(
            sender=options["sender"], feeds=feeds, signed=options["signed"], now=clock.now()
        )
        self.stdout.write(f"key: {new.key}")
        if new.signing_secret:
            self.stdout.write(f"signing_secret: {new.signing_secret}")
        say("只显示这一次，请妥善保存。", "This is shown once; keep it safe.")

    def _list(self, _options: dict[str, Any]) -> None:
        for key in list_keys():
            signed = word("需签名", "signed") if key.signing_secret else ""
            feeds = ",".join(sorted(key.feeds))
            self.stdout.write(f"{key.public_id}  {key.sender}  {feeds}  {signed}".rstrip())

    def _revoke(self, options: dict[str, Any]) -> None:
        public_id = options["key"].partition(".")[0]
        revoke_key(public_id=public_id, now=clock.now())
        self.stdout.write(word(f"已收回 {public_id}", f"{public_id} was taken back"))
