"""The public log: begin it, keep it going, look at it, check it, copy it."""

from __future__ import annotations

import contextlib
import json
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from yinuo.contexts.ledger.log_folder import log_folder
from yinuo.contexts.ledger.operations.sealing import (
    LogNotBegun,
    begin,
    guard,
    has_begun,
    origin_of_site,
    write_policy_file,
)
from yinuo.contexts.ledger.operations.sealing.checking import check_all, mend
from yinuo.contexts.ledger.operations.sealing.exporting import export
from yinuo.contexts.ledger.operations.sealing.guarding import signed_head
from yinuo.contexts.ledger.operations.sealing.heads import state_heads
from yinuo.contexts.ledger.queries.sealed import get_head
from yinuo.jobs.log_loop import guard_until_known, run_on, tell_guarded, wait_for_signer
from yinuo.notary.client import SignerAway, SignerRefused
from yinuo.platform import clock
from yinuo.platform.speech import word
from yinuo.workflows import anchors
from yinuo.workflows.log import explain, retire, rotate, turn
from yinuo.workflows.log_reading import describe, note_whole

SHOWN = 20


class Command(BaseCommand):
    """`yinuo log`."""

    help = "The public log: begin it, keep it going, look at it, check it, copy it."

    def add_arguments(self, parser: CommandParser) -> None:
        """One verb with its words."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        beginning = verbs.add_parser("init", help="make keys, policy and the first leaves")
        beginning.add_argument("--origin", help="the log's name, for ever; else LOG_ORIGIN")
        running = verbs.add_parser("run", help="number and publish until told to stop")
        running.add_argument("--once", action="store_true", help="one turn, published at once")
        verbs.add_parser("head", help="how far the log has come").add_argument(
            "--json", action="store_true"
        )
        copying: ArgumentParser = verbs.add_parser("export", help="copy the public folder")
        copying.add_argument("folder", type=Path)
        checking = verbs.add_parser("fsck", help="recompute everything; exit 1 at a fault")
        checking.add_argument("--mend", action="store_true", help="write tiles that are missing")
        verbs.add_parser("heads", help="state now where every stream ends")
        verbs.add_parser("anchor", help="have a third party stamp the newest checkpoint now")
        policy = verbs.add_parser("policy", help="put this file in as the policy of the log")
        policy.add_argument("file", type=Path)
        for verb, said in (
            ("rotate", "make the next key; from then on both sign"),
            ("retire", "destroy the older key once enough witnesses know the newer"),
        ):
            changing = verbs.add_parser(verb, help=said)
            changing.add_argument("--use", choices=("log", "receipt"), default="log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Carry out one verb."""
        if options["verb"] not in {"init", "run"}:
            must_have_begun()
        act: Callable[[dict[str, Any]], None] = getattr(self, f"_{options['verb']}")
        act(options)

    def _init(self, options: dict[str, Any]) -> None:
        # The name does not matter where a log stands: that is said then.
        origin = options["origin"] or ("" if has_begun() else origin_of_site())
        begin(origin=origin, now=clock.now())
        self.stdout.write(
            word(
                f"公开记录 {origin} 已开始，公开文件在 {settings.LOG_DIR}。"
                f"请马上备份 {settings.SIGNER_DIR}：里面是签名私钥。",
                f"The log {origin} has begun; its public files are in {settings.LOG_DIR}. Back up"
                f" {settings.SIGNER_DIR} now: it holds the private keys.",
            )
        )

    def _run(self, options: dict[str, Any]) -> None:
        wait_for_signer()
        if not options["once"]:
            guard_until_known()
            run_on()
            return
        tell_guarded(guard())
        must_have_begun()
        done = turn(now=clock.now(), wanted=True)
        if done.trouble is not None:
            raise CommandError(word(done.trouble.zh, done.trouble.en))
        self._head({"json": False})

    def _head(self, options: dict[str, Any]) -> None:
        head = get_head()
        if options["json"]:
            said = {
                "size": head.size,
                "published_size": head.published_size,
                "published_at": head.published_at and head.published_at.isoformat(),
                "quorum_at": head.quorum_at and head.quorum_at.isoformat(),
                "note": head.note,
            }
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=1))
            return
        self.stdout.write(
            word(
                f"已编号 {head.size:,} 条，已公布 {head.published_size:,} 条。",
                f"{head.size:,} entries have numbers, {head.published_size:,} are published.",
            )
        )
        if head.note:
            self.stdout.write(head.note)

    def _export(self, options: dict[str, Any]) -> None:
        with telling_file():
            size = export(options["folder"])
        self.stdout.write(word(f"已复制前 {size:,} 条。", f"Copied the first {size:,} entries."))

    def _fsck(self, options: dict[str, Any]) -> None:
        if options["mend"]:
            count = mend()
            self.stdout.write(word(f"补写了 {count} 个文件。", f"{count} files were written."))
        checked = check_all()
        note_whole(size=checked.size, faults=checked.faults, now=clock.now())
        for fault in checked.faults[:SHOWN]:
            self.stdout.write(f"✗ {word(*describe(fault))}")
        if checked.faults:
            more = len(checked.faults) - SHOWN
            if more > 0:
                self.stdout.write(word(f"还有 {more} 处。", f"And {more} more."))
            raise SystemExit(1)
        self.stdout.write(
            word(
                f"{checked.size:,} 条、{checked.files:,} 个文件、"
                f"{checked.notes:,} 份签名都对得上。",
                f"{checked.size:,} entries, {checked.files:,} files and {checked.notes:,} signed"
                " notes all agree.",
            )
        )

    def _heads(self, _options: dict[str, Any]) -> None:
        fact = state_heads(now=clock.now())
        self.stdout.write(f"heads {fact.public['size']} {fact.public['root']}")

    def _anchor(self, _options: dict[str, Any]) -> None:
        now = clock.now()
        done, seen = anchors.run(now=now, wanted=True), anchors.look(now=now)
        if not seen.urls:
            raise CommandError(
                word(
                    "没有设置 TSA_URLS：把它设为时间戳服务的网址，再运行一次。",
                    "TSA_URLS is not set: set it to the address of a time-stamping authority.",
                )
            )
        if not done and seen.problem:
            raise CommandError(
                word(
                    f"没有盖到时间戳：{seen.problem}。请核对 TSA_URLS；系统运行时每分钟重试。",
                    f"No stamp came: {seen.problem}. Check TSA_URLS; while the system runs it is"
                    " tried again each minute.",
                )
            )
        size = seen.size or 0
        self.stdout.write(
            word(f"前 {size:,} 条有时间戳。", f"The first {size:,} entries are stamped.")
        )

    def _policy(self, options: dict[str, Any]) -> None:
        with telling_file():
            text = options["file"].read_bytes()
        write_policy_file(text)
        self.stdout.write(word("采信约定已更新。", "The policy is in force."))

    def _rotate(self, options: dict[str, Any]) -> None:
        with telling_why():
            made = rotate(use=options["use"], now=clock.now())
        self.stdout.write(made.vkey)
        if options["use"] == "receipt":
            zh, en = (
                "然后运行 yinuo log retire --use receipt。",
                "then run yinuo log retire --use receipt.",
            )
        else:
            zh = "请见证人加上新公钥，然后运行 yinuo log retire。"
            en = "have the witnesses trust the new one, then run yinuo log retire."
        self.stdout.write(
            word(
                f"新公钥已写入第 {made.index:,} 条，现在新旧密钥都签名。请备份密钥，{zh}",
                f"The new key is entry {made.index:,}; both keys sign now. Copy the keys to a safe,"
                f" {en}",
            )
        )

    def _retire(self, options: dict[str, Any]) -> None:
        with telling_why():
            vkey = retire(use=options["use"], now=clock.now())
        self.stdout.write(vkey)
        self.stdout.write(
            word(
                "旧私钥已销毁，以后只用这一把。",
                "The old private key is destroyed and this one signs alone.",
            )
        )
        if options["use"] == "log":
            self.stdout.write(
                word("请见证人不再接受旧公钥。", "Have the witnesses distrust the old one.")
            )


def must_have_begun() -> None:
    """Raise LogNotBegun, or DatabaseEmpty where the files of a log lie beside an empty database."""
    if not has_begun():
        if signed_head(log_folder())[0].size:
            guard()
        raise LogNotBegun


@contextlib.contextmanager
def telling_why() -> Iterator[None]:
    """Say in words why the signer or the disk did not do it. Refusals say it themselves."""
    try:
        yield
    except (SignerAway, SignerRefused, OSError) as failure:
        trouble = explain(failure)
        raise CommandError(word(trouble.zh, trouble.en)) from None


@contextlib.contextmanager
def telling_file() -> Iterator[None]:
    """Say in a line that a file which was named cannot be read or written."""
    try:
        yield
    except OSError as failure:
        said = f"{failure.filename}: {failure.strerror}"
        raise CommandError(word(f"这个文件用不了：{said}", f"Cannot be used: {said}")) from None
