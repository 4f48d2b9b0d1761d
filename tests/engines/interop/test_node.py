"""Node's own cryptography verifies a proof file of ours, and refuses every changed one."""

from __future__ import annotations

import base64
import random
from pathlib import Path
from typing import Any

import pytest

from tests.engines.interop.folders import LOG, ORIGIN, Folder, write_folder
from tests.engines.interop.peers import ask_node
from yinuo.engines.tlog import (
    Checkpoint,
    ProofError,
    cosign,
    format_policy,
    format_proof,
    leaf_hash,
    make_policy,
    new_signer,
    open_checkpoint,
    parse_checkpoint,
    parse_proof,
    sign_note,
)
from yinuo.engines.tlog.notes import COSIGNATURE, NoteError
from yinuo.engines.tlog.policy import Log, Witness
from yinuo.engines.tlog.proofs import check_inclusion

SIZE, INDEX = 1000, 777
WITNESSES = [new_signer(f"witness{n}.example", bytes([n]) * 32, COSIGNATURE) for n in (2, 3, 4)]
TIMES = (1_770_000_000, 1_770_000_030, 1_770_000_007)
POLICY = make_policy(
    [Log(LOG.verifier)], [Witness(f"w{n}", one.verifier) for n, one in enumerate(WITNESSES)]
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    leaves = [b'{"n":%d,"t":"lock","v":1}' % number for number in range(SIZE)]
    return write_folder(tmp_path_factory.mktemp("ours"), leaves, [SIZE])


def proof_file(log: Folder, index: int = INDEX, witnesses: int = 3, text: str = "") -> str:
    """The proof of an entry under a checkpoint that this many witnesses signed."""
    text = text or log.text
    note = sign_note(text, [LOG])
    for witness, at in list(zip(WITNESSES, TIMES, strict=True))[:witnesses]:
        note += cosign(witness, text, at)
    return format_proof(index, log.proof(index), note)


def node(folder: Path, leaf: bytes, files: list[bytes]) -> list[dict[str, Any]]:
    """What Node says of each file."""
    return ask_node(folder, format_policy(POLICY), leaf, files)


def ours(leaf: bytes, data: bytes) -> bool:
    """Whether our own reading holds of a file."""
    try:
        proof = parse_proof(data)
        head = open_checkpoint(POLICY, proof.note).checkpoint
        check_inclusion(proof.index, head.size, leaf_hash(leaf), proof.hashes, head.root)
    except (ProofError, NoteError):
        return False
    return True


@pytest.mark.program("node")
def test_node_verifies_proofs_of_ours(log: Folder, tmp_path: Path) -> None:
    leaf = log.leaves[INDEX]
    said = node(tmp_path, leaf, [proof_file(log, witnesses=n).encode() for n in range(4)])
    seen = {f"w{n}": at for n, at in enumerate(TIMES)}
    assert said[3] == {"holds": True, "index": INDEX, "size": SIZE, "origin": ORIGIN, "seen": seen}
    assert said[2]["seen"] == {"w0": TIMES[0], "w1": TIMES[1]}
    assert [one.get("why") for one in said[:2]] == ["too few witnesses"] * 2


@pytest.mark.program("node")
def test_node_and_we_agree_on_every_place_in_trees_of_any_size(tmp_path: Path) -> None:
    for size in (1, 2, 3, 7, 8, 11):
        folder = tmp_path / str(size)
        folder.mkdir()
        log = write_folder(folder, [b"same"] * size, [size])
        files = [proof_file(log, index).encode() for index in range(size)]
        assert [one["holds"] for one in node(folder, b"same", files)] == [True] * size
        assert all(ours(b"same", data) for data in files)


@pytest.mark.program("node")
def test_node_and_we_refuse_what_was_changed(log: Folder, tmp_path: Path) -> None:
    dice = random.Random(11)
    text = proof_file(log)
    files = [proof_file(log, INDEX - 1).encode(), text.replace("777", "776", 1).encode()]
    other = parse_checkpoint(log.text)
    forged = Checkpoint(ORIGIN, other.size + 1, other.root).text()
    files += [text.replace(log.text, forged).encode(), text.replace(ORIGIN, "a.example").encode()]
    raw = text.encode()
    for _ in range(120):
        at, value = dice.randrange(len(raw)), dice.randrange(1, 256)
        files.append(raw[:at] + bytes([raw[at] ^ value]) + raw[at + 1 :])
    leaf = log.leaves[INDEX]
    said = [one["holds"] for one in node(tmp_path, leaf, files)]
    # A witness's line may be spoilt in its name: then it is nobody's, and two are still enough.
    assert said == [ours(leaf, data) for data in files]
    held = [data for data, holds in zip(files, said, strict=True) if holds]
    assert all(changed_only_a_cosigner(data, raw) for data in held)
    assert node(tmp_path, leaf + b" ", [raw])[0]["holds"] is False


def changed_only_a_cosigner(data: bytes, raw: bytes) -> bool:
    """Whether two files differ in one witness's line only: in its name, or the id of its key."""
    lines = [data.decode().split("\n"), raw.decode().split("\n")]
    differing = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and differing[0][1].startswith("\u2014 witness")


def test_a_proof_with_three_witnesses_is_small(tmp_path: Path) -> None:
    """At ten million entries a proof has 24 hashes; the file must stay below 1.7 kB."""
    text = Checkpoint(ORIGIN, 10_000_000, b"\x07" * 32).text()
    note = sign_note(text, [LOG])
    for witness, at in zip(WITNESSES, TIMES, strict=True):
        note += cosign(witness, text, at)
    size = len(format_proof(9_999_999 // 2, [bytes(32)] * 24, note).encode())
    assert size <= 1700
    assert base64.b64encode(bytes(32)).decode() in format_proof(0, [bytes(32)], note)
