"""The public log: begin it, keep it going, look at it, check it, copy it."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections

from yinuo.contexts.ledger.operations.sealing import (
    Guarded,
    LogNotBegun,
    begin,
    guard,
    has_begun,
    is_anything_waiting,
    is_due,
    origin_of_site,
    write_policy_file,
)
from yinuo.contexts.ledger.operations.sealing.checking import Fault, check_all, mend
from yinuo.contexts.ledger.operations.sealing.exporting import export
from yinuo.contexts.ledger.operations.sealing.heads import state_heads
from yinuo.contexts.ledger.queries.sealed import get_head
from yinuo.contexts.orders.queries.intake import codes_of
from yinuo.notary.client import SignerAway, SignerClient, SignerRefused
from yinuo.notary.keys import KEYS
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import say, word
from yinuo.workflows import anchors
from yinuo.workflows.log import explain, publish_now, retire, rotate, take_in, turn

LOOK_SECONDS_MIN, LOOK_SECONDS_MAX = 0.05, 0.2
# Also where nothing waits: tickets are counted although nobody has locked yet.
FULL_LOOK_SECONDS = 5.0
DUE_SECONDS = 1.0
AGAIN_SECONDS = 10.0
AWAY_SECONDS = 2.0
SIGNER_SECONDS_MAX = 10.0
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
        act: Callable[[dict[str, Any]], None] = getattr(self, f"_{options['verb']}")
        act(options)

    def _init(self, options: dict[str, Any]) -> None:
        origin = options["origin"] or origin_of_site()
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
        if not has_begun():
            raise LogNotBegun
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
        for fault in checked.faults[:SHOWN]:
            self.stdout.write(f"✗ {say_fault(fault)}")
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
            raise CommandError(word("没有设置 TSA_URLS。", "TSA_URLS is not set."))
        if not done and seen.problem:
            raise CommandError(seen.problem)
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
        self.stdout.write(
            word(
                f"新公钥已写入第 {made.index:,} 条，现在新旧密钥都签名。"
                "请备份密钥，请见证人加上新公钥，然后运行 yinuo log retire。",
                f"The new key is entry {made.index:,}; both keys sign now. Copy the keys to a safe,"
                " have the witnesses trust the new one, then run yinuo log retire.",
            )
        )

    def _retire(self, options: dict[str, Any]) -> None:
        with telling_why():
            vkey = retire(use=options["use"], now=clock.now())
        self.stdout.write(vkey)
        self.stdout.write(
            word(
                "旧私钥已销毁，以后只用这一把。请见证人不再接受旧公钥。",
                "The old private key is destroyed and this one signs alone. Have the witnesses"
                " distrust the old one.",
            )
        )


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


def look_at_start() -> bool:
    """Whether the system may start: the database knows all that was signed, or now it does again.

    The log of an installation that was given a name for it is begun here.
    """
    try:
        wait_for_signer()
        tell_guarded(guard())
        if settings.LOG_ORIGIN and not has_begun():
            begin(origin=settings.LOG_ORIGIN, now=clock.now())
    except Refusal as refusal:
        say(refusal.message("zh"), refusal.message("en"))
        return False
    return True


def wait_for_signer() -> None:
    """Wait a little for a signer that is just starting; where there are no keys there is none."""
    deadline = time.monotonic() + SIGNER_SECONDS_MAX
    while (settings.SIGNER_DIR / KEYS).exists() and time.monotonic() < deadline:
        with contextlib.suppress(SignerAway):
            SignerClient(settings.SIGNER_DIR).state()
            return
        time.sleep(LOOK_SECONDS_MIN)


def guard_until_known() -> None:
    """Look until it is known what was signed: numbers given before could contradict it."""
    done = guard()
    tell_guarded(done)
    while done.signer_away and (settings.SIGNER_DIR / KEYS).exists():
        time.sleep(AWAY_SECONDS)
        done = guard()


def say_fault(fault: Fault) -> str:
    """One fault for the terminal."""
    words = {
        "wrong": word("内容不对", "holds something else than it must"),
        "missing": word("不见了", "is missing"),
        "unknown": word("不该在这里", "does not belong here"),
        "database": word("和数据库里的不同", "is not what the database holds"),
    }
    return f"{fault.path}: {words[fault.what]}"


def tell_guarded(done: Guarded) -> None:
    """Say what the look at start has filled in, and of whom something is lost."""
    if done.signer_away and done.signed:
        say(
            "不知道签名进程签到哪里：它没有应答，它的文件夹也读不了。知道之前不再编号。",
            "It is not known what was signed: the signer does not answer and its folder cannot be"
            " read. No entry gets a number until it is.",
        )
    if not done.refilled:
        return
    lost = done.refilled - done.matched
    say(
        f"数据库是旧备份：已从公开文件补齐 {done.refilled:,} 条，"
        f"其中 {lost:,} 条的内容只有订单持有人手里还有。",
        f"The database was restored from an older backup: {done.refilled:,} entries were filled in"
        f" from the published files; of {lost:,} the contents are with the orders' owners only.",
    )
    codes = codes_of(list(done.streams))
    for subject, count in sorted(done.streams.items())[:SHOWN]:
        code = codes.get(subject, f"#{subject}")
        say(f"  订单 {code}：缺 {count} 条。", f"  order {code}: {count} entries lost.")
    if done.unknown:
        some = ", ".join(done.unknown[:SHOWN])
        say(
            f"  另有 {len(done.unknown)} 个序列属于数据库里没有的订单：{some}",
            f"  {len(done.unknown)} streams are of orders that the database has not: {some}",
        )


def run_on() -> None:
    """Number and publish until SIGTERM or SIGINT, each at its own pace."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    publisher = threading.Thread(target=keep_publishing, args=(stop,), daemon=True)
    publisher.start()
    keep_numbering(stop)
    publisher.join(SIGNER_SECONDS_MAX)


def keep_numbering(stop: threading.Event) -> None:
    """Give out numbers soon after entries come; look less often while none comes."""
    pause, looked, with_rule = LOOK_SECONDS_MIN, 0.0, True
    while not stop.is_set():
        try:
            full = time.monotonic() - looked >= FULL_LOOK_SECONDS
            if has_begun() and (full or is_anything_waiting()):
                count = take_in(now=clock.now(), with_rule=with_rule).count
                looked, with_rule = time.monotonic(), False
                pause = LOOK_SECONDS_MIN if count else pause
            else:
                pause = min(pause * 1.5, LOOK_SECONDS_MAX)
        except Error as failure:
            _tell_away(failure)
            pause = AWAY_SECONDS
        stop.wait(pause)
    close_old_connections()


def keep_publishing(stop: threading.Event) -> None:
    """Publish when it is time; after a failure again a little later."""
    while not stop.is_set():
        pause = DUE_SECONDS
        try:
            if has_begun() and is_due(now=clock.now()):
                trouble = publish_now(now=clock.now())[1]
                if trouble is not None:
                    say(trouble.zh, trouble.en)
                    pause = AGAIN_SECONDS
        except Error as failure:
            _tell_away(failure)
            pause = AWAY_SECONDS
        stop.wait(pause)
    close_old_connections()


def _tell_away(failure: Error) -> None:
    close_old_connections()
    why = str(failure).partition("\n")[0]
    say(
        f"数据库暂时连不上，稍后再试（{why}）。",
        f"The database is away; it is tried again soon ({why}).",
    )
