"""The loop of the public log: a look before it, then numbers, publishing and reading over."""

from __future__ import annotations

import contextlib
import signal
import threading
import time

from django.conf import settings
from django.db import Error, close_old_connections

from yinuo.contexts.ledger.operations.sealing import (
    Guarded,
    begin,
    guard,
    has_begun,
    is_anything_waiting,
    is_due,
)
from yinuo.contexts.orders.queries.intake import codes_of
from yinuo.notary.client import SignerAway, SignerClient
from yinuo.notary.keys import KEYS
from yinuo.platform import clock
from yinuo.platform.refusals import Refusal
from yinuo.platform.speech import say
from yinuo.workflows.log import publish_now, take_in
from yinuo.workflows.log_reading import describe, read_on

LOOK_SECONDS_MIN, LOOK_SECONDS_MAX = 0.05, 0.2
# Also where nothing waits: tickets are counted although nobody has locked yet.
FULL_LOOK_SECONDS = 5.0
DUE_SECONDS = 1.0
AGAIN_SECONDS = 10.0
AWAY_SECONDS = 2.0
SIGNER_SECONDS_MAX = 10.0
SHOWN = 20
# A round over all published files is spread over so long at most, a part each ten seconds where
# that is sooner, and never takes more than a twentieth of a core.
READING_SECONDS_MAX = 72_000
READING_PAUSE_SECONDS_MAX = 10.0
READING_SHARE = 20


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
    """Number, publish and read over until SIGTERM or SIGINT, each at its own pace."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    beside = [
        threading.Thread(target=keep, args=(stop,), daemon=True)
        for keep in (keep_publishing, keep_reading)
    ]
    for one in beside:
        one.start()
    keep_numbering(stop)
    for one in beside:
        one.join(SIGNER_SECONDS_MAX)


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


def keep_reading(stop: threading.Event) -> None:
    """Read over what was published, a part at a time, so that each file has its turn every day."""
    while not stop.is_set():
        pause = READING_PAUSE_SECONDS_MAX
        try:
            began = time.monotonic()
            step = read_on(now=clock.now())
            for fault in step.faults if step else ():
                zh, en = describe(fault)
                say(f"公开文件出了问题：{zh}", f"A public file is not as it must be: {en}")
            if step is not None:
                busy = time.monotonic() - began
                pause = max(READING_SHARE * busy, min(pause, READING_SECONDS_MAX / step.parts))
        except Error as failure:
            _tell_away(failure)
        except (Refusal, OSError) as failure:
            say(f"公开文件这次没能重读：{failure}", f"The files could not be read over: {failure}")
            pause = READING_PAUSE_SECONDS_MAX * 6
        stop.wait(pause)
    close_old_connections()


def _tell_away(failure: Error) -> None:
    close_old_connections()
    why = str(failure).partition("\n")[0]
    say(
        f"数据库暂时连不上，稍后再试（{why}）。",
        f"The database is away; it is tried again soon ({why}).",
    )
