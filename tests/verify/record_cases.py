"""Files that somebody might hand to the verifier or to the page, and what both must say of them."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.verify.log_maker import DAY, ORIGIN, START, LogMaker, small_log
from yinuo.engines import tlog

Json = dict[str, Any]
HOLDS, VIOLATED, UNCLEAR = 0, 1, 2
ORDER = "NC00"
# A picture as telephones make it: its first bytes are enough.
PHOTO = b"\xff\xd8\xff\xe1\x00\x18Exif\x00\x00" + bytes(range(256)) * 8


@dataclass(frozen=True)
class Case:
    """A file, the verifier's exit code, the key of the page's words, and the entry they name."""

    name: str
    data: bytes
    code: int
    key: str
    entry: int | None = None


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def written(value: object) -> bytes:
    """As the product writes it: indented, with sorted names."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def changed(value: Json, change: Callable[[Json], object]) -> Json:
    """A copy with one thing changed."""
    other = copy.deepcopy(value)
    change(other)
    return other


def swap(one: Json, field: str, old: str, new: str) -> None:
    """Put `new` for the first `old` of a text, which must be in it."""
    assert old in one[field], (field, old)
    one[field] = one[field].replace(old, new, 1)


def without_witnesses(proof: str) -> str:
    """The same proof under the log's own signature alone, which stands first."""
    head, gap, signatures = proof.rpartition("\n\n")
    return f"{head}{gap}{signatures.splitlines()[0]}\n"


def newest(bundle: Json) -> Json:
    """The last entry of the first stream."""
    found: Json = bundle["streams"][0]["entries"][-1]
    return found


def list_cases(log: LogMaker) -> list[Case]:
    """Every case over a small log."""
    bundle, opening = log.bundle(ORDER), log.opening(ORDER, "q", 1)
    return [*_shapes(bundle), *_tampered(log, bundle), *_openings(log, opening)]


def _shapes(bundle: Json) -> Iterator[Case]:
    """The right content in every wrapping, and wrappings without it."""
    text = written(bundle)
    whole = packed({"README.txt": b"read me", "bundle.json": text, "verify.py": b"#"})
    yield Case("the zip as it was downloaded", whole, HOLDS, "match")
    yield Case("a zip without compression", packed({"bundle.json": text}, 0), HOLDS, "match")
    yield Case("bundle.json", text, HOLDS, "match")
    yield Case("written without blanks", json.dumps(bundle).encode(), HOLDS, "match")
    yield Case("lines ended by an editor", text.replace(b"\n", b"\r\n"), HOLDS, "match")
    yield Case("blanks at the end", text + b" \n\n", HOLDS, "match")
    yield Case("bytes behind the zip", whole + b"\0" * 9, HOLDS, "match")
    yield Case("empty", b"", UNCLEAR, "empty")
    yield Case("a photo", PHOTO, UNCLEAR, "other_file")
    yield Case("a page", b"<!doctype html><title>x</title>", UNCLEAR, "other_file")
    yield Case("a list", b"[1, 2]", UNCLEAR, "other_file")
    yield Case("nothing in braces", b"{}", UNCLEAR, "other_file")
    yield Case("a zip without bundle.json", packed({"a.txt": b"a"}), UNCLEAR, "no_bundle")
    yield Case("the zip cut short", whole[: len(whole) // 2], UNCLEAR, "broken")
    yield Case("the beginning of a zip", b"PK\3\4 no zip", UNCLEAR, "broken")
    spoilt = bytearray(whole)
    spoilt[len(whole) // 2] ^= 1
    yield Case("a zip with a byte changed", bytes(spoilt), UNCLEAR, "broken")
    yield Case("cut short", text[: len(text) // 2], UNCLEAR, "broken")
    yield Case("only its first sign", b"{", UNCLEAR, "broken")
    yield Case("text behind it", text + b"{}", UNCLEAR, "broken")
    yield Case("a byte behind it", text + b"\0", UNCLEAR, "broken")
    yield Case("a mark of encoding in front", b"\xef\xbb\xbf" + text, UNCLEAR, "broken")
    yield Case("another encoding", text.decode().encode("utf-16"), UNCLEAR, "broken")
    yield Case("no UTF-8", text.replace("锁".encode(), b"\xc3\x28", 1), UNCLEAR, "broken")
    twice = text.replace(b'"order": "NC00"', b'"order": "NC09",\n "order": "NC00"', 1)
    assert twice != text
    yield Case("a name that stands twice", twice, UNCLEAR, "broken")
    yield Case("nested without end", b'{"a":' + b"[" * 100_000, UNCLEAR, "broken")


def _tampered(log: LogMaker, bundle: Json) -> Iterator[Case]:
    """One thing changed, with the seal as it was."""
    n = newest(bundle)["index"]
    for name, change, code, key, entry in _changes(n):
        yield Case(name, written(changed(bundle, change)), code, key, entry)
    # The maker, who can seal again, cannot change the log.
    for name, change, code, key, entry in _forged(n):
        yield Case(name, written(log.sealed(changed(bundle, change))), code, key, entry)
    part = changed(bundle, lambda b: b["streams"].pop())
    yield Case("only the queue, sealed", written(log.sealed(part)), HOLDS, "match")
    bare = changed(bundle, lambda b: [one.pop("head") for one in b["streams"]])
    yield Case("without the map, sealed", written(log.sealed(bare)), HOLDS, "match")
    short = changed(bundle, lambda b: _shorten(log, b))
    yield Case("an entry less than the map", written(log.sealed(short)), VIOLATED, "differs_gone")


def _shorten(log: LogMaker, bundle: Json) -> None:
    """The first stream without its last entry, proven as well as it was with it."""
    bundle["streams"][0]["entries"].pop()
    bundle["streams"][0]["proof"] = log.proof(newest(bundle)["index"])


Change = tuple[str, Callable[[Json], object], int, str, int | None]


def _changes(n: int) -> list[Change]:
    return [
        ("a payload", lambda b: swap(newest(b), "payload", ":00Z", ":01Z"), 1, "differs", n),
        ("a leaf", lambda b: swap(newest(b), "leaf", '"v":1', '"v":2'), 1, "differs", n),
        (
            "a leaf with blanks",
            lambda b: swap(newest(b), "leaf", '"v":1', '"v": 1'),
            1,
            "differs",
            n,
        ),
        ("a sentence", lambda b: swap(newest(b), "words_zh", "锁单", "锁车"), 1, "differs", n),
        ("an entry's number", lambda b: newest(b).update(index=n + 1), 1, "differs", n + 1),
        ("one entry less", lambda b: b["streams"][0]["entries"].pop(), 1, "differs_gone", None),
        ("one stream less", lambda b: b["streams"].pop(), 1, "differs_gone", None),
        ("another order", lambda b: b.update(order="NC02"), 1, "differs_rest", None),
        ("another proof", lambda b: _proof(b, "index ", "index 1"), 1, "differs_rest", None),
        ("a word more", lambda b: b.update(note="x"), 1, "differs_rest", None),
        ("another policy", lambda b: swap(b, "policy", "all 2", "all 1"), 1, "differs_rest", None),
        ("the seal's text", lambda b: swap(b, "seal", "rest ", "rest A"), 1, "differs_rest", None),
        ("no seal", lambda b: b.pop("seal"), 2, "no_seal", None),
        ("a broken seal", lambda b: swap(b, "seal", "\n\n", "\n"), 2, "broken", None),
        ("another log", lambda b: b.update(origin="log.test/other"), 2, "other_log", None),
    ]


def _proof(bundle: Json, old: str, new: str) -> None:
    swap(bundle["streams"][0], "proof", old, new)


def _bucket(bundle: Json) -> Json:
    found: Json = bundle["streams"][0]["head"]
    return found


def _forged(n: int) -> list[Change]:
    return [
        ("a payload, sealed", lambda b: swap(newest(b), "payload", "0Z", "1Z"), 1, "differs", n),
        ("a leaf, sealed", lambda b: swap(newest(b), "leaf", '"v":1', '"v":2'), 1, "differs", n),
        (
            "the last entry left out, sealed",
            lambda b: b["streams"][0]["entries"].pop(),
            1,
            "differs",
            None,
        ),
        (
            "a map of another root",
            lambda b: swap(_bucket(b), "bucket", "\n", "\n\n"),
            1,
            "differs",
            None,
        ),
        (
            "too few witnesses, sealed",
            lambda b: b["streams"][0].update(proof=without_witnesses(b["streams"][0]["proof"])),
            2,
            "few_signed",
            None,
        ),
        ("no entries, sealed", lambda b: b.update(streams=[]), 2, "broken", None),
        (
            "a stream twice, sealed",
            lambda b: b["streams"].append(b["streams"][0]),
            2,
            "broken",
            None,
        ),
        (
            "no receipt's text, sealed",
            lambda b: swap(b, "receipt", ORIGIN, "x"),
            1,
            "differs_rest",
            None,
        ),
        (
            "a proof of no form, sealed",
            lambda b: _proof(b, "tlog-proof@v1", "proof"),
            2,
            "broken",
            None,
        ),
    ]


def _openings(log: LogMaker, opening: Json) -> Iterator[Case]:
    """One entry opened for a court."""
    n = opening["index"]
    yield Case("one entry", written(opening), HOLDS, "match")
    changes: list[Change] = [
        ("its payload", lambda o: swap(o, "payload", ":01:", ":02:"), 1, "differs", n),
        ("its order", lambda o: o.update(order="NC02"), 1, "differs", n),
        ("its key", lambda o: o.update(k_n=o["k_n"][::-1]), 1, "differs", n),
        ("its number", lambda o: o.update(index=n + 1), 1, "differs", n + 1),
        (
            "its checkpoint",
            lambda o: o.update(proof=without_witnesses(o["proof"])),
            2,
            "few_signed",
            None,
        ),
    ]
    for name, change, code, key, entry in changes:
        yield Case(f"one entry: {name}", written(changed(opening, change)), code, key, entry)
    forged = log.checkpoint(START + 14 * DAY, root=bytes(32))
    other = changed(opening, lambda o: o.update(proof=log.proof(n, forged)))
    yield Case("one entry: another tree", written(other), VIOLATED, "differs", n)
    signer = tlog.new_signer(ORIGIN, bytes(range(32)))
    text = forged.split("\n\n")[0] + "\n"
    stolen = tlog.sign_note(text, [signer])
    other = changed(opening, lambda o: o.update(proof=log.proof(n, stolen)))
    yield Case("one entry: a key of nobody", written(other), UNCLEAR, "unknown_key")


def rotated() -> tuple[LogMaker, str, Json, Json]:
    """A log whose key changed: it, its policy of before, its entry of the next key, its record.

    The next key's entry is proven under both keys; the record under the next one alone.
    """
    log = small_log()
    before, old = log.policy(), log.log_signer
    new = tlog.new_signer(ORIGIN, bytes([7]) * 32)
    index = log.free("key", use="log", vkey=new.verifier.vkey())
    note = log.checkpoint(START + 15 * DAY)
    text = note.split("\n\n")[0] + "\n"
    both = tlog.sign_note(text, [old, new])
    both += "".join(tlog.cosign(one, text, START + 15 * DAY) for one in log.witness_signers)
    stated = {"origin": ORIGIN, "leaf": log.leaves[index].decode(), "proof": log.proof(index, both)}
    log.log_signer = new
    log.add_heads()
    log.seal(START + 16 * DAY)
    return log, before, stated, log.bundle(ORDER)
