"""Signed notes, checkpoints and cosignatures: the public examples, and what is none."""

from __future__ import annotations

import base64
import re

import pytest

from yinuo.engines.tlog.checkpoint import Checkpoint, cosign, cosigned_at, parse_checkpoint
from yinuo.engines.tlog.notes import (
    COSIGNATURE,
    SIGNATURES_MAX,
    NoteError,
    Verifier,
    decode_base64,
    new_signer,
    open_note,
    parse_skey,
    parse_vkey,
    sign_note,
)

# The example of Go's note package: text, keys and signatures as its documentation prints them.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWL"
    "ox33WWd1RvMc+QQ=\n"
)
PETER_NOTE = f"{PETER_TEXT}\n{PETER_LINE}"
LOG = new_signer("log.example/queue", bytes(range(32)))
WITNESS = new_signer("witness.example/w1", bytes(range(1, 33)), COSIGNATURE)
HEAD = Checkpoint("log.example/queue", 7, bytes(range(32)))


def test_go_example_opens() -> None:
    both = open_note(PETER_NOTE + ENOCH_LINE, [parse_vkey(PETER), parse_vkey(ENOCH)])
    assert both.text == PETER_TEXT
    assert {verifier.name for verifier in both.signatures} == {"PeterNeumann", "EnochRoot"}
    one = open_note((PETER_NOTE + ENOCH_LINE).encode(), [parse_vkey(ENOCH)])
    assert [verifier.name for verifier in one.signatures] == ["EnochRoot"]


def test_go_example_is_made_byte_for_byte() -> None:
    peter = parse_skey(PETER_SECRET)
    assert sign_note(PETER_TEXT, [peter]) == PETER_NOTE
    assert peter.verifier.vkey() == PETER
    assert peter.skey() == PETER_SECRET
    assert "AYEKFALV" not in repr(peter)


def test_a_note_of_ours_comes_back() -> None:
    note = sign_note("eins\n\nzwei\n", [LOG])
    opened = open_note(note, [LOG.verifier, parse_vkey(PETER)])
    assert opened.text == "eins\n\nzwei\n"
    assert list(opened.signatures) == [LOG.verifier]


def test_unknown_signatures_are_ignored() -> None:
    unknown = (
        f"— {LOG.name} {base64.b64encode(b'abcd' + bytes(64)).decode()}\n"
        f"— someone.else {base64.b64encode(LOG.verifier.key_id + bytes(2420)).decode()}\n"
    )
    text, _, line = sign_note(HEAD.text(), [LOG]).rpartition("\n\n")
    assert open_note(f"{text}\n\n{unknown}{line}", [LOG.verifier]).text == HEAD.text()
    with pytest.raises(NoteError, match="no key that is trusted"):
        open_note(f"{text}\n\n{unknown}", [LOG.verifier])


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    note = sign_note(HEAD.text(), [LOG])
    wrong = LOG.line(bytes(64))
    with pytest.raises(NoteError, match="wrong"):
        open_note(note + wrong, [LOG.verifier])
    with pytest.raises(NoteError, match="wrong"):
        open_note(note.replace("\n7\n", "\n8\n"), [LOG.verifier])


def test_doubled_signatures_count_once() -> None:
    note = sign_note(HEAD.text(), [LOG, LOG])
    assert len(open_note(note, [LOG.verifier]).signatures) == 1
    doubled = sign_note(HEAD.text(), [LOG]) + cosign(WITNESS, HEAD.text(), 90)
    doubled += cosign(WITNESS, HEAD.text(), 80)
    assert cosigned_at(doubled, WITNESS.verifier) == 90


def test_as_many_signatures_as_others_must_accept() -> None:
    note = sign_note(HEAD.text(), [LOG]) + parse_skey(PETER_SECRET).sign(HEAD.text()) * 63
    assert open_note(note, [LOG.verifier]).text == HEAD.text()
    with pytest.raises(NoteError, match=f"more than {SIGNATURES_MAX}"):
        open_note(note + PETER_LINE, [LOG.verifier])


NOTE = sign_note(HEAD.text(), [LOG])
BODY, LINE = NOTE.split("\n\n")
SIGNATURE = LINE.split(" ")[2].strip()


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        BODY + "\n",
        BODY + "\n\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE + "x",
        NOTE + "x\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("\n\n", "\n \n"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("—", "-"),
        NOTE.replace("— ", "—"),
        NOTE.replace("— ", "—  "),
        NOTE.replace(f"— {LOG.name}", "— "),
        NOTE.replace(f"— {LOG.name}", "— a+b"),
        NOTE.replace(f"— {LOG.name}", "— a\u00a0b"),
        NOTE.replace(SIGNATURE, SIGNATURE[:-1]),
        NOTE.replace(SIGNATURE, SIGNATURE + "="),
        NOTE.replace(SIGNATURE, SIGNATURE[:20] + " " + SIGNATURE[20:]),
        NOTE.replace(SIGNATURE, "AAAA"),
        NOTE.replace(SIGNATURE, SIGNATURE.replace("+", "-").replace("/", "_") + "_"),
        NOTE.replace("\n7", "\n\x007"),
        NOTE.replace("\n7", "\n\t7"),
        NOTE.replace("\n7", "\n\ud8007"),
        "x" * 1_000_001 + "\n" + NOTE,
    ],
)
def test_malformed_notes(note: str) -> None:
    with pytest.raises(NoteError):
        open_note(note, [LOG.verifier])


def test_every_cut_and_every_changed_byte_is_refused() -> None:
    data = NOTE.encode()
    for at in range(len(data)):
        with pytest.raises(NoteError):
            open_note(data[:at], [LOG.verifier])
        with pytest.raises(NoteError):
            open_note(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], [LOG.verifier])


@pytest.mark.parametrize("text", ["QQ", "QR==", "QQ=", "QQ===", "Q Q=", "QQ==\n", "QQ-_", "Ｑ"])
def test_base64_is_written_in_one_way(text: str) -> None:
    assert decode_base64("QQ==") == b"A"
    with pytest.raises(NoteError):
        decode_base64(text)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        PETER.replace("c74f20a3", "c74f20a4"),
        PETER.replace("c74f20a3", "C74F20A3"),
        PETER.replace("Peter", "Petra"),
        PETER.replace("PeterNeumann", ""),
        PETER[:-4],
        PETER + "=",
        PETER + "+" + PETER,
        "x+00000000+",
        # The type of ML-DSA-44, which is not known here.
        "x+00000000+" + base64.b64encode(b"\x06" + bytes(1312)).decode(),
    ],
)
def test_keys_that_are_none(vkey: str) -> None:
    with pytest.raises(NoteError):
        parse_vkey(vkey)


def test_a_secret_is_not_taken_for_a_public_key() -> None:
    with pytest.raises(NoteError):
        parse_vkey(PETER_SECRET)
    with pytest.raises(NoteError):
        parse_skey(PETER)
    with pytest.raises(NoteError) as failure:
        parse_skey(PETER_SECRET.replace("c74f20a3", "00000000"))
    assert "AYEKFALV" not in str(failure.value)
    with pytest.raises(NoteError):
        new_signer("x", bytes(31))
    with pytest.raises(NoteError):
        Verifier("x y", 1, bytes(32))
    with pytest.raises(NoteError, match="type 0x06"):
        Verifier("x", 6, bytes(32))
    with pytest.raises(NoteError, match="31"):
        Verifier("x", 1, bytes(31))


def test_checkpoint_of_the_specification() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = parse_checkpoint(text)
    assert checkpoint.origin == "example.com/behind-the-sofa"
    assert checkpoint.size == 20852163
    assert checkpoint.text() == text
    largest = text.replace("20852163", str(2**63 - 1))
    assert parse_checkpoint(largest).size == 2**63 - 1
    longer = parse_checkpoint(text + "one more\n")
    assert longer.extensions == ("one more",)
    assert longer.text() == text + "one more\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n7\n",
        HEAD.text()[:-1],
        HEAD.text() + "\n",
        HEAD.text() + "\nextension\n",
        HEAD.text().replace("log.example/queue", ""),
        HEAD.text().replace("\n7\n", "\n07\n"),
        HEAD.text().replace("\n7\n", "\n+7\n"),
        HEAD.text().replace("\n7\n", "\n-7\n"),
        HEAD.text().replace("\n7\n", "\n7 \n"),
        HEAD.text().replace("\n7\n", "\n７\n"),
        HEAD.text().replace("\n7\n", "\n7_0\n"),
        HEAD.text().replace("\n7\n", f"\n{2**63}\n"),
        HEAD.text().replace("\n7\n", "\n" + "9" * 5000 + "\n"),
        re.sub(r"[^\n]+\n$", "QUJD\n", HEAD.text()),
    ],
)
def test_malformed_checkpoints(text: str) -> None:
    with pytest.raises(NoteError):
        parse_checkpoint(text)


def test_cosignature_signs_text_and_time() -> None:
    note = sign_note(HEAD.text(), [LOG]) + cosign(WITNESS, HEAD.text(), 1679315147)
    assert cosigned_at(note, WITNESS.verifier) == 1679315147
    assert set(open_note(note, [LOG.verifier, WITNESS.verifier]).signatures) == {
        LOG.verifier,
        WITNESS.verifier,
    }
    message = f"cosignature/v1\ntime 1679315147\n{HEAD.text()}"
    other = new_signer("plain.example", WITNESS.seed)
    plain = decode_base64(other.sign(message).split(" ")[2].strip())[4:]
    line = decode_base64(note.splitlines()[-1].split(" ")[2])
    assert line[12:] == plain
    assert line[4:12] == (1679315147).to_bytes(8, "big")


def test_a_cosignature_cannot_be_moved_in_time_or_to_another_tree() -> None:
    line = cosign(WITNESS, HEAD.text(), 1679315147)
    raw = decode_base64(line.split(" ")[2].strip())
    moved = WITNESS.line((1679315148).to_bytes(8, "big") + raw[12:])
    far = WITNESS.line(b"\xff" * 8 + raw[12:])
    short = WITNESS.line(raw[4:-1])
    signed = sign_note(HEAD.text(), [LOG])
    for wrong in (moved, far, short):
        assert cosigned_at(signed + wrong, WITNESS.verifier) is None
    other = Checkpoint(HEAD.origin, 8, HEAD.root).text()
    assert cosigned_at(sign_note(other, [LOG]) + line, WITNESS.verifier) is None
    assert cosigned_at(signed, WITNESS.verifier) is None


def test_keys_sign_only_what_they_are_for() -> None:
    with pytest.raises(NoteError):
        WITNESS.sign(HEAD.text())
    with pytest.raises(NoteError):
        LOG.sign_at(HEAD.text(), 1)
    with pytest.raises(NoteError):
        cosign(WITNESS, "anything\n", 1)
    with pytest.raises(NoteError):
        cosign(WITNESS, HEAD.text(), 2**63)
    with pytest.raises(NoteError):
        sign_note(HEAD.text(), [])
    with pytest.raises(NoteError):
        sign_note("no newline", [LOG])
    assert WITNESS.verifier.key_id != new_signer(WITNESS.name, WITNESS.seed).verifier.key_id
