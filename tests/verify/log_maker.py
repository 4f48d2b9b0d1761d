"""Makes logs for the tests of the verifier: leaves, tree, checkpoints, witnesses, bundles."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yinuo.engines import tlog

ORIGIN = "log.test/cars"
# Monday, 5 January 2026, in seconds since 1970: the first day of the week 2026-W02.
START = 1_767_571_200
DAY = 86_400

FORMS = {
    "batch": "batch", "bits": "int", "chain": "hash", "code": "name", "count": "int",
    "digest": "hex64", "drawn": "text", "kept": "word", "launch": "text", "line": "text",
    "number": "int", "root": "hash", "size": "int", "source": "text", "ticket": "int",
    "tsa": "text", "until": "text", "use": "word", "value": "text", "vkey": "vkey",
    "weeks": "list.week", "window": "text", "why": "text",
}  # fmt: skip
LEAVES: dict[str, tuple[str, list[list[str]]]] = {
    "alloc": ("q", [["batch", "line"]]),
    "anchor": ("", [["digest", "size", "tsa"]]),
    "batch": ("", [["batch", "count", "line"]]),
    "cancel": ("q", [[], ["code"]]),
    "deliver": ("q", [[]]),
    "draw": ("", [["size", "source", "value", "window"], ["code", "window"]]),
    "except": ("q", [["code"]]),
    "heads": ("", [["bits", "root", "size"]]),
    "hold": ("q", [["code"]]),
    "hold.line": ("", [["code", "line"]]),
    "key": ("", [["use", "vkey"]]),
    "line": ("", [["line"]]),
    "lock": ("q", [["launch", "line", "ticket"], ["line"]]),
    "move": ("q", [["kept", "line"]]),
    "promise": ("p", [["code"], ["code", "weeks"]]),
    "release": ("q", [["code"]]),
    "restore": ("q", [[]]),
    "tickets": ("", [["chain", "launch", "number"]]),
    "transfer": ("q", [["code"]]),
    "template": ("", [["why"]]),
    "window": ("", [["drawn", "launch", "source", "until", "window"]]),
    "window.end": ("", [["chain", "number", "window"]]),
}
RULE: dict[str, Any] = {
    "v": 1, "t": "rule", "rule": 1, "binds": "at_once", "notice_days": 30, "skew_seconds": 120,
    "line_orders_min": 2, "batch_days_max": 10, "return_batches": 2,
    "exceptions": {
        "STOCK": {"at_least": 2, "per_mille": 100}, "LATE": {"at_least": 1, "per_mille": 0},
    },
    "holds": ["QUALITY", "WAITS"], "line_holds": ["QUALITY"],
    "leaves": {kind: {"stream": one[0], "fields": one[1]} for kind, one in LEAVES.items()},
    "forms": FORMS,
}  # fmt: skip


def canonical(value: object) -> str:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def b64url(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def seed(text: str) -> bytes:
    """32 bytes that follow from a text."""
    return hashlib.sha256(text.encode()).digest()


def reader(hashes: bytes) -> Callable[[int, int, int], bytes]:
    """The hashes of complete subtrees over these leaf hashes."""

    def read(level: int, first: int, count: int) -> bytes:
        width = 32 << level
        parts = [hashes[width * k : width * (k + 1)] for k in range(first, first + count)]
        return b"".join(tlog.tree_root(part) for part in parts)

    return read


def place_of(sid: str, bits: int) -> int:
    """The bucket of a stream in a map of last entries."""
    return int.from_bytes(base64.urlsafe_b64decode(sid + "=")[:2], "big") >> (16 - bits)


@dataclass
class Entry:
    """One entry of a stream with what opens it."""

    index: int
    n: int
    leaf: str
    payload: str


@dataclass
class LogMaker:
    """A log that grows leaf by leaf and is sealed at chosen times."""

    rule: dict[str, Any] = field(default_factory=lambda: json.loads(canonical(RULE)))
    witnesses: int = 3
    quorum: int = 2

    def __post_init__(self) -> None:
        self.leaves: list[bytes] = []
        self.streams: dict[tuple[str, str], list[Entry]] = {}
        self.ids: dict[tuple[str, str], str] = {}
        self.notes: list[tuple[int, str]] = []
        self.extra: dict[str, bytes] = {}
        self.map: tuple[int, int, int, list[bytes], bytes] | None = None
        self.log_signer = tlog.new_signer(ORIGIN, seed("log"))
        self.receipt_signer = tlog.new_signer(f"{ORIGIN}/receipt", seed("receipt"))
        self.witness_signers = [
            tlog.new_signer(f"witness{n}.test", seed(f"witness{n}"), tlog.COSIGNATURE)
            for n in range(self.witnesses)
        ]
        self.append(canonical(self.rule))
        self.free("key", use="log", vkey=self.log_signer.verifier.vkey())
        self.free("key", use="receipt", vkey=self.receipt_signer.verifier.vkey())

    def append(self, leaf: str) -> int:
        """Put a leaf at the end; its index."""
        self.leaves.append(leaf.encode())
        return len(self.leaves) - 1

    def free(self, kind: str, **public: object) -> int:
        """A leaf of no order."""
        return self.append(canonical({"v": 1, "t": kind, **public}))

    def secret(self, order: str) -> bytes:
        """The order's secret."""
        return seed(f"secret {order}")

    def add(self, order: str, kind: str, letter: str = "q", **public: object) -> int:
        """The next leaf of an order's stream."""
        key = (order, letter)
        known = self.streams.setdefault(key, [])
        k = self.secret(order)
        if key not in self.ids:
            label = f"pl1/stream/{letter}/{order}".encode()
            self.ids[key] = b64url(hmac.digest(k, label, "sha256"))
        sid, n = self.ids[key], len(known)
        payload = canonical({"order": order, "at": f"2026-01-05T08:{n:02d}:00Z"})
        opening = hmac.digest(k, f"pl1/open/{sid}/{n}".encode(), "sha256")
        fields: dict[str, object] = {"v": 1, "t": kind, "s": sid, "n": n, **public}
        fields["c"] = b64url(hmac.digest(opening, payload.encode(), "sha256"))
        if n:
            fields["p"] = b64url(tlog.leaf_hash(known[-1].leaf.encode()))
        leaf = canonical(fields)
        known.append(Entry(self.append(leaf), n, leaf, payload))
        return known[-1].index

    def hashes(self, size: int | None = None) -> bytes:
        """The leaf hashes, joined."""
        return tlog.leaf_hashes(self.leaves[:size])

    def checkpoint(self, at: int | None, size: int | None = None, root: bytes = b"") -> str:
        """A signed checkpoint, cosigned by all witnesses at `at` (None: by none)."""
        size = len(self.leaves) if size is None else size
        text = tlog.Checkpoint(ORIGIN, size, root or tlog.tree_root(self.hashes(size))).text()
        note = tlog.sign_note(text, [self.log_signer])
        if at is not None:
            note += "".join(tlog.cosign(one, text, at) for one in self.witness_signers)
        return note

    def seal(self, at: int | None) -> str:
        """Publish a checkpoint over all leaves."""
        note = self.checkpoint(at)
        self.notes.append((START if at is None else at, note))
        return note

    def add_heads(self) -> None:
        """Record the map of last entries, and keep its files."""
        size, bits = len(self.leaves), 0
        lines = sorted(
            (self.ids[key], known[-1].n, known[-1].index) for key, known in self.streams.items()
        )
        while len(lines) > 64 << bits:
            bits += 1
        texts = [""] * (1 << bits)
        for sid, n, index in lines:
            texts[place_of(sid, bits)] += f"{sid} {n} {index}\n"
        buckets = [text.encode() for text in texts]
        joined = tlog.leaf_hashes(buckets)
        for place, text in enumerate(buckets):
            self.extra[f"heads/{size}/{place:04x}"] = text
        self.extra[f"heads/{size}/index"] = joined
        self.map = (len(self.leaves), size, bits, buckets, joined)
        self.free("heads", size=size, bits=bits, root=b64url(tlog.tree_root(joined)))

    def policy(self) -> str:
        """The policy as it is published."""
        lines = [f"# yinuo receipt {self.receipt_signer.verifier.vkey()}"]
        lines += [f"log {self.log_signer.verifier.vkey()}"]
        names = [f"w{n}" for n in range(self.witnesses)]
        for name, one in zip(names, self.witness_signers, strict=True):
            lines.append(f"witness {name} {one.verifier.vkey()}")
        if names:
            lines += [f"group all {self.quorum} {' '.join(names)}", "quorum all"]
        else:
            lines += ["quorum none"]
        return "\n".join(lines) + "\n"

    def files(self) -> dict[str, bytes]:
        """Every published file by its path."""
        found = {"policy": self.policy().encode(), "rules/1.json": self.leaves[0], **self.extra}
        old = 0
        for at, note in self.notes:
            size = int(note.split("\n")[1])
            read = reader(self.hashes(size))
            for tile in tlog.tiles_between(old, size):
                if tile.level < 0:
                    first = 256 * tile.index
                    data = tlog.encode_bundle(self.leaves[first : first + tile.width])
                else:
                    data = tlog.tile_bytes(tile, read)
                found[tile.path()] = data
            old = size
            name = f"checkpoints/{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d}"
            found[name] = found[name] + b"\n" + note.encode() if name in found else note.encode()
            found["checkpoint"] = note.encode()
        return found

    def write(self, folder: Path) -> Path:
        """Write the published files."""
        for name, data in self.files().items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return folder

    def proof(self, index: int, note: str = "") -> str:
        """The .tlog-proof of a leaf under the newest checkpoint."""
        note = note or self.notes[-1][1]
        size = int(note.split("\n")[1])
        path = tlog.inclusion_proof(index, size, reader(self.hashes(size)))
        return tlog.format_proof(index, path, note)

    def bundle(self, order: str) -> dict[str, Any]:
        """What the order's owner downloads."""
        streams = []
        for (owner, letter), known in self.streams.items():
            if owner != order:
                continue
            entries = [
                {"n": one.n, "index": one.index, "leaf": one.leaf, "payload": one.payload,
                 "words_zh": "锁单", "words_en": "Locked"} for one in known
            ]  # fmt: skip
            stream: dict[str, Any] = {
                "letter": letter,
                "id": self.ids[owner, letter],
                "entries": entries,
            }
            stream["proof"] = self.proof(known[-1].index)
            if self.map:
                stream["head"] = self.head(self.ids[owner, letter])
            streams.append(stream)
        first = self.streams[order, "q"][0]
        hashed = base64.b64encode(tlog.leaf_hash(first.leaf.encode())).decode()
        receipt = tlog.sign_note(
            f"{ORIGIN}/receipt\n{first.index}\n{hashed}\n", [self.receipt_signer]
        )
        bundle = {
            "bundle": 1, "origin": ORIGIN, "order": order, "k": b64url(self.secret(order)),
            "policy": self.policy(), "streams": streams, "receipt": receipt,
        }  # fmt: skip
        return self.sealed(bundle)

    def sealed(self, bundle: dict[str, Any]) -> dict[str, Any]:
        """The same with its seal."""

        def digest(value: object) -> str:
            return base64.b64encode(hashlib.sha256(canonical(value).encode()).digest()).decode()

        lines = [f"{ORIGIN}/bundle"]
        for stream in bundle["streams"]:
            for one in stream["entries"]:
                lines.append(f"{stream['letter']}{one['n']} {digest(one)}")
        bare = [{k: v for k, v in one.items() if k != "entries"} for one in bundle["streams"]]
        rest = {k: v for k, v in bundle.items() if k != "seal"} | {"streams": bare}
        lines += [f"rest {digest(rest)}", ""]
        return {**bundle, "seal": tlog.sign_note("\n".join(lines), [self.receipt_signer])}

    def head(self, sid: str) -> dict[str, Any]:
        """That the map of last entries holds this stream."""
        assert self.map is not None
        at, size, bits, buckets, joined = self.map
        place = place_of(sid, bits)
        path = tlog.inclusion_proof(place, 1 << bits, reader(joined))
        return {
            "size": size, "bits": bits, "bucket": buckets[place].decode(), "heads_index": at,
            "path": [base64.b64encode(one).decode() for one in path],
            "heads_leaf": self.leaves[at].decode(), "heads_proof": self.proof(at),
        }  # fmt: skip

    def opening(self, order: str, letter: str, n: int) -> dict[str, Any]:
        """One opened entry and nothing else."""
        one, sid = self.streams[order, letter][n], self.ids[order, letter]
        k_n = hmac.digest(self.secret(order), f"pl1/open/{sid}/{n}".encode(), "sha256")
        return {
            "opening": 1, "origin": ORIGIN, "policy": self.policy(), "order": order, "stream": sid,
            "n": n, "index": one.index, "leaf": one.leaf, "payload": one.payload,
            "k_n": b64url(k_n), "proof": self.proof(one.index),
        }  # fmt: skip


def small_log() -> LogMaker:
    """Ten orders of two lines; three batches closed, the head map recorded, sealed three times."""
    log = LogMaker()
    log.free("line", line="NC-LR")
    log.free("line", line="长续航")
    for k in range(10):
        log.add(f"NC{k:02d}", "lock", line=("NC-LR", "长续航")[k % 2])
        log.add(f"NC{k:02d}", "promise", "p", code="FIRST", weeks=["2026-W07", "2026-W08"])
    log.seal(START + 3600)
    for k in (0, 2):
        log.add(f"NC{k:02d}", "alloc", batch="2026-W02", line="NC-LR")
    log.add("NC01", "hold", code="QUALITY")
    log.add("NC03", "alloc", batch="2026-W02", line="长续航")
    log.free("batch", batch="2026-W02", count=2, line="NC-LR")
    log.free("batch", batch="2026-W02", count=1, line="长续航")
    log.seal(START + 7 * DAY)
    log.add("NC00", "deliver")
    log.add("NC01", "release", code="QUALITY")
    log.add("NC08", "except", code="STOCK")
    log.add("NC08", "alloc", batch="2026-W03", line="NC-LR")
    log.free("batch", batch="2026-W03", count=1, line="NC-LR")
    log.add_heads()
    log.seal(START + 14 * DAY)
    return log
