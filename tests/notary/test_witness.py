"""A witness as a process of its own, asked over a real socket as the protocol says."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.notary.trees import Tree, wait_for
from yinuo.engines.tlog import (
    Checkpoint,
    Signer,
    Verifier,
    cosigned_at,
    encode_base64,
    new_signer,
    parse_vkey,
    sign_note,
)
from yinuo.notary import clocks, witnessing

ORIGIN = "log.example/queue"
LOG = new_signer(ORIGIN, bytes(range(32)))
OTHER_LOG = new_signer("other.example/log", bytes(range(7, 39)))
TREE = Tree()
FORK = Tree("other")
START = 1_800_000_000


@dataclass
class Running:
    """A witness that answers at `url`; its clock stands where its file says."""

    folder: Path
    url: str
    process: subprocess.Popen[str]

    @property
    def verifier(self) -> Verifier:
        return witnessing.load_key(self.folder).verifier

    def set_clock(self, at: int) -> None:
        clocks.set_clock(self.folder / "clock", at=at, running=False)

    def post(self, body: bytes | str, path: str = "/add-checkpoint") -> tuple[int, str, str]:
        """Status, body and type of the answer."""
        data = body.encode() if isinstance(body, str) else body
        line = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=15)
        line.request("POST", path, data)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, text, answer.headers["Content-Type"]

    def get(self, path: str) -> tuple[int, str]:
        line = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=15)
        line.request("GET", path)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, text


@contextmanager
def running(folder: Path, program: str = "") -> Iterator[Running]:
    """The witness of `folder` on a free port; `program` replaces the ordinary start."""
    command = ["-c", program] if program else ["-m", "yinuo.notary.witness"]
    words = ["run", str(folder), "--port", "0", "--clock-file", str(folder / "clock")]
    with (folder.parent / "witness.txt").open("a+") as said:
        process = subprocess.Popen(
            [sys.executable, *command, *words],
            stdout=subprocess.PIPE,
            stderr=said,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": "src", "LANG": "C"},
        )
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url.startswith("http://"), (folder.parent / "witness.txt").read_text()
            yield Running(folder, url, process)
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a witness that knows two logs and has signed nothing."""
    made = tmp_path / "witness"
    witnessing.create(made, "witness.example/1")
    witnessing.trust(made, LOG.verifier.vkey())
    witnessing.trust(made, OTHER_LOG.verifier.vkey())
    clocks.set_clock(made / "clock", at=START, running=False)
    return made


@pytest.fixture
def witness(folder: Path) -> Iterator[Running]:
    with running(folder) as made:
        yield made


def note_of(size: int, tree: Tree = TREE, signer: Signer = LOG) -> str:
    """What the log of `signer` signs at this size."""
    return sign_note(Checkpoint(signer.name, size, tree.root(size)).text(), [signer])


def request(old: int, proof: list[bytes], note: str) -> str:
    """The body of add-checkpoint."""
    lines = "".join(f"{encode_base64(one)}\n" for one in proof)
    return f"old {old}\n{lines}\n{note}"


def grow(old: int, new: int, tree: Tree = TREE, signer: Signer = LOG) -> str:
    """An honest request."""
    return request(old, tree.proof(old, new), note_of(new, tree, signer))


def test_signs_what_continues(witness: Running) -> None:
    status, line, kind = witness.post(grow(0, 5))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert cosigned_at(note_of(5) + line, witness.verifier) == START
    # The same size again is a new time, also when nothing was added.
    witness.set_clock(START + 600)
    status, line, _ = witness.post(grow(5, 5))
    assert cosigned_at(note_of(5) + line, witness.verifier) == START + 600
    assert witness.post(grow(5, 900))[0] == 200
    assert witness.get(f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint") == (
        200,
        note_of(900) + witness.post(grow(900, 900))[1],
    )
    assert f"{ORIGIN} 900 {TREE.root(900).hex()} {START + 600}" in witness.get("/")[1]
    assert witness.get("/nothing")[0] == 404


def test_says_the_size_that_it_signed(witness: Running) -> None:
    assert witness.post(grow(3, 5)) == (409, "0\n", "text/x.tlog.size")
    assert witness.post(grow(0, 5))[0] == 200
    assert witness.post(grow(0, 9)) == (409, "5\n", "text/x.tlog.size")
    assert witness.post(grow(4, 9)) == (409, "5\n", "text/x.tlog.size")
    # An older checkpoint with its own size is the past, and is not signed again.
    assert witness.post(grow(5, 9))[0] == 200
    assert witness.post(grow(5, 5)) == (409, "9\n", "text/x.tlog.size")
    assert witness.post(request(9, [], note_of(5)))[0] == 400


@pytest.mark.need(25)
def test_a_fork_signed_with_the_true_key_is_refused_and_kept(witness: Running) -> None:
    """A thief has the log's key: what is written from now on is refused by every witness."""
    assert witness.post(grow(0, 5))[0] == 200
    status, said, kind = witness.post(grow(5, 5, FORK))
    assert (status, kind) == (409, "text/plain; charset=utf-8")
    assert "ANOTHER TREE of size 5" in said
    assert witness.post(grow(5, 8, FORK))[0] == 422
    assert witness.post(grow(0, 8, FORK)) == (409, "5\n", "text/x.tlog.size")
    kept = {path.read_text() for path in (witness.folder / "evidence").iterdir()}
    assert kept == {note_of(5, FORK), note_of(8, FORK)}
    assert witness.post(grow(5, 8))[0] == 200


def test_proofs_that_prove_nothing(witness: Running) -> None:
    assert witness.post(request(0, [bytes(32)], note_of(5)))[0] == 422
    nothing = sign_note(Checkpoint(ORIGIN, 0, bytes(32)).text(), [LOG])
    assert witness.post(request(0, [], nothing))[0] == 422
    assert witness.post(grow(0, 0))[0] == 200
    assert witness.post(grow(0, 5))[0] == 200
    proof = TREE.proof(5, 9)
    for wrong in ([], proof[:-1], [*proof, bytes(32)], proof[::-1], [bytes(32)] * len(proof)):
        assert witness.post(request(5, wrong, note_of(9)))[0] == 422
    assert witness.post(request(5, [bytes(32)], note_of(5)))[0] == 422
    assert witness.post(request(5, proof, note_of(9)))[0] == 200


def test_logs_stand_apart_and_strangers_are_not_known(witness: Running) -> None:
    assert witness.post(grow(0, 5))[0] == 200
    assert witness.post(grow(0, 7, FORK, OTHER_LOG))[0] == 200
    stranger = new_signer("stranger.example/log", bytes(32))
    assert witness.post(grow(0, 5, TREE, stranger))[0] == 404
    # The right name under another key, and a known key under the other log's name.
    assert witness.post(grow(5, 6, TREE, new_signer(ORIGIN, bytes(32))))[0] == 403
    text = Checkpoint(ORIGIN, 6, TREE.root(6)).text()
    assert witness.post(request(5, TREE.proof(5, 6), sign_note(text, [OTHER_LOG])))[0] == 403
    forged = note_of(6).replace(encode_base64(TREE.root(6)), encode_base64(TREE.root(7)))
    assert witness.post(request(5, TREE.proof(5, 6), forged))[0] == 403
    unknown = new_signer(ORIGIN, bytes(32)).sign(text)
    assert witness.post(request(5, TREE.proof(5, 6), note_of(6) + unknown))[0] == 200


def test_a_new_key_of_a_log_is_taken_while_it_runs(witness: Running) -> None:
    fresh = new_signer(ORIGIN, bytes(range(9, 41)))
    assert witness.post(grow(0, 5))[0] == 200
    assert witness.post(grow(5, 6, TREE, fresh))[0] == 403
    witnessing.trust(witness.folder, fresh.verifier.vkey())
    assert witness.post(grow(5, 6, TREE, fresh))[0] == 200
    witnessing.distrust(witness.folder, LOG.verifier.vkey())
    assert witness.post(grow(6, 7))[0] == 403
    assert witness.post(grow(6, 7, TREE, fresh))[0] == 200


NOTE = note_of(5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n",
        b"\xff\xfe\n\n",
        b"old 0\n" + NOTE.encode(),
        b"old 00\n\n" + NOTE.encode(),
        b"old -1\n\n" + NOTE.encode(),
        b"old +1\n\n" + NOTE.encode(),
        b"old  0\n\n" + NOTE.encode(),
        b"old 0 \n\n" + NOTE.encode(),
        b"old 0\r\n\r\n" + NOTE.encode(),
        b"Old 0\n\n" + NOTE.encode(),
        b"old " + b"9" * 4000 + b"\n\n" + NOTE.encode(),
        b"old 0\nAAAA\n\n" + NOTE.encode(),
        b"old 0\n" + b"A" * 43 + b"\n\n" + NOTE.encode(),
        b"old 0\n" + b"A" * 42 + b"B=\n\n" + NOTE.encode(),
        b"old 0\n" + (encode_base64(bytes(32)).encode() + b"\n") * 64 + b"\n" + NOTE.encode(),
        b"old 0\n\n" + NOTE.encode()[:-1],
        b"old 0\n\n" + NOTE.encode() + b"\n",
        b"old 0\n\n" + NOTE.encode() + b"trailing",
        b"old 0\n\n" + NOTE.encode().replace(b"\n", b"\r\n"),
        b"old 0\n\n" + NOTE.encode().replace(b"\n5\n", b"\n05\n"),
        b"old 0\n\n" + NOTE.encode() + NOTE.encode().split(b"\n\n")[1] * 64,
        b"old 6\n\n" + NOTE.encode(),
    ],
)
def test_malformed_requests(folder: Path, body: bytes) -> None:
    """Asked of the witness itself: the process in between changes no byte."""
    witness = witnessing.Witness(folder, clocks.by_file(folder / "clock"))
    assert witness.add_checkpoint(body).status == 400
    assert witnessing.load_last(folder, ORIGIN).size == 0


def test_garbage_on_the_line_and_it_lives_on(witness: Running) -> None:
    for data in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
        b"GARBAGE\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /add-checkpoint HTTP/9.9\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 999999999999999\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 3\r\n\r\n0\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
        b"BREW /add-checkpoint HTTP/1.1\r\n\r\n",
    ):
        answer = raw(witness, data)
        assert re.search(rb"\b[45][0-9][0-9]\b", answer), (data, answer)
    assert witness.post(grow(0, 5), "/elsewhere")[0] == 404
    assert witness.post(b"x" * 262_145)[0] == 413
    assert witness.post(grow(0, 5))[0] == 200


def raw(witness: Running, data: bytes) -> bytes:
    """What comes back for these bytes."""
    address = urllib.parse.urlsplit(witness.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=15) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        try:
            return line.makefile("rb").read()
        except ConnectionResetError:
            return b"reset 400"


def test_callers_that_hold_the_line_do_not_stop_others(witness: Running) -> None:
    address = urllib.parse.urlsplit(witness.url)
    place = (address.hostname or "", address.port or 0)
    idle = [socket.create_connection(place, timeout=15) for _ in range(40)]
    for line in idle:
        line.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 500\r\n\r\nold")
    assert witness.post(grow(0, 5))[0] == 200
    for line in idle:
        line.close()


def test_keeps_the_line_open_between_requests(witness: Running) -> None:
    line = http.client.HTTPConnection(urllib.parse.urlsplit(witness.url).netloc, timeout=15)
    line.request("POST", "/add-checkpoint", grow(0, 9).encode())
    assert line.getresponse().read().startswith("—".encode())
    first = line.sock
    line.request("POST", "/add-checkpoint", grow(0, 9).encode())
    assert line.getresponse().read() == b"9\n"
    assert line.sock is first
    line.close()


def test_many_at_once_never_roll_back(witness: Running) -> None:
    """Each signature given out is for a tree that continues all that were signed before."""
    assert witness.post(grow(0, 5))[0] == 200
    given: list[tuple[int, int]] = []

    def ask(size: int) -> None:
        status, _, _ = witness.post(grow(5, size))
        given.append((status, size))

    askers = [threading.Thread(target=ask, args=(size,)) for size in range(6, 18)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    signed = [size for status, size in given if status == 200]
    assert len(signed) == 1
    assert {status for status, _ in given} == {200, 409}
    assert witnessing.load_last(witness.folder, ORIGIN).size == signed[0]


def test_a_clock_that_went_back_signs_nothing(witness: Running) -> None:
    assert witness.post(grow(0, 5))[0] == 200
    witness.set_clock(START - 1)
    assert witness.post(grow(5, 6))[0] == 503
    (witness.folder / "clock").write_text("tomorrow")
    assert witness.post(grow(5, 6))[0] == 500
    witness.set_clock(START)
    assert witness.post(grow(5, 6))[0] == 200
    # Without the file it is the machine's own clock, which stands before this test's.
    (witness.folder / "clock").unlink()
    now = int(time.time())  # noqa: TID251 -- compared with what the witness read just then
    status, line, _ = witness.post(grow(0, 5, TREE, OTHER_LOG))
    assert status == 200
    note = note_of(5, TREE, OTHER_LOG) + line
    assert 0 <= (cosigned_at(note, witness.verifier) or 0) - now < 60


KILLED = """
import os, signal, sys
from pathlib import Path
from yinuo.notary import witness, witnessing
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
sys.exit(witness.main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("at", "before"), [(1, True), (1, False), (2, False), (3, False)])
def test_kill_forgets_nothing_signed(folder: Path, at: int, before: bool) -> None:
    """Fsync of the file, rename, fsync of the folder; the answer comes after all three."""
    with running(folder, KILLED.format(at=at, before=before)) as first:
        with pytest.raises((http.client.HTTPException, OSError)):
            first.post(grow(0, 5))
        assert first.process.wait(20) == -signal.SIGKILL
    with running(folder) as second:
        size = witnessing.load_last(folder, ORIGIN).size
        assert size == (5 if at >= 2 else 0)
        if size:
            assert second.post(grow(5, 5, FORK))[0] == 409
        assert second.post(grow(size, 5))[0] == 200


def test_what_is_missing_is_not_begun_anew(witness: Running) -> None:
    assert witness.post(grow(0, 5))[0] == 200
    (state,) = (
        path
        for path in (witness.folder / "state").iterdir()
        if json.loads(path.read_text())["origin"] == ORIGIN
    )
    kept = state.read_bytes()
    for spoiled in (b"", b"{}", b"[]", kept[:-20], kept.replace(b'"size": 5', b'"size": "5"')):
        state.write_bytes(spoiled)
        assert witness.post(grow(0, 5, FORK))[0] == 500
    state.unlink()
    assert witness.post(grow(0, 5, FORK))[0] == 500
    state.write_bytes(kept)
    witnessing.trust(witness.folder, LOG.verifier.vkey())
    assert witness.post(grow(5, 6))[0] == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [('"size": 5', '"size": -5'), ('"at": 1', '"at": -1'), ('"root": "', '"root": "00')],
)
def test_a_state_of_another_shape_is_none(folder: Path, old: str, new: str) -> None:
    witness = witnessing.Witness(folder, lambda: START)
    assert witness.add_checkpoint(grow(0, 5).encode()).status == 200
    for path in (folder / "state").iterdir():
        path.write_text(path.read_text().replace(old, new))
    assert witness.add_checkpoint(grow(5, 6).encode()).status == 500


def test_evidence_does_not_fill_the_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witnessing, "EVIDENCE_MAX", 2)
    witness = witnessing.Witness(folder, lambda: START)
    assert witness.add_checkpoint(grow(0, 5).encode()).status == 200
    for size in (6, 6, 7, 8):
        assert witness.add_checkpoint(grow(5, size, FORK).encode()).status == 422
    kept = {path.read_text() for path in (folder / "evidence").iterdir()}
    assert kept == {note_of(6, FORK), note_of(7, FORK)}


def test_a_damaged_list_of_logs_signs_nothing(folder: Path) -> None:
    (folder / "logs").write_text("log\n")
    witness = witnessing.Witness(folder, lambda: START)
    reply = witness.add_checkpoint(grow(0, 5).encode())
    assert (reply.status, "cannot be read" in reply.said) == (500, True)


def test_a_full_disk_signs_nothing(folder: Path) -> None:
    program = """
import errno, sys
from yinuo.notary import keeping, witness
def full(handle): raise OSError(errno.ENOSPC, "No space left on device")
keeping.os.fsync = full
sys.exit(witness.main(sys.argv[1:]))
"""
    with running(folder, program) as full:
        status, said, _ = full.post(grow(0, 5))
        assert status == 500
        assert "No space left" in said
    assert witnessing.load_last(folder, ORIGIN).size == 0


def command(*words: str) -> tuple[int, str, str]:
    """The witness's own command: exit code, what it printed, what it complained of."""
    done = subprocess.run(
        [sys.executable, "-m", "yinuo.notary.witness", *words],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "src", "LANG": "C"},
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def test_the_command_from_nothing(tmp_path: Path, witness: Running) -> None:
    folder = tmp_path / "fresh"
    code, vkey, _ = command("new", str(folder), "paper.example/witness")
    assert code == 0
    assert parse_vkey(vkey).name == "paper.example/witness"
    assert command("vkey", str(folder)) == (0, vkey, "")
    assert command("new", str(folder), "paper.example/witness")[0] == 1
    assert command("vkey", str(folder)) == (0, vkey, "")
    assert command("trust", str(folder), LOG.verifier.vkey())[0] == 0
    assert command("trust", str(folder), vkey)[2].endswith("this is not the key of a log")
    assert command("new", str(tmp_path / "x"), "two words")[0] == 1
    assert not (tmp_path / "x").exists()
    for path in (folder, folder / "witness.key", folder / "state"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert "PRIVATE" not in vkey
    # One folder, one witness: the second says so and ends.
    code, _, said = command("run", str(witness.folder), "--port", "0")
    assert (code, "Another process works in" in said) == (1, True)
    code, _, said = command("run", str(folder), "--port", "99999")
    assert (code, "port must be 0-65535" in said, "Traceback" in said) == (1, True, False)
    (folder / "witness.key").chmod(0o644)
    assert "Others may read" in command("run", str(folder), "--port", "0")[2]


def test_needs_neither_database_nor_framework() -> None:
    looked = (
        "import sys, yinuo.notary.witness, yinuo.notary.signer; "
        "print([name for name in ('django', 'psycopg', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", looked],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "src"},
    )
    assert done.stdout.strip() == "[]"


def test_stops_when_asked(witness: Running) -> None:
    witness.process.terminate()
    wait_for(lambda: witness.process.poll() is not None)
    assert witness.process.returncode == 0
