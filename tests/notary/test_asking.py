"""Asking many witnesses at once, of whom some are down, slow, wrong or liars."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.notary.trees import Tree
from yinuo.engines.tlog import (
    COSIGNATURE,
    Checkpoint,
    Log,
    NoteError,
    Policy,
    Signer,
    Witness,
    cosign,
    make_policy,
    new_signer,
    open_checkpoint,
    open_note,
    sign_note,
)
from yinuo.notary import serving, witnessing
from yinuo.notary.asking import collect

ORIGIN = "log.example/queue"
LOG = new_signer(ORIGIN, bytes(range(32)))
TREE = Tree()
FORK = Tree("other")
NOW = 1_800_000_000


@dataclass
class Honest:
    """A witness of ours in this process, at a free port."""

    url: str
    witness: witnessing.Witness
    name: str
    now: int = NOW
    asked: list[bytes] = field(default_factory=list)

    def as_witness(self) -> Witness:
        return Witness(self.name, self.witness.signer.verifier, self.url)


@contextmanager
def serving_witness(folder: Path, name: str) -> Iterator[Honest]:
    """One honest witness that knows the log."""
    witnessing.create(folder, f"{name}.example")
    witnessing.trust(folder, LOG.verifier.vkey())
    made = Honest("", witnessing.Witness(folder, lambda: made.now), name)
    answer = made.witness.add_checkpoint

    def counted(body: bytes) -> witnessing.Reply:
        made.asked.append(body)
        return answer(body)

    made.witness.add_checkpoint = counted  # type: ignore[method-assign]
    with serving.WitnessServer(("127.0.0.1", 0), made.witness) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@contextmanager
def liar(answer: Callable[[http.server.BaseHTTPRequestHandler, bytes], None]) -> Iterator[str]:
    """A server that answers add-checkpoint as `answer` pleases."""

    class Caller(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer(self, body)

        def log_message(self, *_words: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_caller: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Caller) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/prefix/"
        server.shutdown()
        thread.join()


def reply(caller: http.server.BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    """An ordinary answer."""
    caller.send_response(status)
    caller.send_header("Content-Length", str(len(body)))
    caller.end_headers()
    caller.wfile.write(body)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[Honest]]:
    """Two honest witnesses."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(serving_witness(tmp_path / name, name)) for name in ("one", "two")
        ]


LIAR = new_signer("liar.example", bytes(range(5, 37)), COSIGNATURE)


def policy_with(two: list[Honest], url: str, least: int | None = None) -> Policy:
    """Two honest witnesses and a third at `url`; any two of them suffice."""
    third = Witness("liar", LIAR.verifier, url)
    return make_policy(
        [Log(LOG.verifier)], [*(one.as_witness() for one in two), third], least=least
    )


def note_of(size: int, tree: Tree = TREE, signer: Signer = LOG) -> str:
    return sign_note(Checkpoint(ORIGIN, size, tree.root(size)).text(), [signer])


def proofs(size: int, tree: Tree = TREE) -> Callable[[int], list[bytes]]:
    return lambda old: tree.proof(old, size)


def closed_address() -> str:
    """Where nobody listens."""
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{line.getsockname()[1]}"


def test_two_of_three_with_one_down(two: list[Honest]) -> None:
    policy = policy_with(two, closed_address())
    sizes: dict[str, int] = {}
    two[1].now = NOW + 4
    done = collect(note_of(5), policy, proofs(5), sizes=sizes, now=NOW)
    assert [answer.ok for answer in done.answers] == [True, True, False]
    assert "no connection" in done.answers[2].said
    assert done.at == NOW + 4
    assert open_checkpoint(policy, done.note).checkpoint.size == 5
    assert sizes == {"one": 5, "two": 5}
    # What each signed last is remembered, so one question is enough the next time.
    before = [len(one.asked) for one in two]
    done = collect(note_of(900), policy, proofs(900), sizes=sizes, now=NOW)
    assert done.at is not None
    assert [len(one.asked) - asked for one, asked in zip(two, before, strict=True)] == [1, 1]


def test_follows_the_size_that_a_witness_names(two: list[Honest]) -> None:
    policy = policy_with(two, closed_address())
    collect(note_of(5), policy, proofs(5))
    two_only = make_policy([Log(LOG.verifier)], [two[1].as_witness()])
    collect(note_of(9), two_only, proofs(9))
    done = collect(note_of(300), policy, proofs(300))
    assert [answer.ok for answer in done.answers] == [True, True, False]
    # Nothing was added: the same size is signed again, with its new time.
    two[0].now = two[1].now = NOW + 600
    assert collect(note_of(300), policy, proofs(300)).at == NOW + 600


def test_one_of_three_is_no_quorum(two: list[Honest]) -> None:
    policy = policy_with([two[0]], closed_address(), least=2)
    done = collect(note_of(5), policy, proofs(5))
    assert done.at is None
    with pytest.raises(NoteError, match="no quorum"):
        open_checkpoint(policy, done.note)


def test_a_stolen_key_signs_a_fork_that_nobody_accepts(two: list[Honest]) -> None:
    """The thief signs as the log does: no witness signs, no policy accepts, and all of it shows."""
    policy = policy_with(two, closed_address())
    true = collect(note_of(5), policy, proofs(5))
    for size in (5, 8):
        forged = note_of(size, FORK)
        done = collect(forged, policy, proofs(size, FORK))
        assert done.at is None
        assert done.note == forged
        assert not any(answer.ok for answer in done.answers)
        with pytest.raises(NoteError):
            open_checkpoint(policy, done.note)
        # Signatures of the true tree are no good under the fork.
        lines = "".join(f"{line}\n" for line in true.note.splitlines()[-2:])
        with pytest.raises(NoteError):
            open_checkpoint(policy, forged + lines)
    assert collect(note_of(5, FORK), policy, proofs(5)).answers[0].said == (
        "it has signed another tree of size 5"
    )
    assert len(list((two[0].witness.folder / "evidence").iterdir())) == 2
    assert collect(note_of(8), policy, proofs(8)).at == NOW


def test_a_witness_that_is_ahead_is_told_apart(two: list[Honest]) -> None:
    """After a restored backup the witnesses know more than the log: that must be seen."""
    policy = policy_with(two, closed_address())
    sizes: dict[str, int] = {}
    collect(note_of(9), policy, proofs(9), sizes=sizes)
    for known in (sizes, {}):
        done = collect(note_of(5), policy, proofs(5), sizes=known)
        assert [answer.size for answer in done.answers] == [9, 9, None]
        assert "it has signed 9 entries" in done.answers[0].said
        assert done.at is None


def signature(at: int, size: int = 5, tree: Tree = TREE, key: Signer = LIAR) -> bytes:
    return cosign(key, Checkpoint(ORIGIN, size, tree.root(size)).text(), at).encode()


STRANGER = new_signer("stranger.example", bytes(32), COSIGNATURE)
WRONG = signature(NOW)[:-30] + b"AAAA" + signature(NOW)[-26:]


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, signature(NOW, 4), "is wrong"),
        (200, signature(NOW, 5, FORK), "is wrong"),
        (200, WRONG, "is wrong"),
        (200, signature(NOW - 3600), "its clock shows"),
        (200, signature(NOW + 3600), "its clock shows"),
        (200, signature(NOW, key=STRANGER), "no key that is trusted"),
        (200, b"", "signatures"),
        (200, b"\xff\xff\n", "UTF-8"),
        (200, signature(NOW)[:-1], "newline"),
        (200, signature(NOW) + b"\nand more\n", "trusted|malformed|wrong"),
        (200, note_of(5).encode(), "malformed|wrong|trusted"),
        (409, b"6\n", "it has signed 6 entries"),
        (409, b"5\n", "names another size|another tree"),
        (409, b"3\n", "it has signed another tree of size 3"),
        (409, b"-3\n", "409 -3"),
        (409, b"9" * 5000 + b"\n", "409 999"),
        (409, b"", "409"),
        (422, b"no\n", "422 no"),
        (500, b"x" * 5000, "500 xxx"),
        (302, b"elsewhere", "302"),
        (200, signature(NOW) * 900, "too long"),
    ],
)
def test_what_a_liar_says_costs_its_own_signature_only(status: int, body: bytes, said: str) -> None:
    with liar(lambda caller, _: reply(caller, status, body)) as url:
        policy = make_policy([Log(LOG.verifier)], [Witness("liar", LIAR.verifier, url)])
        done = collect(note_of(5), policy, proofs(5), now=NOW)
    assert done.note == note_of(5)
    assert done.at is None
    (answer,) = done.answers
    assert not answer.ok
    assert len(answer.said) < 250
    assert any(part in answer.said for part in said.split("|")), answer.said


def test_only_its_own_line_of_an_answer_is_taken() -> None:
    body = signature(NOW, key=STRANGER) + signature(NOW) + signature(NOW - 1)
    with liar(lambda caller, _: reply(caller, 200, body)) as url:
        policy = make_policy([Log(LOG.verifier)], [Witness("liar", LIAR.verifier, url)])
        done = collect(note_of(5), policy, proofs(5), now=NOW)
    assert done.note == note_of(5) + signature(NOW).decode()
    assert done.at == NOW


def drip(caller: http.server.BaseHTTPRequestHandler, _body: bytes) -> None:
    """One byte now and then, for ever."""
    caller.send_response(200)
    caller.send_header("Content-Length", "5000")
    caller.end_headers()
    for _ in range(200):
        caller.wfile.write(b"x")
        caller.wfile.flush()
        time.sleep(0.05)


def drip_head(caller: http.server.BaseHTTPRequestHandler, _body: bytes) -> None:
    """The same before the first empty line."""
    for _ in range(200):
        caller.wfile.write(b"x")
        caller.wfile.flush()
        time.sleep(0.05)


def flood(caller: http.server.BaseHTTPRequestHandler, _body: bytes) -> None:
    """An answer without an end."""
    caller.send_response(200)
    caller.end_headers()
    for _ in range(2_000):
        caller.wfile.write(b"x" * 10_000)


def silence(caller: http.server.BaseHTTPRequestHandler, _body: bytes) -> None:
    """Nothing at all."""
    time.sleep(1.5)


@pytest.mark.parametrize("behaviour", [drip, drip_head, flood, silence])
def test_slow_and_endless_answers_do_not_hold_up_the_rest(
    two: list[Honest], behaviour: Callable[[http.server.BaseHTTPRequestHandler, bytes], None]
) -> None:
    with liar(behaviour) as url:
        policy = policy_with(two, url)
        began = time.monotonic()
        done = collect(note_of(5), policy, proofs(5), timeout=0.7)
        assert time.monotonic() - began < 5.0
    assert done.at == NOW
    assert not done.answers[2].ok


def test_who_is_slow_is_not_waited_for_once_enough_have_signed(two: list[Honest]) -> None:
    with liar(silence) as url:
        began = time.monotonic()
        done = collect(note_of(5), policy_with(two, url), proofs(5), timeout=30)
        assert time.monotonic() - began < 10.0
    assert done.at == NOW
    assert not done.answers[2].ok


@pytest.mark.parametrize("url", ["ftp://witness.example", "nowhere", "http://", "http://[::1"])
def test_addresses_that_are_none(two: list[Honest], url: str) -> None:
    done = collect(note_of(5), policy_with(two, url), proofs(5))
    assert done.at == NOW
    assert not done.answers[2].ok


def test_only_what_the_log_signed_is_shown_around(two: list[Honest]) -> None:
    policy = policy_with(two, closed_address())
    with pytest.raises(NoteError):
        collect(note_of(5, signer=new_signer(ORIGIN, bytes(32))), policy, proofs(5))
    with pytest.raises(NoteError):
        collect(note_of(5)[:-1], policy, proofs(5))
    assert not two[0].asked
    # Signatures of witnesses that the note brings along do not count as collected.
    old = note_of(5) + signature(NOW - 900).decode()
    done = collect(old, policy, proofs(5))
    assert LIAR.verifier not in open_note(done.note, [LOG.verifier, LIAR.verifier]).signatures


def test_without_witnesses_nobody_is_asked() -> None:
    policy = make_policy([Log(LOG.verifier)], [])
    done = collect(note_of(5), policy, proofs(5))
    assert (done.note, done.at, done.answers) == (note_of(5), None, ())


def test_a_connection_has_an_end_and_there_are_only_so_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who talks without end is cut off, and who comes when all places are taken is sent away."""
    monkeypatch.setattr(serving, "CONNECTION_SECONDS_MAX", 0.3)
    monkeypatch.setattr(serving, "CONNECTIONS_MAX", 2)
    with serving_witness(tmp_path / "one", "one") as honest:
        place = ("127.0.0.1", int(honest.url.rsplit(":", 1)[1]))
        talkers = [socket.create_connection(place, timeout=10) for _ in range(2)]
        for talker in talkers:
            talker.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 5000\r\n\r\n")
        third = socket.create_connection(place, timeout=10)
        assert third.recv(100) == b""
        began = time.monotonic()
        for talker in talkers:
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                while time.monotonic() - began < 8.0:
                    talker.sendall(b"x")
                    time.sleep(0.05)
            talker.close()
        assert time.monotonic() - began < 8.0
        policy = make_policy([Log(LOG.verifier)], [honest.as_witness()])
        assert collect(note_of(5), policy, proofs(5)).at == NOW
