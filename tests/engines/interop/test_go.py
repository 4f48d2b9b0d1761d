"""Go's library of transparency logs reads what Yinuo writes, and Yinuo reads what it writes."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from tests.engines.interop.folders import LOG, ORIGIN, Folder, write_folder
from tests.engines.interop.peers import GoProgram
from yinuo.engines.tlog import (
    NoteError,
    TileReader,
    check_consistency,
    check_inclusion,
    consistency_proof,
    decode_bundle,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    open_note,
    parse_checkpoint,
    parse_path,
    parse_vkey,
    tiles_between,
    tree_root,
)

pytestmark = pytest.mark.program("go")
SIZES = (1, 255, 256, 300, 65_536, 66_001)


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> GoProgram:
    """The Go program, built once."""
    return GoProgram(tmp_path_factory.mktemp("go"))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A log of ours that was published six times; its entries are of any bytes and lengths."""
    dice = random.Random(5)
    leaves = [dice.randbytes(dice.choice((0, 1, 9, 90))) for _ in range(SIZES[-1])]
    leaves[299] = b"\xff" * 65_535
    return write_folder(tmp_path_factory.mktemp("ours"), leaves, SIZES)


def test_go_verifies_a_log_of_ours(go: GoProgram, log: Folder) -> None:
    done = go("read", log.path, LOG.verifier.vkey(), 7, 60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    digest = hashlib.sha256(b"".join(leaf + b"\n" for leaf in log.leaves)).hexdigest()
    assert (said["origin"], said["size"], said["entries"], said["entry_digest"]) == (
        ORIGIN, SIZES[-1], SIZES[-1], digest,
    )  # fmt: skip
    assert raw(said["root"]) == parse_checkpoint(log.text).root
    read = TileReader(log.read, SIZES[-1])
    assert len(said["inclusion"]) == len(said["consistency"]) == 60
    for one in said["inclusion"]:
        assert inclusion_proof(one["index"], one["size"], read) == hashes(one)
    for one in said["consistency"]:
        assert consistency_proof(one["index"], one["size"], read) == hashes(one)


@pytest.mark.parametrize(
    ("path", "at", "why"),
    [
        ("tile/0/007", 40, "entry 1793"),
        ("tile/1/001.p/1", 3, "tile|root"),
        ("tile/entries/100", 3, "entry 25600|bundle 100"),
        ("checkpoint", 30, "signature|note"),
    ],
)
def test_go_finds_a_changed_byte(go: GoProgram, log: Folder, path: str, at: int, why: str) -> None:
    whole = log.read(path)
    try:
        (log.path / path).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        done = go("read", log.path, LOG.verifier.vkey(), 7, 200)
    finally:
        (log.path / path).write_bytes(whole)
    assert done.returncode == 1
    assert any(word in done.stderr for word in why.split("|")), done.stderr


def test_we_read_a_log_that_go_wrote(go: GoProgram, tmp_path: Path) -> None:
    sizes = (3, 256, 700, 65_600)
    done = go("write", tmp_path, "example.com/go", *sizes)
    assert done.returncode == 0, done.stderr
    log_key = parse_vkey(done.stdout.strip())
    note = (tmp_path / "checkpoint").read_bytes()
    head = parse_checkpoint(open_note(note, [log_key]).text)
    assert (head.origin, head.size) == ("example.com/go", sizes[-1])

    files = {str(one.relative_to(tmp_path)) for one in tmp_path.glob("tile/**/*") if one.is_file()}
    before = (0, *sizes[:-1])
    grown = [
        tile for old, new in zip(before, sizes, strict=True) for tile in tiles_between(old, new)
    ]
    # Go's library may publish tiles of more widths than were ever the log's size.
    assert set(grown) <= {parse_path(path) for path in files}

    leaves = [b"entry %d" % index for index in range(head.size)]
    assert tree_root(leaf_hashes(leaves)) == head.root
    for tile in tiles_between(0, head.size):
        if tile.level < 0:
            first = tile.index * 256
            assert (
                decode_bundle((tmp_path / tile.path()).read_bytes()) == leaves[first:][: tile.width]
            )
    read = TileReader(lambda path: (tmp_path / path).read_bytes(), head.size)
    for index in (0, 2, 255, 256, 699, 65_535, 65_536, 65_599):
        proof = inclusion_proof(index, head.size, read)
        check_inclusion(index, head.size, leaf_hash(leaves[index]), proof, head.root)
        old = index + 1
        old_root = tree_root(leaf_hashes(leaves[:old]))
        check_consistency(
            old, head.size, old_root, head.root, consistency_proof(old, head.size, read)
        )


def test_a_note_that_we_take_says_the_same_to_go(go: GoProgram, log: Folder) -> None:
    """Ours is the stricter reading: canonical base64, and no wrong second signature."""
    dice = random.Random(3)
    note = log.read("checkpoint")
    lines = note.split(b"\n")
    notes = [note]
    signs = (
        b"\n",
        b" ",
        b"\r",
        b"=",
        b"\xc2\xa0",
        b"\xe2\x80\xa8",
        b"\x1c",
        b"\xff",
        b"\xed\xa0\x80",
    )
    for _ in range(1500):
        at, sign = dice.randrange(len(note)), dice.choice(signs)
        notes.append(note[:at] + sign + note[at + dice.randrange(2) :])
        changed = [*lines]
        changed.insert(
            dice.randrange(len(lines)), dice.choice([*lines, b"\xe2\x80\x94 a QUJDREVG"])
        )
        notes.append(b"\n".join(changed))
    told = "".join(f"{base64.b64encode(one).decode()}\n" for one in notes)
    said = go("notes", LOG.verifier.vkey(), told=told).stdout.splitlines()
    taken = [text_of(one) for one in notes]
    for ours, theirs in zip(taken, said, strict=True):
        assert ours in (None, theirs)
    assert 100 < len(notes) - taken.count(None) < len(notes) - 100
    differing = sum(ours != theirs for ours, theirs in zip(taken, said, strict=True) if theirs)
    assert differing <= 30


def text_of(note: bytes) -> str | None:
    """The text of a note that we take, in base64."""
    try:
        return base64.b64encode(open_note(note, [LOG.verifier]).text.encode()).decode()
    except NoteError:
        return None


def hashes(proof: dict[str, Any]) -> list[bytes]:
    return [raw(text) for text in proof["hashes"] or ()]


def raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
