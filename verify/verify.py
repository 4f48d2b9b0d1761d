#!/usr/bin/env python3
"""Checks the public record of a maker's promises and queue, trusting neither maker nor software.

One file, standard library only, Python 3.9 or later; it imports nothing of the system it checks.
The log is a C2SP tlog-tiles log: RFC 6962 hashes, signed notes, witness cosignatures. Read it from
the top: words, signatures, notes and policy, tree, files, single proofs, grammar, queue, commands.

    verify.py proof FILE LEAF         a .tlog-proof of one entry (LEAF: a file, or the text itself)
    verify.py consistency OLD NEW     two checkpoints; --log DIR|URL where the hashes are
    verify.py history BUNDLE          an order's record: bundle.zip or bundle.json
    verify.py notice BUNDLE           one opened entry
    verify.py queue DIR|URL           everything: nothing rewritten, nobody passed without reason
    verify.py watch DIR|URL           the same, again and again, only what is new

Exit code: 0 it holds, 1 it is violated, 2 cannot tell.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import pathlib
import pickle
import random
import re
import stat
import sys
import urllib.error
import urllib.request
import zipfile
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, namedtuple

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

FILE_MAX = 1 << 26
DAY = 86400
# So many archived checkpoints are drawn when there are more than four times as many.
SAMPLE = 500
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LINE_WORDS = (
    "  {line} 队：{orders} 单，{placed} 单已排产（另有 {before_log} 单在记录之前），{waiting} 单在等，"
    "例外 {excepted}，越过 {passed_by_excepted}",
    "  line {line}: {orders} orders, {placed} placed ({before_log} before the log), {waiting} wait, "
    "exceptions {excepted}, passed by them {passed_by_excepted}",
)
sha256 = hashlib.sha256


class Finding(Exception):
    """A sentence in two languages and the exit code that goes with it."""

    def __init__(self, zh, en, exit_code):
        super().__init__(en)
        self.said, self.exit_code = (zh, en), exit_code


def violated(zh, en):
    return Finding("不一致：" + zh, "Mismatch: " + en, 1)


def unclear(zh, en):
    return Finding("无法判断：" + zh, "Cannot tell: " + en, 2)


def differs(index):
    return violated(
        f"第 {index} 条和公开记录不同。", f"entry {index} differs from the public record."
    )


class Report:
    """What was proved, what was not, and what else there is to say; sentences in two languages."""

    def __init__(self):
        self.proved, self.unproved, self.findings, self.data, self.verdict = (
            [],
            [],
            [],
            {},
            ("", ""),
        )


# Signatures: Ed25519 (RFC 8032), in plain integers unless `cryptography` is installed.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_1 = pow(2, (P - 1) // 4, P)


def decode_point(data):
    """The curve point of 32 bytes in extended coordinates, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_1 % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * D * p[3] * q[3] % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(p):
    a, b, c = p[0] * p[0] % P, p[1] * p[1] % P, 2 * p[2] * p[2]
    h, g = a + b, a - b
    e, f = h - (p[0] + p[1]) ** 2 % P, c + g
    return e * f % P, g * h % P, f * g % P, e * h % P


BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def slow_ed25519(public, signature, message):
    """Whether the signature holds: s*B - h*A is R, both scalars walked together by two bits."""
    point, s = decode_point(public), int.from_bytes(signature[32:], "little")
    if point is None or s >= ORDER or len(signature) != 64:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = (P - point[0], point[1], 1, P - point[3])
    table = [(0, 1, 1, 0)]
    for i in range(1, 16):
        table.append(add(table[i - 1], BASE) if i % 4 else add(table[i - 4], minus))
    total = table[0]
    for shift in range(252, -1, -2):
        total = double(double(total))
        pick = (s >> shift & 3) | (h >> shift & 3) << 2
        if pick:
            total = add(total, table[pick])
    inverse = pow(total[2], -1, P)
    x, y = total[0] * inverse % P, total[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def ed25519(public, signature, message):
    if Ed25519PublicKey is None:
        return slow_ed25519(public, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# Notes, checkpoints and the policy (C2SP signed-note, tlog-checkpoint, tlog-cosignature, -policy).

Key = namedtuple("Key", "name id kind public")
Checkpoint = namedtuple("Checkpoint", "size root time text signers strangers")
LOG_KEY, WITNESS_KEY = 1, 4


def b64(text, length=None):
    """Standard base64, exactly as it would be written."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raw = None
    written = None if raw is None else base64.b64encode(raw).decode()
    if raw is None or written != text or length not in (None, len(raw)):
        raise unclear("有一处 base64 写得不对。", "a base64 value is malformed.")
    return raw


def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def parse_vkey(text):
    """A key as it is written down: name+8 hex digits+base64 of type and public key."""
    parts = text.split("+", 2)
    raw = b64(parts[2]) if len(parts) == 3 else b""
    key_id = sha256(parts[0].encode() + b"\n" + raw).digest()[:4]
    if len(raw) != 33 or raw[0] not in (LOG_KEY, WITNESS_KEY) or parts[1] != key_id.hex():
        raise unclear(f"看不懂这把公钥：{text[:80]}", f"this key cannot be read: {text[:80]}")
    return Key(parts[0], key_id, raw[0], raw[1:])


def parse_note(data):
    """Text and signature lines of a signed note."""
    try:
        note = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        note = ""
    text, gap, tail = note.rpartition("\n\n")
    found = [re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)", line) for line in tail.split("\n")[:-1]]
    signatures = [(one[1], b64(one[2])) for one in found if one]
    whole = gap and found and all(found) and tail.endswith("\n")
    if not whole or re.search("[\0-\x09\x0b-\x1f]", note) or any(len(r) < 5 for _, r in signatures):
        raise unclear("签名文件的格式不对。", "the signed note is malformed.")
    return text + "\n", [(name, raw[:4], raw[4:]) for name, raw in signatures]


def signed_at(key, signature, text):
    """When the key signed this text (0 for a key that says no time); None: the signature is bad."""
    if key.kind == LOG_KEY:
        return 0 if ed25519(key.public, signature, text.encode()) else None
    at = int.from_bytes(signature[:8], "big")
    message = f"cosignature/v1\ntime {at}\n{text}".encode()
    holds = len(signature) == 72 and at < 1 << 63 and ed25519(key.public, signature[8:], message)
    return at if holds else None


class Policy:
    """Whose signatures count: the log's keys, the witnesses, and how many of them are enough."""

    def __init__(self, text):
        self.text, self.logs, self.witnesses, self.receipt, self.quorum = text, {}, {}, None, None
        self.groups, free = {"none": (0, ())}, set()
        whole = text.endswith("\n") and not re.search("[\0-\x08\x0b-\x1f\x7f]", text)
        # Lines end with a newline and words with space or tab, with nothing else of Unicode's.
        for line in text.split("\n"):
            words = re.findall("[^ \t]+", line) or ["#"]
            count, names = len(words), {*self.witnesses, *self.groups}
            if words[:3] == ["#", "yinuo", "receipt"] and count == 4:
                self.receipt = parse_vkey(words[3])
            if words[0].startswith("#"):
                continue
            if words[0] == "log" and count in (2, 3):
                key = parse_vkey(words[1])
                right = self.is_new(key, LOG_KEY, self.logs)
                self.logs[key[:2]] = key
            elif words[0] == "witness" and count in (3, 4):
                key = parse_vkey(words[2])
                right = self.is_new(key, WITNESS_KEY, self.witnesses) and words[1] not in names
                self.witnesses[words[1]] = key
                free.add(words[1])
            elif words[0] == "group" and count > 3:
                # Nobody counts twice, and only who was named above counts at all.
                needed = {"any": "1", "all": str(count - 3)}.get(words[2], words[2])
                right = re.fullmatch("[1-9][0-9]{0,4}", needed) and int(needed) <= count - 3
                right = right and words[1] not in names and len(free & {*words[3:]}) == count - 3
                self.groups[words[1]] = int(needed) if right else 0, words[3:]
                free = free - {*words[3:]} | {words[1]}
            else:
                right = words[0] == "quorum" and count == 2 and words[1] in names
                right, self.quorum = right and self.quorum is None, words[-1]
            if not right:
                raise unclear(f"策略里这一行看不懂：{line[:80]}", f"policy: {line[:80]}")
        if not whole or self.quorum is None or not self.logs:
            raise unclear("策略不完整。", "the policy is not complete.")

    @staticmethod
    def is_new(key, kind, others):
        return key.kind == kind and key.public not in [one.public for one in others.values()]

    def quorum_time(self, times, name=None):
        """By when a quorum had cosigned; `times` by key of witness. None: never."""
        name = name or self.quorum
        if name in self.witnesses:
            key = self.witnesses[name]
            return times.get((key.name, key.id))
        count, members = self.groups[name]
        known = sorted(t for t in (self.quorum_time(times, m) for m in members) if t is not None)
        return known[count - 1] if 0 < count <= len(known) else None

    @property
    def witnessed(self):
        return self.groups.get(self.quorum, (1,))[0] > 0


def parse_checkpoint(text):
    found = re.fullmatch(r"([^\n+]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n((?:[^\n]+\n)*)", text)
    if not found:
        raise unclear("摘要的格式不对。", "the checkpoint is malformed.")
    return found[1], int(found[2]), b64(found[3], 32)


def open_checkpoint(data, policy, more_keys=(), verify=True):
    """A checkpoint whose known signatures hold (or, with `verify` false, are taken as read)."""
    text, signatures = parse_note(data)
    origin, size, root = parse_checkpoint(text)
    known = {**policy.logs, **{(key.name, key.id): key for key in more_keys}}
    known.update({(key.name, key.id): key for key in policy.witnesses.values()})
    times, signers, strangers = {}, [], []
    for name, key_id, signature in signatures:
        key = known.get((name, key_id))
        if key is None:
            strangers.append(name)
            continue
        at = signed_at(key, signature, text) if verify else int.from_bytes(signature[:8], "big")
        if at is None:
            raise violated(
                f"{name} 在大小为 {size} 的摘要上的签名不对。",
                f"the signature of {name} on the checkpoint of size {size} is wrong.",
            )
        if key.kind == WITNESS_KEY:
            times.setdefault((name, key_id), at)
        else:
            signers.append(name)
    if origin not in signers:
        raise unclear(
            f"大小为 {size} 的摘要没有记录 {origin} 的签名，或者不是策略里的那把公钥。",
            f"the checkpoint of size {size} bears no signature of {origin} by a known key.",
        )
    return Checkpoint(size, root, policy.quorum_time(times), text, signers, strangers)


def demand_quorum(point, policy, report):
    """Say what the signatures on a checkpoint prove. Raises Finding where a quorum is missing."""
    name = point.text.split("\n", 1)[0]
    if not policy.witnessed:
        report.unproved.append(
            (
                f"策略没有要求见证：{name} 有没有给别人看另一份记录，不知道。",
                f"the policy asks for no witness: {name} may show others another record.",
            )
        )
    elif point.time is None:
        raise unclear("见证的签名不够策略要求的数目。", "too few witnesses signed for the policy.")
    else:
        zh, en = say_time(point.time)
        said = (
            f"足够多的独立见证人在 {zh} 之前签过大小为 {point.size} 的摘要。",
            f"enough witnesses had signed the checkpoint of size {point.size} by {en}.",
        )
        if said not in report.proved:
            report.proved.append(said)


def say_time(at):
    try:
        moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        raise unclear("签名里的时间不像时间。", "a time in a signature is no time.") from None
    beijing = moment + datetime.timedelta(hours=8)
    return f"{beijing:%Y-%m-%d %H:%M}（北京时间）", f"{moment:%Y-%m-%d %H:%M} UTC"


# The tree (RFC 6962).


def leaf_hash(leaf):
    return sha256(b"\0" + leaf).digest()


def node(left, right):
    return sha256(b"\1" + left + right).digest()


def up(hashes):
    """The level above: one hash for each pair; what has no partner is left out."""
    ends = range(0, len(hashes) - 63, 64)
    return b"".join([sha256(b"\1" + hashes[i : i + 64]).digest() for i in ends])


def tree_root(hashes):
    """The root over leaf hashes joined together."""
    while len(hashes) > 32:
        hashes = up(hashes) + (hashes[-32:] if len(hashes) % 64 else b"")
    return hashes or sha256(b"").digest()


def root_of_path(index, size, hashed, path):
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); None: of wrong length."""
    last = size - 1
    for other in path:
        if last <= 0:
            return None
        if index & 1 or index == last:
            hashed = node(other, hashed)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            hashed = node(hashed, other)
        index, last = index >> 1, last >> 1
    return hashed if last == 0 else None


def tile_path(level, number, width=256):
    digits = f"{number % 1000:03d}"
    while number >= 1000:
        number //= 1000
        digits = f"x{number % 1000:03d}/{digits}"
    partial = "" if width == 256 else f".p/{width}"
    return f"tile/{level}/{digits}{partial}"


class Files:
    """The published files, in a folder or at an address."""

    def __init__(self, where):
        self.where, self.remote = where, re.match("https?://", where) is not None
        if not self.remote and not pathlib.Path(where).is_dir():
            raise Finding(f"找不到。没有 {where}。", f"Not found: there is no {where}.", 2)

    def get(self, name):
        """The bytes of a file; None where there is none."""
        if not self.remote:
            return read_file(pathlib.Path(self.where, name))
        try:
            with urllib.request.urlopen(f"{self.where.rstrip('/')}/{name}", timeout=30) as answer:
                data = answer.read(FILE_MAX + 1)
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                return None
            raise
        return checked_size(data, name)

    def need(self, name):
        data = self.get(name)
        if data is None:
            raise unclear(f"缺少 {name}。", f"{name} is missing.")
        return data

    def roots(self, old, new, size, at=0):
        """The roots over the first `old` and over all `new` leaves from `at`, of the same nodes."""
        if new & (new - 1) == 0 and old in (0, new):
            level = new.bit_length() - 1
            return (self.hashes(level, at >> level, 1, size),) * 2
        half = 1 << (new - 1).bit_length() - 1
        left_old, left = self.roots(min(old, half), half, size, at)
        right_old, right = self.roots(max(old - half, 0), new - half, size, at + half)
        return (node(left_old, right_old) if old > half else left_old), node(left, right)

    def partial(self):
        """Partial tiles by the path of the whole one."""
        found = {}
        for name in self.list("tile"):
            base, mark, _ = name.partition(".p/")
            if mark:
                found.setdefault(base, []).append(name)
        return found

    def list(self, folder):
        """Names of all files below a folder; nothing at an address."""
        top = pathlib.Path(self.where)
        found = [] if self.remote else sorted(top.joinpath(folder).rglob("*"))
        return [one.relative_to(top).as_posix() for one in found if one.is_file()]

    def hashes(self, level, first, count, size):
        """Hashes of complete subtrees of 2**level leaves, worked out from tiles."""
        tier, rest = divmod(level, 8)
        first, count, total = first << rest, count << rest, size >> (8 * tier)
        out = b""
        for number in range(first // 256, (first + count - 1) // 256 + 1):
            width = min(256, total - 256 * number)
            data = self.need(tile_path(tier, number, width))
            if len(data) != 32 * width:
                raise unclear("有一个哈希文件长度不对。", "a tile has the wrong length.")
            start = max(0, first - 256 * number)
            out += data[32 * start : 32 * (first + count - 256 * number)]
        for _ in range(rest):
            out = up(out)
        return out


def read_file(path):
    try:
        with open(path, "rb") as file:
            return checked_size(file.read(FILE_MAX + 1), path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def checked_size(data, name):
    if len(data) > FILE_MAX:
        raise unclear(f"{name} 太大。", f"{name} is too large.")
    return data


# The grammar: one regular expression for each type of leaf, built from the rule leaf.

HASH = rb"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
FORMS = {
    "int": rb"(?:0|[1-9][0-9]{0,14})",
    "code": rb'"[A-Z][A-Z0-9_]{0,47}"',
    "word": rb'"[a-z][a-z0-9._-]{0,47}"',
    "name": rb'"[ !#-\[\]-~]{1,128}"',
    "text": rb'"(?:[^"\\\0-\x1f]|\\["\\bfnrt]|\\u00(?:0[0-7be-f]|1[0-9a-f])){0,1024}"',
    "hash": rb'"' + HASH + rb'"',
    "hex64": rb'"[0-9a-f]{64}"',
    "date": rb'"[0-9]{4}-[01][0-9]-[0-3][0-9]"',
    "week": rb'"[0-9]{4}-W[0-5][0-9]"',
    "batch": rb'"(?:[0-9]{4}-W[0-5][0-9]|HISTORY)"',
    "url": rb'"https?://[!#-\[\]-~]{1,1000}"',
    "vkey": rb'"[!#-*,-\[\]-~]{1,128}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}"',
    "b64": rb'"(?:[A-Za-z0-9+/]{4}){0,350}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"',
}
RULE_FIELDS = {
    "v", "t", "rule", "binds", "notice_days", "skew_seconds", "line_orders_min", "batch_days_max",
    "return_batches", "exceptions", "holds", "line_holds", "leaves", "forms",
}  # fmt: skip


def form(name):
    one = FORMS[name[5:] if name.startswith("list.") else name]
    return rb"\[(?:" + one + rb"(?:," + one + rb"){0,63})?\]" if name.startswith("list.") else one


def shape(kind, stream, fields, first, forms):
    """The expression for one type with these public fields; groups are named after the fields."""
    own = {"v": rb"1", "t": b'"' + re.escape(kind).encode() + b'"'}
    if stream:
        own["c"], own["s"] = b'"' + HASH + b'"', b'"(?P<s>' + HASH + b')"'
        own["n"] = rb"(?P<n>0)" if first else rb"(?P<n>[1-9][0-9]{0,8})"
    if stream and not first:
        own["p"] = b'"(?P<p>' + HASH + b')"'
    for key in fields:
        if key in own or not re.fullmatch("[a-z][a-z0-9_]*", key):
            raise ValueError(key)
        own[key] = b"(?P<" + key.encode() + b">" + form(forms[key]) + b")"
    inside = b",".join(b'"' + key.encode() + b'":' + own[key] for key in sorted(own))
    return re.compile(rb"\{" + inside + rb"\}", re.DOTALL).fullmatch


def plain_json(text):
    """JSON without a key given twice. Raises ValueError."""

    def once(pairs):
        if len(dict(pairs)) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=once)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def day(text):
    """Midnight (UTC) of a date, in seconds since 1970."""
    return (datetime.date.fromisoformat(text).toordinal() - 719163) * DAY


def monday_of(label):
    """When the week of a label such as 2026-W07 begins."""
    monday = datetime.date.fromisocalendar(int(label[:4]), int(label[6:]), 1)
    return (monday.toordinal() - 719163) * DAY


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def text_of(value):
    return json.loads(value)


# The queue: every leaf in order, every rule at its place.

GONE, WAITING, HELD, RETURNED = range(4)
OPEN, ALLOCATED, DELIVERED, CANCELLED = b"wadc"


class Line:
    """The orders of one line by rank; `open` has one byte for each: gone, waiting, held, returned."""

    def __init__(self, name, number):
        self.name, self.number, self.passed, self.excepted = name, number, Counter(), Counter()
        self.ranks, self.who, self.open, self.returns = array("q"), array("I"), bytearray(), []
        self.closed = self.locks = self.placed = self.history = 0

    def summary(self):
        return {
            "line": text_of(self.name), "orders": self.locks, "batches": self.closed,
            "placed": self.placed, "before_log": self.history, "held": self.open.count(HELD),
            "waiting": len(self.open) - self.open.count(GONE), "excepted": dict(self.excepted),
            "passed_by_excepted": dict(self.passed),
        }  # fmt: skip

    def put(self, order, rank, value):
        at = len(self.ranks)
        if at and self.ranks[-1] >= rank:
            at = bisect_left(self.ranks, rank)
        if at == len(self.ranks) or self.ranks[at] != rank:
            self.ranks.insert(at, rank)
            self.who.insert(at, order)
            self.open.insert(at, value)
        self.open[at] = value


class Audit:
    """A log read from its first leaf on. Orders and other streams are numbered as they begin; what
    is known of each stands in columns. Ranks are whole numbers: index << 32, ties in the low bits."""

    COLUMNS = {"n": "I", "last": "I", "letter": "B", "status": "B", "line": "H", "rank": "q",
               "lock": "I", "since": "I", "alloc": "I"}  # fmt: skip

    def __init__(self):
        self.size, self.peaks, self.tail, self.bundles = 0, [], b"", bytearray()
        self.times, self.seen_at, self.traced, self.newest = set(), 0, {}, "HISTORY"
        self.numbers, self.tips = {}, bytearray()
        self.owner, self.before = array("i"), array("I")
        for name, code in self.COLUMNS.items():
            setattr(self, name, array(code))
        self.lines, self.by_number, self.rules, self.rule_texts, self.table = {}, [], [], {}, {}
        self.held, self.excepted, self.until, self.been, self.gone = {}, {}, {}, {}, set()
        self.pending, self.closed, self.tally, self.judged = {}, set(), {}, set()
        self.tickets, self.used, self.windows, self.by_window = {}, set(), {}, {}
        self.draws = []
        self.heads, self.anchors, self.keys = [], {}, []
        self.findings, self.brackets = [], ([], [], [])

    def fault(self, index, zh, en, **more):
        self.findings.append({"entry": index, "zh": zh, "en": en, **more})

    # Reading.

    def feed(self, leaves, hashes):
        """Take the next leaves; `hashes` are theirs, 32 bytes each, joined."""
        names = base64.urlsafe_b64encode(
            b"\0".join([hashes[i : i + 32] for i in range(0, len(hashes), 32)])
        )
        numbers, tips, index = self.numbers, self.tips, self.size - 1
        n, last, letters, owner, before = self.n, self.last, self.letter, self.owner, self.before
        for at, leaf in enumerate(leaves):
            index += 1
            start = leaf.rfind(b'"t":"') + 5
            for match, act, first, letter in self.table.get(
                leaf[start : leaf.find(b'"', start)], ()
            ):
                found = match(leaf)
                if found:
                    break
            else:
                owner.append(-1)
                before.append(0)
                self.read_rule(index, leaf)
                continue
            number = -1
            if letter:
                number = numbers.get(found["s"], -1)
                if first and number < 0:
                    number = numbers[found["s"]] = len(numbers)
                    if number >= len(n):
                        self.enlarge()
                    letters[number] = letter
                elif first or number < 0 or letters[number] != letter:
                    self.fault(
                        index, "它的那一列不是从这里开始的。", "its stream begins elsewhere."
                    )
                    number = -1
                elif (
                    int(found["n"]) != n[number] + 1
                    or found["p"] != tips[43 * number : 43 * number + 43]
                ):
                    self.fault(index, "和它那一列的前一条接不上。", "does not follow its stream.")
            owner.append(number)
            if number >= 0:
                before.append(last[number])
                last[number] = index
                n[number] += not first
                tips[43 * number : 43 * number + 43] = names[44 * at : 44 * at + 43]
            else:
                before.append(0)
            if act and (number >= 0 or not letter):
                try:
                    act(index, found, number)
                except (ValueError, OverflowError, IndexError):
                    self.fault(index, "里面的数不像样。", "its figures make no sense.")
        self.size = index + 1

    def enlarge(self):
        more = max(1024, len(self.n))
        self.tips.extend(bytes(43 * more))
        for name in self.COLUMNS:
            column = getattr(self, name)
            column.frombytes(bytes(column.itemsize * more))

    def read_rule(self, index, leaf):
        """A rule leaf, the only one that nests, or else a leaf that no rule allows."""
        try:
            new = plain_json(leaf.decode())
            if canonical(new).encode() != leaf or new["t"] != "rule" or set(new) != RULE_FIELDS:
                raise ValueError
            table = {}
            for kind, entry in new["leaves"].items():
                stream = entry["stream"]
                starts = (True, False) if stream in ("p", "n") else (kind == "lock",)
                act = getattr(self, "on_" + kind.replace(".", "_"), None)
                for fields in entry["fields"]:
                    for first in starts if stream else (False,):
                        match = shape(kind, stream, fields, first, new["forms"])
                        one = match, act, first, ord(stream or "\0")
                        table.setdefault(kind.encode(), []).append(one)
            binds = 0 if new["binds"] == "at_once" else day(new["binds"])
            checked = [
                [new[k] for k in ("rule", "notice_days", "batch_days_max", "return_batches")],
                [v for q in new["exceptions"].values() for v in (q["at_least"], q["per_mille"])],
            ]
            if any(type(one) is not int or one < 0 for part in checked for one in part):
                raise ValueError
        except (ValueError, KeyError, TypeError, AttributeError):
            self.fault(
                index, "不符合规则里写的任何一种格式。", "is of no form that the rule allows."
            )
            return
        if new["rule"] != len(self.rules) + 1 or bool(index) != bool(binds):
            self.fault(index, "规则的编号或生效日期不对。", "number or date of the rule is wrong.")
        until = self.bracket(index)[1]
        if index and until and binds < until + self.rules[-1][1]["notice_days"] * DAY:
            self.fault(
                index, "规则生效得太早，没有留够预告的天数。", "the rule binds without notice."
            )
        self.table = {**self.table, **table}
        self.rules.append((binds, new))
        self.rule_texts[str(new["rule"])] = leaf

    def rule_for(self, label):
        """The newest rule that bound when the week of this label began."""
        monday = monday_of(label) if label != "HISTORY" else 0
        return [rule for binds, rule in self.rules if binds <= monday][-1]

    def allows(self, part, code, index):
        if code not in self.rule_for(self.newest)[part]:
            self.fault(index, f"规则里没有这个原因：{code}。", f"the rule knows no reason {code}.")

    # What each type of leaf does. `o` is the order.

    def on_line(self, i, m, o):
        name = m["line"]
        if name in self.lines:
            self.fault(i, "这一队已经有了。", "the line exists already.")
            return
        self.lines[name] = line = Line(name, len(self.by_number))
        self.by_number.append(line)

    def find_line(self, i, m):
        line = self.lines.get(m["line"])
        if line is None:
            self.fault(i, "没有这一队。", "there is no such line.")
        return line

    def on_lock(self, i, m, o):
        line = self.find_line(i, m)
        if line is None:
            return
        line.locks += 1
        self.status[o], self.lock[o], self.since[o], self.line[o] = OPEN, i, i, line.number
        self.rank[o] = i << 32
        if "ticket" in m.re.groupindex:
            self.rank[o] = self.ticket_rank(i, m["launch"], int(m["ticket"]), o)
        if self.rank[o] >= 0:
            line.put(o, self.rank[o], WAITING)

    def ticket_rank(self, i, launch, ticket, o):
        """The rank of a ticket; -1 while its draw has not been made."""
        counted = self.tickets.get(launch, [])
        at = bisect_left(counted, (ticket, 0))
        if at == len(counted) or (launch, ticket) in self.used or not 0 < ticket < 1 << 31:
            self.fault(
                i, "票号没有登记过，或者用了两次。", "the ticket was not counted, or used twice."
            )
        self.used.add((launch, ticket))
        window = self.windows.get(launch)
        if window and ticket <= window.get("number", 1 << 31):
            if "places" in window:
                return window["index"] << 32 | window["places"][ticket - 1]
            window["waiting"].append((o, ticket))
            return -1
        return counted[at][1] << 32 | ticket if at < len(counted) else i << 32

    def on_tickets(self, i, m, o):
        counted = self.tickets.setdefault(m["launch"], [])
        if counted and int(m["number"]) < counted[-1][0]:
            self.fault(i, "票数变少了。", "the number of tickets fell.")
        counted.append((int(m["number"]), i))

    def on_window(self, i, m, o):
        if m["launch"] in self.windows:
            self.fault(i, "这次开售已经有抽签了。", "the launch has a draw already.")
            return
        window = {"index": i, "launch": m["launch"], "source": m["source"], "waiting": []}
        window["drawn"] = moment(m["drawn"][1:-1].decode())
        self.windows[m["launch"]] = self.by_window[m["window"]] = window

    def on_window_end(self, i, m, o):
        window, number = self.by_window.get(m["window"]), int(m["number"])
        counted = self.tickets.get(window["launch"], []) if window else []
        if not window or "end" in window or number > max([one[0] for one in counted], default=0):
            self.fault(i, "抽签窗口的结束不对。", "the end of the window is wrong.")
            return
        window["end"], window["number"] = i, number
        late = [(o, t) for o, t in window["waiting"] if t > number]
        window["waiting"] = [(o, t) for o, t in window["waiting"] if t <= number]
        for order, ticket in late:
            at = bisect_left(counted, (ticket, 0))
            self.settle(order, counted[min(at, len(counted) - 1)][1] << 32 | ticket, i)

    def on_draw(self, i, m, o):
        window = self.by_window.get(m["window"])
        if not window or "end" not in window or "places" in window:
            self.fault(
                i, "抽签没有对应的窗口，或者抽了两次。", "no window for the draw, or drawn twice."
            )
            return
        number, void = window["number"], "code" in m.re.groupindex
        order = list(range(1, number + 1))
        sealed = self.bracket(window["end"])[1]
        if void and sealed and sealed < window["drawn"]:
            self.fault(
                i, "窗口已经封存，抽签却作废了。", "the window was sealed, yet the draw is void."
            )
        if not void:
            size, value = int(m["size"]), plain_json(m["value"].decode())
            launch = plain_json(window["launch"].decode())
            at = self.bracket(size - 1)[1]
            if (
                m["source"] != window["source"]
                or not window["end"] < size <= i
                or (at and at >= window["drawn"])
            ):
                self.fault(
                    i, "抽签的来源或封存时间不对。", "source or sealing of the draw is wrong."
                )
            order.sort(key=lambda t: sha256(f"{value}/{launch}/{t}".encode()).digest())
            self.draws.append((i, plain_json(m["source"].decode()), value))
        window["places"] = places = array("I", bytes(4 * number))
        for place, ticket in enumerate(order):
            places[ticket - 1] = place
        for waiting, ticket in window.pop("waiting"):
            self.settle(waiting, window["index"] << 32 | places[ticket - 1], i)

    def settle(self, o, rank, i):
        """Give an order the rank that it waited for, unless it got another one meanwhile."""
        if self.rank[o] < 0:
            self.rank[o], self.since[o] = rank, i
            self.show(o, HELD if o in self.held else RETURNED if o in self.until else WAITING)

    def show(self, o, value):
        if self.rank[o] >= 0 and self.status[o] == OPEN:
            self.by_number[self.line[o]].put(o, self.rank[o], value)

    def come_back(self, i, o):
        """An order that returns may still be passed in the next batches, as the rule says."""
        line, self.since[o] = self.by_number[self.line[o]], i
        self.until[o] = line.closed + self.rule_for(self.newest)["return_batches"]
        line.returns.append(o)
        self.show(o, HELD if o in self.held else RETURNED)

    def stands(self, i, o, states):
        """Whether the order is in one of these states; else the leaf is a fault."""
        if self.status[o] in states:
            return True
        self.fault(i, "这个订单到这里不能有这一条。", "the order cannot have this entry here.")
        return False

    def on_hold(self, i, m, o):
        code = text_of(m["code"])
        self.allows("holds", code, i)
        if self.stands(i, o, (OPEN, ALLOCATED)):
            self.held.setdefault(o, Counter())[code] += 1
            self.show(o, HELD)

    def on_release(self, i, m, o):
        code = text_of(m["code"])
        if not self.held.get(o, {}).get(code):
            self.fault(i, "没有可以解除的暂停。", "there is no hold to release.")
        elif self.stands(i, o, (OPEN, ALLOCATED)):
            self.held[o] -= Counter([code])
            if not self.held[o]:
                del self.held[o]
                self.come_back(i, o)

    def on_except(self, i, m, o):
        code = text_of(m["code"])
        self.allows("exceptions", code, i)
        if self.stands(i, o, (OPEN, ALLOCATED, DELIVERED)):
            self.excepted[o] = code

    def on_transfer(self, i, m, o):
        self.stands(i, o, (OPEN, ALLOCATED))

    def on_move(self, i, m, o):
        line, kept = self.find_line(i, m), m["kept"]
        if line is None or not self.stands(i, o, (OPEN,)):
            return
        been = self.been.setdefault(o, {})
        been[self.line[o]] = self.rank[o]
        self.show(o, GONE)
        self.line[o] = line.number
        if kept != b'"yes"':
            self.rank[o] = i << 32
        else:
            self.rank[o] = been.get(line.number, self.rank[o])
        self.come_back(i, o)

    def on_alloc(self, i, m, o):
        line, label = self.find_line(i, m), m["batch"][1:-1].decode()
        if line is None or not self.stands(i, o, (OPEN,)):
            return
        if self.line[o] != line.number or self.rank[o] < 0 or (line.number, label) in self.closed:
            self.fault(i, "排产的队伍或批次不对。", "line or batch of the allocation is wrong.")
        if label == "HISTORY":
            line.history += 1
            if self.closed:
                self.fault(i, "记录开始以后还补记历史。", "history is told after the log began.")
        else:
            self.pending.setdefault((line.number, label), array("I")).append(o)
        self.show(o, GONE)
        self.status[o], self.alloc[o] = ALLOCATED, i

    def on_deliver(self, i, m, o):
        if self.stands(i, o, (ALLOCATED,)):
            self.status[o] = DELIVERED
            self.held.pop(o, None)

    def on_cancel(self, i, m, o):
        if self.stands(i, o, (OPEN, ALLOCATED)):
            self.show(o, GONE)
            if self.status[o] == ALLOCATED:
                self.gone.add(o)
            self.status[o] = CANCELLED
            self.held.pop(o, None)

    def on_restore(self, i, m, o):
        if self.stands(i, o, (CANCELLED,)):
            if o in self.gone:
                self.fault(i, "已经排产的订单不能恢复。", "an allocated order cannot be restored.")
            self.status[o] = OPEN
            self.excepted.pop(o, None)
            self.come_back(i, o)

    def on_hold_line(self, i, m, o):
        if "code" in m.re.groupindex:
            self.allows("line_holds", text_of(m["code"]), i)

    def on_key(self, i, m, o):
        if m["use"] == b'"log"':
            self.keys.append((i, parse_vkey(text_of(m["vkey"]))))

    def on_heads(self, i, m, o):
        self.heads.append((i, int(m["size"]), int(m["bits"]), text_of(m["root"])))

    def on_anchor(self, i, m, o):
        self.anchors[int(m["size"])] = text_of(m["digest"])

    def on_batch(self, i, m, o):
        """A batch closes: whoever was allocated in it without a reason may have passed nobody."""
        line, label = self.find_line(i, m), text_of(m["batch"])
        if line is None:
            return
        key = line.number, label
        mine = self.pending.pop(key, array("I"))
        if key in self.closed or label == "HISTORY" or len(mine) != int(m["count"]):
            self.fault(
                i, "批次关了两次，或者数目不对。", "the batch closed twice, or its count is wrong."
            )
        self.closed.add(key)
        self.newest = max(self.newest.replace("HISTORY", ""), label)
        after, until = self.bracket(i)
        limit = monday_of(label) + 7 * DAY + self.rule_for(label)["batch_days_max"] * DAY
        if (after and after > limit) or (until and until < monday_of(label) - DAY):
            self.fault(i, "批次关得太晚或太早。", "the batch closed too late, or before its week.")
        self.free_returned(line)
        first = line.open.find(WAITING)
        least = line.ranks[first] if first >= 0 else 1 << 63
        tally = self.tally.setdefault(label, Counter())
        for one in mine:
            code = self.excepted.pop(one, "")
            tally[code] += 1
            line.placed += 1
            if code:
                line.excepted[code] += 1
                line.passed[code] += line.open.count(
                    WAITING, 0, bisect_left(line.ranks, self.rank[one])
                )
            elif self.rank[one] > least:
                self.judge(i, line, label, one)
            if self.traced:
                self.trace(line, one, code)
        line.closed += 1

    def free_returned(self, line):
        """Who came back long enough ago must not be passed any more."""
        kept = []
        for o in line.returns:
            if self.line[o] != line.number or self.until.get(o) is None:
                continue
            if self.until[o] > line.closed:
                kept.append(o)
                continue
            del self.until[o]
            if self.status[o] == OPEN and o not in self.held:
                self.show(o, WAITING)
        line.returns = kept

    def judge(self, i, line, label, one):
        """Name the orders that `one` passed in a batch without a reason."""
        end, passed = bisect_left(line.ranks, self.rank[one]), []
        at = line.open.find(WAITING, 0, end)
        while at >= 0:
            if self.since[line.who[at]] < self.alloc[one]:
                passed.append(self.lock[line.who[at]])
            at = line.open.find(WAITING, at + 1, end)
        if passed:
            some = ", ".join(map(str, passed[:10])) + (" ..." if len(passed) > 10 else "")
            name, who = text_of(line.name), self.lock[one]
            self.fault(
                i,
                f"{name} 队 {label} 批：第 {who} 条锁的订单排到了 {len(passed)} 个更早的订单前面"
                f"（{some}），没有公开的原因。",
                f"line {name}, batch {label}: the order locked in entry {who} passed {len(passed)} "
                f"earlier orders ({some}) without a recorded reason.",
                passer=who,
                passed=passed,
            )

    def trace(self, line, one, code):
        """Count who was placed before an order that is followed, and why that was allowed."""
        for o, counts in self.traced.items():
            if self.line[o] == line.number and self.status[o] == OPEN and o != one:
                if 0 <= self.rank[o] < self.rank[one]:
                    counts[code or ("HELD" if o in self.held else "RETURNED")] += 1

    def bracket(self, index):
        """The last quorum time that did not show this leaf, and the first that did; or None."""
        sizes, before, after = self.brackets
        at = bisect_right(sizes, index)
        return before[at - 1] if at else None, after[at] if at < len(sizes) else None

    def set_times(self, times):
        """Take the (size, quorum time) of all checkpoints, sorted."""
        before, after = [at for _, at in times], [at for _, at in times]
        for k in range(1, len(times)):
            before[k] = max(before[k], before[k - 1])
            after[-1 - k] = min(after[-1 - k], after[-k])
        self.brackets = [size for size, _ in times], before, after

    def root_at(self, count, levels):
        root = b""
        for level, hashes in enumerate(levels):
            if count >> level & 1:
                at = 32 * ((count >> level) - 1)
                root = node(hashes[at : at + 32], root) if root else hashes[at : at + 32]
        for _, peak in reversed(self.peaks):
            root = node(peak, root) if root else peak
        return root

    def push(self, peak):
        """A bundle is whole: its root joins those before it."""
        self.bundles += peak
        height = 0
        while self.peaks and self.peaks[-1][0] == height:
            peak, height = node(self.peaks.pop()[1], peak), height + 1
        self.peaks.append((height, peak))

    def head_map(self, size, bits):
        """The texts of the map of last entries below `size`, one for each bucket."""
        n, last, unborn = self.n[:], self.last[:], set()
        for index in range(self.size - 1, size - 1, -1):
            o = self.owner[index]
            if o >= 0 and n[o]:
                n[o], last[o] = n[o] - 1, self.before[index]
            elif o >= 0:
                unborn.add(o)
        value = {ord(sign): k for k, sign in enumerate(SIGNS)}
        lines = [[] for _ in range(1 << bits)]
        for s, o in self.numbers.items():
            if o not in unborn:
                place = (value[s[0]] << 12 | value[s[1]] << 6 | value[s[2]]) >> (18 - bits)
                lines[place].append(b"%b %d %d\n" % (s, n[o], last[o]))
        if (len(self.numbers) - len(unborn) > 64 << bits and bits < 16) or (
            bits and len(self.numbers) - len(unborn) <= 32 << bits
        ):
            return []
        return [b"".join(sorted(one)) for one in lines]

    def follow(self):
        """Where each order that is followed stands, and who was placed before it."""
        told = {}
        for s, counts in self.traced.items():
            o = self.numbers.get(s)
            if o is not None and self.letter[o] == ord("q"):
                line = self.by_number[self.line[o]]
                end = bisect_left(line.ranks, self.rank[o])
                told[s.decode()] = {
                    "line": text_of(line.name), "locked": self.lock[o], "passed_by": dict(counts),
                    "state": chr(self.status[o]), "before_it": end - line.open.count(GONE, 0, end),
                }  # fmt: skip
        return told

    def rebuild(self):
        """Make the grammar again after the state was read back."""
        rules, self.rules = self.rule_texts, []
        for text in rules.values():
            self.read_rule(0 if not self.rules else 1, text)

    def __getstate__(self):
        return {**self.__dict__, "table": {}}


def archive(files, newest, since):
    """The notes of all checkpoints/<date> from the day of `since` on (a time; 0: all)."""
    names = files.list("checkpoints")
    if files.remote:
        days = range((newest or 0) // DAY, max(0, since // DAY - 1), -1)
        names = [f"checkpoints/{datetime.date.fromordinal(719163 + one)}" for one in days[:4000]]
    notes, missing = [], 0
    for name in names:
        data = files.get(name)
        missing = 0 if data else missing + 1
        if missing > 60:
            break
        parts = data[:-1].split(b"\n\n") if data else []
        if data and (len(parts) % 2 or data[-1:] != b"\n"):
            raise unclear(f"{name} 的格式不对。", f"{name} is malformed.")
        notes += [b"%b\n\n%b\n" % pair for pair in zip(parts[::2], parts[1::2])]
    return notes


def read_log(files, policy, audit, report, all_signatures=False):
    """Bring an audit up to the newest checkpoint; the checkpoint. Raises Finding.

    First the tree says what was recorded, then the signatures who vouches for it.
    """
    if files.get("policy") not in (None, policy.text.encode()):
        raise violated("公开的策略和给定的不一样。", "the published policy is not the given one.")
    note = files.need("checkpoint")
    newest = open_checkpoint(note, policy, verify=False)
    if newest.size < audit.size:
        raise violated("记录变短了。", "the log is shorter than it was.")
    notes = [note, *archive(files, newest.time, audit.seen_at)]
    notes = [(one, open_checkpoint(one, policy, verify=False)) for one in dict.fromkeys(notes)]
    notes.sort(key=lambda pair: pair[1].size)
    audit.times |= {(one.size, one.time) for _, one in notes if one.time}
    audit.set_times(sorted(audit.times))
    roots = {}
    for _, one in notes:
        roots.setdefault(one.size, set()).add(one.root)
    read_entries(files, audit, newest.size, roots)
    check_signatures(notes, note, policy, audit, report, all_signatures)
    audit.seen_at = newest.time or 0
    return newest


def read_entries(files, audit, size, roots):
    """Read the bundles up to `size`, compare tiles and roots, and take the leaves in."""
    sizes, partial, suspect = sorted(roots), files.partial(), None
    for number in range(audit.size // 256, (size + 255) // 256):
        width = min(256, size - 256 * number)
        data = files.need(tile_path("entries", number, width))
        leaves, ends = split_bundle(data, number, width)
        hashes = b"".join([sha256(b"\0" + leaf).digest() for leaf in leaves])
        tile = files.need(tile_path(0, number, width))
        if tile != hashes and suspect is None:
            suspect = next(
                (k for k in range(width) if tile[32 * k :][:32] != hashes[32 * k :][:32]), 0
            )
            suspect += 256 * number
        levels = [hashes]
        while len(levels[-1]) > 32:
            levels.append(up(levels[-1]))
        for one in sizes[
            bisect_right(sizes, 256 * number) : bisect_right(sizes, 256 * number + width)
        ]:
            if roots[one] != {audit.root_at(one - 256 * number, levels)}:
                raise (
                    differs(suspect)
                    if suspect is not None
                    else violated(
                        f"大小为 {one} 的摘要和记录的内容对不上。",
                        f"the checkpoint of size {one} is not of these entries.",
                    )
                )
        start = audit.size - 256 * number
        if hashes[: 32 * start] != audit.tail:
            raise violated(
                f"第 {256 * number} 条以后有改动。", f"changed after entry {256 * number}."
            )
        compare(files, partial, tile_path("entries", number), data, ends)
        compare(files, partial, tile_path(0, number), hashes)
        audit.feed(leaves[start:], hashes[32 * start :])
        audit.tail = b"" if width == 256 else hashes
        if width == 256:
            audit.push(levels[-1])
    if suspect is not None:
        raise violated("公开的哈希文件不对。", f"a tile is wrong, near entry {suspect}.")
    hashes, tier = bytes(audit.bundles), 1
    while hashes:
        for number in range(len(hashes) // 8192 + 1):
            part = hashes[8192 * number : 8192 * number + 8192]
            if part and files.need(tile_path(tier, number, len(part) // 32)) != part:
                raise violated("公开的哈希文件不对。", f"a tile of level {tier} is wrong.")
            compare(files, partial, tile_path(tier, number), part)
        whole = range(0, len(hashes) - 8191, 8192)
        hashes, tier = b"".join([tree_root(hashes[k : k + 8192]) for k in whole]), tier + 1


def split_bundle(data, number, width):
    leaves, ends, at = [], [0], 0
    while at + 1 < len(data):
        end = at + 2 + (data[at] << 8 | data[at + 1])
        leaves.append(data[at + 2 : end])
        ends.append(end)
        at = end
    if at != len(data) or len(leaves) != width:
        raise violated(
            f"第 {256 * number} 条起的文件坏了。", f"damaged from entry {256 * number} on."
        )
    return leaves, ends


def compare(files, partial, path, data, ends=None):
    """Partial tiles that are still there must be the beginning of what came after."""
    for name in partial.get(path, ()):
        end = int(name.rpartition("/")[2])
        if files.get(name) != data[: ends[end] if ends else 32 * end]:
            raise violated(f"{name} 和后来的内容不一样。", f"{name} is not what came after.")


def check_signatures(notes, newest, policy, audit, report, everything):
    """Log keys follow one another by `key` leaves; then notes are checked, many by sample."""
    trusted = []
    for index, key in audit.keys:
        cover = next((one for one, seen in notes if seen.size > index), newest)
        open_checkpoint(cover, policy, trusted)
        trusted.append(key)
    chosen = [one for one, _ in notes]
    if len(chosen) > SAMPLE * 4 and not everything:
        chosen = [newest, *random.SystemRandom().sample(chosen, SAMPLE)]
        report.unproved.append((
            f"{len(notes)} 份旧摘要里随机抽查了 {SAMPLE} 份的签名，其余加 --all-signatures 再查。",
            f"of {len(notes)} checkpoints the signatures of {SAMPLE}, drawn at random, were checked; "
            "--all-signatures checks all.",
        ))  # fmt: skip
    for one in chosen:
        seen = open_checkpoint(one, policy, trusted)
        if seen.strangers:
            raise unclear(
                f"大小为 {seen.size} 的摘要上有策略里没有的签名：{seen.strangers[0]}。",
                f"checkpoint {seen.size} is signed by {seen.strangers[0]}, not in the policy.",
            )


def check_files(files, audit, report):
    """Head maps, rules, anchors and texts that are published beside the tree."""
    sizes = sorted({int(name.split("/")[1]) for name in files.list("heads")})
    stated = {size: (index, bits, root) for index, size, bits, root in audit.heads}
    for size in sorted(stated)[-1:] if not sizes else sizes:
        index, bits, root = stated.get(size, (None, 0, ""))
        texts = audit.head_map(size, bits) if index is not None and size <= index else []
        hashes = b"".join([leaf_hash(text) for text in texts])
        if not texts or encode(tree_root(hashes)) != root:
            raise violated(
                f"大小为 {size} 的末条目录不对。", f"the head map of size {size} is wrong."
            )
        for name in files.list(f"heads/{size}"):
            last = name.split("/")[2]
            right = hashes if last == "index" else texts[int(last, 16)]
            if files.get(name) != right:
                raise violated(f"{name} 不对。", f"{name} is wrong.")
    if stated:
        report.proved.append(("每一列的末条目录和记录一致。", "the map of last entries is right."))
    if len(stated) > max(1, len(sizes)):
        report.unproved.append(
            ("更早的末条目录没有重算。", "older head maps were not worked out again.")
        )
    for name in files.list("rules"):
        if files.get(name) != audit.rule_texts.get(name[6:-5]):
            raise violated(f"{name} 和记录里的规则不同。", f"{name} is not the rule in the log.")
    for name in [*files.list("anchors"), *files.list("blob")]:
        last = name.split("/")[1]
        digest = audit.anchors.get(last[:-4]) if name.startswith("anchors") else last
        if digest is None:
            report.unproved.append((f"{name} 还没有记入。", f"{name} is not recorded yet."))
        elif sha256(files.get(name) or b"").hexdigest() != digest:
            raise violated(
                f"{name} 和记录的摘要不同。", f"{name} has another digest than recorded."
            )
    own = read_file(__file__)
    if files.get("verify.py") not in (None, own):
        report.unproved.append((
            "那里提供的 verify.py 和这一份不同。", "the verify.py offered there is not this one."))  # fmt: skip


def finish(audit, newest):
    """What can only be said at the end: quotas, late batches, small lines."""
    for (line, label), mine in audit.pending.items():
        limit = monday_of(label) + 7 * DAY + audit.rule_for(label)["batch_days_max"] * DAY
        if newest.time and newest.time > limit and ("late", line, label) not in audit.judged:
            audit.judged.add(("late", line, label))
            audit.fault(
                audit.alloc[mine[0]], f"批次 {label} 一直没有关。", f"batch {label} is still open."
            )
    still = {label for _, label in audit.pending}
    for label in sorted(audit.tally):
        tally = audit.tally[label]
        if label in still or label >= audit.newest or label in audit.judged:
            continue
        audit.judged.add(label)
        for code, quota in audit.rule_for(label)["exceptions"].items():
            most = max(quota["at_least"] * 1000, quota["per_mille"] * sum(tally.values()))
            if tally[code] * 1000 > most:
                audit.fault(
                    None,
                    f"{label} 批里原因“{code}”用了 {tally[code]} 次，超过规则允许的数目。",
                    f"batch {label}: reason {code} was used {tally[code]} times, over its quota.",
                    label=label,
                    code=code,
                )


# Single proofs: one entry, two checkpoints, an order's record, one opened entry.


def parse_proof(data):
    """Index, path and checkpoint of a C2SP tlog-proof file."""
    try:
        text = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        text = ""
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != "c2sp.org/tlog-proof@v1" or not gap or not lines:
        raise unclear("这不是一份证明文件。", "this is no proof file.")
    if lines[0].startswith("extra "):
        b64(lines.pop(0)[6:] or "-")
    index = re.fullmatch("index (0|[1-9][0-9]{0,15})", lines.pop(0) if lines else "")
    if not index or len(lines) > 63:
        raise unclear("证明文件的格式不对。", "the proof file is malformed.")
    return int(index[1]), [b64(line, 32) for line in lines], note


def check_proof(data, leaf, policy, report):
    """Check that a proof leads from this leaf to a signed checkpoint; its index."""
    index, path, note = parse_proof(data)
    point = open_checkpoint(note, policy)
    if index >= point.size or root_of_path(index, point.size, leaf_hash(leaf), path) != point.root:
        raise differs(index)
    demand_quorum(point, policy, report)
    return index, point


def get(thing, key, kind):
    """A field of what was read from a file, of the right type. Raises Finding."""
    value = thing.get(key) if isinstance(thing, dict) else None
    if type(value) is not kind:
        raise unclear(f"文件里缺少 {key}，或者类型不对。", f"{key} is missing or of a wrong type.")
    return value


def load_bundle(path):
    """bundle.json, by itself or in a zip that holds nothing odd."""
    data = read_file(path)
    if data is None:
        raise Finding(f"找不到。没有 {path}。", f"Not found: there is no {path}.", 2)
    try:
        if data[:2] == b"PK":
            with zipfile.ZipFile(path) as packed:
                inside = packed.infolist()
                for one in inside:
                    odd = one.filename.startswith(("/", "\\")) or ".." in one.filename
                    if odd or stat.S_ISLNK(one.external_attr >> 16) or len(inside) > 100:
                        raise unclear("压缩包里有不该有的东西。", "the zip holds odd things.")
                names = [one for one in inside if one.filename.endswith(".json")]
                if len(names) != 1 or names[0].file_size > FILE_MAX:
                    raise unclear(
                        "压缩包里没有记录，或者太大。", "no record in the zip, or too large."
                    )
                with packed.open(names[0]) as file:
                    data = checked_size(file.read(FILE_MAX + 1), names[0].filename)
        bundle = plain_json(data.decode())
    except (ValueError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as wrong:
        raise unclear(f"文件坏了：{wrong}", f"the file is damaged: {wrong}") from None
    if not isinstance(bundle, dict):
        raise unclear("这不是一份记录。", "this is no record.")
    return bundle


def check_leaf(entry, stream, n, before, opening_key, order):
    """One entry of a bundle: exact text, place in its stream, and what was committed to."""
    index, text, payload = (
        get(entry, "index", int),
        get(entry, "leaf", str),
        get(entry, "payload", str),
    )
    try:
        leaf, inside = plain_json(text), plain_json(payload)
        right = canonical(leaf) == text and canonical(inside) == payload and leaf["v"] == 1
        right = right and (leaf["s"], leaf["n"], leaf.get("p")) == (stream, n, before)
        committed = encode(hmac.digest(opening_key, payload.encode(), "sha256"))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise differs(index) from None
    if not right or leaf["c"] != committed or get(entry, "n", int) != n:
        raise differs(index)
    if order is not None and inside.get("order", order) != order:
        raise differs(index)
    return index, text.encode()


def dump_digest(value):
    return base64.b64encode(sha256(canonical(value).encode()).digest()).decode()


def check_seal(bundle, policy, report):
    """That nothing in the file was changed since it was handed out; names the entry that was."""
    streams = get(bundle, "streams", list)
    bare = [{k: v for k, v in one.items() if k != "entries"} for one in streams]
    rest = {**{k: v for k, v in bundle.items() if k != "seal"}, "streams": bare}
    entries = [(get(s, "letter", str), one) for s in streams for one in get(s, "entries", list)]
    expected = [f"{get(bundle, 'origin', str)}/bundle"]
    expected += [f"{letter}{get(one, 'n', int)} {dump_digest(one)}" for letter, one in entries]
    expected += [f"rest {dump_digest(rest)}", ""]
    text = open_receipt(get(bundle, "seal", str), policy)
    lines = text.split("\n")
    if len(lines) != len(expected) or lines[0] != expected[0]:
        raise violated("条数和封签不同。", "the seal is of another number of entries.")
    for (_, entry), line, right in zip(entries, lines[1:], expected[1:]):
        if line != right:
            raise differs(entry.get("index"))
    if lines != expected:
        raise violated("条目以外的内容和封签不同。", "something outside the entries was changed.")
    report.proved.append((
        "文件从下载到现在一个字也没有改过。", "not one character changed since it was handed out."))  # fmt: skip


def open_receipt(note, policy):
    """The text of a note that the receipt key signed."""
    text, signatures = parse_note(note)
    key = policy.receipt
    for name, key_id, signature in signatures:
        if key and (name, key_id) == (key.name, key.id):
            if signed_at(key, signature, text) is None:
                raise violated("封签或回执被改过。", "a seal or receipt was changed.")
            return text
    raise unclear("没有回执公钥的签名。", "the receipt key of the policy did not sign.")


def check_head(stream, sid, entries, policy, report):
    """That the map of last entries names the last of these: nothing came later below its size."""
    head, letter = get(stream, "head", dict), get(stream, "letter", str)
    leaf_text, bucket = get(head, "heads_leaf", str), get(head, "bucket", str)
    index, _ = check_proof(get(head, "heads_proof", str), leaf_text.encode(), policy, Report())
    leaf = plain_json(leaf_text)
    size, bits = get(leaf, "size", int), get(leaf, "bits", int)
    place = int.from_bytes(base64.urlsafe_b64decode(sid + "=")[:2], "big") >> (16 - bits)
    path = [b64(one, 32) for one in get(head, "path", list)]
    root = root_of_path(place, 1 << bits, leaf_hash(bucket.encode()), path)
    lines = [one.split(" ") for one in bucket.split("\n") if one.startswith(sid + " ")]
    covered = [(n, i) for n, i in enumerate(entries) if i < size]
    found = [(int(n), int(i)) for _, n, i in lines]
    if leaf["t"] != "heads" or size > index or root is None or encode(root) != leaf["root"]:
        raise violated(
            "末条目录和公开记录不同。", "the map of last entries differs from the record."
        )
    if found != covered[-1:]:
        raise violated(
            f"{letter} 列里有一条没有给出来。", f"an entry of stream {letter} was not handed out."
        )
    report.proved.append((
        f"到第 {size - 1} 条为止，{letter} 列没有更晚的条目。",
        f"up to entry {size - 1} stream {letter} has no later entry."))  # fmt: skip


def check_history(args, report):
    bundle = load_bundle(args.file)
    if "opening" in bundle:
        return check_notice(args, report)
    policy = find_policy(args, None, report, bundle)
    order, total = get(bundle, "order", str), 0
    secret = base64.urlsafe_b64decode(get(bundle, "k", str) + "=")
    if "seal" in bundle:
        check_seal(bundle, policy, report)
    else:
        report.unproved.append(
            ("没有封签：句子的文字没有证明。", "no seal: the words are not proved.")
        )
    for stream in get(bundle, "streams", list):
        letter, sid, before, places = get(stream, "letter", str), get(stream, "id", str), None, []
        label = f"pl1/stream/{letter}/{order}".encode()
        if encode(hmac.digest(secret, label, "sha256")) != sid or len(secret) != 32:
            raise violated(f"{letter} 列不是这个订单的。", f"stream {letter} is not this order's.")
        for n, entry in enumerate(get(stream, "entries", list)):
            opening_key = hmac.digest(secret, f"pl1/open/{sid}/{n}".encode(), "sha256")
            index, leaf = check_leaf(entry, sid, n, before, opening_key, order)
            before = encode(leaf_hash(leaf))
            if places and index <= places[-1]:
                raise differs(index)
            places.append(index)
        if not places:
            continue
        proved, _ = check_proof(get(stream, "proof", str), leaf, policy, report)
        if proved != places[-1]:
            raise differs(places[-1])
        total += len(places)
        if "head" in stream:
            check_head(stream, sid, places, policy, report)
        else:
            report.unproved.append((
                f"{letter} 列后面还有没有别的条目，不知道。",
                f"whether stream {letter} has later entries is not known."))  # fmt: skip
    if bundle.get("receipt"):
        open_receipt(get(bundle, "receipt", str), policy)
    if bundle.get("waiting"):
        report.unproved.append((
            "最新几条还在等下一份公开摘要。", "the newest entries wait for the next checkpoint."))  # fmt: skip
    report.unproved.append(ONLY)
    report.verdict = (
        f"一致。订单 {order} 的 {total} 条都在公开记录里，之后没有改过。",
        f"Match: {total} entries of order {order} are in the public record, unchanged since.",
    )


ONLY = (
    "只证明记录没改、时间真实，不证明内容属实。",
    "this shows that the record is unchanged and its time real, not that what it says is true.",
)


def check_notice(args, report):
    bundle = load_bundle(args.file)
    policy = find_policy(args, None, report, bundle)
    stream, n, leaf = get(bundle, "stream", str), get(bundle, "n", int), get(bundle, "leaf", str)
    try:
        before = plain_json(leaf).get("p")
        opening_key = base64.urlsafe_b64decode(get(bundle, "k_n", str) + "=")
    except (ValueError, AttributeError):
        raise differs(bundle.get("index")) from None
    index, raw = check_leaf(bundle, stream, n, before, opening_key, bundle.get("order"))
    proved, _ = check_proof(get(bundle, "proof", str), raw, policy, report)
    if proved != index:
        raise differs(index)
    report.unproved += [
        ("这一列的其他条目没有给出来。", "nothing is shown of the other entries of its stream."),
        ONLY,
    ]
    report.verdict = (
        f"一致。第 {index} 条在公开记录里，内容就是给出来的这些，之后没有改过。",
        f"Match: entry {index} is in the public record with just this content, unchanged since.",
    )


def check_single(args, report):
    policy = find_policy(args, None, report, beside=args.file)
    data = read_file(args.file)
    leaf = args.leaf.encode() if args.leaf.startswith("{") else read_file(args.leaf)
    if data is None or leaf is None:
        raise Finding("找不到。没有这个文件。", "Not found: there is no such file.", 2)
    index, _ = check_proof(data, leaf, policy, report)
    report.unproved.append(ONLY)
    report.verdict = (
        f"一致。这就是公开记录的第 {index} 条，之后没有改过。",
        f"Match: this is entry {index} of the public record, unchanged since.",
    )


def check_consistency(args, report):
    files = Files(args.log or os.path.dirname(os.path.abspath(args.new)))
    policy = find_policy(args, files, report)
    old, new = sorted(
        (open_checkpoint(read_file(one) or b"", policy) for one in (args.old, args.new)),
        key=lambda one: one.size,
    )
    if old.size == new.size:
        same = old.root == new.root
    else:
        same = (old.root, new.root) == files.roots(old.size, new.size, new.size)
    if not same:
        raise violated(
            "后一份摘要不是前一份接着写的。", "the newer checkpoint does not extend the older."
        )
    demand_quorum(new, policy, report)
    report.verdict = (
        f"一致。前 {old.size} 条都还在，一条没改，后面接着写到 {new.size} 条。",
        f"Match: the first {old.size} entries all stand unchanged; the log went on to {new.size}.",
    )


def find_policy(args, files, report, bundle=None, beside=""):
    """The policy that was given, else one that lies beside; said plainly where it proves less."""
    given = read_file(args.policy) if args.policy else None
    own = get(bundle, "policy", str).encode() if bundle else files and files.get("policy")
    if args.policy and given is None:
        raise Finding(f"找不到。没有 {args.policy}。", f"Not found: no {args.policy}.", 2)
    if beside and not given:
        own = read_file(pathlib.Path(beside).with_name("policy"))
    if not given and not own:
        raise unclear("没有策略（--policy）。", "there is no policy (--policy).")
    if given and own and given != own:
        raise violated("里面的策略和给定的不一样。", "the policy inside is not the given one.")
    policy = Policy((given or own).decode("utf-8", "replace"))
    if not given:
        keys = ", ".join(f"{one.name} {encode(one.public)}" for one in policy.logs.values())
        report.unproved.append((
            f"公钥来自文件自己，请和别处公布的比一比：{keys}",
            f"the keys came with the file itself; compare them with those told elsewhere: {keys}"))  # fmt: skip
    return policy


# Commands.


def conclude(audit, newest, policy, report):
    """The verdict over a whole log."""
    demand_quorum(newest, policy, report)
    finish(audit, newest)
    check = audit.by_number
    report.findings = audit.findings
    few = [text_of(one.name) for one in check if one.locks < audit.rules[-1][1]["line_orders_min"]]
    old = sum(one.history for one in check)
    waiting = sum(map(len, audit.pending.values()))
    report.proved += [
        (f"{audit.size} 条都合规则写的格式，每一列首尾相接，目录里的文件和它们一致。",
         f"{audit.size} entries are of the rule's forms, every stream is whole, the files agree."),
        (f"{sum(one.locks for one in check)} 个订单、{len(check)} 队、{len(audit.closed)} 批："
         "没有公开原因的，都按先后排产。",
         f"{sum(one.locks for one in check)} orders, {len(check)} lines, {len(audit.closed)} batches: "
         "whoever had no public reason was placed in turn."),
    ]  # fmt: skip
    if audit.findings:
        del report.proved[-1]
    for number, zh, en in (
        (old, "个订单在记录开始前就排了产，没法判断。", "orders were placed before the log began."),
        (waiting, "个已排产的订单所在批次还没有关。", "placed orders are in batches still open."),
        (len(few), f"队订单太少，不按“大队”判断：{'、'.join(few[:5])}。",
         f"lines have too few orders to be judged as a line of many: {', '.join(few[:5])}."),
        (not newest.time, "时间没有人见证，批次关得及时不及时没法判断。",
         "No times are witnessed: whether batches closed in time cannot be told."),
    ):  # fmt: skip
        if number:
            first = "" if number is True else f"{number} "
            report.unproved.append((first + zh, first + en))
    for index, source, value in audit.draws:
        report.unproved.append((
            f"第 {index} 条抽签：请到 {source} 核对公布的数是不是 {value}。",
            f"entry {index}, a draw: ask {source} whether the number published was {value}."))  # fmt: skip
    report.unproved.append((
        "不证明：订单是不是真人、原因是不是真的、有没有不经过记录交的车。",
        "not shown: that an order is a real person's, that a reason is true, that no car was "
        "delivered outside the record."))  # fmt: skip
    report.data.update(size=audit.size, findings=audit.findings[:1000], orders=audit.follow())
    report.data["lines"] = [one.summary() for one in check]
    if audit.findings:
        one, more = audit.findings[0], len(audit.findings) - 1
        at = one["entry"]
        rest = (f"另有 {more} 处。", f" {more} more.") if more else ("", "")
        where = (f"第 {at} 条：", f"entry {at}: ") if at is not None else ("", "")
        raise violated(where[0] + one["zh"] + rest[0], where[1] + one["en"] + rest[1])
    report.verdict = (
        f"一致。{audit.size} 条记录一条没改，没有人被无故插队。",
        f"Match: {audit.size} entries, none rewritten, nobody passed without a public reason.",
    )


def check_queue(args, report):
    files = Files(args.where)
    policy = find_policy(args, files, report)
    audit = Audit()
    audit.traced = {one.encode(): Counter() for one in args.order}
    newest = read_log(files, policy, audit, report, args.all_signatures)
    check_files(files, audit, report)
    conclude(audit, newest, policy, report)


class Unpickler(pickle.Unpickler):
    """Reads our own state back, and nothing that could do anything else."""

    def find_class(self, module, name):
        known = (Audit, Line, Counter, array, bytearray, set, Key, array("b").__reduce_ex__(3)[0])
        return {one.__name__: one for one in known}[name]


def check_watch(args, report):
    """Go on from the last time; both notes are kept when the new one does not continue the old."""
    files = Files(args.where)
    policy = find_policy(args, files, report)
    state = pathlib.Path(args.state)
    audit, old = Audit(), b""
    if state.exists():
        try:
            with open(state, "rb") as file:
                old, audit = Unpickler(file).load()
        except Exception:
            raise unclear(
                "存下的状态读不了，删掉它重来。", "the kept state cannot be read; remove it."
            ) from None
        audit.rebuild()
    audit.traced = {one.encode(): Counter() for one in args.order}
    note, before = files.need("checkpoint"), audit.size
    try:
        newest = read_log(files, policy, audit, report)
        check_files(files, audit, report)
    except Finding as found:
        if found.exit_code == 1 and old:
            state.with_suffix(".evidence").write_bytes(old + b"\n" + note)
            report.unproved.append((
                f"两份签过名的摘要存在 {state.with_suffix('.evidence')}，这就是证据。",
                f"both signed checkpoints are kept in {state.with_suffix('.evidence')}: the evidence."))  # fmt: skip
        raise
    temporary = state.with_suffix(".new")
    with open(temporary, "wb") as file:
        pickle.dump((note, audit), file, 4)
    os.replace(temporary, state)
    report.data["new"] = audit.size - before
    conclude(audit, newest, policy, report)


def show(report, args, exit_code):
    """The verdict first, then what was proved and what was not."""
    pick = 0 if args.lang == "zh" else 1
    if args.json:
        print(json.dumps({
            "verdict": report.verdict[pick], "exit": exit_code, **report.data,
            "proved": [one[pick] for one in report.proved],
            "not_proved": [one[pick] for one in report.unproved],
        }, ensure_ascii=False, indent=1))  # fmt: skip
        return
    print(report.verdict[pick])
    for found in report.findings[1:20]:
        print(f"  {found['entry']}: {found[('zh', 'en')[pick]]}")
    for title, part in (
        (("证明了：", "Proved:"), report.proved),
        (("没有证明：", "Not proved:"), report.unproved),
    ):
        if part:
            print("\n".join([title[pick], *("  - " + one[pick] for one in part)]))
    for line in report.data.get("lines", []):
        print(LINE_WORDS[pick].format(**line))
    for sid, known in report.data.get("orders", {}).items():
        print(f"{sid}: {known}")


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    words = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--policy", help="whose signatures count; best had from somebody else")
    both.add_argument("--lang", choices=("zh", "en"), default="zh" if words[:2] == "zh" else "en")
    both.add_argument("--json", action="store_true")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, act, places in (
        ("proof", check_single, ("file", "leaf")), ("consistency", check_consistency, ("old", "new")),
        ("history", check_history, ("file",)), ("notice", check_notice, ("file",)),
        ("queue", check_queue, ("where",)), ("watch", check_watch, ("where",)),
    ):  # fmt: skip
        one = commands.add_parser(name, parents=[both])
        one.set_defaults(act=act)
        for place in places:
            one.add_argument(place)
        if name == "consistency":
            one.add_argument("--log", help="folder or address of the log")
        if "where" in places:
            one.add_argument("--all-signatures", action="store_true")
            one.add_argument("--order", action="append", default=[], help="follow this stream id")
        if name == "watch":
            one.add_argument("--state", default="watch.state", help="file to remember in")
    argv = sys.argv[1:] if argv is None else argv
    if len(argv) > 0 and argv[0] not in commands.choices and not argv[0].startswith("-"):
        argv = [
            "queue" if re.match("https?://", argv[0]) or os.path.isdir(argv[0]) else "history",
            *argv,
        ]
    args, report = parser.parse_args(argv), Report()
    try:
        args.act(args, report)
        code = 0
    except Finding as found:
        report.verdict, code = found.said, found.exit_code
    except Exception as wrong:  # A file made to break us must not look like a verdict.
        report.verdict, code = unclear(f"读不了：{wrong!r}", f"cannot be read: {wrong!r}").said, 2
    show(report, args, code)
    return code


if __name__ == "__main__":
    sys.exit(main())
