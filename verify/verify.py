#!/usr/bin/env python3
"""Checks the public record of a maker's promises and queue, trusting neither maker nor software.

One file, standard library only, Python 3.9 or later; it imports nothing of the system it checks.
The log is a C2SP tlog-tiles log: RFC 6962 hashes, signed notes, witness cosignatures. Read it from
the top: words, signatures, notes and policy, tree and files, grammar, queue, records, commands.

    verify.py proof FILE LEAF       a .tlog-proof of one entry (LEAF: a file, or the text itself)
    verify.py consistency OLD NEW   two checkpoints; --log DIR|URL where the hashes are
    verify.py history BUNDLE        an order's record: bundle.zip or bundle.json
    verify.py notice BUNDLE         one opened entry
    verify.py queue DIR|URL         everything: nothing rewritten, nobody passed without a reason
    verify.py watch DIR|URL         the same, and that it continues what was seen the last time

Exit code: 0 it holds, 1 it is violated, 2 cannot tell. A sentence is written "Chinese|English".
"""
import argparse, base64, datetime, gc, hashlib, hmac, io, json, os, pathlib, re, stat, sys
import urllib.error, urllib.request, zipfile
from bisect import bisect_left, bisect_right
from collections import Counter, namedtuple
from functools import lru_cache, reduce
from itertools import accumulate
try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None

FILE_MAX, DAY, NEVER, sha256 = 1 << 26, 86400, 1 << 63, hashlib.sha256

def two(said, *data):
    """A sentence in both languages; it is parted before the data are put in."""
    return [one.format(*data) for one in said.split("|")]

class Finding(Exception):
    """What ends a check: its exit code and a sentence. What cannot be read is a ValueError."""
    def __init__(self, exit_code, said, *data):
        self.exit_code, self.said = exit_code, two(said, *data)
        super().__init__(self.said[1])

def violated(said, *data):
    return Finding(1, "不一致：%s。|Mismatch: %s." % tuple(said.split("|")), *data)

def unclear(said, *data):
    return Finding(2, "无法判断：%s。|Cannot tell: %s." % tuple(said.split("|")), *data)

def differs(index):
    return violated("第 {0} 条和公开记录不同|entry {0} differs from the public record", index)

class Report:
    """What was proved, what was not, and the verdict: sentences in both languages."""
    def __init__(self):
        self.proved, self.unproved, self.data, self.verdict = [], [], {}, ["", ""]
    def prove(self, said, *data): self.proved.append(two(said, *data))
    def doubt(self, said, *data): self.unproved.append(two(said, *data))

ONLY = ("只证明记录没改、时间真实，不证明内容属实。|"
        "it shows that the record is unchanged and its time real, not that what it says is true.")

# Signatures: Ed25519 (RFC 8032), in plain integers unless `cryptography` is installed.

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT_OF_MINUS_1 = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)

def decode_point(data):
    """The curve point of 32 bytes in extended coordinates. Raises ValueError."""
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * ROOT_OF_MINUS_1 % P
    if y >= P or (x * x - square) % P or (x == 0 and sign): raise ValueError("no point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * D * p[3] * q[3] % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

def ed25519(public, signature, message):
    """Whether the signature holds: s*B - h*A is R, both scalars walked together bit by bit."""
    try:
        if Ed25519PublicKey:
            return not Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        x, y, _, xy = decode_point(public)
    except Exception:  # Of the library's own kind too.
        return False
    s, r, total = int.from_bytes(signature[32:], "little"), signature[:32], (0, 1, 1, 0)
    h = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % ORDER
    minus = P - x, y, 1, P - xy
    table = {(1, 0): BASE, (0, 1): minus, (1, 1): add(BASE, minus)}
    for bit in range(252, -1, -1):
        total = add(total, total)
        bits = s >> bit & 1, h >> bit & 1
        total = add(total, table[bits]) if bits in table else total
    x, y = (total[k] * pow(total[2], -1, P) % P for k in (0, 1))
    found = (y | (x & 1) << 255).to_bytes(32, "little")
    return found == r and s < ORDER and len(signature) == 64

# Notes, checkpoints and the policy (C2SP signed-note, tlog-checkpoint, tlog-cosignature, -policy).

Key = namedtuple("Key", "name id kind public")
Checkpoint = namedtuple("Checkpoint", "size root time text strangers")
LOG_KEY, WITNESS_KEY = 1, 4

def b64(text, length=None):
    """Standard base64, exactly as it would be written."""
    raw = base64.b64decode(text, validate=True)
    if base64.b64encode(raw).decode() != text or length not in (None, len(raw)):
        raise ValueError("base64")
    return raw

def encode(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

def parse_vkey(text):
    """A key as it is written down: name+8 hex digits+base64 of type and public key."""
    name, key_id, rest = text.split("+", 2)
    raw = b64(rest, 33)
    right = sha256(name.encode() + b"\n" + raw).digest()[:4]
    if not name or raw[0] not in (LOG_KEY, WITNESS_KEY) or key_id != right.hex():
        raise ValueError(f"key {text}")
    return Key(name, right, raw[0], raw[1:])

def parse_note(data):
    """Text and signatures (name, key id, bytes) of a signed note."""
    note = data.decode() if isinstance(data, bytes) else data
    text, gap, tail = note.rpartition("\n\n")
    form = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]{8,})")
    lines = [form.fullmatch(line) for line in tail.split("\n")[:-1]]
    odd = re.search("[\0-\x09\x0b-\x1f]", note) or note[-1:] != "\n"
    if odd or not gap or not lines or not all(lines): raise ValueError("signed note")
    signatures = [(one[1], b64(one[2])) for one in lines]
    return text + "\n", [(name, raw[:4], raw[4:]) for name, raw in signatures]

def signed_at(key, signature, text):
    """When the key signed this text (0 for a key that says no time); None: the signature is bad."""
    at, times = int.from_bytes(signature[:8], "big"), key.kind == WITNESS_KEY
    message = (f"cosignature/v1\ntime {at}\n{text}" if times else text).encode()
    right = ed25519(key.public, signature[8 * times :], message) and (at < NEVER or not times)
    return at * times if right else None

class Policy:
    """Whose signatures count: the log's keys, the witnesses, and how many of them are enough."""
    def __init__(self, text):
        self.text, self.logs, self.witnesses, self.receipt, self.quorum = text, [], [], None, None
        self.parts, free = {"none": (0, ())}, set()  # A witness's key, or how many of which names.
        right = text[-1:] == "\n" and not re.search("[\0-\x08\x0b-\x1f\x7f]", text)
        for line in text.split("\n"):
            words = re.findall("[^ \t]+", line) or ["#"]
            kind, count, part = words[0], len(words), None
            if words[:3] == ["#", "yinuo", "receipt"] and count == 4:
                self.receipt = parse_vkey(words[3])
            elif kind == "log" and count in (2, 3):
                right = right and self.add_key(self.logs, parse_vkey(words[1]), LOG_KEY)
            elif kind == "witness" and count in (3, 4):
                part = parse_vkey(words[2])
                right = right and self.add_key(self.witnesses, part, WITNESS_KEY)
            elif kind == "group" and count > 3:  # Nobody counts twice, or before being named.
                least, names = words[2], {*words[3:]}
                least = {"any": "1", "all": str(count - 3)}.get(least, least)
                right = right and re.fullmatch("[1-9][0-9]{0,4}", least)
                right = right and int(least) <= count - 3 == len(free & names)
                part, free = (int(least) if right else 0, names), free - names
            elif kind == "quorum" and count == 2:
                right, self.quorum = right and words[1] in self.parts and not self.quorum, words[1]
            elif kind[0] != "#": right = False
            if part:
                right = right and words[1] not in self.parts
                self.parts[words[1]] = part
                free.add(words[1])
            if not right: raise ValueError(f"policy: {line}")
        if not self.quorum or not self.logs: raise ValueError("policy")
    def add_key(self, keys, key, kind):
        keys.append(key)
        return key.kind == kind and key.public not in [one.public for one in keys[:-1]]
    def quorum_time(self, times, name):
        """By when a quorum had cosigned; `times` by key of witness. None: never."""
        part = self.parts[name]
        if isinstance(part, Key): return times.get(part)
        known = [self.quorum_time(times, one) for one in part[1]]
        known = sorted(one for one in known if one is not None)
        return known[part[0] - 1] if 0 < part[0] <= len(known) else None

def open_checkpoint(data, policy, more_keys=(), verify=True):
    """A checkpoint whose known signatures hold (or, with `verify` false, are taken as read)."""
    text, signatures = parse_note(data)
    found = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n(?:[^\n]+\n)*", text)
    if not found: raise ValueError("checkpoint")
    origin, size, times, signers, strangers = found[1], int(found[2]), {}, [], []
    known = {one[:2]: one for one in [*policy.logs, *more_keys, *policy.witnesses]}
    for name, key_id, signature in signatures:
        key, at = known.get((name, key_id)), int.from_bytes(signature[:8], "big")
        if key and verify and (at := signed_at(key, signature, text)) is None:
            raise violated("{0} 在摘要 {1} 上的签名不对|{0} signed checkpoint {1} wrongly", name, size)
        if key and key.kind == WITNESS_KEY: times.setdefault(key, at)
        else: (signers if key else strangers).append(name)
    if verify and origin not in signers:
        raise unclear("摘要 {0} 没有 {1} 的签名|checkpoint {0} is not signed by {1}", size, origin)
    at = policy.quorum_time(times, policy.quorum)
    return Checkpoint(size, b64(found[3], 32), at, text, strangers)

def demand_quorum(point, policy, report):
    """Say what the signatures on a checkpoint prove. Raises Finding where a quorum is missing."""
    if policy.quorum == "none":
        return report.doubt("策略没有要求见证：有没有给别人看另一份记录，不知道。|"
                            "the policy asks for no witness: others may be shown another record.")
    if point.time is None: raise unclear("见证的签名不够策略要求的数目|too few witnesses signed for the policy")
    at = datetime.datetime.fromtimestamp(point.time, datetime.timezone.utc)
    report.prove("足够多的独立见证人在北京时间 {1:%Y-%m-%d %H:%M} 之前签过大小为 {2} 的摘要。|enough "
                 "witnesses had signed the checkpoint of size {2} by {0:%Y-%m-%d %H:%M} UTC.",
                 at, at + datetime.timedelta(hours=8), point.size)

# The tree (RFC 6962) and the files it is published in (C2SP tlog-tiles).

def leaf_hash(leaf): return sha256(b"\0" + leaf).digest()
def leaf_hashes(leaves): return b"".join([sha256(b"\0" + leaf).digest() for leaf in leaves])
def node(left, right): return sha256(b"\1" + left + right).digest()

def up(hashes):
    """The level above: one hash for each pair; what has no partner is left out."""
    return b"".join([sha256(b"\1" + hashes[i - 64 : i]).digest()
                     for i in range(64, len(hashes) + 1, 64)])

def tree_root(hashes):
    """The root over leaf hashes joined together."""
    while len(hashes) > 32: hashes = up(hashes) + (hashes[-32:] if len(hashes) % 64 else b"")
    return hashes or sha256(b"").digest()

def root_of_path(index, size, hashed, path):
    """The root that an inclusion proof leads to; of a path of wrong length no hash at all."""
    if size < 2 or not path: return hashed if size == 1 and not path else b""
    half = 1 << (size - 1).bit_length() - 1
    if index < half: return node(root_of_path(index, half, hashed, path[:-1]), path[-1])
    return node(path[-1], root_of_path(index - half, size - half, hashed, path[:-1]))

def tile_path(level, number, width=256):
    name, number = f"{number % 1000:03d}", number // 1000
    while number: name, number = f"x{number % 1000:03d}/{name}", number // 1000
    return f"tile/{level}/{name}" + ("" if width == 256 else f".p/{width}")

def limited(file, name):
    data = file.read(FILE_MAX + 1)
    if len(data) > FILE_MAX: raise unclear("{0} 太大|{0} is too large", name)
    return data

def read(where):
    """The bytes of a file or an address; None where there is none."""
    try:
        remote = re.match("https?://", where)
        with urllib.request.urlopen(where, timeout=30) if remote else open(where, "rb") as file:
            return limited(file, where)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except urllib.error.HTTPError as error:
        if error.code in (404, 410): return None
        raise

def needed(data, name):
    if data is None: raise unclear("缺少 {0}|{0} is missing", name)
    return data

class Files:
    """The published files, in a folder or at an address."""
    def __init__(self, where): self.where = where.rstrip("/")
    def get(self, name): return read(f"{self.where}/{name}")
    def need(self, name): return needed(self.get(name), name)
    def list(self, folder):
        """Names of all files below a folder; nothing at an address."""
        found = sorted(pathlib.Path(self.where, folder).rglob("*"))
        return [one.relative_to(self.where).as_posix() for one in found if one.is_file()]

# The grammar: one regular expression for each type of leaf, built from the rule leaf.
HASH = rb"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
FORMS = {
    "int": rb"(?:0|[1-9][0-9]{0,14})", "code": rb'"[A-Z][A-Z0-9_]{0,47}"',
    "word": rb'"[a-z][a-z0-9._-]{0,47}"', "name": rb'"[ !#-\[\]-~]{1,128}"',
    "text": rb'"(?:[^"\\\0-\x1f]|\\["\\bfnrt]|\\u00(?:0[0-7be-f]|1[0-9a-f])){0,1024}"',
    "hash": rb'"' + HASH + rb'"', "hex64": rb'"[0-9a-f]{64}"',
    "date": rb'"[0-9]{4}-[01][0-9]-[0-3][0-9]"', "week": rb'"[0-9]{4}-W[0-5][0-9]"',
    "batch": rb'"(?:[0-9]{4}-W[0-5][0-9]|HISTORY)"', "url": rb'"https?://[!#-\[\]-~]{1,1000}"',
    "vkey": rb'"[!#-*,-\[\]-~]{1,128}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}"',
    "b64": rb'"(?:[A-Za-z0-9+/]{4}){0,350}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"'}
FIGURES = "rule notice_days skew_seconds line_orders_min batch_days_max return_batches".split()
RULE = {*FIGURES, *"v t binds exceptions holds line_holds leaves forms".split()}
# In which states of its order an entry may stand: new, waiting, allocated, delivered, cancelled.
STATES = {"lock": "n", "hold": "wa", "release": "wa", "except": "wad", "transfer": "wa",
          "move": "w", "alloc": "w", "deliver": "a", "cancel": "wa", "restore": "c"}
value_of = lru_cache(1 << 16)(json.loads)

def shape(kind, stream, fields, first, forms):
    """The expression for one type with these public fields; groups are named after the fields."""
    own = {"v": b"1", "t": b'"%b"' % re.escape(kind).encode()}
    if stream:
        own.update(c=FORMS["hash"], s=b'"(?P<s>%b)"' % HASH, n=b"(?P<n>[1-9][0-9]{0,8})")
        own.update({"n": b"(?P<n>0)"} if first else {"p": b'"(?P<p>%b)"' % HASH})
    for key in fields:
        one = FORMS[forms[key].replace("list.", "")]
        if key in own or not re.fullmatch("[a-z][a-z0-9_]*", key): raise ValueError(key)
        one = rb"\[(?:%b(?:,%b){0,63})?\]" % (one, one) if forms[key][:5] == "list." else one
        own[key] = b"(?P<%b>%b)" % (key.encode(), one)
    inside = b",".join(b'"%b":%b' % (key.encode(), own[key]) for key in sorted(own))
    return re.compile(rb"\{%b\}" % inside).fullmatch
def once(pairs):
    if len(dict(pairs)) < len(pairs): raise ValueError("a key stands twice")
    return dict(pairs)
def plain_json(text): return json.loads(text, object_pairs_hook=once)
def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
@lru_cache(None)
def seconds(text):
    """When a date, a week's Monday (2026-W07) or an instant is, in seconds since 1970 (UTC)."""
    if text == "HISTORY": return 0
    if text[4:6] == "-W":
        text = datetime.date.fromisocalendar(int(text[:4]), int(text[6:]), 1).isoformat()
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)).timestamp()

# The queue: every leaf in order, every rule at its place.
class Stream:
    """One stream: the entries in it, the hash of the last one; in a q stream, its order.
    A rank is one whole number: index << 32, with the place of ties below; None before its draw."""
    __slots__ = "letter tip at state line rank since alloc held reason until been".split()
    def __init__(self, letter):
        self.letter, self.tip, self.at, self.state, self.line = letter, b"", [], "n", ""
        self.rank = self.since = self.alloc = self.until = 0
        self.held, self.reason, self.been = (), "", []

class Line:
    """The orders of one line by rank; `open` has a byte for each: 1 where it may not be passed."""
    def __init__(self):
        self.closed, self.locks, self.history, self.returns = 0, 0, 0, []
        self.ranks, self.who, self.open = [], [], bytearray()

class Audit:
    """A log read from its first leaf on; `levels` are the hashes of its tree, level by level."""
    def __init__(self):
        self.size, self.newest, self.levels, self.rules = 0, "HISTORY", [bytearray()], []
        self.table, self.streams, self.lines, self.pending, self.tally = {}, {}, {}, {}, {}
        self.tickets, self.windows, self.used, self.closed = {}, {}, set(), set()
        self.heads, self.recorded, self.draws, self.keys, self.findings = {}, {}, [], [], []
        self.set_times([])
    def fault(self, index, said, *data, **more):
        self.findings.append({"entry": index, "said": two(said, *data), **more})
    def feed(self, leaves, hashes):
        """Take the next leaves; `hashes` are theirs, 32 bytes each, joined."""
        parts = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
        names = base64.urlsafe_b64encode(b"\0".join(parts))
        for k, leaf in enumerate(leaves):
            start = leaf.rfind(b'"t":"') + 5
            kind = leaf[start : leaf.find(b'"', start)]
            try:
                for match, *known in self.table.get(kind, ()):
                    if m := match(leaf):
                        wrong = self.take(m, names[44 * k : 44 * k + 43], *known)
                        break
                else: wrong = self.read_rule(leaf)
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                wrong = True
            if wrong: self.fault(self.size, "这里不能有这样的“{0}”条目|the rule allows no such “{0}” "
                                 "entry here", kind[:20].decode("ascii", "replace"))
            self.size += 1
    def take(self, m, tip, kind, letter, first, fields):
        """One leaf of a known form; true where it breaks the rule."""
        f = {name: value_of(m[name]) for name in fields}
        if not letter: return self.take_free(kind, self.size, f)
        o = self.streams.get(m["s"])
        if o is None: o = self.streams[m["s"]] = Stream(letter)
        wrong = int(m["n"]) != len(o.at) or letter != o.letter or (not first and m["p"] != o.tip)
        o.at.append(self.size)
        o.tip = tip
        if wrong or letter != "q" or kind not in STATES: return wrong
        return o.state not in STATES[kind] or self.take_order(kind, self.size, f, o)
    def read_rule(self, leaf):
        """A rule leaf, the only one that nests; true where it is wrong, or no rule at all."""
        new, table, known = plain_json(leaf.decode()), {}, self.bracket(self.size)[1]
        figures = [new[name] for name in FIGURES]
        figures += [figure for one in new["exceptions"].values() for figure in one.values()]
        if (canonical(new).encode() != leaf or new["t"] != "rule" or {*new} != RULE
                or any(type(one) is not int or one < 0 for one in figures)): return True
        for kind, entry in new["leaves"].items():
            letter = entry["stream"]
            starts = (True, False) if letter in ("p", "n") else (kind == "lock",)
            table[kind.encode()] = [
                (shape(kind, letter, one, first, new["forms"]), kind, letter, first, one)
                for first in starts for one in entry["fields"]]
        binds = 0 if new["binds"] == "at_once" else seconds(new["binds"])
        early = self.size and binds - self.rules[-1][1]["notice_days"] * DAY < known < NEVER
        self.table.update(table)
        self.rules.append((binds, new))
        self.recorded[f"rules/{len(self.rules)}.json"] = sha256(leaf).hexdigest()
        return new["rule"] != len(self.rules) or bool(self.size) != bool(binds) or early
    def rule_for(self, label):
        """The newest rule that bound when the week of this label began."""
        return [rule for binds, rule in self.rules if binds <= seconds(label)][-1]
    def due(self, label):
        """By when its batches must have closed."""
        return seconds(label) + (7 + self.rule_for(label)["batch_days_max"]) * DAY

    def show(self, o, gone=False):
        """Where an order stands now in its line; it may be passed if held, or just come back."""
        line = self.lines[o.line]
        if o.rank is None: return
        at = bisect_left(line.ranks, o.rank)
        if at == len(line.ranks) or line.ranks[at] != o.rank:
            line.ranks.insert(at, o.rank)
            line.who.insert(at, o)
            line.open.insert(at, 0)
        line.open[at] = o.state == "w" and not (gone or o.held or o.until > line.closed)
    def take_order(self, kind, i, f, o):
        """What an entry does to its order `o`; true where the rule is broken."""
        name, code, wrong = f.get("line", o.line), f.get("code", ""), False
        line = self.lines[name]
        if kind == "lock":
            o.state, o.line, o.since, o.rank, line.locks = "w", name, i, i << 32, line.locks + 1
            wrong = "ticket" in f and self.take_ticket(f["launch"], f["ticket"], o)
        elif kind == "alloc":
            label, known = f["batch"], self.bracket(i)[1]
            if label == "HISTORY": line.history, wrong = line.history + 1, bool(self.closed)
            else: self.pending.setdefault((label, name), []).append(o)
            wrong = wrong or (label, name) in self.closed or name != o.line or o.rank is None
            wrong = wrong or seconds(label) - DAY > known  # A batch to come hides whom it passed.
            o.state, o.alloc = "a", i
        elif kind == "hold":
            o.held, wrong = (*o.held, code), code not in self.rule_for(self.newest)["holds"]
        elif kind == "release":
            at = o.held.index(code)
            o.held = o.held[:at] + o.held[at + 1 :]
        elif kind == "except":
            o.reason, wrong = code, code not in self.rule_for(self.newest)["exceptions"]
        elif kind in ("cancel", "deliver"): o.state, o.held = kind[0], ()
        elif kind == "restore": o.state, o.reason, wrong = "w", "", o.alloc
        elif kind == "move":
            self.show(o, gone=True)
            if f["kept"] == "back":  # The newest move that was not taken back is.
                *o.been, (former, o.rank) = o.been
                o.line, wrong = name, former != name
            else:
                o.been, o.line = [*o.been, (o.line, o.rank)], name
                o.rank = i << 32 if f["kept"] == "no" else o.rank
                wrong = f["kept"] not in ("yes", "no")
        if kind in ("restore", "move") or (kind == "release" and not o.held):
            # Who comes back may still be passed in the next batches, as the rule says.
            o.since, o.until = i, line.closed + self.rule_for(self.newest)["return_batches"]
            line.returns.append(o)
        if kind != "deliver": self.show(o)
        return wrong
    def take_ticket(self, launch, ticket, o):
        """The rank of a lock by ticket; true where it was not counted, or used before."""
        used, window = (launch, ticket) in self.used, self.windows.get((launch,))
        self.used.add((launch, ticket))
        if used or not 0 < ticket <= self.tickets.get(launch, [(0, 0)])[-1][0]: return True
        o.rank = self.rank_of(window, launch, ticket)
        if o.rank is None: window["waiting"].append((o, ticket))
    def rank_of(self, window, launch, ticket):
        """By the draw of its window, else by when its number was first counted; None: not drawn."""
        counted = self.tickets[launch]
        if window and ticket <= window.get("number", ticket):
            return window["index"] << 32 | window["places"][ticket] if "places" in window else None
        return counted[bisect_left(counted, (ticket, 0))][1] << 32 | ticket
    def settle(self, window, i):
        """What the end of a window or its draw has decided, its orders now have for a rank."""
        for o, ticket in window["waiting"]:
            rank = self.rank_of(window, window["launch"], ticket)
            o.been = [(line, rank if one is None else one) for line, one in o.been]
            if o.rank is None and rank is not None:
                o.rank, o.since = rank, i
                self.show(o)
    def take_free(self, kind, i, f):
        """A leaf of no order; true where the rule is broken."""
        counted, window = self.tickets.setdefault(f.get("launch"), [(0, 0)]), f.get("window")
        known = self.windows.get(window)
        if kind == "line":
            if f["line"] in self.lines: return True
            self.lines[f["line"]] = Line()
        elif kind == "batch": return self.close(i, f["line"], f["batch"], f["count"])
        elif kind == "tickets":
            counted.append((f["number"], i))
            return counted[-2] > counted[-1]
        elif kind == "window":
            if known or (f["launch"],) in self.windows: return True
            self.windows[window] = self.windows[f["launch"],] = {**f, "index": i, "waiting": []}
        elif kind == "window.end":
            if "end" in known or f["number"] > self.tickets[known["launch"]][-1][0]: return True
            known["end"], known["number"] = i, f["number"]
            self.settle(known, i)
        elif kind == "draw": return self.draw(known, i, f)
        elif kind == "key" and f["use"] == "log": self.keys.append((i, parse_vkey(f["vkey"])))
        elif kind == "heads": self.heads[f["size"]] = i, f["bits"], f["root"]
        elif kind == "anchor": self.recorded["anchors/%d.tsr" % f["size"]] = f["digest"]
        elif kind == "hold.line" and "code" in f:
            return f["code"] not in self.rule_for(self.newest)["line_holds"]
    def draw(self, window, i, f):
        """A public draw: its tickets in the order of SHA-256(value/launch/ticket), or void."""
        order, drawn = list(range(1, window["number"] + 1)), seconds(window["drawn"])
        wrong = self.bracket(window["end"])[1] < drawn  # Sealed in time it must not be void.
        if "value" in f:
            wrong = f["source"] != window["source"] or not window["end"] < f["size"] <= i
            wrong = wrong or drawn <= self.bracket(f["size"] - 1)[1] < NEVER
            text = f"{f['value']}/{window['launch']}/"
            order.sort(key=lambda ticket: sha256(f"{text}{ticket}".encode()).digest())
            self.draws.append((i, f["source"], f["value"]))
        again, window["places"] = "places" in window, dict(zip(order, range(len(order))))
        self.settle(window, i)
        return wrong or again
    def close(self, i, name, batch, count):
        """A batch closes: whoever was allocated in it without a reason must have passed nobody."""
        line, key, (after, known) = self.lines[name], (batch, name), self.bracket(i)
        mine, late = self.pending.pop(key, ()), after > self.due(batch)
        wrong = key in self.closed or len(mine) != count or late or known < seconds(batch) - DAY
        self.closed.add(key)
        self.newest = max(self.newest, batch, key=seconds)
        returns, line.returns = [o for o in line.returns if o.line == name], []
        for o in returns:
            self.show(o)
            line.returns += [o] if o.until > line.closed else []
        first, tally = line.open.find(1), self.tally.setdefault(batch, Counter())
        for o in mine:
            if not o.reason and first >= 0 and o.rank > line.ranks[first]:
                self.judge(i, line, *key, o)
            tally[o.reason] += 1
            o.reason = ""
        line.closed += 1
        return wrong
    def judge(self, i, line, label, name, o):
        """Name the orders that `o` passed without a reason."""
        ahead = zip(line.who, line.open[: bisect_left(line.ranks, o.rank)])
        passed = [one.at[0] for one, may_not in ahead if may_not and one.since < o.alloc]
        if passed: self.fault(
            i, "{0} 队 {1} 批里，第 {2} 条锁的订单没有公开原因就排到了 {3} 个更早的订单前面（{4}）|in line "
            "{0}, batch {1}, the order locked in entry {2} passed {3} earlier ones without a "
            "reason ({4})", name, label, o.at[0], len(passed), ", ".join(map(str, passed[:10])),
            passer=o.at[0], passed=passed)
    def bracket(self, index):
        """The last quorum time that did not show a leaf (or 0), the first that did (or NEVER)."""
        at = bisect_right(self.sizes, index)
        return self.before[at - 1] if at else 0, self.after[at] if at < len(self.sizes) else NEVER
    def set_times(self, times):
        """Take in (size, quorum time) of checkpoints."""
        self.sizes, at = [*zip(*sorted(times))] or [(), ()]
        self.before, self.after = [*accumulate(at, max)], [*accumulate(at[::-1], min)][::-1]
    def grow(self, hashes):
        """Put leaf hashes into the tree."""
        for level, own in enumerate(self.levels):
            own += hashes
            if level + 1 == len(self.levels) and len(own) > 32: self.levels.append(bytearray())
            hashes = up(own[2 * len(self.levels[level + 1]) :]) if len(own) > 32 else b""
    def root_at(self, size):
        """The root of the first leaves."""
        peaks = [self.levels[level][32 * (size >> level) - 32 : 32 * (size >> level)]
                 for level in range(size.bit_length()) if size >> level & 1]
        return bytes(reduce(lambda right, left: node(left, right), peaks or [tree_root(b"")]))
    def head_map(self, size, bits):
        """The texts of the map of last entries below `size`, one for each bucket."""
        buckets, known = [[] for _ in range(1 << bits)], 0
        for s, at in ((s, one.at) for s, one in self.streams.items() if one.at[0] < size):
            known, n = known + 1, bisect_left(at, size) - 1
            buckets[bucket_of(s, bits)].append(b"%b %d %d\n" % (s, n, at[n]))
        right = (known <= 64 << bits or bits == 16) and (not bits or known > 32 << bits)
        return [b"".join(sorted(one)) for one in buckets] if right else []

def bucket_of(sid, bits):
    return int.from_bytes(base64.urlsafe_b64decode(sid[:4])[:2], "big") >> (16 - bits)

# A published log: first the tree says what was recorded, then signatures who vouches for it.
def unlike(name):
    return violated("{0} 和记录不同|{0} is not as recorded", name)

def read_notes(files, newest):
    """Every published checkpoint; where files cannot be listed, back from the newest day by day."""
    days, missing = range((newest.time or 0) // DAY, -1, -1), 0
    days = (f"checkpoints/{datetime.date.fromordinal(719163 + day)}" for day in days)
    for name in files.list("checkpoints") or days:
        data = files.get(name) or b"\n"
        missing, parts = missing + 1 if data == b"\n" else 0, data[:-1].split(b"\n\n")
        if data[-1:] != b"\n" or (len(parts) % 2 and not missing): raise ValueError(name)
        yield from (b"%b\n\n%b\n" % pair for pair in zip(parts[::2], parts[1::2]))
        if missing > 60: return

def read_log(files, policy, audit, report, old=()):
    """Take a whole log in; its newest checkpoint. Raises Finding, ValueError."""
    if files.get("policy") not in (None, policy.text.encode()): raise unlike("policy")
    note = files.need("checkpoint")
    newest = open_checkpoint(note, policy, verify=False)
    if any(open_checkpoint(one, policy, verify=False).size > newest.size for one in old):
        raise violated("记录变短了|the log is shorter than it was")
    notes = [*dict.fromkeys([note, *old, *read_notes(files, newest)])]
    seen = [(one, open_checkpoint(one, policy, verify=False)) for one in notes]
    seen.sort(key=lambda pair: pair[1].size)
    times = {(one.size, one.time) for _, one in seen if one.time}
    audit.set_times(times)
    if len(times) < 2:
        report.doubt("旧摘要太少，没有判断时间。|there are too few old checkpoints to judge times.")
    for number in range((newest.size + 255) // 256):
        width = min(256, newest.size - 256 * number)
        leaves = split_bundle(files.need(tile_path("entries", number, width)), width)
        audit.grow(leaf_hashes(leaves))
        audit.feed(leaves, bytes(audit.levels[0][8192 * number :]))
    check_tree(files, audit, [one for _, one in seen if one.size <= newest.size])
    trusted = []
    for index, key in audit.keys:  # Log keys follow one another by `key` leaves.
        open_checkpoint(next((one for one, at in seen if at.size > index), note), policy, trusted)
        trusted.append(key)
    if not Ed25519PublicKey and len(notes) > 50:
        notes = [note]
        report.doubt("没有装 cryptography，旧摘要的签名没有核对。|without `cryptography` the signatures of "
                     "old checkpoints were not checked.")
    for one in notes:
        if strangers := open_checkpoint(one, policy, trusted).strangers:
            raise unclear("摘要上有策略里没有的签名：{0}|{0} is not in the policy", strangers[0])
    return newest

def split_bundle(data, width):
    leaves, at = [], 0
    while at + 1 < len(data):
        end = at + 2 + (data[at] << 8 | data[at + 1])
        leaves.append(data[at + 2 : end])
        at = end
    if at != len(data) or len(leaves) != width: raise unlike("tile/entries")
    return leaves

def check_tree(files, audit, points):
    """Compare the tree with its tiles and with every checkpoint."""
    wrong = []
    for tier, level in enumerate(audit.levels[::8]):
        for at in range(0, len(level), 8192):
            right = level[at : at + 8192]
            tile = files.need(tile_path(tier, at // 8192, len(right) // 32))
            wrong += [(tier, (at + k) // 32) for k in range(0, len(right), 32)
                      if tile[k : k + 32] != right[k : k + 32]] if tile != right else []
            wrong += [(tier, at // 32)] if len(tile) != len(right) else []
    for point in points:
        if point.root != audit.root_at(point.size):
            raise differs(wrong[0][1]) if wrong and not wrong[0][0] else unlike(f"checkpoint {point.size}")
    if wrong: raise unlike("tile")

def check_files(files, audit, report):
    """What is published beside the newest tiles: older partial ones, head maps, rules, anchors."""
    wrong = []
    for name in [one for one in files.list("tile") if ".p/" in one]:
        tier, number, width = re.fullmatch(r"tile/(\w+)/(.*)\.p/(\d+)", name).groups()
        at, end = 8192 * int(re.sub("[x/]", "", number)), 32 * int(width)
        data, right = files.get(name), audit.levels[0 if tier == "entries" else 8 * int(tier)]
        if tier == "entries": data = leaf_hashes(split_bundle(data, int(width)))
        wrong += [name] if at + end <= len(right) and data != right[at : at + end] else []
    listed = {int(name.split("/")[1]) for name in files.list("heads")}
    for size in listed & {*audit.heads} or [*audit.heads][-1:]:
        index, bits, root = audit.heads[size]
        texts = audit.head_map(size, bits) if size <= index else []
        right = {f"{k:04x}": text for k, text in enumerate(texts)}
        hashes = right["index"] = leaf_hashes(texts)
        wrong += [f"heads/{size}"] if encode(tree_root(hashes)) != root else []
        names = files.list(f"heads/{size}")
        wrong += [one for one in names if files.get(one) != right.get(one.split("/")[2])]
    late = [f"heads/{size}" for size in listed - {*audit.heads}]
    for name in [*files.list("rules"), *files.list("anchors"), *files.list("blob")]:
        digest = audit.recorded.get(name, name[5:] if name[:4] == "blob" else "")
        late += [] if digest else [name]
        wrong += [name] if digest and sha256(files.get(name)).hexdigest() != digest else []
    for name in late: report.doubt("{0} 还没有记入。|{0} is not recorded yet.", name)
    if wrong: raise unlike(wrong[0])

def finish(audit, newest):
    """Late batches and quotas, which can only be judged at the end."""
    for (label, _), mine in audit.pending.items():
        if audit.due(label) < (newest.time or 0):
            audit.fault(mine[0].alloc, "批次 {0} 一直没有关|batch {0} is still open", label)
    for label in sorted({*audit.tally} - {label for label, _ in audit.pending} - {audit.newest}):
        tally, quotas = audit.tally[label], audit.rule_for(label)["exceptions"]
        for code, quota in quotas.items() if label < audit.newest else ():
            most = max(quota["at_least"] * 1000, quota["per_mille"] * sum(tally.values()))
            if tally[code] * 1000 > most: audit.fault(
                None, "{0} 批的“{1}”用了 {2} 次，超过规则|reason {1} was used {2} times in batch {0}, over "
                "its quota", label, code, tally[code], label=label, code=code)

def conclude(audit, newest, policy, report):
    """The verdict over the whole log."""
    demand_quorum(newest, policy, report)
    finish(audit, newest)
    lines, found = audit.lines, audit.findings
    few = [name for name, one in lines.items() if one.locks < audit.rules[-1][1]["line_orders_min"]]
    orders, past = (sum(getattr(one, which) for one in lines.values())
                    for which in ("locks", "history"))
    report.prove("{0} 条的内容、次序和摘要一致。|{0} entries are as sealed.", audit.size)
    if not found: report.prove(
        "{0} 个订单、{1} 队、{2} 批：没有公开原因的，都按先后排产。|{0} orders, {1} lines, {2} batches: without "
        "a reason, all went in turn.", orders, len(lines), len(audit.closed))
    for count, said in (
            (past, "{} 个订单在记录开始前就排了产，没法判断。|{} orders went before the log."),
            (sum(map(len, audit.pending.values())), "{} 个订单的批次还没有关。|{} orders: batch still open."),
            (len(few), "{} 队订单太少，不按大队判断：{}。|{} lines are too small to be judged: {}.")):
        if count: report.doubt(said, count, few[:5])
    for one in audit.draws: report.doubt("第 {0} 条抽签：请到 {1} 核对是不是 {2}。|entry {0}, a draw: ask {1} "
                                         "whether it published {2}.", *one)
    report.doubt("订单是不是真人、原因是不是真的、有没有不经过记录交的车。|that an order is a real person's, that "
                 "a reason is true, that no car went outside the record.")
    report.data.update(size=audit.size, findings=found[:1000], reasons=audit.tally)
    if found:
        at, more = found[0]["entry"], len(found) - 1
        heads = ("", "") if at is None else (f"第 {at} 条：", f"entry {at}: ")
        tails = (f"，另有 {more} 处", f", and {more} more") if more else ("", "")
        zh, en = [head + said + tail for head, said, tail in zip(heads, found[0]["said"], tails)]
        raise violated("{0}|{1}", zh, en)
    report.verdict = two("一致。{0} 条记录一条没改，没有人被无故插队。|Match: {0} entries, none rewritten, "
                         "nobody passed without a public reason.", audit.size)

# Single proofs: one entry, two checkpoints, an order's record, one opened entry.
def check_proof(data, leaf, policy, report):
    """That a C2SP tlog-proof leads from this leaf to a checkpoint that counts; its index."""
    text = data.decode() if isinstance(data, bytes) else data
    found = re.fullmatch(r"c2sp\.org/tlog-proof@v1\n(?:extra ([^\n]+)\n)?index (0|[1-9][0-9]{0,15})"
                         r"\n((?:[^\n]+\n){0,63})\n(.*)", text, re.DOTALL)
    if not found: raise ValueError("tlog-proof")
    b64(found[1] or "")
    index, path = int(found[2]), [b64(line, 32) for line in found[3].split("\n")[:-1]]
    point = open_checkpoint(found[4], policy)
    if index >= point.size or root_of_path(index, point.size, leaf_hash(leaf), path) != point.root:
        raise differs(index)
    demand_quorum(point, policy, report)
    return index

def load_bundle(path):
    """bundle.json, by itself or in a zip that holds nothing odd."""
    data = needed(read(path), path)
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if any(one.filename[:1] in "/\\" or ".." in one.filename
                   or stat.S_ISLNK(one.external_attr >> 16) for one in packed.infolist()):
                raise ValueError("zip")
            [name] = [one for one in packed.namelist() if one.endswith(".json")]
            with packed.open(name) as file: data = limited(file, name)
    return plain_json(data.decode())

def check_leaf(entry, sid, n, before, opening_key, order):
    """One entry: exact text, place in its stream, what was committed to; its index and leaf."""
    text, payload = entry["leaf"], entry["payload"]
    try:
        leaf, inside = plain_json(text), plain_json(payload)
        committed = encode(hmac.digest(opening_key, payload.encode(), "sha256"))
        right = canonical(leaf) == text and canonical(inside) == payload and order in (
            None, inside.get("order", order)) and (1, sid, n, n, before, committed) == (
            leaf["v"], leaf["s"], leaf["n"], entry["n"], leaf.get("p"), leaf["c"])
    except (ValueError, KeyError): right = False
    if not right: raise differs(entry["index"])
    return entry["index"], text.encode()

def open_receipt(note, policy, right=None):
    """The text of a note that the receipt key signed."""
    text, signatures = parse_note(note)
    [signature] = [one[2] for one in signatures if one[:2] == policy.receipt[:2]]
    if signed_at(policy.receipt, signature, text) is None or right not in (None, text):
        raise violated("封签或回执被改过|a seal or receipt was changed")
    return text

def check_seal(bundle, policy, report):
    """That nothing in the file was changed since it was handed out; names the entry that was."""
    def hashed(value): return base64.b64encode(sha256(canonical(value).encode()).digest()).decode()
    bare = [{k: v for k, v in one.items() if k != "entries"} for one in bundle["streams"]]
    rest = {**{k: v for k, v in bundle.items() if k != "seal"}, "streams": bare}
    entries = [(one["letter"], entry) for one in bundle["streams"] for entry in one["entries"]]
    right = [f"{bundle['origin']}/bundle"]
    right += [f"{letter}{one['n']} {hashed(one)}" for letter, one in entries]
    right += [f"rest {hashed(rest)}", ""]
    lines = open_receipt(bundle["seal"], policy).split("\n")
    for (_, entry), line, expected in zip(entries, lines[1:], right[1:]):
        if line != expected and len(lines) == len(right): raise differs(entry["index"])
    if lines != right: raise violated("条目以外的内容被改过|something outside the entries was changed")
    report.prove("文件发出后一个字也没有改过。|not one character changed since it was handed out.")

def check_head(stream, places, policy, report):
    """That the map of last entries names the last of these: nothing came later below its size."""
    head, sid, leaf = stream["head"], stream["id"], plain_json(stream["head"]["heads_leaf"])
    index = check_proof(head["heads_proof"], head["heads_leaf"].encode(), policy, Report())
    size, bits, hashed = leaf["size"], leaf["bits"], leaf_hash(head["bucket"].encode())
    path = [b64(one, 32) for one in head["path"]]
    mapped = root_of_path(bucket_of(sid, bits), 1 << bits, hashed, path)
    if leaf["t"] != "heads" or size > index or encode(mapped) != leaf["root"]: raise differs(index)
    covered = [f"{sid} {n} {at}" for n, at in enumerate(places) if at < size][-1:]
    if [one for one in head["bucket"].split("\n") if one.startswith(sid + " ")] != covered:
        raise violated("{0} 列里有一条没有给出来|an entry of stream {0} was not handed out", stream["letter"])
    report.prove("第 {0} 条以前，{1} 列没有别的条目。|before entry {0} stream {1} has no other entry.",
                 size, stream["letter"])

def check_stream(bundle, stream, policy, report):
    """The entries of one stream follow one another, and are the order's; how many there are."""
    order, letter, sid, before, places = bundle["order"], stream["letter"], stream["id"], None, []
    secret = base64.urlsafe_b64decode(bundle["k"] + "=")
    if encode(hmac.digest(secret, f"pl1/stream/{letter}/{order}".encode(), "sha256")) != sid:
        raise violated("{0} 列不是这个订单的|stream {0} is not this order's", letter)
    for n, entry in enumerate(stream["entries"]):
        key = hmac.digest(secret, f"pl1/open/{sid}/{n}".encode(), "sha256")
        index, leaf = check_leaf(entry, sid, n, before, key, order)
        before, places = encode(leaf_hash(leaf)), [*places, index]
    proved = check_proof(stream["proof"], leaf, policy, report)
    if proved != index or places != sorted({*places}): raise differs(index)
    if "head" in stream: check_head(stream, places, policy, report)
    else: report.doubt("{0} 列后面还有没有别的条目，不知道。|whether stream {0} has later entries is not "
                       "known.", letter)
    return len(places)

def check_history(args, report):
    bundle = load_bundle(args.names[0])
    if "opening" in bundle: return check_notice(args, report)
    policy, streams = find_policy(args, report, bundle["policy"]), bundle["streams"]
    letters = [one["letter"] for one in streams]
    if bundle["origin"] not in [one.name for one in policy.logs] or len({*letters}) != len(letters):
        raise ValueError("origin, streams")
    if "seal" in bundle: check_seal(bundle, policy, report)
    total = sum(check_stream(bundle, one, policy, report) for one in streams if one["entries"])
    if not total: raise ValueError("no entries")
    for letter in sorted({*"qpn"} - {*letters}):
        report.doubt("{0} 列没有给出来，里面有没有条目，不知道。|stream {0} is not in the file; whether it has "
                     "entries is not known.", letter)
    if bundle.get("receipt"):
        [first] = [one["entries"][0] for one in streams if one["letter"] == "q"]
        hashed = base64.b64encode(leaf_hash(first["leaf"].encode())).decode()
        right = f"{bundle['origin']}/receipt\n{first['index']}\n{hashed}\n"
        open_receipt(bundle["receipt"], policy, right)
    if "seal" not in bundle: raise unclear("没有封签|there is no seal")
    if bundle.get("waiting"):
        report.doubt("最新几条还在等下一份摘要。|the newest entries wait for the next checkpoint.")
    report.doubt(ONLY)
    report.verdict = two("一致。订单 {0} 的 {1} 条都在公开记录里，之后没有改过。|Match: {1} entries of order {0} "
                         "are in the public record, unchanged since.", bundle["order"], total)

def check_notice(args, report):
    one = load_bundle(args.names[0])
    policy, before = find_policy(args, report, one["policy"]), plain_json(one["leaf"]).get("p")
    key = base64.urlsafe_b64decode(one["k_n"] + "=")
    index, leaf = check_leaf(one, one["stream"], one["n"], before, key, one.get("order"))
    if check_proof(one["proof"], leaf, policy, report) != index: raise differs(index)
    report.doubt("这一列的其他条目没有给出来。|the other entries of its stream are not shown.")
    report.doubt(ONLY)
    report.verdict = two("一致。第 {0} 条在公开记录里，内容就是给出来的这些，之后没有改过。|Match: entry {0} is in "
                         "the public record with just this content, unchanged since.", index)

def check_single(args, report):
    name, leaf = args.names
    policy = find_policy(args, report, read(os.path.join(os.path.dirname(name), "policy")))
    leaf = leaf.encode() if leaf[:1] == "{" else needed(read(leaf), leaf)
    index = check_proof(needed(read(name), name), leaf, policy, report)
    report.doubt(ONLY)
    report.verdict = two("一致。这就是公开记录的第 {0} 条，之后没有改过。|Match: this is entry {0} of the public "
                         "record, unchanged since.", index)

def check_consistency(args, report):
    files = Files(args.log or os.path.dirname(os.path.abspath(args.names[1])))
    policy = find_policy(args, report, files.get("policy"))
    points = [open_checkpoint(needed(read(one), one), policy) for one in args.names]
    old, new = sorted(points, key=lambda one: one.size)
    hashes = b"".join(files.need(tile_path(0, at // 256, min(256, new.size - at)))
                      for at in range(0, new.size, 256))
    if (old.root, new.root) != (tree_root(hashes[: 32 * old.size]), tree_root(hashes)):
        raise violated("后一份摘要不是前一份接着写的|the newer checkpoint does not extend the older")
    demand_quorum(new, policy, report)
    report.verdict = two("一致。前 {0} 条一条没改，后面接着写到 {1} 条。|Match: the first {0} entries stand "
                         "unchanged; the log went on to {1}.", old.size, new.size)

# Commands.
def find_policy(args, report, own):
    """The policy that was given, else the one that lies beside: said plainly, as it proves less."""
    own = own.decode() if isinstance(own, bytes) else own
    given = needed(read(args.policy), args.policy).decode() if args.policy else own
    if not given: raise unclear("没有策略（--policy）|there is no policy (--policy)")
    if own and given != own: raise unlike("policy")
    policy = Policy(given)
    if not args.policy:
        keys = ", ".join(f"{one.name} {encode(one.public)}" for one in policy.logs)
        report.doubt("公钥来自文件自己，请和别处公布的比一比：{0}|the keys came with the file; compare them with "
                     "those told elsewhere: {0}", keys)
    return policy

def check_queue(args, report):
    """The whole audit; when watching, the log must continue the checkpoint that was kept."""
    files, audit, watched = Files(args.names[0]), Audit(), args.command == "watch"
    policy = find_policy(args, report, files.get("policy"))
    note, old = files.need("checkpoint"), read(args.state) if watched else None
    try:
        newest = read_log(files, policy, audit, report, [old] if old else [])
        check_files(files, audit, report)
    except Finding as found:
        if found.exit_code == 1 and old:
            evidence = pathlib.Path(args.state).with_suffix(".evidence")
            evidence.write_bytes(old + b"\n" + note)
            report.doubt("两份签过名的摘要存在 {0}。|both signed checkpoints are in {0}.", evidence)
        raise
    if watched:
        pathlib.Path(args.state + ".new").write_bytes(note)
        os.replace(args.state + ".new", args.state)
        seen = open_checkpoint(old, policy, verify=False).size if old else 0
        report.data["new"] = newest.size - seen
    conclude(audit, newest, policy, report)

COMMANDS = {"proof": check_single, "consistency": check_consistency, "history": check_history,
            "notice": check_notice, "queue": check_queue, "watch": check_queue}

def main(argv=None):
    parser = argparse.ArgumentParser(usage=__doc__)
    language = (os.environ.get("LC_ALL") or os.environ.get("LANG", ""))[:2]
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("names", nargs="+", metavar="FILE, DIR or URL")
    parser.add_argument("--policy", help="whose signatures count; best had from somebody else")
    parser.add_argument("--log", help="consistency: folder or address of the log")
    parser.add_argument("--state", default="watch.state", help="watch: where to keep the note")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh" if language == "zh" else "en")
    parser.add_argument("--json", action="store_true")
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] not in COMMANDS and argv[0][0] != "-":  # A record, or a log.
        log = re.match("https?://", argv[0]) or os.path.isdir(argv[0])
        argv = ["queue" if log else "history", *argv]
    args, report, code = parser.parse_args(argv), Report(), 0
    try:
        COMMANDS[args.command](args, report)
    except Finding as found:
        report.verdict, code = found.said, found.exit_code
    except Exception as wrong:  # A file made to break us must end in a sentence too.
        report.verdict, code = unclear("读不了：{0!r}|cannot be read: {0!r}", wrong).said, 2
    pick = ("zh", "en").index(args.lang)
    def clean(said): return re.sub("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "?", said[pick])
    lists = [[*dict.fromkeys(map(clean, some))] for some in (report.proved, report.unproved)]
    if args.json:
        said = {"verdict": clean(report.verdict), "proved": lists[0], "not_proved": lists[1]}
        print(json.dumps({**said, "exit": code, **report.data}, ensure_ascii=False, indent=1))
        return code
    print(clean(report.verdict))
    for one in report.data.get("findings", [])[1:20]:
        print(f"  {one['entry']}: {clean(one['said'])}")
    for title, some in zip(("证明了：|Proved:", "没有证明：|Not proved:"), lists):
        if some: print(title.split("|")[pick], *some, sep="\n  - ")
    return code

if __name__ == "__main__":
    gc.disable()  # Millions of small objects live to the end; looking for garbage finds none.
    sys.exit(main())
