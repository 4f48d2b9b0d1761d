"""How the public log is doing, for `yinuo doctor`: each concern with what to do."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings

from yinuo.contexts.ledger.log_folder import log_folder
from yinuo.contexts.ledger.operations.sealing import has_begun
from yinuo.contexts.ledger.operations.sealing.checkpoints import read_policy
from yinuo.contexts.ledger.queries.sealed import get_head, oldest_waiting
from yinuo.engines.tlog import NoteError, Policy, open_note
from yinuo.notary.client import SignerAway, SignerClient, SignerRefused
from yinuo.platform.refusals import Refusal
from yinuo.workflows.log import last_trouble
from yinuo.workflows.log_reading import LATE, describe, last_reading

WAITING_SECONDS_MAX = 60
SILENT_MINUTES_MAX = 30
FREE_MB_MIN = 2_000
NONE = "none"
Level = Literal["ok", "note", "bad"]


@dataclass(frozen=True)
class Concern:
    """One thing that was looked at; `level` as doctor has it."""

    level: Level
    zh: str
    en: str


def look(*, now: dt.datetime) -> list[Concern]:
    """All that is to be said of the log, what is wrong first."""
    if not has_begun():
        return [
            Concern(
                "note",
                "还没有开始，记录没有编号：运行 yinuo log init",
                "not begun, entries have no numbers: run yinuo log init",
            )
        ]
    found = [*_loop(now), *_signer(), *_witnesses(), *_silence(now), *_disk(), *_reading(now)]
    if any(one.level == "bad" for one in found):
        return found
    head = get_head()
    size, published = head.size, head.published_size
    good = Concern(
        "ok", f"已公布 {published:,}/{size:,} 条", f"{published:,} of {size:,} published"
    )
    return [good, *found]


def _loop(now: dt.datetime) -> Iterator[Concern]:
    count, since = oldest_waiting()
    if since is not None and now - since > dt.timedelta(seconds=WAITING_SECONDS_MAX):
        minutes = int((now - since).total_seconds()) // 60
        yield Concern(
            "bad",
            f"{count:,} 条记录还没有编号，最早的已等了 {minutes} 分钟：yinuo log run 在运行吗？",
            f"{count:,} entries have no number, the oldest for {minutes} minutes: is yinuo log run"
            " running?",
        )


def _signer() -> Iterator[Concern]:
    try:
        SignerClient(settings.SIGNER_DIR).state()
    except (SignerAway, SignerRefused):
        yield Concern(
            "bad",
            f"签名进程没有应答（{settings.SIGNER_DIR}）：什么也不会公布，请启动它",
            f"the signer of {settings.SIGNER_DIR} does not answer: nothing is published; start it",
        )


def _witnesses() -> Iterator[Concern]:
    try:
        policy = read_policy(log_folder())
    except Refusal as refusal:
        yield Concern("bad", refusal.message("zh"), refusal.message("en"))
        return
    if policy.quorum == NONE:
        yield Concern(
            "note",
            "没有见证人：公布的内容只有自己的签名，见 docs/how-to/log.md",
            "no witnesses: what is published carries our own signature only; see"
            " docs/how-to/log.md",
        )
        return
    names = ", ".join(_absent(policy))
    if names:
        yield Concern(
            "note",
            f"最近一次公布没有这些见证人的签名：{names}。请联系他们",
            f"the newest checkpoint lacks the signatures of {names}: ask them",
        )


def _absent(policy: Policy) -> list[str]:
    """The witnesses that are asked and did not sign the newest published checkpoint."""
    note, asked = get_head().note, [one for one in policy.witnesses if one.url]
    if not note:
        return []
    try:
        signed = set(open_note(note, [one.verifier for one in asked]).signatures)
    except NoteError:
        # None of them: the policy is newer than the checkpoint.
        signed = set()
    return [one.name for one in asked if one.verifier not in signed]


def _silence(now: dt.datetime) -> Iterator[Concern]:
    trouble, last = last_trouble(), get_head().published_at
    silent = last is None or now - last > dt.timedelta(minutes=SILENT_MINUTES_MAX)
    if trouble is not None:
        yield Concern("bad" if silent else "note", trouble.zh, trouble.en)
    elif silent:
        yield Concern(
            "bad",
            f"超过 {SILENT_MINUTES_MAX} 分钟没有公布：yinuo log run 在运行吗？",
            f"nothing was published for {SILENT_MINUTES_MAX} minutes: is yinuo log run running?",
        )


def _reading(now: dt.datetime) -> Iterator[Concern]:
    """What reading the published files over has found; they have their turn every day."""
    seen = last_reading()
    if seen is None:
        return
    if seen.faults:
        zh, en = describe(seen.faults[0])
        count = len(seen.faults)
        yield Concern(
            "bad",
            f"重读公开文件，{count} 处不对，例如 {zh}：运行 yinuo log fsck，从备份恢复",
            f"reading the public files over found {count} wrong, such as {en}: run yinuo log fsck"
            " and restore them from a backup",
        )
    elif abs(now - (seen.ended_at or seen.began_at)) > LATE:
        yield Concern(
            "note",
            f"公开文件 {LATE.days} 天没有重读一遍：yinuo log run 在运行吗？",
            f"the public files were not read over for {LATE.days} days: is yinuo log run running?",
        )
    elif seen.ended_at is not None:
        yield Concern(
            "ok",
            f"重读过全部公开文件（前 {seen.ended_size:,} 条），都对得上",
            f"all public files were read over (the first {seen.ended_size:,} entries), all agree",
        )


def _disk() -> Iterator[Concern]:
    folder = Path(settings.LOG_DIR)
    free_mb = shutil.disk_usage(folder if folder.exists() else settings.STATE_DIR).free // 2**20
    if free_mb < FREE_MB_MIN:
        yield Concern(
            "bad",
            f"公开文件所在的磁盘只剩 {free_mb} MB：满了就不能公布，请至少腾出 {FREE_MB_MIN} MB",
            f"{free_mb} MB left on the disk of the public files: full, nothing can be published;"
            f" free at least {FREE_MB_MIN} MB",
        )
