"""From numbers to a published checkpoint: files, signature, witnesses, and last the name.

Nothing here runs inside a transaction. Whoever is killed at any step is followed by somebody who
does the same again: files that stand are compared and left, the signer signs the same tree twice,
and only the last step shows anything to others.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from yinuo.contexts.ledger.log_folder import CHECKPOINT, LogFolder, log_folder
from yinuo.contexts.ledger.models import Entry
from yinuo.contexts.ledger.operations.sealing.checkpoints import (
    keep_in_day,
    published_size,
    read_policy,
    recall_checkpoints,
    store,
)
from yinuo.contexts.ledger.operations.sealing.integration import TreeSeen, read_tree
from yinuo.contexts.ledger.operations.sealing.tiling import (
    HEIGHT,
    WIDTH,
    Tiles,
    check_tiles,
    file_edge,
    write_tiles,
)
from yinuo.engines.tlog import (
    NoteError,
    Policy,
    Tile,
    consistency_proof,
    open_checkpoint,
    tiles_between,
)
from yinuo.notary.asking import collect
from yinuo.notary.client import SignerClient, SignerState
from yinuo.platform.refusals import Refusal

WITNESS_SECONDS_MAX = 10.0
NONE = "none"
VERIFIER = Path(__file__).parents[6] / "verify" / "verify.py"


class LogBehind(Refusal):
    """More was signed than this database knows: it was restored from an older backup."""

    code = "log_behind"
    zh = (
        "签名进程签过 {signed} 条，数据库里只有 {size} 条：这是较旧的备份。"
        "请停止系统后重新启动，启动时会先从公开的文件补齐。"
    )
    en = (
        "The signer signed {signed} entries and the database has {size}: it is an older backup."
        " Stop the system and start it again: it fills in what is missing first."
    )


class TreeDiffers(Refusal):
    """Database, files and signer do not tell one history."""

    code = "log_tree_differs"
    zh = (
        "数据库和已公布的文件不是同一段历史（前 {size} 条算出的根不同）。"
        "已停止公布，请恢复正确的备份。"
    )
    en = (
        "The database and the published files do not tell one history: the roots over the first"
        " {size} entries differ. Nothing more is published; restore the right backup."
    )


class NoQuorum(Refusal):
    """Too few witnesses have seen the newest checkpoint."""

    code = "log_no_quorum"
    zh = "见证不够：{why}。前 {size} 条暂不公布，见证恢复后会自动公布。"
    en = (
        "Too few witnesses: {why}. The first {size} entries wait and are published once the"
        " witnesses are back."
    )


@dataclass(frozen=True)
class Published:
    """A checkpoint that stands in public: its size, note, and the time a quorum had seen it by."""

    size: int
    note: str
    quorum_at: dt.datetime | None


def publish(*, now: dt.datetime, beside: Callable[[], object] | None = None) -> Published | None:
    """Publish the log as it stands now; None while it has no leaf.

    `beside` writes what must lie in the folder before the entries that name it are public; it is
    called once it is settled which entries these are.

    Raises
    ------
    LogBehind, TreeDiffers, FileDiffers, FileMissing, NoQuorum
    SignerAway, SignerRefused
        As the signer's client says it.
    OSError
        The disk did not take a file; nothing was published.
    """
    folder, signer = log_folder(), SignerClient(settings.SIGNER_DIR)
    with folder.writing():
        recall_checkpoints(folder)
        before = published_size()
        tree = read_tree()
        if not tree.size:
            return None
        if beside is not None:
            beside()
        signed = signer.state()
        check_known(tree, signed)
        write_files(folder, tree, signed)
        note = sign(folder, signer, tree, signed)
        policy = read_policy(folder)
        note, quorum_at = have_seen(folder, policy, note, tree.size, now=now)
        keep_in_day(folder, note, now)
        folder.replace(CHECKPOINT, note.encode())
        store(note, tree.locks, now, quorum_at)
        prune(folder, before, tree.size)
        return Published(tree.size, note, quorum_at)


def check_known(tree: TreeSeen, signed: SignerState) -> None:
    """Raise LogBehind when more was signed than the database knows."""
    if signed.size > tree.size:
        raise LogBehind(signed=signed.size, size=tree.size)


def write_files(folder: LogFolder, tree: TreeSeen, signed: SignerState) -> None:
    """Steps 2 and 3: write what is new, read it and the right edge back, and recompute."""
    before = file_edge(folder, signed.size)
    if before.root() != signed.root:
        raise TreeDiffers(size=signed.size)
    grown = write_tiles(folder, before, tree.size, signed=signed.size)
    if grown.root() != tree.root:
        raise TreeDiffers(size=tree.size)
    check_tiles(folder, tiles_between(signed.size, tree.size), tree.size)
    if file_edge(folder, tree.size).root() != tree.root:
        raise TreeDiffers(size=tree.size)


def sign(folder: LogFolder, signer: SignerClient, tree: TreeSeen, signed: SignerState) -> str:
    """Step 4: the signer's note over this tree, shown to continue what it signed last."""
    read = Tiles(folder, tree.size)
    proof = consistency_proof(signed.size, tree.size, read)
    return signer.checkpoint(old=signed.size, size=tree.size, root=tree.root, proof=proof)


def have_seen(
    folder: LogFolder, policy: Policy, note: str, size: int, *, now: dt.datetime
) -> tuple[str, dt.datetime | None]:
    """Step 5: the note with the witnesses' signatures, and when a quorum had given them."""
    read = Tiles(folder, size)
    if policy.quorum != NONE:

        def proof_for(old: int) -> list[bytes]:
            return consistency_proof(old, size, read)

        collected = collect(
            note, policy, proof_for, timeout=WITNESS_SECONDS_MAX, now=int(now.timestamp())
        )
        if collected.at is None:
            said = [f"{one.name}: {one.said}" for one in collected.answers if not one.ok]
            raise NoQuorum(size=size, why="; ".join(said))
        note = collected.note
    try:
        at = open_checkpoint(policy, note).at
    except NoteError as wrong:
        raise NoQuorum(size=size, why=str(wrong)) from None
    return note, None if at is None else dt.datetime.fromtimestamp(at, dt.UTC)


def prune(folder: LogFolder, before: int, size: int) -> None:
    """Remove the narrow forms of tiles that have become full: their readers take the full one."""
    for level in (-1, 0, 1, 2, 3, 4):
        shift = HEIGHT * max(level, 0)
        index, width = divmod(before >> shift, WIDTH)
        if width and size >> shift >= (index + 1) * WIDTH:
            folder.remove(Tile(level, index, width).path().rpartition("/")[0])


def write_public_copies() -> None:
    """Put the verifier and each published rule, exactly as its leaf, beside the log."""
    folder = log_folder()
    rules = Entry.objects.filter(kind="rule.stated", leaf__idx__lt=published_size())
    for body in rules.values_list("body", flat=True):
        path = f"rules/{json.loads(body)['rule']}.json"
        if not folder.has(path):
            folder.replace(path, body.encode())
    # Not part of an installed package: then it is fetched from where the source is.
    if VERIFIER.is_file():
        script = VERIFIER.read_bytes()
        if not folder.has(VERIFIER.name) or folder.get(VERIFIER.name) != script:
            folder.replace(VERIFIER.name, script)
