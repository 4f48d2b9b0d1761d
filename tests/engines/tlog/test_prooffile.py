"""Proof files, and everything that looks like one and is none."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yinuo.engines.tlog import ProofError, ProofFile, format_proof, parse_proof
from yinuo.engines.tlog.prooffile import FILE_BYTES_MAX, HASHES_MAX

SIGNATURES = "\u2014 log.example/a " + "QUJDRA" + "A" * 86 + "\n\u2014 witness.example QUJDREVG\n"
NOTE = "log.example/a\n3\n" + "A" * 43 + "=\n\n" + SIGNATURES
HASHES = (b"\x01" * 32, b"\xfe" * 32)
LINES = tuple(base64.b64encode(one).decode() for one in HASHES)
FILE = f"c2sp.org/tlog-proof@v1\nindex 2\n{LINES[0]}\n{LINES[1]}\n\n{NOTE}"


def test_the_file_is_written_as_specified() -> None:
    assert format_proof(2, HASHES, NOTE) == FILE
    assert parse_proof(FILE.encode()) == ProofFile(2, HASHES, NOTE, b"")


def test_more_may_be_said_behind_the_first_line() -> None:
    text = format_proof(0, (), NOTE, b"\x00more")
    assert text.split("\n")[:3] == ["c2sp.org/tlog-proof@v1", "extra AG1vcmU=", "index 0"]
    assert parse_proof(text.encode()) == ProofFile(0, (), NOTE, b"\x00more")


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, (1 << 63) - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=HASHES_MAX),
    st.binary(max_size=300),
)
def test_every_file_leads_back(index: int, hashes: list[bytes], extra: bytes) -> None:
    text = format_proof(index, hashes, NOTE, extra)
    assert parse_proof(text.encode()) == ProofFile(index, tuple(hashes), NOTE, extra)


def test_a_file_cut_short_is_refused() -> None:
    one_signature_less = FILE.index("\u2014 witness")
    for end in set(range(len(FILE))) - {one_signature_less}:
        with pytest.raises(ProofError):
            parse_proof(FILE[:end].encode())


REPLACED = {
    "an unknown version": ("proof@v1", "proof@v2"),
    "an empty first line": ("c2sp.org", "\nc2sp.org"),
    "a number with a zero before it": ("index 2", "index 02"),
    "a number with a sign": ("index 2", "index +2"),
    "a number below zero": ("index 2", "index -2"),
    "a number with a space": ("index 2", "index  2"),
    "a number with a space behind it": ("index 2", "index 2 "),
    "a number with a line between its digits": ("index 2", "index 1_0"),
    "a number that is none": ("index 2", "index "),
    "a number in other digits": ("index 2", "index ٢"),
    "a number in base 16": ("index 2", "index 0x2"),
    "a number too large": ("index 2", f"index {1 << 63}"),
    "a number of a million digits": ("index 2", "index " + "9" * 100_000),
    "a number twice": ("index 2\n", "index 2\nindex 2\n"),
    "no number": ("index 2\n", ""),
    "a hash cut short": (LINES[0], LINES[0][:-1]),
    "a hash of 31 bytes": (LINES[0], base64.b64encode(b"x" * 31).decode()),
    "a hash of 33 bytes": (LINES[0], base64.b64encode(b"x" * 33).decode()),
    "a hash with bits where none are read": (LINES[1], LINES[1][:-2] + "5="),
    "a hash without its padding": (LINES[0], LINES[0].rstrip("=")),
    "a hash with too much padding": (LINES[0], LINES[0] + "="),
    "a hash in the letters of addresses": (LINES[1], LINES[1].replace("/", "_")),
    "a hash with a space": (LINES[0], LINES[0] + " "),
    "a hash in letters from elsewhere": (LINES[0], "АБВ" + LINES[0][3:]),
    "an empty line between hashes": (LINES[0], LINES[0] + "\n"),
    "too many hashes": (LINES[0], "\n".join([LINES[0]] * HASHES_MAX)),
    "lines as another system ends them": ("\n", "\r\n"),
    "a tabulator": ("index 2", "index\t2"),
    "a byte of nothing": (LINES[0], LINES[0] + "\0"),
    "no space before the number": ("index 2", "index2"),
    "more that is nothing": ("index", "extra \nindex"),
    "more that is no base64": ("index", "extra AG1vcmU\nindex"),
    "more that comes twice": ("index", "extra QQ==\nextra QQ==\nindex"),
    "more in the wrong place": ("index 2\n", "index 2\nextra QQ==\n"),
    "a checkpoint of two lines": ("log.example/a\n3\n", "log.example/a\n"),
    "no checkpoint": (NOTE, ""),
    "no signatures": (SIGNATURES, ""),
    "a signature without its dash": ("\u2014 witness", "- witness"),
    "a signature without its name": ("\u2014 witness.example ", "\u2014  "),
    "a signature that is no base64": ("QUJDREVG", "QUJDREV*"),
    "an empty line among the signatures": ("\u2014 witness", "\n\u2014 witness"),
}


@pytest.mark.parametrize("change", REPLACED.values(), ids=list(REPLACED))
def test_what_is_not_written_to_the_letter_is_refused(change: tuple[str, str]) -> None:
    assert change[0] in FILE
    with pytest.raises(ProofError):
        parse_proof(FILE.replace(*change).encode())


@pytest.mark.parametrize("tail", ["\n", " ", "x", "\n\n", "\0", "PK\x03\x04", FILE, "\u2014 a\n"])
def test_what_hangs_behind_a_file_is_refused(tail: str) -> None:
    with pytest.raises(ProofError):
        parse_proof((FILE + tail).encode())


def test_a_signature_of_somebody_unknown_may_hang_behind_it() -> None:
    more = "\u2014 other.example QUJDREVG\n"
    assert parse_proof((FILE + more).encode()).note == NOTE + more


@pytest.mark.parametrize("data", [b"", b"\n" * 9, b"\xff\xfe" * 50, b"\xed\xa0\x80", b"{}"])
def test_what_is_no_text_of_a_proof_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        parse_proof(data)


def test_a_huge_file_is_refused_unread() -> None:
    line = "\u2014 witness.example " + "A" * 8000 + "\n"
    fits = FILE + line * ((FILE_BYTES_MAX - len(FILE.encode())) // len(line.encode()))
    assert parse_proof(fits.encode()).index == 2
    with pytest.raises(ProofError, match="too large"):
        parse_proof((fits + line).encode())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_byte_is_refused_or_says_something_else(data: st.DataObject) -> None:
    raw = bytearray(FILE.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    try:
        found = parse_proof(bytes(raw))
    except ProofError:
        return
    assert found != parse_proof(FILE.encode())
    assert format_proof(found.index, found.hashes, found.note, found.extra).encode() == bytes(raw)


def test_nothing_is_written_that_cannot_be_read() -> None:
    for index, hashes, note in [(-1, HASHES, NOTE), (1, [b"x"], NOTE), (1, HASHES, NOTE[:-1])]:
        with pytest.raises(ProofError):
            format_proof(index, hashes, note)
