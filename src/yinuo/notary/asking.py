"""Asking all witnesses of a policy to sign a checkpoint, at once and each for its own account.

A witness that is down, slow, wrong or lying costs its own signature and nothing else: an answer is
believed when its signature over this very checkpoint holds and its time is now.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from yinuo.engines.tlog.checkpoint import parse_checkpoint, read_time
from yinuo.engines.tlog.notes import NoteError, encode_base64, open_note, split_note
from yinuo.engines.tlog.policy import Policy, Witness, quorum_time

SECONDS_MAX = 5.0
# Once enough have signed, the others get this much longer.
GRACE_SECONDS = 1.0
ANSWER_BYTES_MAX = 100_000
SKEW_SECONDS_MAX = 300
# Two: the first try may begin at a size that the witness has left behind, the next not.
TRIES = 3

ProofFor = Callable[[int], Sequence[bytes]]
"""The consistency proof from a size to that of the checkpoint; called in threads of our own."""


@dataclass(frozen=True)
class Answer:
    """What one witness did: `line` is its signature line, empty if it gave none that holds.

    `said` says why in words. `size` is the last size the witness says to have signed, when it
    named one: larger than ours, or equal with another root, means that two histories exist.
    """

    name: str
    line: str
    said: str
    size: int | None = None

    @property
    def ok(self) -> bool:
        """Whether it signed."""
        return bool(self.line)


@dataclass(frozen=True)
class Collected:
    """The note with all signatures that hold.

    `at` is the Unix second by which a quorum had signed, None when too few did.
    """

    note: str
    at: int | None
    answers: tuple[Answer, ...]


def collect(
    note: str,
    policy: Policy,
    proof_for: ProofFor,
    timeout: float = SECONDS_MAX,
    *,
    sizes: MutableMapping[str, int] | None = None,
    now: int | None = None,
) -> Collected:
    """Ask every witness of the policy that has an address to sign `note`.

    Parameters
    ----------
    note
        The checkpoint, signed by the log; signatures of witnesses in it are left out.
    proof_for
        Gives the proof from the size that a witness names; only sizes below that of the note
        are asked for.
    timeout
        Seconds after which who has not answered is left out, however busily it talks.
    sizes
        What each witness signed last, by its name in the policy; read and brought up to date, so
        that the next time one question is enough.
    now
        The Unix second; a signature with a time further than five minutes from it is refused.
        Without it every time is taken.

    Raises
    ------
    NoteError
        The note is not one that a log of the policy signed.
    """
    known = {} if sizes is None else sizes
    bare = _log_part(note, policy)
    asked = [witness for witness in policy.witnesses if witness.url]
    answers: SimpleQueue[tuple[int, Answer]] = SimpleQueue()
    lines = [_Line(witness, bare, proof_for, timeout, now) for witness in asked]
    for place, line in enumerate(lines):
        first = known.get(line.witness.name, 0)
        work = (place, line, first, answers)
        threading.Thread(target=_work, args=work, daemon=True).start()
    heard = _listen(lines, answers, policy, bare, timeout)
    for line in lines:
        line.cut()
    whole = bare + "".join(answer.line for answer in heard)
    size = parse_checkpoint(split_note(bare)[0]).size
    for answer in heard:
        last = size if answer.ok else answer.size
        if last is not None:
            known[answer.name] = last
    return Collected(whole, quorum_time(policy, whole), tuple(heard))


def _log_part(note: str, policy: Policy) -> str:
    """The note with the signatures of the policy's logs alone."""
    logs = [log.verifier for log in policy.logs]
    text, lines = split_note(note)
    open_note(note, logs)
    names = {log.name for log in logs}
    kept = [line for line in lines if line.split(" ")[1] in names]
    return text + "\n" + "".join(f"{line}\n" for line in kept)


def _listen(
    lines: Sequence[_Line],
    answers: SimpleQueue[tuple[int, Answer]],
    policy: Policy,
    bare: str,
    timeout: float,
) -> list[Answer]:
    """What was answered in time, in the policy's order; who was not heard is named too."""
    end = time.monotonic() + timeout
    heard: dict[int, Answer] = {}
    while len(heard) < len(lines):
        try:
            place, answer = answers.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            break
        heard[place] = answer
        whole = bare + "".join(answer.line for answer in heard.values())
        if answer.ok and quorum_time(policy, whole) is not None:
            end = min(end, time.monotonic() + GRACE_SECONDS)
    return [
        heard.get(place, Answer(line.witness.name, "", "no answer in time"))
        for place, line in enumerate(lines)
    ]


def _work(place: int, line: _Line, first: int, answers: SimpleQueue[tuple[int, Answer]]) -> None:
    name = line.witness.name
    try:
        answer = line.ask(first)
    except (OSError, http.client.HTTPException) as failure:
        answer = Answer(name, "", f"no connection: {failure or type(failure).__name__}")
    except (NoteError, ValueError) as wrong:
        answer = Answer(name, "", f"{wrong}")
    answers.put((place, answer))


class _Line:
    """The connection to one witness."""

    def __init__(
        self, witness: Witness, note: str, proof_for: ProofFor, timeout: float, now: int | None
    ) -> None:
        self.witness, self.note, self.proof_for = witness, note, proof_for
        self.timeout, self.now = timeout, now
        self.end = time.monotonic() + timeout
        self.size = parse_checkpoint(split_note(note)[0]).size
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, first: int) -> Answer:
        """Ask from the size `first` on, then from the size that the witness names."""
        name, old = self.witness.name, min(first, self.size)
        for _ in range(TRIES):
            proof = self.proof_for(old) if 0 < old < self.size else ()
            status, data = self.post(old, proof)
            if status == 200:
                return Answer(name, self.take(data), "signed")
            text = data.decode("utf-8", "replace").strip()
            said = int(text) if re.fullmatch(r"0|[1-9][0-9]{0,18}", text) else None
            # For another root at our own size: 409 in the published text, 422 in its next draft.
            other = old == self.size and (status == 422 or (status == 409 and said is None))
            if other or (status == 409 and said == old):
                return Answer(name, "", f"it has signed another tree of size {old}", old)
            if status != 409 or said is None:
                return Answer(name, "", f"{status} {text[:200]}")
            if said > self.size:
                return Answer(name, "", f"it has signed {said} entries of this log", said)
            old = said
        return Answer(name, "", "it names another size each time")

    def post(self, old: int, proof: Sequence[bytes]) -> tuple[int, bytes]:
        """One question; raises OSError, HTTPException or ValueError when there is no answer."""
        url = urllib.parse.urlsplit(self.witness.url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if url.scheme not in kinds or not url.hostname:
            raise ValueError("this is no address of a witness")
        if self.connection is None:
            made = kinds[url.scheme](url.hostname, url.port, timeout=self.timeout)
            self.connection = made
        lines = "".join(f"{encode_base64(one)}\n" for one in proof)
        body = f"old {old}\n{lines}\n{self.note}".encode()
        # An absolute path without what follows a question mark; redirections are not followed.
        path = url.path.rstrip("/") + "/add-checkpoint"
        self.connection.request("POST", path, body, {"Content-Type": "text/plain; charset=utf-8"})
        answer = self.connection.getresponse()
        data = answer.read(ANSWER_BYTES_MAX + 1)
        if len(data) > ANSWER_BYTES_MAX:
            raise ValueError("its answer is too long")
        return answer.status, data

    def take(self, data: bytes) -> str:
        """The one line of the answer that is this witness's own signature over our note.

        Raises NoteError when there is none, it is wrong, or its time is not now.
        """
        text, _ = split_note(self.note)
        verifier = self.witness.verifier
        # What it says of other keys is none of our business and does not reach the note.
        opened = open_note(f"{text}\n".encode() + data, [verifier])
        signature = opened.signatures[verifier]
        at = read_time(signature)
        if self.now is not None and abs(at - self.now) > SKEW_SECONDS_MAX:
            raise NoteError(f"its clock shows {at}, ours {self.now}")
        return f"— {verifier.name} {encode_base64(verifier.key_id + signature)}\n"

    def cut(self) -> None:
        """End the connection, also under a thread that still reads from it."""
        line = self.connection.sock if self.connection else None
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
