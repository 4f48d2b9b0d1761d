"""The public log goes on: entries get their numbers, and what is due is published."""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings

from yinuo.contexts.claims.operations.blobs import write_missing
from yinuo.contexts.ledger.operations import Fact
from yinuo.contexts.ledger.operations.rulebook import due_facts
from yinuo.contexts.ledger.operations.sealing import (
    Integrated,
    Published,
    has_begun,
    integrate,
    is_due,
    publish,
    write_public_copies,
)
from yinuo.contexts.ledger.operations.sealing.heads import is_heads_due, state_heads
from yinuo.contexts.ledger.operations.sealing.integration import LIMIT, read_tree
from yinuo.contexts.ledger.operations.sealing.rotating import Rotated, retire_key, rotate_key
from yinuo.contexts.orders.operations.counting import counted_facts
from yinuo.contexts.orders.operations.late import note_backlog
from yinuo.notary.client import SignerAway, SignerClient, SignerRefused
from yinuo.notary.clocks import set_clock
from yinuo.notary.keys import Use
from yinuo.notary.witnessing import distrust, trust
from yinuo.platform.installation import find_demo
from yinuo.platform.refusals import Refusal


@dataclass(frozen=True)
class Trouble:
    """Why nothing was published, in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Turn:
    """One turn of the loop: entries that got their numbers, and what was published, if it was due.

    `trouble` says why not, where it was due and did not come off; it is tried again.
    """

    count: int
    published: Published | None
    trouble: Trouble | None


def turn(*, now: dt.datetime, wanted: bool = False) -> Turn:
    """Give out numbers, then publish if it is time or `wanted`. Nothing happens before the log has
    begun."""
    if not has_begun():
        return Turn(0, None, None)
    count = take_in(now=now).count
    if not (wanted or is_due(now=now)):
        return Turn(count, None, None)
    published, trouble = publish_now(now=now)
    return Turn(count, published, trouble)


def take_in(*, now: dt.datetime, with_rule: bool = True) -> Integrated:
    """Give every entry that waits its number.

    Before them stand the rule that they need (asked for `with_rule`: it changes with the program
    only) and how many tickets of each launch there are.
    """
    size = locks = count = 0
    fresh = not read_tree().locks
    while True:
        done = integrate(first=partial(_first, with_rule, now), now=now)
        size, count, locks = done.size, count + done.count, locks + done.locks
        if done.count < LIMIT:
            break
    if fresh and locks:
        note_backlog(now=now)
    return Integrated(size, count, locks)


def _first(with_rule: bool, now: dt.datetime) -> list[Fact]:
    return [*(due_facts(now=now) if with_rule else ()), *counted_facts()]


def publish_now(*, now: dt.datetime) -> tuple[Published | None, Trouble | None]:
    """Publish what has its number, with all that is published beside it."""
    try:
        tell_the_time(now=now)
        texts = partial(write_missing, settings.LOG_DIR)
        published = publish(now=now, beside=texts)
        if is_heads_due(now=now):
            # Of what stands in public now; its root is published at once behind it.
            state_heads(now=now)
            take_in(now=now, with_rule=False)
            published = publish(now=now, beside=texts)
        write_public_copies()
    except (Refusal, SignerAway, SignerRefused, OSError) as failure:
        trouble = explain(failure)
        note_trouble(trouble)
        return None, trouble
    note_trouble(None)
    return published, None


def tell_the_time(*, now: dt.datetime) -> None:
    """The witnesses that a demo runs for itself live in its time."""
    if find_demo() is not None:
        set_clock(settings.WITNESS_CLOCK, at=int(now.timestamp()), running=False)


def rotate(*, use: Use, now: dt.datetime) -> Rotated:
    """Make the next key of this use and publish under both; a demo's own witnesses hear of it."""
    tell_the_time(now=now)
    made = rotate_key(use=use, now=now)
    for folder in _own_witnesses() if use == "log" else []:
        trust(folder, made.vkey)
    return made


def retire(*, use: Use, now: dt.datetime) -> str:
    """Let the older key go and publish under the newer alone, which is given back."""
    tell_the_time(now=now)
    state = SignerClient(settings.SIGNER_DIR).state()
    vkey = retire_key(use=use, now=now)
    for folder in _own_witnesses() if use == "log" else []:
        distrust(folder, state.vkey)
    publish(now=now)
    return vkey


def _own_witnesses() -> list[Path]:
    if find_demo() is None:
        return []
    return sorted(Path(settings.SIGNER_DIR).parent.glob("witness-[0-9]"))


def explain(failure: Exception) -> Trouble:
    """What went wrong, for the operator."""
    match failure:
        case Refusal():
            return Trouble(failure.message("zh"), failure.message("en"))
        case SignerAway():
            return Trouble(
                "签名进程没有应答，公开记录暂不公布；新记录照常编号。",
                "The signer does not answer: nothing is published; entries get their numbers.",
            )
        case SignerRefused():
            return Trouble(
                f"签名进程拒绝签名：{failure}。请停下来核对，不要绕过。",
                f"The signer refuses: {failure}. Stop and look; do not work around it.",
            )
        case _:
            return Trouble(
                f"公开记录没能写到磁盘上（{failure}），什么也没有公布。",
                f"The log could not be written to the disk ({failure}); nothing was published.",
            )


def note_trouble(trouble: Trouble | None) -> None:
    """Leave a note for `yinuo doctor` beside the public folder, or take it away."""
    path = _note()
    # A full disk may be the very trouble; the terminal says it as well.
    with contextlib.suppress(OSError):
        if trouble is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(f"{trouble.zh}\n{trouble.en}\n", encoding="utf-8")


def last_trouble() -> Trouble | None:
    """Why publishing did not come off the last time; None when it did."""
    try:
        zh, en = _note().read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, ValueError):
        return None
    return Trouble(zh, en)


def _note() -> Path:
    return Path(settings.LOG_DIR).with_name(f"{Path(settings.LOG_DIR).name}.trouble")
