"""The log's signer: a process of its own that cannot be brought to sign a second history."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.notary.trees import Tree, wait_for
from yinuo.engines.tlog import (
    Checkpoint,
    encode_base64,
    leaf_hashes,
    open_note,
    parse_checkpoint,
    parse_vkey,
    tree_root,
)
from yinuo.notary import keys
from yinuo.notary.client import SignerAway, SignerClient, SignerRefused
from yinuo.notary.keeping import KeepingError
from yinuo.notary.signer import Notary
from yinuo.notary.wire import socket_path

ORIGIN = "log.example/queue"


@contextmanager
def running(folder: Path, program: str = "") -> Iterator[subprocess.Popen[str]]:
    """The signer of `folder` as a process; `program` replaces the ordinary start."""
    command = ["-c", program] if program else ["-m", "yinuo.notary.signer"]
    process = subprocess.Popen(
        [sys.executable, *command, str(folder)],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": "src", "LANG": "C"},
    )
    try:
        wait_for(lambda: can_connect(folder) or process.poll() is not None)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def can_connect(folder: Path) -> bool:
    """Whether somebody answers at the folder's socket."""
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(str(socket_path(folder))) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a signer that has signed nothing."""
    keys.create(tmp_path / "signer", ORIGIN)
    return tmp_path / "signer"


@pytest.fixture
def signer(folder: Path) -> Iterator[SignerClient]:
    """A client of a running signer."""
    with running(folder):
        yield SignerClient(folder)


TREE = Tree()
FORK = Tree("other")


def test_signs_what_continues_and_refuses_the_rest(signer: SignerClient) -> None:
    state = signer.state()
    assert (state.origin, state.size, state.root) == (ORIGIN, 0, tree_root(b""))
    log = parse_vkey(state.vkey)
    note = signer.checkpoint(old=0, size=5, root=TREE.root(5))
    assert parse_checkpoint(open_note(note, [log]).text) == Checkpoint(ORIGIN, 5, TREE.root(5))
    again = signer.checkpoint(old=0, size=5, root=TREE.root(5))
    assert again == note
    note = signer.checkpoint(old=5, size=900, root=TREE.root(900), proof=TREE.proof(5, 900))
    assert parse_checkpoint(open_note(note, [log]).text).size == 900

    assert refused(signer, 900, 901, FORK.root(901), FORK.proof(900, 901)) == "proof"
    assert refused(signer, 900, 901, TREE.root(901), TREE.proof(900, 901)[:-1]) == "proof"
    assert refused(signer, 5, 901, TREE.root(901), TREE.proof(5, 901)) == "old"
    assert refused(signer, 0, 901, TREE.root(901), []) == "old"
    assert refused(signer, 900, 900, FORK.root(900), []) == "other_root"
    assert refused(signer, 5, 899, TREE.root(899), TREE.proof(5, 899)) == "smaller"
    assert refused(signer, 0, 0, tree_root(b""), []) == "smaller"
    state = signer.state()
    assert (state.size, state.root) == (900, TREE.root(900))


def refused(signer: SignerClient, old: int, size: int, root: bytes, proof: list[bytes]) -> str:
    """The code with which this is refused; what was signed last is said with it."""
    with pytest.raises(SignerRefused) as refusal:
        signer.checkpoint(old=old, size=size, root=root, proof=proof)
    assert (refusal.value.size, refusal.value.root) == (900, TREE.root(900))
    return refusal.value.code


def test_receipts_and_seals_have_a_key_of_their_own(signer: SignerClient) -> None:
    receipt_key = parse_vkey(signer.state().receipt_vkey)
    assert receipt_key.name == f"{ORIGIN}/receipt"
    digests = [leaf_hashes([bytes([at])]) for at in range(250)]
    notes = signer.receipts(list(enumerate(digests)))
    assert notes == signer.receipts(list(enumerate(digests)))
    for index, note in enumerate(notes):
        text = open_note(note, [receipt_key]).text
        assert text == f"{ORIGIN}/receipt\n{index}\n{encode_base64(digests[index])}\n"
    seal = signer.seal(f"{ORIGIN}/bundle\nq0 AAAA\n")
    assert open_note(seal, [receipt_key]).text.endswith("q0 AAAA\n")
    for text in (f"{ORIGIN}/receipt\n1\n", f"{ORIGIN}\n5\n", "anything\n", f"x{ORIGIN}/bundle\n"):
        with pytest.raises(SignerRefused) as refusal:
            signer.seal(text)
        assert refusal.value.code == "text"


def test_garbage_on_the_socket_is_answered_or_dropped(folder: Path, signer: SignerClient) -> None:
    signer.checkpoint(old=0, size=5, root=TREE.root(5))
    root = encode_base64(TREE.root(6))
    for asked in (
        b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"do":"burn"}', b'{"do":["state"]}',
        b'{"do":"checkpoint"}', b'{"do":"receipts","of":[[1]]}', b'{"do":"receipts","of":{}}',
        b'{"do":"seal","text":7}', b'{"do":"rotate","use":"other"}',
        f'{{"do":"checkpoint","old":5,"size":6.0,"root":"{root}","proof":[]}}'.encode(),
        f'{{"do":"checkpoint","old":5,"size":true,"root":"{root}","proof":[]}}'.encode(),
        f'{{"do":"checkpoint","old":5,"size":{2**64},"root":"{root}","proof":[]}}'.encode(),
        f'{{"do":"checkpoint","old":5,"size":6,"root":"{root[:-4]}","proof":[]}}'.encode(),
    ):  # fmt: skip
        said = ask(folder, asked + b"\n")
        assert json.loads(said)["refused"] in {"malformed", "unknown", "text"}, asked
    assert ask(folder, b'{"do":"state"') == b""
    assert ask(folder, b"x" * 2_100_000 + b"\n") == b""
    assert signer.state().size == 5


def ask(folder: Path, data: bytes) -> bytes:
    """What comes back for these bytes, before the line is closed."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(10)
        line.connect(str(socket_path(folder)))
        try:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            return line.makefile("rb").readline()
        except (BrokenPipeError, ConnectionResetError):
            return b""


def test_private_to_its_owner(folder: Path, signer: SignerClient) -> None:
    signer.checkpoint(old=0, size=5, root=TREE.root(5))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_two_signers_on_one_folder(folder: Path, signer: SignerClient) -> None:
    with running(folder) as second:
        said = second.communicate(timeout=20)[1]
    assert second.returncode == 1
    assert "two would sign a fork" in said
    assert signer.state().size == 0


def test_a_path_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20) / ("longer" * 10)
    keys.create(folder, ORIGIN)
    assert len(os.fsencode(folder)) > 108
    with running(folder):
        assert SignerClient(folder).state().origin == ORIGIN
    with pytest.raises(SignerAway):
        SignerClient(folder).state()
    socket_path(folder).unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "state.json").unlink(), "is missing. Restore it"),
        (lambda folder: (folder / "state.json").write_text('{"size": 7}'), "is damaged"),
        (lambda folder: (folder / "state.json").write_text(""), "is damaged"),
        (lambda folder: (folder / "keys.json").unlink(), "There are no keys"),
        (lambda folder: (folder / "keys.json").write_text("{}"), "is damaged"),
        (lambda folder: (folder / "keys.json").chmod(0o640), "Others may read"),
    ],
)  # fmt: skip
def test_starts_on_nothing_doubtful(
    folder: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(folder)
    with running(folder) as process:
        words = process.communicate(timeout=20)[1]
    assert process.returncode == 1
    assert said in words


def test_keys_are_never_made_twice(folder: Path) -> None:
    before = (folder / "keys.json").read_bytes()
    with pytest.raises(KeepingError):
        keys.create(folder, ORIGIN)
    (folder / "keys.json").unlink()
    # Killed between state and keys: nothing was signed yet, so it may begin again.
    keys.create(folder, ORIGIN)
    assert (folder / "keys.json").read_bytes() != before


# The signer's own program, killed at the n-th of the calls with which it keeps its state.
KILLED = """
import os, signal, sys
from pathlib import Path
from yinuo.notary import signer
left = {at}
def killing(real):
    def call(*words, **named):
        global left
        left -= 1
        if left == 0 and {before}: os.kill(os.getpid(), signal.SIGKILL)
        done = real(*words, **named)
        if left == 0: os.kill(os.getpid(), signal.SIGKILL)
        return done
    return call
os.fsync = killing(os.fsync)
Path.replace = killing(Path.replace)
sign = signer.sign_note
signer.sign_note = killing(sign)
sys.exit(signer.main(sys.argv[1:]))
"""


# From here on the new state is in its place.
WRITTEN = {(2, False), (3, True), (3, False), (4, True), (4, False)}


@pytest.mark.parametrize("at", [1, 2, 3, 4])
@pytest.mark.parametrize("before", [True, False])
def test_kill_at_each_point_forgets_nothing_signed(folder: Path, at: int, before: bool) -> None:
    """Write and fsync, rename, fsync of the folder, signature: before and after each."""
    Notary(folder).answer(asked(0, 5))
    with running(folder, KILLED.format(at=at, before=before)) as process:
        client = SignerClient(folder)
        with pytest.raises(SignerAway):
            client.checkpoint(old=5, size=9, root=TREE.root(9), proof=TREE.proof(5, 9))
        assert process.wait(20) == -signal.SIGKILL
    notary = Notary(folder)
    # Once it is signed it is known; before the rename the old state stands.
    assert notary.head.size == (9 if (at, before) in WRITTEN else 5)
    fork = notary.answer(asked(5, 9, FORK))
    assert fork["refused"] == ("other_root" if (at, before) in WRITTEN else "proof")
    log = notary.keys["log"][0].verifier
    note = notary.answer(asked(5, 9))["note"]
    assert parse_checkpoint(open_note(note, [log]).text).size == 9


def asked(old: int, size: int, tree: Tree = TREE) -> dict[str, object]:
    """A request as it stands on the wire."""
    root, proof = encode_base64(tree.root(size)), [*map(encode_base64, tree.proof(old, size))]
    return {"do": "checkpoint", "old": old, "size": size, "root": root, "proof": proof}


def test_disk_full_signs_nothing(folder: Path) -> None:
    program = """
import errno, os, sys
from yinuo.notary import signer, keeping
def full(handle):
    raise OSError(errno.ENOSPC, "No space left on device")
keeping.os.fsync = full
sys.exit(signer.main(sys.argv[1:]))
"""
    with running(folder, program):
        client = SignerClient(folder)
        with pytest.raises(SignerRefused, match="No space left") as refusal:
            client.checkpoint(old=0, size=5, root=TREE.root(5))
        assert refusal.value.code == "disk"
        assert client.state().size == 0
    assert "note" in Notary(folder).answer(asked(0, 5))


def test_keys_are_changed_with_an_overlap(folder: Path) -> None:
    with running(folder):
        client = SignerClient(folder)
        first = client.state().vkey
        with pytest.raises(SignerRefused, match="rotate first"):
            client.retire()
        second = client.rotate()
        assert client.rotate() == second != first
        assert client.state().vkeys == (first, second)
    with running(folder):
        client = SignerClient(folder)
        note = client.checkpoint(old=0, size=5, root=TREE.root(5))
        old, new = parse_vkey(first), parse_vkey(second)
        assert set(open_note(note, [old, new]).signatures) == {old, new}
        assert client.retire() == second
        note = client.checkpoint(old=5, size=6, root=TREE.root(6), proof=TREE.proof(5, 6))
        assert list(open_note(note, [old, new]).signatures) == [new]
        assert first not in (folder / "keys.json").read_text()
        receipt = client.state().receipt_vkey
        assert client.rotate("receipt") != receipt
        (note,) = client.receipts([(3, TREE.root(1))])
        both = [parse_vkey(vkey) for vkey in client.state().receipt_vkeys]
        assert len(open_note(note, both).signatures) == 2


def test_starts_at_once_and_stays_small(folder: Path) -> None:
    with running(folder) as process:
        loaded = Path(f"/proc/{process.pid}/status")
        if loaded.exists():
            lines = dict(line.split(":", 1) for line in loaded.read_text().splitlines())
            assert int(lines["VmRSS"].split()[0]) < 60_000
        spent = os.sysconf("SC_CLK_TCK")
        stats = Path(f"/proc/{process.pid}/stat")
        if stats.exists():
            words = stats.read_text().rsplit(")", 1)[1].split()
            assert (int(words[11]) + int(words[12])) / spent < 1.0
        process.terminate()
        assert process.wait(10) == 0
    assert not socket_path(folder).exists()
