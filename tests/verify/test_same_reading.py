"""The verifier reads proof files, notes and policies just as the engine does, to the letter.

Two readings that differ would be two verdicts: whatever one of them takes, the other takes.
"""

from __future__ import annotations

import random

import pytest

from tests.engines.interop.folders import LOG, Folder, write_folder
from tests.engines.interop.test_node import POLICY, WITNESSES, ours, proof_file
from tests.verify.verifier import VERIFY
from yinuo.engines.tlog import (
    NoteError,
    format_policy,
    new_signer,
    open_checkpoint,
    parse_policy,
    parse_proof,
)

INDEX = 777
L = LOG.verifier.vkey()
A, B, C = [one.verifier.vkey() for one in WITNESSES]
OTHER = new_signer(LOG.name, b"\x09" * 32).verifier.vkey()
NAME, KEY_ID, MATERIAL = L.split("+", 2)
SIGNS = (
    b"\n", b"\n\n", b" ", b"\r", b"=", b"==", b"\xe2\x80\x94 ", b"index ", b"extra QQ==\n", b"0",
    b"+", b"\xc2\xa0", b"\xe2\x80\xa8", b"\x85", b"\xc2\x85", b"\x00", b"\x7f", b"\x1c", b"-1",
    b"\xef\xbb\xbf", b"\xed\xa0\x80", b"A" * 44 + b"\n",
)  # fmt: skip
POLICIES = {
    "as it should be": f"log {L}\nwitness a {A}\nwitness b {B}\ngroup g 2 a b\nquorum g\n",
    "a group of groups": f"log {L}\nwitness a {A}\nwitness b {B}\nwitness c {C}\n"
    "group g any a c\ngroup h all g b\nquorum h\n",
    "tabs, spaces, comments": f"\tlog\t{L}\t\n\t# c\nwitness  a\t {A}   http://x\n\nquorum\ta \n",
    "a quorum that is not met": f"log {L}\nwitness c {C}\nquorum c\n",
    "a space of another kind": f"log {L}\nwitness a\u00a0b {A}\nquorum a\u00a0b\n",
    "no witness asked for": f"log {L}\nquorum none\n",
    "one key under two names": f"log {L}\nwitness a {A}\nwitness b {A}\ngroup g 2 a b\nquorum g\n",
    "a member twice": f"log {L}\nwitness a {A}\ngroup g 2 a a\nquorum g\n",
    "a member of two groups": f"log {L}\nwitness a {A}\ngroup g any a\ngroup h any a\n"
    "group i all g h\nquorum i\n",
    "a name given twice": f"log {L}\nwitness a {C}\nwitness a {A}\nquorum a\n",
    "a group named like a witness": f"log {L}\nwitness a {A}\nwitness b {B}\n"
    "group a any b\nquorum a\n",
    "a witness named none": f"log {L}\nwitness none {A}\nquorum none\n",
    "none as a member": f"log {L}\nwitness a {A}\ngroup g any none a\nquorum g\n",
    "a group of nobody": f"log {L}\nwitness a {A}\ngroup g all\nquorum g\n",
    "the quorum before its name": f"log {L}\nquorum a\nwitness a {A}\n",
    "two quorums": f"log {L}\nwitness a {A}\nquorum a\nquorum none\n",
    "a quorum of two names": f"log {L}\nwitness a {A}\nquorum a b\n",
    "no quorum": f"log {L}\nwitness a {A}\n",
    "a log in a comment, by a line that is none": f"# x\u2028log {L}\nwitness a {A}\nquorum a\n",
    "a log in a comment, by another": f"# x\x85log {L}\nwitness a {A}\nquorum a\n",
    "a space that is none": f"log\u00a0{L}\nwitness a {A}\nquorum a\n",
    "lines as another system ends them": f"log {L}\r\nwitness a {A}\r\nquorum a\r\n",
    "a control character": f"log {L}\n# \x7f\nwitness a {A}\nquorum a\n",
    "no newline at the end": f"log {L}\nwitness a {A}\nquorum a",
    "a word too many": f"log {L} http://x y\nwitness a {A}\nquorum a\n",
    "an unknown line": f"log {L}\nwitness a {A}\nmirror {A}\nquorum a\n",
    "a witness's key for a log": f"log {A}\nlog {L}\nwitness b {B}\nquorum b\n",
    "a log's key for a witness": f"log {L}\nwitness a {L}\nquorum a\n",
    "one log twice": f"log {L}\nlog {L} http://x\nwitness a {A}\nquorum a\n",
    "another log of that name": f"log {OTHER}\nwitness a {A}\nquorum a\n",
    "no log": f"witness a {A}\nquorum a\n",
    "an id in capitals": f"log {NAME}+{KEY_ID.upper()}+{MATERIAL}\nwitness a {A}\nquorum a\n",
    **{
        f"{count!r} of one": f"log {L}\nwitness a {A}\ngroup g {count} a\nquorum g\n"
        for count in ("1", "any", "all", "0", "-1", "2", "+1", "01", "١", "1.0")
    },
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    leaves = [b'{"n":%d,"t":"lock","v":1}' % number for number in range(1000)]
    return write_folder(tmp_path_factory.mktemp("ours"), leaves, [1000])


def theirs(leaf: bytes, data: bytes, policy: str) -> bool:
    """Whether the verifier holds a proof file to be right."""
    try:
        VERIFY.check_proof(data, leaf, VERIFY.Policy(policy), VERIFY.Report())
    except (VERIFY.Finding, ValueError):
        return False
    return True


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_means_the_same_to_both(log: Folder, name: str) -> None:
    data = proof_file(log, INDEX, witnesses=2).encode()
    try:
        open_checkpoint(parse_policy(POLICIES[name]), parse_proof(data).note)
        taken = True
    except NoteError:
        taken = False
    assert theirs(log.leaves[INDEX], data, POLICIES[name]) == taken


def test_the_first_policies_are_met_and_most_others_are_not() -> None:
    taken = 0
    for text in POLICIES.values():
        try:
            taken += bool(parse_policy(text))
        except NoteError:
            continue
    assert 8 <= taken <= len(POLICIES) // 3


def test_a_witness_named_like_the_log_is_not_the_log(log: Folder) -> None:
    shadow = new_signer(LOG.name, bytes([2]) * 32, 4).verifier.vkey()
    text = f"log {OTHER}\nwitness a {shadow}\nquorum a\n"
    data = proof_file(log, INDEX).encode()
    assert not theirs(log.leaves[INDEX], data, text)


def test_a_changed_file_is_the_same_to_both(log: Folder) -> None:
    dice = random.Random(8)
    raw, leaf, policy = proof_file(log, INDEX).encode(), log.leaves[INDEX], format_policy(POLICY)
    lines = raw.split(b"\n")
    said = set()
    for _ in range(700):
        at, sign = dice.randrange(len(raw)), dice.choice(SIGNS)
        flipped = raw[:at] + bytes([raw[at] ^ dice.randrange(1, 256)]) + raw[at + 1 :]
        put_in = raw[:at] + sign + raw[at:]
        cut_out = raw[:at] + raw[at + dice.randrange(1, 40) :]
        doubled, moved = [*lines], [*lines]
        doubled.insert(dice.randrange(len(lines)), dice.choice(lines))
        moved.insert(dice.randrange(len(lines) - 1), moved.pop(dice.randrange(len(lines))))
        for data in (flipped, put_in, cut_out, b"\n".join(doubled), b"\n".join(moved)):
            said.add((ours(leaf, data), theirs(leaf, data, policy)))
    assert said == {(True, True), (False, False)}
