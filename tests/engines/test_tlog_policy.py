"""Policies: read strictly, and the time by which a quorum had signed."""

from __future__ import annotations

import itertools
import random

import pytest

from yinuo.engines.tlog import (
    COSIGNATURE,
    Checkpoint,
    Group,
    Log,
    NoteError,
    Policy,
    Signer,
    Witness,
    cosign,
    format_policy,
    make_policy,
    new_signer,
    open_checkpoint,
    parse_policy,
    quorum_time,
    sign_note,
)

ORIGIN = "log.example/queue"
LOG = new_signer(ORIGIN, bytes(range(32)))
NEXT = new_signer(ORIGIN, bytes(range(50, 82)))
RECEIPT = new_signer(f"{ORIGIN}/receipt", bytes(range(9, 41)))
KEYS = [new_signer(f"w{at}.example", bytes([at]) * 32, COSIGNATURE) for at in range(1, 8)]
WITNESSES = [Witness(f"w{at}", key.verifier) for at, key in enumerate(KEYS, 1)]
TEXT = Checkpoint(ORIGIN, 7, bytes(range(32))).text()
LOG_LINE = f"log {LOG.verifier.vkey()}\n"
WITNESS_LINES = "".join(f"witness w{at} {key.verifier.vkey()}\n" for at, key in enumerate(KEYS, 1))
TOP = LOG_LINE + WITNESS_LINES


def note(times: dict[int, int], signer: Signer = LOG) -> str:
    """The checkpoint, signed by witness number n at the second times[n]."""
    lines = (cosign(KEYS[at - 1], TEXT, second) for at, second in times.items())
    return sign_note(TEXT, [signer]) + "".join(lines)


def test_default_is_two_of_three() -> None:
    policy = make_policy([Log(LOG.verifier)], WITNESSES[:3], receipts=[RECEIPT.verifier])
    text = format_policy(policy)
    assert "group witnesses 2 w1 w2 w3\nquorum witnesses\n" in text
    assert f"# yinuo receipt {RECEIPT.verifier.vkey()}\n" in text
    assert parse_policy(text) == parse_policy(text.encode()) == policy
    assert quorum_time(policy, note({1: 50})) is None
    assert quorum_time(policy, note({1: 50, 2: 40})) == 50
    # The third adds certainty and never moves the time to later.
    assert quorum_time(policy, note({1: 50, 2: 40, 3: 90})) == 50
    assert quorum_time(policy, note({3: 30, 2: 40, 1: 90})) == 40
    assert open_checkpoint(policy, note({1: 50, 2: 40})).at == 50
    assert open_checkpoint(policy, note({1: 50, 2: 40})).checkpoint.size == 7
    with pytest.raises(NoteError, match="no quorum"):
        open_checkpoint(policy, note({1: 50}))


def test_the_same_witness_twice_is_one() -> None:
    policy = make_policy([Log(LOG.verifier)], WITNESSES[:3])
    twice = note({1: 50}) + cosign(KEYS[0], TEXT, 60)
    assert quorum_time(policy, twice) is None


def test_without_witnesses() -> None:
    policy = make_policy([Log(LOG.verifier)], [])
    assert format_policy(policy).endswith("quorum none\n")
    assert open_checkpoint(policy, note({})).at is None
    assert quorum_time(policy, note({1: 5})) is None


def test_of_the_specification() -> None:
    """The example with two levels of groups: two of X and any of Y."""
    policy = parse_policy(
        TOP
        + "group X-witnesses 2 w1 w2 w3\n\n# a comment\n"
        + "  group\tY-witnesses  any w4 w5 w6\t\n"
        + "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
    )
    assert policy.groups[2] == Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses"))
    assert quorum_time(policy, note({1: 1, 2: 2, 3: 3})) is None
    assert quorum_time(policy, note({1: 1, 4: 4, 5: 5})) is None
    assert quorum_time(policy, note({1: 10, 3: 30, 5: 20, 6: 25})) == 30
    assert quorum_time(policy, note({1: 10, 3: 12, 5: 20, 6: 25, 7: 1})) == 20


def test_a_single_witness_as_the_quorum() -> None:
    policy = parse_policy(TOP + "quorum w2\n")
    assert quorum_time(policy, note({1: 1})) is None
    assert quorum_time(policy, note({2: 9, 1: 1})) == 9


def test_only_the_logs_of_the_policy() -> None:
    policy = make_policy([Log(LOG.verifier)], WITNESSES[:1])
    for stranger in (NEXT, new_signer("stranger.example", bytes(32))):
        with pytest.raises(NoteError):
            quorum_time(policy, note({1: 1}, stranger))
    other = Checkpoint("another.example", 7, bytes(range(32))).text()
    signed = sign_note(other, [LOG]) + cosign(KEYS[0], other, 1)
    with pytest.raises(NoteError, match="no log of the policy"):
        quorum_time(policy, signed)
    with pytest.raises(NoteError, match="wrong"):
        quorum_time(policy, note({1: 1}) + LOG.line(bytes(64)))


def test_while_the_key_of_the_log_is_changed() -> None:
    policy = make_policy([Log(LOG.verifier), Log(NEXT.verifier)], WITNESSES[:1])
    assert parse_policy(format_policy(policy)) == policy
    for signer in (LOG, NEXT):
        assert quorum_time(policy, note({1: 3}, signer)) == 3
    both = sign_note(TEXT, [LOG, NEXT]) + cosign(KEYS[0], TEXT, 4)
    assert quorum_time(policy, both) == 4


VKEY = LOG.verifier.vkey()
W1 = KEYS[0].verifier.vkey()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        TOP,
        "quorum none",
        "quorum none\nquorum none\n",
        "quorum w1\n" + TOP,
        TOP + "quorum w9\n",
        TOP + "quorum\n",
        TOP + "quorum w1 w2\n",
        TOP + "Quorum w1\n",
        TOP + "quorum w1\r\n",
        TOP + "quorum w1\x00\n",
        TOP + "quorum w1\x7f\n",
        TOP + "# a comment with a\x0b\nquorum w1\n",
        TOP + "# and one that does not end\nquorum w1\n#",
        TOP + "quorum\u00a0w1\n",
        TOP + LOG_LINE + "quorum none\n",
        TOP + f"log {VKEY} url extra\nquorum none\n",
        "log\nquorum none\n",
        f"log {W1}\nquorum none\n",
        f"witness w1 {VKEY}\nquorum none\n",
        f"witness w1 {W1}\nwitness other {W1}\nquorum none\n",
        f"witness w1 {W1}\nwitness w1 {KEYS[1].verifier.vkey()}\nquorum none\n",
        f"witness none {W1}\nquorum none\n",
        f"witness w1 {W1[:-4]}\nquorum none\n",
        f"witness w1 {W1} url extra\nquorum none\n",
        TOP + "group g\nquorum none\n",
        TOP + "group g 1\nquorum none\n",
        TOP + "group g any\nquorum none\n",
        TOP + "group g 0 w1\nquorum none\n",
        TOP + "group g 2 w1\nquorum none\n",
        TOP + "group g 01 w1\nquorum none\n",
        TOP + "group g １ w1\nquorum none\n",
        TOP + "group g -1 w1\nquorum none\n",
        TOP + "group g some w1\nquorum none\n",
        TOP + "group g any w1 w1\nquorum none\n",
        TOP + "group g any w1\ngroup h any w1\nquorum none\n",
        TOP + "group g any none\nquorum none\n",
        TOP + "group g any later\ngroup later any w1\nquorum none\n",
        TOP + "group g any g\nquorum none\n",
        TOP + "group none any w1\nquorum none\n",
        TOP + "group w1 any w2\nquorum none\n",
        TOP + "group g any w1\ngroup g any w2\nquorum none\n",
        "# yinuo receipt AAAA\nquorum none\n",
        "x" * 300_000 + "\nquorum none\n",
        "\n" * 5_000 + "quorum none\n",
    ],
)
def test_policies_that_are_none(text: str) -> None:
    with pytest.raises(NoteError):
        parse_policy(text)


def test_says_the_line() -> None:
    with pytest.raises(NoteError, match=r"^line 2: w9 is not defined above$"):
        parse_policy(f"{LOG_LINE}quorum w9\n")


def test_names_and_comments_are_octets() -> None:
    latin = f"witness zeug\xe9 {W1}\n# caf\xe9\nquorum zeug\xe9\n".encode("latin-1")
    assert parse_policy(latin).quorum == parse_policy(latin).witnesses[0].name
    kelvin = f"witness K {W1}\nquorum \u212a\n"
    with pytest.raises(NoteError):
        parse_policy(kelvin)
    far = f"witness 见证 {W1} https://见证.example/a\nquorum 见证\n"
    assert parse_policy(far).witnesses[0].url == "https://见证.example/a"


def test_as_large_as_others_must_read_and_deep_without_harm() -> None:
    many = [new_signer(f"w{at}", at.to_bytes(32, "big"), COSIGNATURE) for at in range(1, 33)]
    lines = [f"witness w{at} {key.verifier.vkey()}" for at, key in enumerate(many, 1)]
    lines += [f"group g{at} any w{at}" for at in range(1, 33)]
    lines += ["group all 32 " + " ".join(f"g{at}" for at in range(1, 33)), "quorum all"]
    assert len(parse_policy("\n".join(lines) + "\n").groups) == 33
    deep = [LOG_LINE.strip(), f"witness g0 {W1}"]
    deep += [f"group g{at} any g{at - 1}" for at in range(1, 3_000)]
    policy = parse_policy("\n".join([*deep, "quorum g2999"]) + "\n")
    assert quorum_time(policy, note({1: 12})) == 12


def slow_time(policy: Policy, name: str, times: dict[str, int]) -> int | None:
    """By trying every second: the first by which those who had signed until then are enough."""

    def enough(name: str, until: int) -> bool:
        for group in policy.groups:
            if group.name == name:
                return sum(enough(one, until) for one in group.members) >= group.least
        return name in times and times[name] <= until

    return next((until for until in range(30) if enough(name, until)), None)


def test_agrees_with_trying_every_second() -> None:
    chance = random.Random(20)
    for _ in range(150):
        names = [f"w{at}" for at in range(1, 8)]
        lines, free = [TOP], list(names)
        for number in range(chance.randint(1, 3)):
            chance.shuffle(free)
            members = [free.pop() for _ in range(chance.randint(1, min(3, len(free))))]
            least = chance.choice(["all", "any", str(chance.randint(1, len(members)))])
            lines.append(f"group g{number} {least} {' '.join(members)}\n")
            free.append(f"g{number}")
        quorum = chance.choice([*names, f"g{number}", f"g{number}"])
        policy = parse_policy("".join([*lines, f"quorum {quorum}\n"]))
        signed = {at: chance.randint(0, 25) for at in range(1, 8) if chance.random() < 0.6}
        times = {f"w{at}": second for at, second in signed.items()}
        assert quorum_time(policy, note(signed)) == slow_time(policy, quorum, times)


def test_any_order_of_signatures_means_the_same() -> None:
    policy = make_policy([Log(LOG.verifier)], WITNESSES[:3])
    first, *rest = note({1: 5, 2: 7, 3: 6}).split("\n— ")
    for lines in itertools.permutations([part.rstrip("\n") for part in rest]):
        shuffled = "\n— ".join([first, *lines]) + "\n"
        assert quorum_time(policy, shuffled) == 6
