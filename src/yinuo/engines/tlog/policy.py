"""Whom to believe: which logs, which witnesses, and how many of them together.

Source: C2SP tlog-policy. A comment line of ours, `# yinuo receipt <vkey>`, names the key that signs
receipts; other readers of the format skip it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yinuo.engines.tlog.checkpoint import Checkpoint, parse_checkpoint, read_time
from yinuo.engines.tlog.notes import (
    COSIGNATURE,
    ED25519,
    NoteError,
    Verifier,
    open_note,
    parse_vkey,
)

NONE = "none"
RECEIPT = "# yinuo receipt "
BYTES_MAX = 262_144
LINES_MAX = 4_096
# Tab and newline are the only control characters allowed, and 0x7F is one too.
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Log:
    """A log that is believed; `url` is empty where none is given."""

    verifier: Verifier
    url: str = ""


@dataclass(frozen=True)
class Witness:
    """A witness under the name that the policy gives it; `url` is its submission prefix."""

    name: str
    verifier: Verifier
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Names of witnesses or groups, of which `least` must have signed."""

    name: str
    least: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """A policy; `quorum` is the name of a witness or group, or `none`."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str
    receipts: tuple[Verifier, ...] = ()


@dataclass(frozen=True)
class Seen:
    """A checkpoint that a policy accepts, and the Unix second by which a quorum had signed it.

    `at` is None only where the policy asks for no witness.
    """

    checkpoint: Checkpoint
    at: int | None


def parse_policy(text: str | bytes) -> Policy:
    """The policy written in `text`.

    Raises
    ------
    NoteError
        With the number of the line that is not as specified.
    """
    if isinstance(text, bytes):
        # Names are octets to the specification; this maps them to text and back without loss.
        text = text.decode("utf-8", "surrogateescape")
    if len(text) > BYTES_MAX or text.count("\n") > LINES_MAX:
        raise NoteError("the policy is too long")
    if not text.endswith("\n") or FORBIDDEN.search(text):
        raise NoteError("a policy ends with a newline and has no control characters")
    reading = _Reading()
    for number, line in enumerate(text[:-1].split("\n"), 1):
        try:
            reading.take(line)
        except NoteError as wrong:
            raise NoteError(f"line {number}: {wrong}") from None
    return reading.finish()


def format_policy(policy: Policy) -> str:
    """The policy as a file; `parse_policy` gives the same one back."""
    lines = [" ".join(filter(None, ("log", one.verifier.vkey(), one.url))) for one in policy.logs]
    lines += [f"{RECEIPT}{verifier.vkey()}" for verifier in policy.receipts]
    for witness in policy.witnesses:
        words = ("witness", witness.name, witness.verifier.vkey(), witness.url)
        lines.append(" ".join(filter(None, words)))
    for group in policy.groups:
        lines.append(" ".join(("group", group.name, str(group.least), *group.members)))
    lines.append(f"quorum {policy.quorum}")
    return "".join(f"{line}\n" for line in lines)


def make_policy(
    logs: Sequence[Log],
    witnesses: Sequence[Witness],
    *,
    receipts: Sequence[Verifier] = (),
    least: int | None = None,
) -> Policy:
    """A policy of one group: `least` of the witnesses, by default more than half of them.

    Three witnesses give 2 of 3; none at all gives a policy that asks for none.
    """
    names = tuple(witness.name for witness in witnesses)
    wanted = len(names) // 2 + 1 if least is None else least
    groups = (Group("witnesses", wanted, names),) if names else ()
    quorum = "witnesses" if names else NONE
    made = Policy(tuple(logs), tuple(witnesses), groups, quorum, tuple(receipts))
    return parse_policy(format_policy(made))


def open_checkpoint(policy: Policy, note: str | bytes) -> Seen:
    """The checkpoint of `note`, if a log of the policy signed it and a quorum saw it.

    Raises
    ------
    NoteError
        Neither is so, a signature is wrong, or the log's name is not the checkpoint's.
    """
    checkpoint, times = _read(policy, note)
    at = _time_of(policy, times)
    if at is None and policy.quorum != NONE:
        raise NoteError(f"only {len(times)} of the witnesses signed, and they are no quorum")
    return Seen(checkpoint, at)


def quorum_time(policy: Policy, note: str | bytes) -> int | None:
    """The smallest Unix second by which a quorum had signed; None when too few of them did.

    Also None when the policy asks for no witness: nobody says when it was.

    Raises
    ------
    NoteError
        No log of the policy signed the note, or a signature in it is wrong.
    """
    return _time_of(policy, _read(policy, note)[1])


def _read(policy: Policy, note: str | bytes) -> tuple[Checkpoint, Mapping[str, int]]:
    logs = [log.verifier for log in policy.logs]
    opened = open_note(note, [*logs, *(one.verifier for one in policy.witnesses)])
    checkpoint = parse_checkpoint(opened.text)
    if not any(log in opened.signatures and log.name == checkpoint.origin for log in logs):
        raise NoteError("no log of the policy signed this checkpoint")
    signed = opened.signatures
    times = {
        one.name: read_time(signed[one.verifier])
        for one in policy.witnesses
        if one.verifier in signed
    }
    return checkpoint, times


def _time_of(policy: Policy, times: Mapping[str, int]) -> int | None:
    known = dict(times)
    # A group names only what stands above it, so one pass in order settles all of them.
    for group in policy.groups:
        ordered = sorted(known[member] for member in group.members if member in known)
        if len(ordered) >= group.least:
            known[group.name] = ordered[group.least - 1]
    return known.get(policy.quorum)


class _Reading:
    """A policy half read."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.receipts: list[Verifier] = []
        self.quorum = ""
        self.names = {NONE}
        self.used: set[str] = set()

    def take(self, line: str) -> None:
        words = re.split(r"[ \t]+", line.strip(" \t"))
        match words:
            case [""]:
                return
            case ["#", "yinuo", "receipt", vkey]:
                self.receipts.append(_key(vkey, ED25519))
            case [first, *_] if first.startswith("#"):
                return
            case ["log", vkey]:
                self.add_log(Log(_key(vkey, ED25519)))
            case ["log", vkey, url]:
                self.add_log(Log(_key(vkey, ED25519), url))
            case ["witness", name, vkey]:
                self.add_witness(Witness(name, _key(vkey, COSIGNATURE)))
            case ["witness", name, vkey, url]:
                self.add_witness(Witness(name, _key(vkey, COSIGNATURE), url))
            case ["group", name, least, _, *_]:
                self.add_group(name, least, tuple(words[3:]))
            case ["quorum", name] if not self.quorum:
                self.quorum = self.known(name)
            case ["quorum", _]:
                raise NoteError("a second quorum")
            case _:
                raise NoteError("this is no line of a policy")

    def add_log(self, log: Log) -> None:
        if any(log.verifier.public == other.verifier.public for other in self.logs):
            raise NoteError("this key stands on two lines")
        self.logs.append(log)

    def add_witness(self, witness: Witness) -> None:
        if any(witness.verifier.public == other.verifier.public for other in self.witnesses):
            raise NoteError("this key stands on two lines")
        self.define(witness.name)
        self.witnesses.append(witness)

    def add_group(self, name: str, least: str, members: tuple[str, ...]) -> None:
        for member in members:
            if member == NONE or self.known(member) in self.used:
                raise NoteError(f"{member} cannot be a member, or is one already")
            self.used.add(member)
        words = {"all": len(members), "any": 1}
        if least not in words and not re.fullmatch(r"[1-9][0-9]{0,4}", least):
            raise NoteError("how many are needed is all, any or a number")
        count = words[least] if least in words else int(least)
        if count > len(members):
            raise NoteError("more are needed than there are")
        self.define(name)
        self.groups.append(Group(name, count, members))

    def define(self, name: str) -> None:
        if name in self.names:
            raise NoteError(f"{name} is defined already")
        self.names.add(name)

    def known(self, name: str) -> str:
        if name not in self.names:
            raise NoteError(f"{name} is not defined above")
        return name

    def finish(self) -> Policy:
        if not self.quorum:
            raise NoteError("a policy has one quorum line")
        logs, witnesses, groups = tuple(self.logs), tuple(self.witnesses), tuple(self.groups)
        return Policy(logs, witnesses, groups, self.quorum, tuple(self.receipts))


def _key(vkey: str, kind: int) -> Verifier:
    verifier = parse_vkey(vkey)
    if verifier.kind != kind:
        raise NoteError(f"a key of type 0x{verifier.kind:02x} where 0x{kind:02x} is needed")
    return verifier
