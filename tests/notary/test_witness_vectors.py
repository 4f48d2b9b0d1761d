"""Requests that another witness is tested with, and its verdicts.

Numbers, hashes and signatures: the test of litewitness (FiloSottile/litetlog, ISC licence), which
asks in Sigsum's form. Sigsum's signed tree heads are checkpoints, so the same signatures are
asked about here in the form of C2SP tlog-witness.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from yinuo.engines.tlog import ED25519, Checkpoint, Verifier, cosigned_at, encode_base64
from yinuo.notary import witnessing

PUBLIC = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
KEY_HASH = "4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e56"
ORIGIN = f"sigsum.org/v1/tree/{KEY_HASH}2"
LOG = Verifier(ORIGIN, ED25519, PUBLIC)
ROOTS = {
    1: "2a00000000000000000000000000000000000000000000000000000000000000",
    3: "45c088d4d939e9971298811f227d1295eaad57bbafae55cd71c171e7de48c25d",
    5: "42bb57ad06420afa4882c4a63ac6a1ec77480b330b2f20dfc53a0caa5f564e36",
}
SIGNATURES = {
    1: "b7cf653aa9c565a1ca359db81bd3bc656ab2890c6ea4c0aec42295e80aa05049"
    "423505026434f987923ccdf07d440c152cd59e736e5914d8ada8d7a4d51b2106",
    3: "655bb4871d15bc05032d67eece88900c4863a27f190393b99176391577f5def9"
    "71b023d9a418c3226b7b7ea47b33686d9b3849451dadc6b07c007c595af1ea0a",
    5: "0fc43899968b48b5150b0e8fe7ad07b17c21c7056a6fe381deb0cd19ece103d5"
    "9b2119b5dbe5d54d8a1262ce67f01245c5898b4b56f747495804a17a2eec0f0c",
}


def hashed(number: int, last: int = 0) -> bytes:
    """The hash of a leaf in that test: 2a, its number, zeros."""
    return bytes([0x2A, number]) + bytes(29) + bytes([last])


INNER = bytes.fromhex("f9f50357e93def4078237b8aaea24ce1a3f5965a0f64ff26bebd99e30470d8b2")
LEFT = bytes.fromhex("c2088815d65f60dbfa594d4e96504ab169cb6084bf0c132ab7c521fd2e0eba41")
TO_THREE = [hashed(1), hashed(2)]
# Size, old size, proof, what is wrong with it, and the answer.
CASES: list[tuple[int, int, list[bytes], str, int]] = [
    (1, 0, [], "", 200),
    (3, 1, TO_THREE, "signature", 403),
    (3, 1, TO_THREE, "log", 404),
    (3, 1, [], "", 422),
    (3, 1, [hashed(1), hashed(2, 1)], "", 422),
    (3, 1, TO_THREE, "", 200),
    (5, 1, [hashed(1), INNER, hashed(4)], "", 409),
    (5, 3, [hashed(2), hashed(3), LEFT, hashed(4)], "", 200),
    (5, 5, [], "", 200),
]


def request(size: int, old: int, proof: list[bytes], wrong: str) -> str:
    """The request of one case."""
    origin = f"sigsum.org/v1/tree/{KEY_HASH}1" if wrong == "log" else ORIGIN
    text = Checkpoint(origin, size, bytes.fromhex(ROOTS[size])).text()
    signature = bytearray.fromhex(SIGNATURES[size])
    signature[-1] ^= wrong == "signature"
    line = f"— {origin} {encode_base64(LOG.key_id + signature)}\n"
    lines = "".join(f"{encode_base64(one)}\n" for one in proof)
    return f"old {old}\n{lines}\n{text}\n{line}"


@pytest.mark.need(25)
def test_judges_as_another_witness_does(tmp_path: Path) -> None:
    witnessing.create(tmp_path / "witness", "witness.example")
    witnessing.trust(tmp_path / "witness", LOG.vkey())
    witness = witnessing.Witness(tmp_path / "witness", lambda: 1_700_000_000)
    for size, old, proof, wrong, status in CASES:
        asked = request(size, old, proof, wrong)
        reply = witness.add_checkpoint(asked.encode())
        assert (reply.status, size, old) == (status, size, old), reply
        if status == 409:
            assert (reply.body, reply.kind) == ("3\n", "text/x.tlog.size")
        if status == 200:
            note = asked.partition("\n\n")[2] + reply.body
            assert cosigned_at(note, witness.signer.verifier) == 1_700_000_000
