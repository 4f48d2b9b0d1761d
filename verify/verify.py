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

import argparse, base64, datetime, hashlib, hmac, json, os, pathlib, pickle, random, re, stat, sys
import urllib.error, urllib.request, zipfile, zlib
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, namedtuple

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

FILE_MAX, DAY, SAMPLE = 1 << 26, 86400, 500
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
sha256 = hashlib.sha256

class Finding(Exception):
    """A verdict: its exit code, and a sentence in Chinese and English with | between them."""

    def __init__(self, exit_code, said):
        super().__init__(said)
        self.exit_code, self.said = exit_code, said.split("|")

def violated(said):
    zh, en = said.split("|", 1)
    return Finding(1, f"不一致：{zh}。|Mismatch: {en}.")

def unclear(said):
    zh, en = said.split("|", 1)
    return Finding(2, f"无法判断：{zh}。|Cannot tell: {en}.")

def absent(name):
    return Finding(2, f"找不到。没有 {name}。|Not found: there is no {name}.")

def differs(index):
    return violated(f"第 {index} 条和公开记录不同|entry {index} differs from the public record")

class Report:
    """What was proved and what was not: sentences as in `Finding`."""

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
FIGURES = ("rule", "notice_days", "skew_seconds", "line_orders_min", "batch_days_max", "return_batches")
OTHERS = ("v", "t", "binds", "exceptions", "holds", "line_holds", "leaves", "forms")

def shape(kind, stream, fields, first, forms):
    """The expression for one type with these public fields; groups are named after the fields."""
    own = {"v": b"1", "t": b'"' + re.escape(kind).encode() + b'"'}
    if stream:
        own["c"], own["s"] = FORMS["hash"], b'"(?P<s>' + HASH + b')"'
        own["n"] = b"(?P<n>0)" if first else b"(?P<n>[1-9][0-9]{0,8})"
        own.update({} if first else {"p": b'"(?P<p>' + HASH + b')"'})
    for key in fields:
        one = FORMS[forms[key].replace("list.", "")]
        many = rb"\[(?:" + one + b"(?:," + one + rb"){0,63})?\]"
        if key in own or not re.fullmatch("[a-z][a-z0-9_]*", key):
            raise ValueError(key)
        own[key] = b"(?P<%b>%b)" % (key.encode(), many if forms[key][:5] == "list." else one)
    inside = b",".join(b'"%b":%b' % (key.encode(), own[key]) for key in sorted(own))
    return re.compile(rb"\{" + inside + rb"\}").fullmatch

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
OPEN, ALLOCATED, DELIVERED, CANCELLED = b"wadc"

class Line:
    """The orders of one line by rank; `open` has a byte for each: gone, waiting, held, returned."""

    def __init__(self, name, number):
        self.name, self.number, self.closed, self.locks, self.history = name, number, 0, 0, 0
        self.ranks, self.who, self.open, self.returns = array("q"), array("I"), bytearray(), []
        self.reasons = Counter()

    def put(self, order, rank, value):
        at = len(self.ranks)
        if at and self.ranks[-1] >= rank:
            at = bisect_left(self.ranks, rank)
        if at == len(self.ranks) or self.ranks[at] != rank:
            self.ranks.insert(at, rank)
            self.who.insert(at, order)
            self.open.insert(at, value)
        self.open[at] = value

# In which states of its order an entry may stand (none: before its lock), and what it may not be.
STATES = {"lock": b"\0", "hold": b"wa", "release": b"wa", "except": b"wad", "transfer": b"wa",
          "move": b"w", "alloc": b"w", "deliver": b"a", "cancel": b"wa", "restore": b"c"}

class Audit:
    """A log read from its first leaf on. Streams are numbered as they begin; what is known of each
    stands in columns. A rank is one whole number: index << 32, with the place of ties below."""

    COLUMNS = {"n": "I", "last": "I", "letter": "B", "status": "B", "line": "H", "rank": "q",
               "lock": "I", "since": "I", "alloc": "I"}

    def __init__(self):
        self.size, self.peaks, self.tail, self.bundles, self.newest = 0, [], b"", b"", "HISTORY"
        self.numbers, self.tips, self.owner, self.before = {}, bytearray(), array("i"), array("I")
        for name, code in self.COLUMNS.items():
            setattr(self, name, array(code))
        self.lines, self.by_number, self.rules, self.texts, self.table = {}, [], [], [], {}
        self.held, self.excepted, self.until, self.been, self.gone = {}, {}, {}, {}, set()
        self.pending, self.closed, self.tally, self.judged = {}, set(), {}, set()
        self.tickets, self.used, self.windows, self.by_window, self.draws = {}, set(), {}, {}, []
        self.heads, self.anchors, self.keys, self.findings, self.times = {}, {}, [], [], set()
        self.brackets = [], [], []

    def fault(self, index, said, **more):
        self.findings.append({"entry": index, "said": said.split("|"), **more})

    def feed(self, leaves, hashes):
        """Take the next leaves; `hashes` are theirs, 32 bytes each, joined."""
        parts = [hashes[i : i + 32] for i in range(0, len(hashes), 32)]
        names = base64.urlsafe_b64encode(b"\0".join(parts))
        numbers, tips, n, last, status = self.numbers, self.tips, self.n, self.last, self.status
        for at, leaf in enumerate(leaves):
            index, number, start, wrong = self.size, -1, leaf.rfind(b'"t":"') + 5, False
            self.size += 1
            for match, act, letter, first, states in self.table.get(leaf[start : leaf.find(b'"', start)], ()):
                found = match(leaf)
                if found:
                    break
            else:
                wrong, letter, act = self.read_rule(index, leaf), 0, None
            if letter:
                number = numbers.get(found["s"], -1)
                if first and number < 0:
                    number = numbers[found["s"]] = len(numbers)
                    if number >= len(n):
                        self.enlarge()
                    self.letter[number] = letter
                elif first or number < 0 or self.letter[number] != letter:
                    wrong, number = True, -1
                elif found["p"] != tips[43 * number : 43 * number + 43] or int(found["n"]) != n[number] + 1:
                    wrong = True
            self.owner.append(number)
            self.before.append(last[number] if number >= 0 else 0)
            if number >= 0:
                last[number], n[number] = index, n[number] + (not first)
                tips[43 * number : 43 * number + 43] = names[44 * at : 44 * at + 43]
            if act and not wrong:
                try:
                    wrong = status[number] not in states if states else False
                    wrong = wrong or act(index, found, number)
                except (ValueError, OverflowError, IndexError, KeyError):
                    wrong = True
            if wrong:
                kind = leaf[start : leaf.find(b'"', start)].decode("ascii", "replace")[:20]
                self.fault(index, f"这里不能有这样的“{kind}”条目|by the rule no such “{kind}” may stand here")

    def enlarge(self):
        more = max(1024, len(self.n))
        self.tips.extend(bytes(43 * more))
        for column in map(self.__dict__.get, self.COLUMNS):
            column.frombytes(bytes(column.itemsize * more))

    def read_rule(self, index, leaf):
        """A rule leaf, the only one that nests; whether it is wrong, or no rule at all."""
        try:
            new, table = plain_json(leaf.decode()), dict(self.table)
            figures = [new[name] for name in FIGURES]
            figures += [figure for one in new["exceptions"].values() for figure in one.values()]
            if (canonical(new).encode() != leaf or new["t"] != "rule" or {*new} != {*FIGURES, *OTHERS}
                    or any(type(one) is not int or one < 0 for one in figures)):
                return True
            for kind, entry in new["leaves"].items():
                stream, shapes = entry["stream"], []
                starts = (True, False) if stream in ("p", "n") else (kind == "lock",)
                act = getattr(self, "on_" + kind.replace(".", "_"), None)
                for fields in entry["fields"]:
                    shapes += [(shape(kind, stream, fields, first, new["forms"]), act,
                                ord(stream or "\0"), first, STATES.get(kind)) for first in starts]
                table[kind.encode()] = shapes
            binds = 0 if new["binds"] == "at_once" else seconds(new["binds"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return True
        known = self.bracket(index)[1]
        early = index and known and binds < known + self.rules[-1][1]["notice_days"] * DAY
        self.table = table
        self.rules.append((binds, new))
        self.texts.append(leaf)
        return new["rule"] != len(self.rules) or bool(index) != bool(binds) or early

    def rule_for(self, label):
        """The newest rule that bound when the week of this label began."""
        monday = 0 if label == "HISTORY" else seconds(label)
        return [rule for binds, rule in self.rules if binds <= monday][-1]

    # What each type of leaf does (its index, its fields, its order); true where the rule is broken.

    def on_line(self, i, m, o):
        again = m["line"] in self.lines
        if not again:
            self.lines[m["line"]] = Line(json.loads(m["line"]), len(self.by_number))
            self.by_number.append(self.lines[m["line"]])
        return again

    def on_lock(self, i, m, o):
        line, wrong = self.lines[m["line"]], False
        line.locks += 1
        self.status[o], self.lock[o], self.since[o], self.line[o] = OPEN, i, i, line.number
        self.rank[o] = i << 32
        if "ticket" in m.re.groupindex:
            launch, ticket = m["launch"], int(m["ticket"])
            counted, window = self.tickets.get(launch, []), self.windows.get(launch)
            at = bisect_left(counted, (ticket, 0))
            wrong = at == len(counted) or (launch, ticket) in self.used or not 0 < ticket < 1 << 31
            self.used.add((launch, ticket))
            if window and ticket <= window.get("number", ticket):
                window["waiting"].append((o, ticket))
                self.rank[o] = -1
                self.settle(window, i)
            elif not wrong:
                self.rank[o] = counted[at][1] << 32 | ticket
        self.show(o, WAITING)
        return wrong

    def on_tickets(self, i, m, o):
        counted = self.tickets.setdefault(m["launch"], [])
        counted.append((int(m["number"]), i))
        return counted != sorted(counted)

    def on_window(self, i, m, o):
        twice = m["launch"] in self.windows or m["window"] in self.by_window
        window = {"index": i, "launch": m["launch"], "source": m["source"], "waiting": [],
                  "drawn": seconds(json.loads(m["drawn"])), "places": ()}
        self.windows.setdefault(m["launch"], self.by_window.setdefault(m["window"], window))
        return twice

    def on_window_end(self, i, m, o):
        window, number = self.by_window[m["window"]], int(m["number"])
        counted = self.tickets.get(window["launch"], [(0, 0)])
        wrong = "end" in window or number > counted[-1][0]
        window["end"], window["number"] = i, number
        for o, ticket in [] if wrong else [one for one in window["waiting"] if one[1] > number]:
            window["waiting"].remove((o, ticket))
            self.place(i, o, counted[bisect_left(counted, (ticket, 0))][1] << 32 | ticket)
        return wrong

    def on_draw(self, i, m, o):
        window = self.by_window[m["window"]]
        order, sealed = list(range(1, window["number"] + 1)), self.bracket(window["end"])[1]
        wrong = sealed and sealed < window["drawn"]  # Then the draw must not be void.
        if "value" in m.re.groupindex:
            size, value, launch = int(m["size"]), json.loads(m["value"]), json.loads(window["launch"])
            sealed = self.bracket(size - 1)[1]
            wrong = m["source"] != window["source"] or not window["end"] < size <= i
            wrong = wrong or (sealed and sealed >= window["drawn"])
            order.sort(key=lambda t: sha256(f"{value}/{launch}/{t}".encode()).digest())
            self.draws.append((i, json.loads(m["source"]), value))
        wrong, window["places"] = wrong or window["places"], dict(zip(order, range(len(order))))
        self.settle(window, i)
        return wrong

    def settle(self, window, i):
        """Once the draw is made, give its orders the rank that they waited for."""
        while window["places"] and window["waiting"]:
            o, ticket = window["waiting"].pop()
            self.place(i, o, window["index"] << 32 | window["places"][ticket])

    def place(self, i, o, rank):
        if self.rank[o] < 0:
            self.rank[o], self.since[o] = rank, i
            self.show(o, RETURNED if o in self.until else WAITING)

    def show(self, o, value):
        """Where the order stands in its line, as long as it waits there."""
        if self.rank[o] >= 0 and self.status[o] == OPEN:
            value = HELD if value and o in self.held else value
            self.by_number[self.line[o]].put(o, self.rank[o], value)

    def come_back(self, i, o):
        """An order that returns may still be passed in the next batches, as the rule says."""
        line, self.since[o] = self.by_number[self.line[o]], i
        self.until[o] = line.closed + self.rule_for(self.newest)["return_batches"]
        line.returns.append(o)
        self.show(o, RETURNED)

    def on_hold(self, i, m, o):
        code = json.loads(m["code"])
        self.held.setdefault(o, Counter())[code] += 1
        self.show(o, HELD)
        return code not in self.rule_for(self.newest)["holds"]

    def on_release(self, i, m, o):
        held, code = self.held.get(o, Counter()), json.loads(m["code"])
        held[code] -= 1
        if not any(held.values()):
            self.held.pop(o, None)
            self.come_back(i, o)
        return held[code] < 0

    def on_except(self, i, m, o):
        self.excepted[o] = json.loads(m["code"])
        return self.excepted[o] not in self.rule_for(self.newest)["exceptions"]

    def on_hold_line(self, i, m, o):
        coded = "code" in m.re.groupindex
        return coded and json.loads(m["code"]) not in self.rule_for(self.newest)["line_holds"]

    def on_transfer(self, i, m, o):
        return False

    def on_move(self, i, m, o):
        line, been = self.lines[m["line"]], self.been.setdefault(o, {})
        been[self.line[o]] = self.rank[o]
        self.show(o, GONE)
        kept = been.get(line.number, self.rank[o])
        self.line[o], self.rank[o] = line.number, kept if m["kept"] == b'"yes"' else i << 32
        self.come_back(i, o)

    def on_alloc(self, i, m, o):
        line, label = self.lines[m["line"]], m["batch"][1:-1].decode()
        past = label == "HISTORY"
        line.history += past
        if not past:
            self.pending.setdefault((line.number, label), array("I")).append(o)
        self.show(o, GONE)
        self.status[o], self.alloc[o] = ALLOCATED, i
        closed = self.closed if past else (line.number, label) in self.closed
        return closed or self.line[o] != line.number or self.rank[o] < 0

    def on_deliver(self, i, m, o):
        self.status[o] = DELIVERED
        self.held.pop(o, None)

    def on_cancel(self, i, m, o):
        self.show(o, GONE)
        self.gone.update([o] if self.status[o] == ALLOCATED else [])
        self.status[o] = CANCELLED
        self.held.pop(o, None)

    def on_restore(self, i, m, o):
        self.status[o] = OPEN
        self.excepted.pop(o, None)
        self.come_back(i, o)
        return o in self.gone

    def on_key(self, i, m, o):
        self.keys += [(i, parse_vkey(json.loads(m["vkey"])))] if m["use"] == b'"log"' else []

    def on_heads(self, i, m, o):
        self.heads[int(m["size"])] = i, int(m["bits"]), json.loads(m["root"])

    def on_anchor(self, i, m, o):
        self.anchors[m["size"].decode()] = json.loads(m["digest"])

    def on_batch(self, i, m, o):
        """A batch closes: whoever was allocated in it without a reason must have passed nobody."""
        line, label = self.lines[m["line"]], json.loads(m["batch"])
        key, (after, known) = (line.number, label), self.bracket(i)
        mine, late = self.pending.pop(key, ()), (7 + self.rule_for(label)["batch_days_max"]) * DAY
        wrong = key in self.closed or len(mine) != int(m["count"])
        wrong = wrong or (after and after > seconds(label) + late)
        wrong = wrong or (known and known < seconds(label) - DAY)  # Closed before its week.
        self.closed.add(key)
        self.newest = label if self.newest == "HISTORY" else max(self.newest, label)
        returns, line.returns = line.returns, []
        for one in returns:
            if self.line[one] == line.number and self.until.get(one, -1) > line.closed:
                line.returns.append(one)
            elif self.line[one] == line.number and self.until.pop(one, None) is not None:
                self.show(one, WAITING)
        first, tally = line.open.find(WAITING), self.tally.setdefault(label, Counter())
        for one in mine:
            code = self.excepted.pop(one, "")
            tally[code] += 1
            line.reasons[code] += 1
            if not code and first >= 0 and self.rank[one] > line.ranks[first]:
                self.judge(i, line, label, one)
        line.closed += 1
        return wrong

    def judge(self, i, line, label, one):
        """Name the orders that `one` passed without a reason."""
        end, at, passed = bisect_left(line.ranks, self.rank[one]), -1, []
        while (at := line.open.find(WAITING, at + 1, end)) >= 0:
            if self.since[line.who[at]] < self.alloc[one]:
                passed.append(self.lock[line.who[at]])
        if passed:
            some, who, count = ", ".join(map(str, passed[:10])), self.lock[one], len(passed)
            self.fault(i, f"{line.name} 队 {label} 批里，第 {who} 条锁的订单没有公开原因就排到了 "
                       f"{count} 个更早的订单前面（{some}）|in line {line.name}, batch {label}, the order "
                       f"locked in entry {who} passed {count} earlier ones without a reason ({some})",
                       passer=who, passed=passed)

    def bracket(self, index):
        """The last quorum time that did not show this leaf, and the first that did; or None."""
        sizes, before, after = self.brackets
        at = bisect_right(sizes, index)
        return before[at - 1] if at else None, after[at] if at < len(sizes) else None

    def set_times(self):
        times = sorted(self.times)
        before, after = [at for _, at in times], [at for _, at in times]
        for k in range(1, len(times)):
            before[k] = max(before[k], before[k - 1])
            after[-1 - k] = min(after[-1 - k], after[-k])
        self.brackets = [size for size, _ in times], before, after

    def root_at(self, count, levels):
        """The root when `count` leaves of the bundle at hand are in; `levels` are its hashes."""
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
        self.bundles, height = self.bundles + peak, 0
        while self.peaks and self.peaks[-1][0] == height:
            peak, height = node(self.peaks.pop()[1], peak), height + 1
        self.peaks.append((height, peak))

    def head_map(self, size, bits):
        """The texts of the map of last entries below `size`, one for each bucket."""
        n, last, unborn = self.n[:], self.last[:], set()
        for index in range(self.size - 1, size - 1, -1):
            o = self.owner[index]
            unborn.update([o] if o >= 0 and not n[o] else [])
            if o >= 0 and n[o]:
                n[o], last[o] = n[o] - 1, self.before[index]
        value = {ord(sign): k for k, sign in enumerate(SIGNS)}
        lines, count = [[] for _ in range(1 << bits)], len(self.numbers) - len(unborn)
        for s, o in self.numbers.items():
            if o not in unborn:
                place = (value[s[0]] << 12 | value[s[1]] << 6 | value[s[2]]) >> (18 - bits)
                lines[place].append(b"%b %d %d\n" % (s, n[o], last[o]))
        right = (count <= 64 << bits or bits == 16) and (not bits or count > 32 << bits)
        return [b"".join(sorted(one)) for one in lines] if right else []

    def __getstate__(self):
        return {**self.__dict__, "table": {}}

# Reading a published log: first the tree says what was recorded, then signatures who vouches for it.

def read_log(files, policy, audit, report, all_signatures=False):
    """Bring an audit up to the newest checkpoint, and return that. Raises Finding."""
    if files.get("policy") not in (None, policy.text.encode()):
        raise violated("公开的策略和给定的不一样|the published policy is not the given one")
    note = files.need("checkpoint")
    newest = open_checkpoint(note, policy, verify=False)
    if newest.size < audit.size:
        raise violated("记录变短了|the log is shorter than it was")
    names, notes = files.list("checkpoints"), [note]
    if files.remote and newest.time:
        first = max([newest.time - 4000 * DAY, *(at for _, at in audit.times)])
        days = range(int(newest.time // DAY), int(first // DAY) - 1, -1)
        names = [f"checkpoints/{datetime.date.fromordinal(719163 + one)}" for one in days]
    missing = 0
    for name in names:
        data = files.get(name) or b""
        missing, parts = (0 if data else missing + 1), data[:-1].split(b"\n\n") if data else []
        if len(parts) % 2 or data[-1:] not in (b"", b"\n"):
            raise unclear(f"{name} 的格式不对|{name} is malformed")
        notes += [b"%b\n\n%b\n" % pair for pair in zip(parts[::2], parts[1::2])]
        if missing > 60:
            break
    seen = sorted(((one, open_checkpoint(one, policy, verify=False)) for one in dict.fromkeys(notes)),
                  key=lambda pair: pair[1].size)
    audit.times |= {(one.size, one.time) for _, one in seen if one.time}
    audit.set_times()
    roots = {}
    for _, one in seen:
        roots.setdefault(one.size, set()).add(one.root)
    read_entries(files, audit, newest.size, roots)
    trusted = []
    for index, key in audit.keys:  # Log keys follow one another by `key` leaves.
        open_checkpoint(next((one for one, at in seen if at.size > index), note), policy, trusted)
        trusted.append(key)
    chosen = [one for one, _ in seen]
    if len(chosen) > 4 * SAMPLE and not all_signatures:
        chosen = [note, *random.SystemRandom().sample(chosen, SAMPLE)]
        report.unproved.append(
            f"{len(seen)} 份摘要里随机抽查了 {SAMPLE} 份的签名，--all-signatures 全查。|of {len(seen)} "
            f"checkpoints the signatures of {SAMPLE}, drawn at random, were checked.")
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
            suspect = first + next(k for k in range(width + 1) if tile[32 * k :][:32] != hashes[32 * k :][:32])
        levels = [hashes]
        while len(levels[-1]) > 32:
            levels.append(up(levels[-1]))
        for one in sizes[bisect_right(sizes, first) : bisect_right(sizes, first + width)]:
            if roots[one] != {audit.root_at(one - first, levels)}:
                raise differs(suspect) if suspect is not None else violated(
                    f"大小为 {one} 的摘要和内容对不上|the checkpoint of size {one} is not of these entries")
        done = audit.size - first
        if hashes[: 32 * done] != audit.tail:
            raise violated(f"第 {first} 条以后有改动|changed after entry {first}")
        audit.feed(leaves[done:], hashes[32 * done :])
        audit.tail = b"" if width == 256 else hashes
        if width == 256:
            audit.push(levels[-1])
    hashes, tier = audit.bundles, 1
    while hashes and suspect is None:
        for at in range(0, len(hashes), 8192):
            part = hashes[at : at + 8192]
            suspect = suspect or (files.need(tile_path(tier, at // 8192, len(part) // 32)) != part or None)
        whole = range(0, len(hashes) - 8191, 8192)
        hashes, tier = b"".join([tree_root(hashes[k : k + 8192]) for k in whole]), tier + 1
    if suspect is not None:
        raise violated("公开的哈希文件不对|a tile is wrong")

def check_files(files, audit, report):
    """What is published beside the newest tiles: older partial ones, head maps, rules, anchors."""
    wrong, names = [], files.list("tile")
    for name in [one for one in names if ".p/" in one]:
        base, width = name.split(".p/")
        widest = max([int(one.split(".p/")[1]) for one in names if one.startswith(base + ".p/")])
        whole, part = files.get(base) or files.get(f"{base}.p/{widest}"), files.get(name)
        size = len(part) // 32 if "entries" not in base else len(split_bundle(part, 0, int(width)))
        wrong += [] if whole.startswith(part) and size == int(width) and len(part) % 32 * (
            "entries" not in base) == 0 else [name]
    for size in sorted({int(name.split("/")[1]) for name in files.list("heads")} or [*audit.heads][-1:]):
        index, bits, root = audit.heads.get(size, (0, 0, ""))
        texts = audit.head_map(size, bits) if size <= index else []
        hashes = b"".join([leaf_hash(text) for text in texts])
        wrong += [f"heads/{size}"] if encode(tree_root(hashes)) != root else []
        for name in files.list(f"heads/{size}"):
            last = name.split("/")[2]
            right = hashes if last == "index" else b"".join(texts[int(last, 16) :][:1])
            wrong += [name] if files.get(name) != right else []
    wrong += [one for one in files.list("rules") if files.get(one) not in audit.texts]
    for name in [*files.list("anchors"), *files.list("blob")]:
        last = name.split("/")[1]
        digest = audit.anchors.get(last[:-4]) if name.startswith("anchors") else last
        if digest is None:
            report.unproved.append(f"{name} 还没有记入。|{name} is not recorded yet.")
        elif sha256(files.get(name)).hexdigest() != digest:
            wrong.append(name)
    if wrong:
        raise violated(f"{wrong[0]} 和记录不同|{wrong[0]} is not as recorded")
    if audit.heads:
        report.proved.append("最新的末条目录和记录一致。|the newest map of last entries is right.")
    if files.get("verify.py") not in (None, read_file(__file__)):
        report.unproved.append("那里提供的 verify.py 和这一份不同。|the verify.py served there is another.")

def finish(audit, newest):
    """Late batches and quotas, which can only be judged at the end."""
    for (number, label), mine in audit.pending.items():
        late = seconds(label) + (7 + audit.rule_for(label)["batch_days_max"]) * DAY
        if newest.time and newest.time > late and (number, label) not in audit.judged:
            audit.judged.add((number, label))
            audit.fault(audit.alloc[mine[0]], f"批次 {label} 一直没有关|batch {label} is still open")
    still = {label for _, label in audit.pending} | audit.judged
    for label in sorted(one for one in audit.tally if one < audit.newest and one not in still):
        tally = audit.tally[label]
        audit.judged.add(label)
        for code, quota in audit.rule_for(label)["exceptions"].items():
            most = max(quota["at_least"] * 1000, quota["per_mille"] * sum(tally.values()))
            if tally[code] * 1000 > most:
                audit.fault(None, f"{label} 批的“{code}”用了 {tally[code]} 次，超过规则|reason {code} was "
                            f"used {tally[code]} times in batch {label}, over its quota", label=label, code=code)

def conclude(audit, newest, policy, report):
    """The verdict over the whole log."""
    demand_quorum(newest, policy, report)
    finish(audit, newest)
    lines, found = audit.by_number, audit.findings
    orders = sum(one.locks for one in lines)
    few = [one.name for one in lines if one.locks < audit.rules[-1][1]["line_orders_min"]]
    report.proved.append(f"{audit.size} 条的内容、次序和摘要一致。|{audit.size} entries are as sealed.")
    if not found:
        report.proved.append(
            f"{orders} 个订单、{len(lines)} 队、{len(audit.closed)} 批：没有公开原因的，都按先后排产。|{orders} "
            f"orders, {len(lines)} lines, {len(audit.closed)} batches: without a reason, all went in turn.")
    report.unproved += [
        f"{count} {zh}|{count} {en}" for count, zh, en in (
            (sum(one.history for one in lines), "个订单在记录开始前就排了产，没法判断。", "orders went before the log."),
            (sum(map(len, audit.pending.values())), "个订单的批次还没有关。", "orders are in open batches."),
            (len(few), f"队订单太少，不按大队判断：{few[:5]}。", f"lines are too small to be judged: {few[:5]}."),
        ) if count]
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

def load_bundle(path):
    """bundle.json, by itself or in a zip that holds nothing odd."""
    data = read_file(path)
    if data is None:
        raise absent(path)
    try:
        if data[:2] == b"PK":
            with zipfile.ZipFile(path) as packed:
                inside = packed.infolist()
                for one in inside:
                    if (one.filename[:1] in "/\\" or ".." in one.filename or len(inside) > 100
                            or stat.S_ISLNK(one.external_attr >> 16)):
                        raise unclear("压缩包里有不该有的东西|the zip holds odd things")
                [name] = [one for one in inside if one.filename.endswith(".json")]
                with packed.open(name) as file:
                    data = checked_size(file.read(FILE_MAX + 1), name.filename)
        bundle = plain_json(data.decode())
    except (ValueError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as wrong:
        raise unclear(f"文件坏了：{wrong}|the file is damaged: {wrong}") from None
    if not isinstance(bundle, dict):
        raise unclear("这不是一份记录|this is no record")
    return bundle

def check_leaf(entry, sid, n, before, opening_key, order):
    """One entry: exact text, place in its stream, what was committed to; its index and leaf."""
    index, text, payload = (get(entry, "index", int), get(entry, "leaf", str), get(entry, "payload", str))
    try:
        leaf, inside = plain_json(text), plain_json(payload)
        committed = encode(hmac.digest(opening_key, payload.encode(), "sha256"))
        right = canonical(leaf) == text and canonical(inside) == payload and get(entry, "n", int) == n
        right = right and (1, sid, n, before, committed) == (
            leaf["v"], leaf["s"], leaf["n"], leaf.get("p"), leaf["c"])
        right = right and order in (None, inside.get("order", order))
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
    index, leaf = check_proof(get(head, "heads_proof", str), text.encode(), policy, Report()), plain_json(text)
    size, bits, root = get(leaf, "size", int), get(leaf, "bits", int), get(leaf, "root", str)
    place = int.from_bytes(base64.urlsafe_b64decode(sid + "=")[:2], "big") >> (16 - bits)
    path = [b64(one, 32) for one in get(head, "path", list)]
    mapped = root_of_path(place, 1 << bits, leaf_hash(bucket.encode()), path)
    lines = [one.split(" ") for one in bucket.split("\n") if one.startswith(sid + " ")]
    covered = [[sid, str(n), str(i)] for n, i in enumerate(entries) if i < size]
    if leaf["t"] != "heads" or size > index or mapped is None or encode(mapped) != root:
        raise violated("末条目录和公开记录不同|the map of last entries differs from the record")
    if lines != covered[-1:]:
        raise violated(f"{letter} 列里有一条没有给出来|an entry of stream {letter} was not handed out")
    report.proved.append(f"第 {size} 条以前，{letter} 列没有别的条目。|"
                         f"before entry {size} stream {letter} has no other entry.")

def check_history(args, report):
    bundle = load_bundle(args.file)
    if "opening" in bundle:
        return check_notice(args, report)
    policy, order, total = find_policy(args, report, get(bundle, "policy", str)), get(bundle, "order", str), 0
    secret = base64.urlsafe_b64decode(get(bundle, "k", str) + "=")
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

def check_notice(args, report):
    bundle = load_bundle(args.file)
    policy, text = find_policy(args, report, get(bundle, "policy", str)), get(bundle, "leaf", str)
    try:
        before, key = plain_json(text).get("p"), base64.urlsafe_b64decode(get(bundle, "k_n", str) + "=")
    except (ValueError, AttributeError):
        raise differs(bundle.get("index")) from None
    sid, n, order = get(bundle, "stream", str), get(bundle, "n", int), bundle.get("order")
    index, leaf = check_leaf(bundle, sid, n, before, key, order)
    if check_proof(get(bundle, "proof", str), leaf, policy, report) != index:
        raise differs(index)
    report.unproved += ["这一列的其他条目没有给出来。|the other entries of its stream are not shown.", ONLY]
    report.verdict = (f"一致。第 {index} 条在公开记录里，内容就是给出来的这些，之后没有改过。|Match: entry {index} "
                      "is in the public record with just this content, unchanged since.")

def check_single(args, report):
    data, leaf = read_file(args.file), args.leaf.encode()
    leaf = leaf if leaf[:1] == b"{" else read_file(args.leaf)
    if data is None or leaf is None:
        raise absent(args.file if data is None else args.leaf)
    beside = read_file(pathlib.Path(args.file).with_name("policy")) or b""
    index = check_proof(data, leaf, find_policy(args, report, beside.decode()), report)
    report.unproved.append(ONLY)
    report.verdict = (f"一致。这就是公开记录的第 {index} 条，之后没有改过。|Match: this is entry {index} of the "
                      "public record, unchanged since.")

def check_consistency(args, report):
    files = Files(args.log or os.path.dirname(os.path.abspath(args.new)))
    policy = find_policy(args, report, (files.get("policy") or b"").decode())
    notes = [open_checkpoint(read_file(one) or b"", policy) for one in (args.old, args.new)]
    old, new = sorted(notes, key=lambda one: one.size)
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
    given = read_file(args.policy) if args.policy else None
    if args.policy and given is None:
        raise absent(args.policy)
    if given and own and given.decode() != own:
        raise violated("里面的策略和给定的不一样|the policy inside is not the given one")
    if not given and not own:
        raise unclear("没有策略（--policy）|there is no policy (--policy)")
    policy = Policy(given.decode() if given else own)
    if not given:
        keys = ", ".join(f"{one.name} {encode(one.public)}" for one in policy.logs.values())
        report.unproved.append(f"公钥来自文件自己，请和别处公布的比一比：{keys}|the keys came with the file; "
                               f"compare them with those told elsewhere: {keys}")
    return policy

class Unpickler(pickle.Unpickler):
    """Reads our own state back, and nothing that could do anything else."""

    def find_class(self, module, name):
        known = (Audit, Line, Counter, array, bytearray, set, Key, array("b").__reduce_ex__(3)[0])
        return {one.__name__: one for one in known}[name]

def check_queue(args, report):
    """The whole audit; with a state file, only what is new since the last time."""
    files, old, audit = Files(args.where), b"", Audit()
    policy = find_policy(args, report, (files.get("policy") or b"").decode())
    state = pathlib.Path(args.state) if args.state else None
    if state and state.exists():
        try:
            with open(state, "rb") as file:
                old, audit = Unpickler(file).load()
            texts, audit.rules, audit.texts = audit.texts, [], []
            for at, text in enumerate(texts):
                audit.read_rule(at, text)
        except Exception:
            raise unclear("存下的状态读不了，删掉重来|the kept state cannot be read; remove it") from None
    before, note = audit.size, files.need("checkpoint")
    try:
        newest = read_log(files, policy, audit, report, args.all_signatures)
        check_files(files, audit, report)
    except Finding as found:
        if found.exit_code == 1 and old:
            evidence = state.with_suffix(".evidence")
            evidence.write_bytes(old + b"\n" + note)
            report.unproved.append(f"两份签过名的摘要存在 {evidence}。|both signed checkpoints are in {evidence}.")
        raise
    if state:
        state.with_suffix(".new").write_bytes(pickle.dumps((note, audit), 4))
        os.replace(state.with_suffix(".new"), state)
    report.data["new"] = audit.size - before
    conclude(audit, newest, policy, report)

def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--policy", help="whose signatures count; best had from somebody else")
    both.add_argument("--lang", choices=("zh", "en"), default="zh" if words[:2] == "zh" else "en")
    both.add_argument("--json", action="store_true")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, act, places in (
            ("proof", check_single, ("file", "leaf")), ("consistency", check_consistency, ("old", "new")),
            ("history", check_history, ("file",)), ("notice", check_notice, ("file",)),
            ("queue", check_queue, ("where",)), ("watch", check_queue, ("where",))):
        one = commands.add_parser(name, parents=[both])
        one.set_defaults(act=act, state=None)
        for place in places:
            one.add_argument(place)
        if name == "consistency":
            one.add_argument("--log", help="folder or address of the log")
        if name in ("queue", "watch"):
            one.add_argument("--all-signatures", action="store_true")
        if name == "watch":
            one.add_argument("--state", default="watch.state", help="file to remember in")
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] not in commands.choices and argv[0][0] != "-":  # A record, or a log.
        argv = ["queue" if re.match("https?://", argv[0]) or os.path.isdir(argv[0]) else "history", *argv]
    args, report, code = parser.parse_args(argv), Report(), 0
    try:
        args.act(args, report)
    except Finding as found:
        report.verdict, code = "|".join(found.said), found.exit_code
    except Exception as wrong:  # A file made to break us must end in a sentence too.
        report.verdict, code = "|".join(unclear(f"读不了：{wrong!r}|cannot be read: {wrong!r}").said), 2
    pick = 0 if args.lang == "zh" else 1
    said = {"verdict": [report.verdict], "proved": report.proved, "not_proved": report.unproved}
    said = {name: [one.split("|")[pick] for one in dict.fromkeys(some)] for name, some in said.items()}
    if args.json:
        said["verdict"] = said["verdict"][0]
        print(json.dumps({**said, "exit": code, **report.data}, ensure_ascii=False, indent=1))
        return code
    print(said["verdict"][0])
    for one in report.data.get("findings", [])[1:20]:
        print(f"  {one['entry']}: {one['said'][pick]}")
    for name, title in (("proved", ("证明了：", "Proved:")), ("not_proved", ("没有证明：", "Not proved:"))):
        print("\n".join([title[pick], *("  - " + one for one in said[name])]) if said[name] else "", end="\n" * bool(said[name]))
    return code

if __name__ == "__main__":
    sys.exit(main())
