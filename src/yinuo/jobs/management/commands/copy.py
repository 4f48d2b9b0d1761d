"""Check everything we say to people: `yinuo copy lint`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from yinuo.platform.speech import word
from yinuo.workflows import copy_check

WORDS_DIR = settings.ROOT / "src" / "yinuo" / "web" / "kit" / "words"


class Command(BaseCommand):
    """Exit 0 when all is well, 1 with findings."""

    help = "Check the words of pages, facts, causes and SMS, e.g. `yinuo copy lint --json`."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`lint` is the only action."""
        parser.add_argument("action", choices=["lint"])
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings."""
        found = copy_check.check(
            words_dir=WORDS_DIR, address=settings.SHORT_ADDRESS, maker=settings.MAKER_ZH
        )
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        else:
            for one in found:
                self.stdout.write(f"{one.where}: {one.problem}")
            if not found:
                self.stdout.write(word("文案没有问题。", "The words are fine."))
        if found:
            raise SystemExit(1)
