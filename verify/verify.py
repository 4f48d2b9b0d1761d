#!/usr/bin/env python3
"""Checks the public record of a maker's promises and queue, trusting neither maker nor software.

One file, standard library only, Python 3.9 or later; it imports nothing of the system it checks.
The log is a C2SP tlog-tiles log: RFC 6962 hashes, signed notes, witness cosignatures. Read it from
the top: words, signatures, notes and policy, tree and files, grammar, queue, single proofs, commands.

    verify.py proof FILE LEAF       a .tlog-proof of one entry (LEAF: a file, or the text itself)
    verify.py consistency OLD NEW   two checkpoints; --log DIR|URL where the hashes are
    verify.py history BUNDLE        an order's record: bundle.zip or bundle.json
    verify.py notice BUNDLE         one opened entry
    verify.py queue DIR|URL         everything: nothing rewritten, nobody passed without a reason
    verify.py watch DIR|URL         the same, and then, each time it is run, only what is new

Exit code: 0 it holds, 1 it is violated, 2 cannot tell.
"""
from __future__ import annotations

import argparse, base64, datetime, gc, hashlib, hmac, io, json, os, pathlib, pickle, random, re, stat, sys
import urllib.error, urllib.request, zipfile, zlib
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, namedtuple
from itertools import accumulate

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

FILE_MAX, DAY, SAMPLE = 1 << 26, 86400, 500
sha256 = hashlib.sha256

class Finding(Exception):
    """A verdict: its exit code, and a sentence in Chinese and English with | between them."""

    def __init__(self, exit_code, said):
        super().__init__(said)
        self.exit_code, self.said = exit_code, said

def violated(said):
    return Finding(1, "不一致：{}。|Mismatch: {}.".format(*said.split("|", 1)))

def unclear(said):
    return Finding(2, "无法判断：{}。|Cannot tell: {}.".format(*said.split("|", 1)))

def differs(index):
    return violated(f"第 {index} 条和公开记录不同|entry {index} differs from the public record")

def absent(name):
    return Finding(2, f"找不到。没有 {name}。|Not found: there is no {name}.")

class Report:
    """What was proved and what was not: sentences as in `Finding`; figures for --json."""

    def __init__(self):
        self.proved, self.unproved, self.data, self.verdict = [], [], {}, "|"

ONLY = ("只证明记录没改、时间真实，不证明内容属实。|"
        "it shows that the record is unchanged and its time real, not that what it says is true.")

# Signatures: Ed25519 (RFC 8032), in plain integers unless `cryptography` is installed.

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT_OF_MINUS_1 = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)

def decode_point(data):
    """The curve point of 32 bytes in extended coordinates, or None."""
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * D * p[3] * q[3] % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

def slow_ed25519(public, signature, message):
    """Whether the signature holds: s*B - h*A is R, both scalars walked together by two bits."""
    point, s = decode_point(public), int.from_bytes(signature[32:], "little")
    if point is None or s >= ORDER or len(signature) != 64:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus, table = (P - point[0], point[1], 1, P - point[3]), [(0, 1, 1, 0)]
    for i in range(1, 16):
        table.append(add(table[i - 1], BASE) if i % 4 else add(table[i - 4], minus))
    total = table[0]
    for shift in range(252, -1, -2):
        total = add(total, total)
        total = add(add(total, total), table[(s >> shift & 3) | (h >> shift & 3) << 2])
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
Checkpoint = namedtuple("Checkpoint", "size root time text strangers")
LOG_KEY, WITNESS_KEY = 1, 4

def b64(text, length=None):
    """Standard base64, exactly as it would be written."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raw = None
    if raw is None or base64.b64encode(raw).decode() != text or length not in (None, len(raw)):
        raise unclear("有一处 base64 写得不对|a base64 value is malformed")
    return raw

def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

def parse_vkey(text):
    """A key as it is written down: name+8 hex digits+base64 of type and public key."""
    parts = text.split("+", 2)
    raw = b64(parts[2], 33) if len(parts) == 3 else b"\0"
    key_id = sha256(parts[0].encode() + b"\n" + raw).digest()[:4]
    if not parts[0] or raw[0] not in (LOG_KEY, WITNESS_KEY) or parts[1] != key_id.hex():
        raise unclear(f"看不懂这把公钥：{text[:80]}|this key cannot be read: {text[:80]}")
    return Key(parts[0], key_id, raw[0], raw[1:])

def parse_note(data):
    """Text and signatures (name, key id, bytes) of a signed note."""
    try:
        note = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        note = ""
    text, gap, tail = note.rpartition("\n\n")
    found = [re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)", line) for line in tail.split("\n")[:-1]]
    signatures = [(one[1], b64(one[2])) for one in found if one]
    whole = gap and found and all(found) and tail.endswith("\n")
    if not whole or re.search("[\0-\x09\x0b-\x1f]", note) or any(len(r) < 5 for _, r in signatures):
        raise unclear("签名文件的格式不对|the signed note is malformed")
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
        for line in text.split("\n"):
            words = re.findall("[^ \t]+", line) or ["#"]
            count, names = len(words), {*self.witnesses, *self.groups}
            if words[:3] == ["#", "yinuo", "receipt"] and count == 4:
                self.receipt = parse_vkey(words[3])
            if words[0].startswith("#"):
                continue
            if words[0] == "log" and count in (2, 3):
                key = parse_vkey(words[1])
                right, self.logs[key[:2]] = self.is_new(key, LOG_KEY, self.logs), key
            elif words[0] == "witness" and count in (3, 4):
                key = parse_vkey(words[2])
                right = self.is_new(key, WITNESS_KEY, self.witnesses) and words[1] not in names
                self.witnesses[words[1]] = key
                free.add(words[1])
            elif words[0] == "group" and count > 3:  # Nobody counts twice, or before being named.
                needed = {"any": "1", "all": str(count - 3)}.get(words[2], words[2])
                right = re.fullmatch("[1-9][0-9]{0,4}", needed) and int(needed) <= count - 3
                right = right and words[1] not in names and len(free & {*words[3:]}) == count - 3
                self.groups[words[1]] = int(needed) if right else 0, words[3:]
                free = free - {*words[3:]} | {words[1]}
            else:
                right = words[0] == "quorum" and count == 2 and words[1] in names
                right, self.quorum = right and self.quorum is None, words[-1]
            if not right:
                raise unclear(f"策略里这一行看不懂：{line[:60]}|policy: {line[:60]}")
        if not whole or self.quorum is None or not self.logs:
            raise unclear("策略不完整|the policy is not complete")

    @staticmethod
    def is_new(key, kind, others):
        return key.kind == kind and key.public not in [one.public for one in others.values()]

    def quorum_time(self, times, name=None):
        """By when a quorum had cosigned; `times` by key of witness. None: never."""
        name = name or self.quorum
        if name in self.witnesses:
            return times.get(self.witnesses[name][:2])
        count, members = self.groups[name]
        known = sorted(t for t in (self.quorum_time(times, m) for m in members) if t is not None)
        return known[count - 1] if 0 < count <= len(known) else None

def open_checkpoint(data, policy, more_keys=(), verify=True):
    """A checkpoint whose known signatures hold (or, with `verify` false, are taken as read)."""
    text, signatures = parse_note(data)
    found = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n(?:[^\n]+\n)*", text)
    if not found:
        raise unclear("摘要的格式不对|the checkpoint is malformed")
    origin, size, times, signers, strangers = found[1], int(found[2]), {}, [], []
    known = {one[:2]: one for one in [*policy.logs.values(), *more_keys, *policy.witnesses.values()]}
    for name, key_id, signature in signatures:
        key = known.get((name, key_id))
        if key is None:
            strangers.append(name)
            continue
        at = signed_at(key, signature, text) if verify else int.from_bytes(signature[:8], "big")
        if at is None:
            raise violated(f"{name} 在摘要 {size} 上的签名不对|{name} signed checkpoint {size} wrongly")
        if key.kind == WITNESS_KEY:
            times.setdefault(key[:2], at)
        else:
            signers.append(name)
    if verify and origin not in signers:
        raise unclear(f"摘要 {size} 没有 {origin} 的签名|checkpoint {size} is not signed by {origin}")
    return Checkpoint(size, b64(found[3], 32), policy.quorum_time(times), text, strangers)

def demand_quorum(point, policy, report):
    """Say what the signatures on a checkpoint prove. Raises Finding where a quorum is missing."""
    if policy.quorum == "none":
        report.unproved.append("策略没有要求见证：有没有给别人看另一份记录，不知道。|"
                               "the policy asks for no witness: others may be shown another record.")
        return
    if point.time is None:
        raise unclear("见证的签名不够策略要求的数目|too few witnesses signed for the policy")
    at = datetime.datetime.fromtimestamp(point.time, datetime.timezone.utc)
    there = at + datetime.timedelta(hours=8)
    report.proved.append(
        f"足够多的独立见证人在北京时间 {there:%Y-%m-%d %H:%M} 之前签过大小为 {point.size} 的摘要。|"
        f"enough witnesses had signed the checkpoint of size {point.size} by {at:%Y-%m-%d %H:%M} UTC.")

# The tree (RFC 6962) and the files it is published in (C2SP tlog-tiles).

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
    digits = f"{number:0{-(-len(str(number)) // 3) * 3}d}"
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    name = "/".join(["x" + one for one in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{name}" + ("" if width == 256 else f".p/{width}")

def read_file(path):
    """The bytes of a file; None where there is none."""
    try:
        with open(path, "rb") as file:
            return checked_size(file.read(FILE_MAX + 1), path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None

def must_read(path):
    data = read_file(path)
    if data is None:
        raise absent(path)
    return data

def checked_size(data, name):
    if len(data) > FILE_MAX:
        raise unclear(f"{name} 太大|{name} is too large")
    return data

class Files:
    """The published files, in a folder or at an address."""

    def __init__(self, where):
        self.where, self.remote = where, re.match("https?://", where) is not None
        if not self.remote and not pathlib.Path(where).is_dir():
            raise absent(where)

    def get(self, name):
        if not self.remote:
            return read_file(pathlib.Path(self.where, name))
        try:
            with urllib.request.urlopen(f"{self.where.rstrip('/')}/{name}", timeout=30) as answer:
                return checked_size(answer.read(FILE_MAX + 1), name)
        except urllib.error.HTTPError as error:
            if error.code in (404, 410):
                return None
            raise

    def need(self, name):
        data = self.get(name)
        if data is None:
            raise unclear(f"缺少 {name}|{name} is missing")
        return data

    def list(self, folder):
        """Names of all files below a folder; nothing at an address."""
        top = pathlib.Path(self.where)
        found = [] if self.remote else sorted(top.joinpath(folder).rglob("*"))
        return [one.relative_to(top).as_posix() for one in found if one.is_file()]

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
FIGURES = {"rule", "notice_days", "skew_seconds", "line_orders_min", "batch_days_max", "return_batches"}
RULE = FIGURES | {"v", "t", "binds", "exceptions", "holds", "line_holds", "leaves", "forms"}

def shape(kind, stream, fields, forms):
    """The expression for one type with these public fields; groups are named after the fields."""
    own = {"v": b'"v":1,', "t": b'"t":"%b",' % re.escape(kind).encode()}
    if stream:  # An entry names the one before it, unless it begins its stream.
        own["c"], own["s"] = b'"c":"%b",' % HASH, b'"s":"(?P<s>%b)",' % HASH
        own["n"], own["p"] = b'"n":(?P<n>0|[1-9][0-9]{0,8}),', b'(?:"p":"(?P<p>%b)",)?' % HASH
    for key in fields:
        one = FORMS[forms[key].replace("list.", "")]
        one = rb"\[(?:%b(?:,%b){0,63})?\]" % (one, one) if forms[key][:5] == "list." else one
        if key in own or not re.fullmatch("[a-z][a-z0-9_]*", key):
            raise ValueError(key)
        own[key] = b'"%b":(?P<%b>%b),' % (key.encode(), key.encode(), one)
    return re.compile(rb"\{" + b"".join(own[key] for key in sorted(own))[:-1] + rb"\}").fullmatch

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

def seconds(text):
    """When a date, a week's Monday (2026-W07) or an instant is, in seconds since 1970 (UTC)."""
    if text[4:6] == "-W":
        text = datetime.date.fromisocalendar(int(text[:4]), int(text[6:]), 1).isoformat()
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)).timestamp()

# The queue: every leaf in order, every rule at its place.

GONE, WAITING, HELD, RETURNED = range(4)
# Orders wait, are allocated and delivered, or cancelled: before allocation (c) or for good (x).
STATES = {"lock": {""}, "hold": set("wa"), "release": set("wa"), "except": set("wad"),
          "transfer": set("wa"), "move": {"w"}, "alloc": {"w"}, "deliver": {"a"}, "cancel": set("wa"),
          "restore": {"c"}}

class Stream:
    """One stream: the entries in it, the hash of the last one; in a q stream, its order."""

    __slots__ = ("letter", "tip", "at", "state", "line", "rank", "since", "alloc", "held", "reason",
                 "until", "been")

    def __init__(self, letter):
        self.letter, self.tip, self.at, self.state, self.line, self.rank = letter, b"", [], "", None, -1
        self.since, self.alloc, self.held, self.reason, self.until, self.been = 0, 0, (), "", 0, {}

class Line:
    """The orders of one line by rank; `open` has a byte for each: gone, waiting, held, returned.

    A rank is one whole number: index << 32, with the place of ties below; -1 before its draw."""

    def __init__(self, name):
        self.name, self.closed, self.locks, self.history, self.reasons = name, 0, 0, 0, Counter()
        self.ranks, self.who, self.open, self.returns = array("q"), [], bytearray(), []

    def put(self, order, gone=False):
        """Where an order stands now."""
        rank, at = order.rank, len(self.ranks)
        if at and self.ranks[-1] >= rank:
            at = bisect_left(self.ranks, rank)
        if rank >= 0 and (at == len(self.ranks) or self.ranks[at] != rank):
            self.ranks.insert(at, rank)
            self.who.insert(at, order)
            self.open.insert(at, GONE)
        if rank >= 0:
            value = HELD if order.held else RETURNED if order.until > self.closed else WAITING
            self.open[at] = GONE if gone or order.state != "w" else value

class Audit:
    """A log read from its first leaf on."""

    def __init__(self):
        self.size, self.peaks, self.tail, self.bundles, self.newest = 0, [], b"", b"", "HISTORY"
        self.streams, self.lines, self.rules, self.texts, self.table, self.letter = {}, {}, [], [], {}, {}
        self.pending, self.closed, self.tally, self.judged = {}, set(), {}, set()
        self.tickets, self.used, self.windows, self.draws = {}, set(), {}, []
        self.heads, self.anchors, self.keys, self.findings = {}, {}, [], []
        self.times, self.brackets = set(), ([], [], [])

    def __getstate__(self):
        return {**self.__dict__, "table": {}, "letter": {}}

    def fault(self, index, said, **more):
        self.findings.append({"entry": index, "said": said.split("|"), **more})

    def feed(self, leaves, hashes):
        """Take the next leaves; `hashes` are theirs, 32 bytes each, joined."""
        parts = [hashes[i : i + 32] for i in range(0, len(hashes), 32)]
        names = base64.urlsafe_b64encode(b"\0".join(parts))
        for k, leaf in enumerate(leaves):
            start = leaf.rfind(b'"t":"') + 5
            kind = leaf[start : leaf.find(b'"', start)].decode("ascii", "replace")
            try:
                for match in self.table.get(kind, ()):
                    if m := match(leaf):
                        wrong = self.take(kind, m, names[44 * k : 44 * k + 43])
                        break
                else:
                    wrong = self.read_rule(leaf)
            except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
                wrong = True
            if wrong:
                self.fault(self.size, f"这里不能有这样的“{kind[:20]}”条目|the rule allows no such "
                           f"“{kind[:20]}” entry here")
            self.size += 1

    def take(self, kind, m, tip):
        """One leaf of a known form; whether it breaks the rule."""
        letter = self.letter[kind]
        if not letter:
            return self.take_free(kind, m, self.size)
        stream = self.streams.get(m["s"])
        if stream is None:
            stream = self.streams[m["s"]] = Stream(letter)
        at = stream.at
        wrong = int(m["n"]) != len(at) or letter != stream.letter or m["p"] != (stream.tip if at else None)
        at.append(self.size)
        stream.tip = tip
        if wrong or letter != "q" or kind not in STATES:
            return wrong
        return stream.state not in STATES[kind] or self.take_order(kind, m, self.size, stream)

    def read_rule(self, leaf):
        """A rule leaf, the only one that nests; whether it is wrong, or no rule at all."""
        new, table, index = plain_json(leaf.decode()), {}, self.size
        figures = [new[name] for name in FIGURES]
        figures += [figure for one in new["exceptions"].values() for figure in one.values()]
        if (canonical(new).encode() != leaf or new["t"] != "rule" or {*new} != RULE
                or any(type(one) is not int or one < 0 for one in figures)):
            return True
        for kind, entry in new["leaves"].items():
            table[kind] = [shape(kind, entry["stream"], one, new["forms"]) for one in entry["fields"]]
            self.letter[kind] = entry["stream"]
        binds, known = 0 if new["binds"] == "at_once" else seconds(new["binds"]), self.bracket(index)[1]
        early = index and known and binds < known + self.rules[-1][1]["notice_days"] * DAY
        self.table = {**self.table, **table}
        self.rules.append((binds, new))
        self.texts.append(leaf)
        return new["rule"] != len(self.rules) or bool(index) != bool(binds) or early

    def rule_for(self, label):
        """The newest rule that bound when the week of this label began."""
        monday = 0 if label == "HISTORY" else seconds(label)
        return [rule for binds, rule in self.rules if binds <= monday][-1]

    def take_order(self, kind, m, i, o):
        """What an entry does to its order `o`; true where the rule is broken."""
        has = m.re.groupindex
        line = self.lines[m["line"]] if "line" in has else o.line
        code = json.loads(m["code"]) if "code" in has else ""
        rule, wrong = self.rule_for(self.newest) if code else {}, False
        if kind == "lock":
            o.state, o.line, o.since, o.rank = "w", line, i, i << 32
            line.locks += 1
            wrong = "ticket" in has and self.take_ticket(m["launch"], int(m["ticket"]), i, o)
        elif kind == "alloc":
            label = m["batch"][1:-1].decode()
            if label == "HISTORY":
                line.history, wrong = line.history + 1, bool(self.closed)
            else:
                self.pending.setdefault((line.name, label), []).append(o)
            wrong = wrong or (line.name, label) in self.closed or line is not o.line or o.rank < 0
            o.state, o.alloc = "a", i
        elif kind == "deliver":
            o.state, o.held = "d", ()
        elif kind == "hold":
            o.held, wrong = (*o.held, code), code not in rule["holds"]
        elif kind == "release":
            at = o.held.index(code)
            o.held = o.held[:at] + o.held[at + 1 :]
        elif kind == "except":
            o.reason, wrong = code, code not in rule["exceptions"]
        elif kind == "cancel":
            o.state, o.held = "c" if o.state == "w" else "x", ()
        elif kind == "restore":
            o.state, o.reason = "w", ""
        elif kind == "move":
            o.line.put(o, gone=True)
            o.been = {**o.been, o.line.name: o.rank}
            o.rank = o.been.get(line.name, o.rank) if m["kept"] == b'"yes"' else i << 32
            o.line = line
        if kind in ("restore", "move") or (kind == "release" and not o.held):
            # Who comes back may still be passed in the next batches, as the rule says.
            o.since, o.until = i, o.line.closed + self.rule_for(self.newest)["return_batches"]
            o.line.returns.append(o)
        o.line.put(o)
        return wrong

    def take_ticket(self, launch, ticket, i, o):
        """The rank of a lock by ticket; whether the ticket was not counted, or used before."""
        counted, window = self.tickets.get(launch, []), self.windows.get(launch)
        at, used = bisect_left(counted, (ticket, 0)), (launch, ticket) in self.used
        self.used.add((launch, ticket))
        if at == len(counted) or used or not 0 < ticket < 1 << 31:
            return True
        o.rank = counted[at][1] << 32 | ticket
        if window and ticket <= window.get("number", ticket):
            o.rank = -1
            window["waiting"].append((o, ticket))
            self.settle(window, i)
        return False

    def settle(self, window, i):
        """What the end of a window or its draw has decided, its orders now have for a rank."""
        waiting, window["waiting"] = window["waiting"], []
        for o, ticket in waiting:
            late, places = ticket > window.get("number", ticket), window.get("places")
            if not late and not places:
                window["waiting"].append((o, ticket))
            elif o.rank < 0:
                counted = self.tickets[window["launch"]]
                by_ticket = counted[bisect_left(counted, (ticket, 0))][1] << 32 | ticket
                o.rank = by_ticket if late else window["index"] << 32 | places[ticket]
                o.since = i
                o.line.put(o)

    def take_free(self, kind, m, i):
        """A leaf of no order; true where the rule is broken."""
        if kind == "line":
            again = m["line"] in self.lines
            self.lines.setdefault(m["line"], Line(json.loads(m["line"])))
            return again
        if kind == "batch":
            return self.close(m, i)
        if kind == "tickets":
            counted = self.tickets.setdefault(m["launch"], [])
            counted.append((int(m["number"]), i))
            return counted != sorted(counted)
        if kind == "window":
            again = m["launch"] in self.windows or m["window"] in self.windows
            window = {"index": i, "launch": m["launch"], "source": m["source"], "waiting": [],
                      "drawn": seconds(json.loads(m["drawn"]))}
            self.windows.setdefault(m["launch"], self.windows.setdefault(m["window"], window))
            return again
        if kind == "window.end":
            window, number = self.windows[m["window"]], int(m["number"])
            again, window["end"], window["number"] = "end" in window, i, number
            self.settle(window, i)
            return again or number > self.tickets.get(window["launch"], [(0, 0)])[-1][0]
        if kind == "draw":
            return self.draw(self.windows[m["window"]], m, i)
        if kind == "key" and m["use"] == b'"log"':
            self.keys.append((i, parse_vkey(json.loads(m["vkey"]))))
        if kind == "heads":
            self.heads[int(m["size"])] = i, int(m["bits"]), json.loads(m["root"])
        if kind == "anchor":
            self.anchors[m["size"].decode()] = json.loads(m["digest"])
        if kind == "hold.line" and "code" in m.re.groupindex:
            return json.loads(m["code"]) not in self.rule_for(self.newest)["line_holds"]
        return False

    def draw(self, window, m, i):
        """A public draw: its tickets in the order of SHA-256(value/launch/ticket), or void."""
        order, sealed = list(range(1, window["number"] + 1)), self.bracket(window["end"])[1]
        wrong = sealed and sealed < window["drawn"]  # Sealed in time it must not be void.
        if "value" in m.re.groupindex:
            size, value, launch = int(m["size"]), json.loads(m["value"]), json.loads(window["launch"])
            sealed = self.bracket(size - 1)[1]
            wrong = m["source"] != window["source"] or not window["end"] < size <= i
            wrong = wrong or (sealed and sealed >= window["drawn"])
            order.sort(key=lambda t: sha256(f"{value}/{launch}/{t}".encode()).digest())
            self.draws.append((i, json.loads(m["source"]), value))
        again, window["places"] = "places" in window, {t: at for at, t in enumerate(order)}
        self.settle(window, i)
        return wrong or again

    def close(self, m, i):
        """A batch closes: whoever was allocated in it without a reason must have passed nobody."""
        line, label, (after, known) = self.lines[m["line"]], json.loads(m["batch"]), self.bracket(i)
        key, late = (line.name, label), (7 + self.rule_for(label)["batch_days_max"]) * DAY
        mine = self.pending.pop(key, ())
        wrong = key in self.closed or len(mine) != int(m["count"])
        wrong = wrong or (after and after > seconds(label) + late)
        wrong = wrong or (known and known < seconds(label) - DAY)  # Closed before its week.
        self.closed.add(key)
        self.newest = label if self.newest == "HISTORY" else max(self.newest, label)
        for o in line.returns:
            o.line.put(o)
        line.returns = [o for o in line.returns if o.line is line and o.until > line.closed]
        first, tally = line.open.find(WAITING), self.tally.setdefault(label, Counter())
        for o in mine:
            if not o.reason and first >= 0 and o.rank > line.ranks[first]:
                self.judge(i, line, label, o)
            tally[o.reason] += 1
            line.reasons[o.reason] += 1
            o.reason = ""
        line.closed += 1
        return wrong

    def judge(self, i, line, label, o):
        """Name the orders that `o` passed without a reason."""
        ahead = zip(line.who, line.open[: bisect_left(line.ranks, o.rank)])
        passed = [one.at[0] for one, how in ahead if how == WAITING and one.since < o.alloc]
        if passed:
            some = ", ".join(map(str, passed[:10]))
            self.fault(i, f"{line.name} 队 {label} 批里，第 {o.at[0]} 条锁的订单没有公开原因就排到了 "
                       f"{len(passed)} 个更早的订单前面（{some}）|in line {line.name}, batch {label}, the "
                       f"order locked in entry {o.at[0]} passed {len(passed)} earlier ones without a "
                       f"reason ({some})", passer=o.at[0], passed=passed)

    def bracket(self, index):
        """The last quorum time that did not show this leaf, and the first that did; or None."""
        sizes, before, after = self.brackets
        at = bisect_right(sizes, index)
        return before[at - 1] if at else None, after[at] if at < len(sizes) else None

    def set_times(self, times):
        """Take in (size, quorum time) of checkpoints."""
        self.times.update(times)
        known = sorted(self.times)
        after = [*accumulate([at for _, at in reversed(known)], min)][::-1]
        self.brackets = [one for one, _ in known], [*accumulate([at for _, at in known], max)], after

    def root(self, hashes):
        """The root when these leaves of the bundle at hand are in."""
        root = tree_root(hashes)
        for _, peak in reversed(self.peaks):
            root = node(peak, root)
        return root

    def push(self, peak):
        """A bundle is whole: its root joins those before it."""
        self.bundles, height = self.bundles + peak, 0
        while self.peaks and self.peaks[-1][0] == height:
            peak, height = node(self.peaks.pop()[1], peak), height + 1
        self.peaks.append((height, peak))

    def head_map(self, size, bits):
        """The texts of the map of last entries below `size`, one for each bucket."""
        buckets, count = [[] for _ in range(1 << bits)], 0
        for s, stream in self.streams.items():
            if n := bisect_left(stream.at, size):
                place = int.from_bytes(base64.urlsafe_b64decode(s[:4])[:2], "big") >> (16 - bits)
                buckets[place].append(b"%b %d %d\n" % (s, n - 1, stream.at[n - 1]))
                count += 1
        right = (count <= 64 << bits or bits == 16) and (not bits or count > 32 << bits)
        return [b"".join(sorted(one)) for one in buckets] if right else []

# A published log: first the tree says what was recorded, then signatures who vouches for it.

def read_log(files, policy, audit, report, all_signatures=False):
    """Bring an audit up to the newest checkpoint, and return that. Raises Finding."""
    if files.get("policy") not in (None, policy.text.encode()):
        raise violated("公开的策略和给定的不一样|the published policy is not the given one")
    note = files.need("checkpoint")
    newest = open_checkpoint(note, policy, verify=False)
    if newest.size < audit.size:
        raise violated("记录变短了|the log is shorter than it was")
    names, notes, missing = files.list("checkpoints"), {note: newest}, 0
    if files.remote and newest.time:
        first = max([newest.time - 4000 * DAY, *(at for _, at in audit.times)])
        days = range(int(newest.time // DAY), int(first // DAY) - 1, -1)
        names = [f"checkpoints/{datetime.date.fromordinal(719163 + one)}" for one in days]
    for name in names:
        data = files.get(name) or b""
        missing, parts = 0 if data else missing + 1, data[:-1].split(b"\n\n") if data else []
        if len(parts) % 2 or data[-1:] not in (b"", b"\n"):
            raise unclear(f"{name} 的格式不对|{name} is malformed")
        for pair in zip(parts[::2], parts[1::2]):
            one = b"%b\n\n%b\n" % pair
            notes[one] = open_checkpoint(one, policy, verify=False)
        if missing > 60:
            break
    seen, roots, trusted = sorted(notes.items(), key=lambda pair: pair[1].size), {}, []
    for _, one in seen:
        roots.setdefault(one.size, set()).add(one.root)
    audit.set_times((one.size, one.time) for _, one in seen if one.time)
    read_entries(files, audit, newest.size, roots)
    for index, key in audit.keys:  # Log keys follow one another by `key` leaves.
        open_checkpoint(next((one for one, at in seen if at.size > index), note), policy, trusted)
        trusted.append(key)
    chosen = list(notes)
    if len(chosen) > 4 * SAMPLE and not all_signatures:
        chosen = [note, *random.SystemRandom().sample(chosen, SAMPLE)]
        report.unproved.append(f"{len(seen)} 份摘要里随机抽查了 {SAMPLE} 份的签名，--all-signatures 全查。|of "
                               f"{len(seen)} checkpoints the signatures of {SAMPLE}, drawn at random, hold.")
    for one in chosen:
        if strangers := open_checkpoint(one, policy, trusted).strangers:
            raise unclear(f"摘要上有策略里没有的签名：{strangers[0]}|{strangers[0]} is not in the policy")
    return newest

def split_bundle(data, number, width):
    leaves, at = [], 0
    while at + 1 < len(data):
        end = at + 2 + (data[at] << 8 | data[at + 1])
        leaves.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(leaves) != width:
        raise violated(f"第 {256 * number} 条起的文件坏了|damaged from entry {256 * number} on")
    return leaves

def read_entries(files, audit, size, roots):
    """Read the bundles up to `size`, compare tiles and roots, and take the leaves in."""
    sizes, suspect = sorted(roots), None
    for number in range(audit.size // 256, (size + 255) // 256):
        first, width = 256 * number, min(256, size - 256 * number)
        leaves = split_bundle(files.need(tile_path("entries", number, width)), number, width)
        hashes = b"".join([sha256(b"\0" + leaf).digest() for leaf in leaves])
        tile = files.need(tile_path(0, number, width))
        if tile != hashes and suspect is None:
            at = (k for k in range(width) if tile[32 * k :][:32] != hashes[32 * k :][:32])
            suspect = first + next(at, 0)
        for one in sizes[bisect_right(sizes, first) : bisect_right(sizes, first + width)]:
            if roots[one] != {audit.root(hashes[: 32 * (one - first)])}:
                raise differs(suspect) if suspect is not None else violated(
                    f"摘要 {one} 和内容对不上|the checkpoint of size {one} is not of these entries")
        done = 32 * (audit.size - first)
        if hashes[:done] != audit.tail:
            raise violated(f"第 {first} 条以后有改动|changed after entry {first}")
        audit.feed(leaves[done // 32 :], hashes[done:])
        audit.tail = b"" if width == 256 else hashes
        if width == 256:
            audit.push(tree_root(hashes))
    hashes, tier = audit.bundles, 1
    while hashes and suspect is None:
        parts = [hashes[at : at + 8192] for at in range(0, len(hashes), 8192)]
        for at, part in enumerate(parts):
            if files.need(tile_path(tier, at, len(part) // 32)) != part:
                suspect = at
        hashes, tier = b"".join([tree_root(part) for part in parts if len(part) == 8192]), tier + 1
    if suspect is not None:
        raise violated("公开的哈希文件不对|a tile is wrong")

def check_files(files, audit, report):
    """What is published beside the newest tiles: older partial ones, head maps, rules, anchors."""
    wrong, right, names = [], {}, files.list("tile")
    for name in [one for one in names if ".p/" in one]:
        base, width = name.split(".p/")
        widest = max([int(one.split(".p/")[1]) for one in names if one.startswith(base + ".p/")])
        whole, part = files.get(base) or files.get(f"{base}.p/{widest}"), files.get(name)
        leaves = split_bundle(part, 0, int(width)) if "entries" in base else b""
        right[name] = whole[: len(part) if leaves else 32 * int(width)]
    listed = {int(name.split("/")[1]) for name in files.list("heads")}
    late = [f"heads/{size}" for size in listed - {*audit.heads}]
    for size in listed & {*audit.heads} or [*audit.heads][-1:]:
        index, bits, root = audit.heads[size]
        texts = audit.head_map(size, bits) if size <= index else []
        hashes = b"".join([leaf_hash(text) for text in texts])
        wrong += [f"heads/{size}"] if encode(tree_root(hashes)) != root else []
        for name in files.list(f"heads/{size}"):
            last = name.split("/")[2]
            right[name] = hashes if last == "index" else b"".join(texts[int(last, 16) :][:1])
    wrong += [one for one, data in right.items() if files.get(one) != data]
    for name in files.list("rules"):
        text = audit.texts[int(name[6:-5]) - 1 :][:1]
        late += [] if text else [name]
        wrong += [name] if text and files.get(name) != text[0] else []
    for name in [*files.list("anchors"), *files.list("blob")]:
        last = name.split("/")[1]
        digest = audit.anchors.get(last[:-4]) if name.startswith("anchors") else last
        late += [] if digest else [name]
        if digest and sha256(files.get(name)).hexdigest() != digest:
            wrong.append(name)
    report.unproved += [f"{name} 还没有记入。|{name} is not recorded yet." for name in late]
    if wrong:
        raise violated(f"{wrong[0]} 和记录不同|{wrong[0]} is not as recorded")
    if audit.heads:
        report.proved.append("最新的末条目录和记录一致。|the newest map of last entries is right.")
    if files.get("verify.py") not in (None, read_file(__file__)):
        report.unproved.append("那里提供的 verify.py 和这一份不同。|the verify.py served there is another.")

def finish(audit, newest):
    """Late batches and quotas, which can only be judged at the end."""
    for key, orders in audit.pending.items():
        late = seconds(key[1]) + (7 + audit.rule_for(key[1])["batch_days_max"]) * DAY
        if newest.time and newest.time > late and key not in audit.judged:
            audit.judged.add(key)
            audit.fault(orders[0].alloc, f"批次 {key[1]} 一直没有关|batch {key[1]} is still open")
    still = {label for _, label in audit.pending} | audit.judged
    for label in sorted(one for one in audit.tally if one < audit.newest and one not in still):
        tally = audit.tally[label]
        audit.judged.add(label)
        for code, quota in audit.rule_for(label)["exceptions"].items():
            if tally[code] * 1000 > max(quota["at_least"] * 1000, quota["per_mille"] * sum(tally.values())):
                audit.fault(None, f"{label} 批的“{code}”用了 {tally[code]} 次，超过规则|reason {code} was used "
                            f"{tally[code]} times in batch {label}, over its quota", label=label, code=code)

def conclude(audit, newest, policy, report):
    """The verdict over the whole log."""
    demand_quorum(newest, policy, report)
    finish(audit, newest)
    lines, found, least = [*audit.lines.values()], audit.findings, audit.rules[-1][1]["line_orders_min"]
    orders, few = sum(one.locks for one in lines), [one.name for one in lines if one.locks < least]
    report.proved.append(f"{audit.size} 条的内容、次序和摘要一致。|{audit.size} entries are as sealed.")
    if not found:
        report.proved.append(
            f"{orders} 个订单、{len(lines)} 队、{len(audit.closed)} 批：没有公开原因的，都按先后排产。|{orders} "
            f"orders, {len(lines)} lines, {len(audit.closed)} batches: without a reason, all went in turn.")
    old, waiting = sum(one.history for one in lines), sum(map(len, audit.pending.values()))
    for count, zh, en in (
            (old, "个订单在记录开始前就排了产，没法判断。", "orders went before the log."),
            (waiting, "个订单的批次还没有关。", "orders are in batches still open."),
            (len(few), f"队订单太少，不按大队判断：{few[:5]}。", f"lines are too small to judge: {few[:5]}.")):
        report.unproved += [f"{count} {zh}|{count} {en}"] if count else []
    report.unproved += [f"第 {i} 条抽签：请到 {source} 核对是不是 {value}。|entry {i}, a draw: ask {source} "
                        f"whether it published {value}." for i, source, value in audit.draws]
    report.unproved.append("订单是不是真人、原因是不是真的、有没有不经过记录交的车。|that an order is a real "
                           "person's, that a reason is true, that no car went outside the record.")
    report.data.update(size=audit.size, findings=found[:1000], lines=[
        {"line": one.name, "orders": one.locks, "batches": one.closed, "placed_by_reason": one.reasons,
         "before_log": one.history, "waiting": len(one.open) - one.open.count(GONE)} for one in lines])
    if found:
        at, (zh, en), more = found[0]["entry"], found[0]["said"], len(found) - 1
        zh, en = (zh, en) if at is None else (f"第 {at} 条：{zh}", f"entry {at}: {en}")
        raise violated(f"{zh}，另有 {more} 处|{en}, and {more} more" if more else f"{zh}|{en}")
    report.verdict = (f"一致。{audit.size} 条记录一条没改，没有人被无故插队。|Match: {audit.size} entries, none "
                      "rewritten, nobody passed without a public reason.")

# Single proofs: one entry, two checkpoints, an order's record, one opened entry.

def check_proof(data, leaf, policy, report):
    """That a C2SP tlog-proof leads from this leaf to a checkpoint that counts; its index."""
    try:
        text = data.decode() if isinstance(data, bytes) else data
    except UnicodeDecodeError:
        text = ""
    found = re.fullmatch(r"c2sp\.org/tlog-proof@v1\n(?:extra ([^\n]+)\n)?index (0|[1-9][0-9]{0,15})\n"
                         r"((?:[^\n]+\n){0,63})\n(.*)", text, re.DOTALL)
    if not found:
        raise unclear("证明文件的格式不对|the proof file is malformed")
    b64(found[1] or "")
    index, path = int(found[2]), [b64(line, 32) for line in found[3].split("\n")[:-1]]
    point = open_checkpoint(found[4], policy)
    if index >= point.size or root_of_path(index, point.size, leaf_hash(leaf), path) != point.root:
        raise differs(index)
    demand_quorum(point, policy, report)
    return index

def get(thing, key, kind):
    """A field of what was read from a file, of the right type. Raises Finding."""
    value = thing.get(key) if isinstance(thing, dict) else None
    if type(value) is not kind:
        raise unclear(f"缺少 {key}，或者类型不对|{key} is missing or of a wrong type")
    return value

def unbase(text):
    return base64.urlsafe_b64decode(text + "=")

def load_bundle(path):
    """bundle.json, by itself or in a zip that holds nothing odd."""
    data = must_read(path)
    try:
        if data[:2] == b"PK":
            with zipfile.ZipFile(path) as packed:
                inside = packed.infolist()
                if len(inside) > 100 or any(one.filename[:1] in "/\\" or ".." in one.filename
                                            or stat.S_ISLNK(one.external_attr >> 16) for one in inside):
                    raise unclear("压缩包里有不该有的东西|the zip holds odd things")
                [name] = [one for one in inside if one.filename.endswith(".json")]
                with packed.open(name) as file:
                    data = checked_size(file.read(FILE_MAX + 1), name.filename)
        bundle = plain_json(data.decode())
    except (ValueError, zipfile.BadZipFile, zlib.error, RuntimeError) as wrong:
        raise unclear(f"文件坏了：{wrong}|the file is damaged: {wrong}") from None
    return bundle

def check_leaf(entry, sid, n, before, opening_key, order):
    """One entry: exact text, place in its stream, what was committed to; its index and leaf."""
    index, text, payload = get(entry, "index", int), get(entry, "leaf", str), get(entry, "payload", str)
    try:
        leaf, inside = plain_json(text), plain_json(payload)
        committed = encode(hmac.digest(opening_key, payload.encode(), "sha256"))
        right = canonical(leaf) == text and canonical(inside) == payload and get(entry, "n", int) == n
        right = right and order in (None, inside.get("order", order)) and (
            1, sid, n, before, committed) == (leaf["v"], leaf["s"], leaf["n"], leaf.get("p"), leaf["c"])
    except (ValueError, KeyError, TypeError, AttributeError):
        right = False
    if not right:
        raise differs(index)
    return index, text.encode()

def open_receipt(note, policy):
    """The text of a note that the receipt key signed."""
    text, signatures = parse_note(note)
    for name, key_id, signature in signatures:
        if policy.receipt and (name, key_id) == policy.receipt[:2]:
            if signed_at(policy.receipt, signature, text) is None:
                raise violated("封签或回执被改过|a seal or receipt was changed")
            return text
    raise unclear("没有回执公钥的签名|the receipt key of the policy did not sign")

def check_seal(bundle, policy, report):
    """That nothing in the file was changed since it was handed out; names the entry that was."""
    def digest(value):
        return base64.b64encode(sha256(canonical(value).encode()).digest()).decode()
    streams = get(bundle, "streams", list)
    bare = [{k: v for k, v in one.items() if k != "entries"} for one in streams]
    rest = {**{k: v for k, v in bundle.items() if k != "seal"}, "streams": bare}
    entries = [(get(s, "letter", str), one) for s in streams for one in get(s, "entries", list)]
    expected = [f"{get(bundle, 'origin', str)}/bundle"]
    expected += [f"{letter}{get(one, 'n', int)} {digest(one)}" for letter, one in entries]
    expected += [f"rest {digest(rest)}", ""]
    lines = open_receipt(get(bundle, "seal", str), policy).split("\n")
    for (_, entry), line, right in zip(entries, lines[1:], expected[1:]):
        if line != right and len(lines) == len(expected):
            raise differs(entry.get("index"))
    if lines != expected:
        raise violated("条目以外的内容被改过|something outside the entries was changed")
    report.proved.append("文件发出后一个字也没有改过。|not one character changed since it was handed out.")

def check_head(stream, sid, entries, policy, report):
    """That the map of last entries names the last of these: nothing came later below its size."""
    head, letter = get(stream, "head", dict), get(stream, "letter", str)
    text, bucket = get(head, "heads_leaf", str), get(head, "bucket", str)
    index = check_proof(get(head, "heads_proof", str), text.encode(), policy, Report())
    leaf, path = plain_json(text), [b64(one, 32) for one in get(head, "path", list)]
    size, bits, root = get(leaf, "size", int), get(leaf, "bits", int), get(leaf, "root", str)
    place = int.from_bytes(unbase(sid)[:2], "big") >> (16 - bits)
    mapped = root_of_path(place, 1 << bits, leaf_hash(bucket.encode()), path)
    lines = [one.split(" ") for one in bucket.split("\n") if one.startswith(sid + " ")]
    covered = [[sid, str(n), str(i)] for n, i in enumerate(entries) if i < size]
    if leaf["t"] != "heads" or size > index or mapped is None or encode(mapped) != root:
        raise violated("末条目录和公开记录不同|the map of last entries differs from the record")
    if lines != covered[-1:]:
        raise violated(f"{letter} 列里有一条没有给出来|an entry of stream {letter} was not handed out")
    report.proved.append(f"第 {size} 条以前，{letter} 列没有别的条目。|"
                         f"before entry {size} stream {letter} has no other entry.")

def check_history(args, report, path):
    bundle = load_bundle(path)
    policy, total = find_policy(args, report, get(bundle, "policy", str)), 0
    if "opening" in bundle:
        return check_notice(bundle, policy, report)
    order, secret = get(bundle, "order", str), unbase(get(bundle, "k", str))
    if "seal" in bundle:
        check_seal(bundle, policy, report)
    else:
        report.unproved.append("没有封签：句子的文字没有证明。|there is no seal: the words are not proved.")
    for stream in get(bundle, "streams", list):
        letter, sid, before, places = get(stream, "letter", str), get(stream, "id", str), None, []
        own = encode(hmac.digest(secret, f"pl1/stream/{letter}/{order}".encode(), "sha256"))
        if own != sid or len(secret) != 32:
            raise violated(f"{letter} 列不是这个订单的|stream {letter} is not this order's")
        for n, entry in enumerate(get(stream, "entries", list)):
            opening_key = hmac.digest(secret, f"pl1/open/{sid}/{n}".encode(), "sha256")
            index, leaf = check_leaf(entry, sid, n, before, opening_key, order)
            before = encode(leaf_hash(leaf))
            if places and index <= places[-1]:
                raise differs(index)
            places.append(index)
        if places and check_proof(get(stream, "proof", str), leaf, policy, report) != places[-1]:
            raise differs(places[-1])
        total += len(places)
        if places and "head" in stream:
            check_head(stream, sid, places, policy, report)
        else:
            report.unproved.append(f"{letter} 列后面还有没有别的条目，不知道。|"
                                   f"whether stream {letter} has later entries is not known.")
    if bundle.get("receipt"):
        open_receipt(get(bundle, "receipt", str), policy)
    if bundle.get("waiting"):
        report.unproved.append("最新几条还在等下一份摘要。|the newest entries wait for the next checkpoint.")
    report.unproved.append(ONLY)
    report.verdict = (f"一致。订单 {order} 的 {total} 条都在公开记录里，之后没有改过。|Match: {total} entries of "
                      f"order {order} are in the public record, unchanged since.")

def check_notice(bundle, policy, report):
    """One opened entry: nothing is asked of the others of its stream."""
    text, sid, n = get(bundle, "leaf", str), get(bundle, "stream", str), get(bundle, "n", int)
    try:
        before, key = plain_json(text).get("p"), unbase(get(bundle, "k_n", str))
    except (ValueError, AttributeError):
        raise differs(bundle.get("index")) from None
    index, leaf = check_leaf(bundle, sid, n, before, key, bundle.get("order"))
    if check_proof(get(bundle, "proof", str), leaf, policy, report) != index:
        raise differs(index)
    report.unproved += ["这一列的其他条目没有给出来。|the other entries of its stream are not shown.", ONLY]
    report.verdict = (f"一致。第 {index} 条在公开记录里，内容就是给出来的这些，之后没有改过。|Match: entry {index} "
                      "is in the public record with just this content, unchanged since.")

def check_single(args, report, path, leaf):
    text = leaf.encode() if leaf[:1] == "{" else must_read(leaf)
    policy = find_policy(args, report, read_file(pathlib.Path(path).with_name("policy")))
    index = check_proof(must_read(path), text, policy, report)
    report.unproved.append(ONLY)
    report.verdict = (f"一致。这就是公开记录的第 {index} 条，之后没有改过。|Match: this is entry {index} of the "
                      "public record, unchanged since.")

def check_consistency(args, report, *paths):
    files = Files(args.log or os.path.dirname(os.path.abspath(paths[1])))
    policy = find_policy(args, report, files.get("policy"))
    points = [open_checkpoint(must_read(one), policy) for one in paths]
    old, new = sorted(points, key=lambda one: one.size)
    hashes = b"".join(files.need(tile_path(0, at // 256, min(256, new.size - at)))
                      for at in range(0, new.size, 256))
    if (old.root, new.root) != (tree_root(hashes[: 32 * old.size]), tree_root(hashes)):
        raise violated("后一份摘要不是前一份接着写的|the newer checkpoint does not extend the older")
    demand_quorum(new, policy, report)
    report.verdict = (f"一致。前 {old.size} 条一条没改，后面接着写到 {new.size} 条。|Match: the first {old.size} "
                      f"entries stand unchanged; the log went on to {new.size}.")

# Commands.

def find_policy(args, report, own):
    """The policy that was given, else the one that lies beside: said plainly, as it proves less."""
    own = own.encode() if isinstance(own, str) else own
    given = must_read(args.policy) if args.policy else None
    if given and own and given != own:
        raise violated("里面的策略和给定的不一样|the policy inside is not the given one")
    if not given and not own:
        raise unclear("没有策略（--policy）|there is no policy (--policy)")
    policy = Policy((given or own).decode())
    if not given:
        keys = ", ".join(f"{one.name} {encode(one.public)}" for one in policy.logs.values())
        report.unproved.append(f"公钥来自文件自己，请和别处公布的比一比：{keys}|the keys came with the file; "
                               f"compare them with those told elsewhere: {keys}")
    return policy

class Unpickler(pickle.Unpickler):
    """Reads our own state back, and nothing that could do anything else."""

    def find_class(self, module, name):
        rebuild = array("b").__reduce_ex__(3)[0]
        known = (Audit, Line, Stream, Counter, array, bytearray, set, Key, rebuild)
        return {one.__name__: one for one in known}[name]

def check_queue(args, report, where):
    check_watch(args, report, where, None)

def check_watch(args, report, where, state="watch.state"):
    """The whole audit; with a state file, only what is new since the last time."""
    files, old, audit = Files(where), b"", Audit()
    policy = find_policy(args, report, files.get("policy"))
    state = pathlib.Path(args.state) if state else None
    if state and state.exists():
        try:
            old, audit = Unpickler(io.BytesIO(state.read_bytes())).load()
            table, rules = Audit(), audit.rules
            for table.size, text in enumerate(audit.texts):
                table.read_rule(text)
            audit.table, audit.letter = table.table, table.letter
        except Exception:
            raise unclear("存下的状态读不了，删掉重来|the kept state cannot be read; remove it") from None
    before, note = audit.size, files.need("checkpoint")
    try:
        newest = read_log(files, policy, audit, report, args.all_signatures)
        check_files(files, audit, report)
    except Finding as found:
        if found.exit_code == 1 and old:
            kept = state.with_suffix(".evidence")
            kept.write_bytes(old + b"\n" + note)
            report.unproved.append(f"两份签过名的摘要存在 {kept}。|both signed checkpoints are in {kept}.")
        raise
    if state:
        state.with_suffix(".new").write_bytes(pickle.dumps((note, audit), 4))
        os.replace(state.with_suffix(".new"), state)
    report.data["new"] = audit.size - before
    conclude(audit, newest, policy, report)

COMMANDS = {"proof": (check_single, 2), "consistency": (check_consistency, 2), "watch": (check_watch, 1),
            "history": (check_history, 1), "notice": (check_history, 1), "queue": (check_queue, 1)}

def main(argv=None):
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("places", nargs="+", metavar="FILE")
    parser.add_argument("--policy", help="whose signatures count; best had from somebody else")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh" if words[:2] == "zh" else "en")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--log", help="consistency: folder or address of the log")
    parser.add_argument("--state", default="watch.state", help="watch: the file to remember in")
    parser.add_argument("--all-signatures", action="store_true", help="those of every old checkpoint")
    if argv and argv[0] not in COMMANDS and argv[0][:1] != "-":  # A record, or a log.
        argv.insert(0, "queue" if re.match("https?://", argv[0]) or os.path.isdir(argv[0]) else "history")
    args, report, code = parser.parse_args(argv), Report(), 0
    act, count = COMMANDS[args.command]
    if len(args.places) != count:
        parser.error(f"{args.command}: {count} FILE")
    try:
        act(args, report, *args.places)
    except Finding as found:
        report.verdict, code = found.said, found.exit_code
    except Exception as wrong:  # A file made to break us must end in a sentence too.
        report.verdict, code = unclear(f"读不了：{wrong!r}|cannot be read: {wrong!r}").said, 2
    pick = 0 if args.lang == "zh" else -1
    said = {"verdict": [report.verdict], "proved": report.proved, "not_proved": report.unproved}
    said = {name: [one.split("|")[pick] for one in dict.fromkeys(some)] for name, some in said.items()}
    if args.json:
        said["verdict"] = said["verdict"][0]
        print(json.dumps({**said, "exit": code, **report.data}, ensure_ascii=False, indent=1))
        return code
    titles = {"proved": ("证明了：", "Proved:"), "not_proved": ("没有证明：", "Not proved:")}
    print(said["verdict"][0])
    for one in report.data.get("findings", [])[1:20]:
        print(f"  {one['entry']}: {one['said'][pick]}")
    for name in [one for one in titles if said[one]]:
        print("\n  - ".join([titles[name][pick], *said[name]]))
    return code

if __name__ == "__main__":
    gc.disable()  # Millions of small objects live to the end; looking for garbage finds none.
    sys.exit(main())
