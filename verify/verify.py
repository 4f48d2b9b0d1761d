#!/usr/bin/env python3
"""Checks the public record of a maker's promises and queue, trusting neither maker nor software.

One file, standard library only, Python 3.9 or later; it imports nothing of the system it checks.
The log is a C2SP tlog-tiles log: RFC 6962 hashes, signed notes, witness cosignatures. Sections,
from the top: words, signatures, notes, tree and files, grammar, queue, log, records, commands.

    verify.py proof FILE LEAF       a .tlog-proof of one entry (LEAF: a file, or the text itself)
    verify.py consistency OLD NEW   two checkpoints; --log DIR|URL where the hashes are
    verify.py history BUNDLE        an order's record: record-CODE.zip or bundle.json
    verify.py notice BUNDLE         one opened entry
    verify.py queue DIR|URL         everything: nothing rewritten, nobody passed without a reason
    verify.py watch DIR|URL         the same, going on from what was seen before (--state FILE)

Options: --policy FILE (whose signatures count; best had from somebody else), --lang zh|en, --json.
Exit code: 0 it holds, 1 it is violated, 2 cannot tell. A sentence is written "Chinese|English".
"""
import argparse, base64, datetime, gc, hashlib, hmac, io, json, os, pathlib, pickle, re, stat, sys
import urllib.request, zipfile
from bisect import bisect_left, bisect_right
from collections import Counter, namedtuple
from functools import lru_cache, reduce
from itertools import accumulate
try: from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError: Ed25519PublicKey = None

FILE_MAX, DAY, NEVER, sha256 = 1 << 26, 86400, 1 << 63, hashlib.sha256
MISSING, UNREADABLE = "缺少 {0}|{0} is missing", "{0} 读不了|{0} cannot be read"
STATE = "--state（删掉它就从头来 / delete it to begin anew）"

def two(said, *data):  # A sentence in both languages; it is parted before the data are put in.
    return [one.format(*data) for one in said.split("|")]

class Finding(Exception):  # What ends a check: code 1 (violated) or 2 (cannot tell), a sentence.
    def __init__(self, code, said, *data):
        heads = ("不一致：", "Mismatch: ") if code == 1 else ("无法判断：", "Cannot tell: ")
        self.code, self.said = code, [a + b + c for a, b, c in zip(heads, two(said, *data), "。.")]
        super().__init__(self.said[1])

def require(right, code=0, said="", *data):
    if not right: raise Finding(code, said, *data) if code else ValueError
def same(right, what):  # Whether an entry (its number) or a file (its name) is as it was recorded.
    zh, en = (f"第 {what} 条", f"entry {what}") if isinstance(what, int) else (f"{what} ", what)
    require(right, 1, "{0}和公开记录不同|{1} differs from the public record", zh, en)
def parsed(name, reader, *words):  # What `reader` makes of a file; else the verdict names the file.
    try: return reader(*words)
    except Finding: raise
    except Exception: raise Finding(2, UNREADABLE, name) from None

class Report:  # What was proved, what was not, and the verdict: sentences in both languages.
    def __init__(self): self.proved, self.unproved, self.data, self.signed = [], [], {}, False
    def prove(self, said, *data): self.proved.append(two(said, *data))
    def doubt(self, said, *data): self.unproved.append(two(said, *data))
    def hold(self, said, *data):
        self.verdict = two("一致。%s。|Match: %s." % tuple(said.split("|")), *data)

# Signatures: Ed25519 (RFC 8032), in plain integers unless `cryptography` is installed.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, ROOT_OF_MINUS_1 = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)

def decode_point(data):  # The curve point of 32 bytes in extended coordinates. Raises ValueError.
    sign, y = divmod(int.from_bytes(data, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    roots = root, -root % P, root * ROOT_OF_MINUS_1 % P, -root * ROOT_OF_MINUS_1 % P
    fits = [x for x in roots if x * x % P == square and x & 1 == sign and y < P]
    require(fits)
    return fits[0], y, 1, fits[0] * y % P

def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * D * p[3] * q[3] % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P

BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

def ed25519(public, signature, message):  # Whether it holds: s*B - h*A is R, both walked by bits.
    try:
        if Ed25519PublicKey:
            return not Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        x, y, _, xy = decode_point(public)
    except Exception: return False  # Of the library's own kind too.
    s, r, total = int.from_bytes(signature[32:], "little"), signature[:32], (0, 1, 1, 0)
    h = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % ORDER
    minus = P - x, y, 1, P - xy
    table = {(1, 0): BASE, (0, 1): minus, (1, 1): add(BASE, minus)}
    for bit in range(252, -1, -1):
        total, bits = add(total, total), (s >> bit & 1, h >> bit & 1)
        total = add(total, table[bits]) if bits in table else total
    x, y = (total[k] * pow(total[2], -1, P) % P for k in (0, 1))
    return (y | (x & 1) << 255).to_bytes(32, "little") == r and s < ORDER and len(signature) == 64

# Notes, checkpoints and the policy (C2SP signed-note, tlog-checkpoint, tlog-cosignature, -policy).
Key, LOG_KEY, WITNESS_KEY = namedtuple("Key", "name id kind public"), 1, 4
Checkpoint = namedtuple("Checkpoint", "size root time text strangers")

def encode(raw): return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
def b64(text, length=None):  # Standard base64, exactly as it would be written.
    raw = base64.b64decode(text, validate=True)
    require(base64.b64encode(raw).decode() == text and length in (None, len(raw)))
    return raw
def parse_vkey(text):  # A key as it is written: name+8 hex digits+base64 of type and public key.
    name, key_id, rest = text.split("+", 2)
    raw = b64(rest, 33)
    key = Key(name, sha256(name.encode() + b"\n" + raw).digest()[:4], raw[0], raw[1:])
    require(name and key.kind in (LOG_KEY, WITNESS_KEY) and key_id == key.id.hex())
    return key

def parse_note(data):  # Text and signatures (name, key id, bytes) of a signed note.
    text, gap, tail = (data.decode() if isinstance(data, bytes) else data).rpartition("\n\n")
    lines = [re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/=]{8,})", one) for one in tail.split("\n")]
    require(gap and tail[-1:] == "\n" and lines[1:] and all(lines[:-1]))
    require(not re.search("[\0-\x09\x0b-\x1f]", text + tail))
    signatures = [(one[1], b64(one[2])) for one in lines[:-1]]
    return text + "\n", [(name, raw[:4], raw[4:]) for name, raw in signatures]

def signed_at(key, signature, text):  # When it was signed (0: no time is said); None: it is wrong.
    at, times = int.from_bytes(signature[:8], "big"), key.kind == WITNESS_KEY
    message = (f"cosignature/v1\ntime {at}\n{text}" if times else text).encode()
    right = ed25519(key.public, signature[8 * times :], message) and (at < NEVER or not times)
    return at * times if right else None

class Policy:  # Whose signatures count: the log's keys, the witnesses, how many of them are enough.
    def __init__(self, text):
        self.text, self.logs, self.witnesses, self.receipts, self.quorum = text, [], [], [], None
        self.parts, free = {"none": (0, ())}, set()  # A witness's key, or how many of which names.
        require(text[-1:] == "\n" and not re.search("[\0-\x08\x0b-\x1f\x7f]", text))
        for kind, *words in (re.findall("[^ \t]+", line) or "#" for line in text.split("\n")):
            name, second, *members, count, part = *words, *[""] * (2 - len(words)), len(words), None
            if (name, second, count) == ("yinuo", "receipt", 3) and kind == "#":
                self.receipts.append(parse_vkey(*members))
            elif kind == "log" and count in (1, 2): self.add_key(self.logs, name, LOG_KEY)
            elif kind == "witness" and count in (2, 3):
                part = self.add_key(self.witnesses, second, WITNESS_KEY)
            elif kind == "group" and count > 2:  # Nobody counts twice, or before being named.
                least, names = {"any": "1", "all": str(count - 2)}.get(second, second), {*members}
                require(re.fullmatch("[1-9][0-9]{0,4}", least))
                require(int(least) <= count - 2 == len(free & names))
                part, free = (int(least), names), free - names
            elif kind[0] != "#":
                require((kind, count, self.quorum) == ("quorum", 1, None) and name in self.parts)
                self.quorum = name
            require(not part or name not in self.parts)
            if part: self.parts[name], free = part, free | {name}
        require(self.quorum and self.logs)
    def add_key(self, keys, text, kind):
        keys.append(parse_vkey(text))
        require(keys[-1].kind == kind and len({one.public for one in keys}) == len(keys))
        return keys[-1]
    def quorum_time(self, times, name):  # By when it had cosigned; `times` by key. None: never.
        part = self.parts[name]
        if isinstance(part, Key): return times.get(part)
        known = [self.quorum_time(times, one) for one in part[1]]
        known = [0, *sorted(one for one in known if one is not None)]
        return known[part[0]] if 0 < part[0] < len(known) else None

def open_checkpoint(data, policy, more_keys=(), verify=True):  # Its known signatures must hold.
    text, signatures = parse_note(data)  # With `verify` false they are taken as read.
    found = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n(?:[^\n]+\n)*", text)
    require(found)
    origin, size, times, signers, strangers = found[1], int(found[2]), {}, [], []
    known = {one[:2]: one for one in [*policy.logs, *more_keys, *policy.witnesses]}
    for name, key_id, signature in signatures:
        key, at = known.get((name, key_id)), int.from_bytes(signature[:8], "big")
        if key and verify: at = signed_at(key, signature, text)
        said = "{0} 在摘要 {1} 上的签名不对|{0} signed checkpoint {1} wrongly"
        require(at is not None, 1, said, name, size)
        if key and key.kind == WITNESS_KEY: times.setdefault(key, at)
        else: (signers if key else strangers).append(name)
    require(origin in signers or not verify, 2,
            "摘要 {0} 没有 {1} 的签名|checkpoint {0} is not signed by {1}", size, origin)
    at = policy.quorum_time(times, policy.quorum)
    return Checkpoint(size, b64(found[3], 32), at, text, strangers)

def demand_quorum(point, policy, report):  # Says what its signatures prove. Raises Finding.
    if policy.quorum == "none": return report.doubt(
        "有没有给别人看另一份记录：策略没有要求见证。|that others see the same: the policy asks for no witness.")
    require(point.time is not None, 2, "见证的签名不够|too few witnesses signed")
    at = datetime.datetime.fromtimestamp(point.time, datetime.timezone.utc)
    report.prove("足够多的独立见证人在北京时间 {1:%Y-%m-%d %H:%M} 之前签过大小为 {2} 的摘要。|enough "
                 "witnesses had signed the checkpoint of size {2} by {0:%Y-%m-%d %H:%M} UTC.",
                 at, at + datetime.timedelta(hours=8), point.size)

# The tree (RFC 6962) and the files it is published in (C2SP tlog-tiles).
def leaf_hash(leaf): return sha256(b"\0" + leaf).digest()
def leaf_hashes(leaves): return b"".join([sha256(b"\0" + leaf).digest() for leaf in leaves])
def node(left, right): return sha256(b"\1" + left + right).digest()
def up(hashes):  # The level above: one hash for each pair; what has no partner is left out.
    ends = range(64, len(hashes) + 1, 64)
    return b"".join([sha256(b"\1" + hashes[end - 64 : end]).digest() for end in ends])
def tree_root(hashes):  # The root over leaf hashes joined together.
    while len(hashes) > 32: hashes = up(hashes) + (hashes[-32:] if len(hashes) % 64 else b"")
    return hashes or sha256(b"").digest()
def root_of_path(index, size, hashed, path):  # Where a proof leads; no hash if its length is wrong.
    if size < 2 or not path: return hashed if size == 1 and not path else b""
    half = 1 << (size - 1).bit_length() - 1
    if index < half: return node(root_of_path(index, half, hashed, path[:-1]), path[-1])
    return node(path[-1], root_of_path(index - half, size - half, hashed, path[:-1]))

def tile_path(level, number, width=256):
    name, number = f"{number % 1000:03d}", number // 1000
    while number: name, number = f"x{number % 1000:03d}/{name}", number // 1000
    return f"tile/{level}/{name}" + ("" if width == 256 else f".p/{width}")
def split_bundle(data):  # The entries, each behind its length in two bytes; [] if cut or padded.
    leaves, at = [], 0
    while at + 1 < len(data):
        start, at = at + 2, at + 2 + (data[at] << 8 | data[at + 1])
        leaves.append(data[start:at])
    return leaves if at == len(data) else []

def limited(file, name):
    data = file.read(FILE_MAX + 1)
    require(len(data) <= FILE_MAX, 2, "{0} 太大|{0} is too large", name)
    return data

class Files:  # The files of a folder or of an address; of neither, files by their own names.
    def __init__(self, where=""): self.where = where and where.rstrip("/") + "/"
    def get(self, name):  # The bytes of a file; None where there is none.
        try:
            where = self.where + name
            remote = re.match("https?://", where)
            with urllib.request.urlopen(where, timeout=30) if remote else open(where, "rb") as file:
                return limited(file, name)
        except Exception as error:
            if isinstance(error, Finding): raise
            gone = isinstance(error, (FileNotFoundError, NotADirectoryError))
            require(gone or getattr(error, "code", 0) in (404, 410), 2, UNREADABLE, name)
    def need(self, *names):  # The first of these that is there.
        data = next((data for data in map(self.get, names) if data is not None), None)
        require(data is not None, 2, MISSING, names[0])
        return data
    def names(self, folder):  # Names of all files below a folder; nothing at an address.
        found = sorted(pathlib.Path(self.where, folder).rglob("*"))
        return [one.relative_to(self.where).as_posix() for one in found if one.is_file()]
    def tile(self, level, number, width):  # Of a narrow one that is gone the start of the full one.
        name, full = tile_path(level, number, width), tile_path(level, number)
        found, unit = self.need(name, full), 32
        if level == "entries": found, unit = split_bundle(found), 1
        gone = len(found) == unit * 256 and self.get(name) is None
        same(len(found) == unit * width or gone, name)
        return found[: unit * width]

# The grammar: one regular expression for each type of leaf, built from the rule leaf.
HASH, LABEL = rb"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", rb"[0-9]{4}-W[0-5][0-9]"
FORMS = {"int": rb"(?:0|[1-9][0-9]{0,14})", **{name: b'"%b"' % form for name, form in {
    "code": rb"[A-Z][A-Z0-9_]{0,47}", "word": rb"[a-z][a-z0-9._-]{0,47}", "hash": HASH,
    "text": rb'(?:[^"\\\0-\x1f]|\\["\\bfnrt]|\\u00(?:0[0-7be-f]|1[0-9a-f])){0,1024}',
    "name": rb"[ !#-\[\]-~]{1,128}", "hex64": rb"[0-9a-f]{64}", "week": LABEL,
    "date": rb"[0-9]{4}-[01][0-9]-[0-3][0-9]", "batch": b"(?:%b|HISTORY)" % LABEL,
    "vkey": rb"[!#-*,-\[\]-~]{1,128}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}",
    "url": rb"https?://[!#-\[\]-~]{1,1000}"}.items()}}
FIGURES = "rule notice_days skew_seconds line_orders_min batch_days_max return_batches".split()
RULE = {*FIGURES, *"v t binds exceptions holds line_holds leaves forms".split()}
# An order is new, waiting, allocated, delivered, cancelled, or cancelled when it was allocated (x):
# in which of these states an entry may stand, and to which it leads where that is another.
STATES = {"lock": ("n", "w"), "hold": ("wa", ""), "release": ("wa", ""), "except": ("wad", ""),
          "transfer": ("wa", ""), "move": ("w", ""), "alloc": ("w", "a"), "deliver": ("a", "d"),
          "cancel": ("wa", "c"), "restore": ("c", "w")}
CODES = {"hold": "holds", "except": "exceptions", "hold.line": "line_holds"}
value_of = lru_cache(1 << 16)(json.loads)

def shape(kind, stream, fields, first, forms):  # For one type and set of public fields.
    own = {"v": b"1", "t": b'"%b"' % re.escape(kind).encode()}
    if stream:
        own.update(c=FORMS["hash"], s=b'"(?P<s>%b)"' % HASH, n=b"(?P<n>[1-9][0-9]{0,8})")
        own.update({"n": b"(?P<n>0)"} if first else {"p": b'"(?P<p>%b)"' % HASH})
    for key in fields:
        one = FORMS[forms[key].replace("list.", "")]
        require(key not in own and re.fullmatch("[a-z][a-z0-9_]*", key))
        one = rb"\[(?:%b(?:,%b){0,63})?\]" % (one, one) if forms[key][:5] == "list." else one
        own[key] = b"(?P<%b>%b)" % (key.encode(), one)
    inside = b",".join(b'"%b":%b' % (key.encode(), own[key]) for key in sorted(own))
    return re.compile(rb"\{%b\}" % inside).fullmatch, kind, stream, first, fields

def shapes(rule):  # The expressions for all leaves that a rule allows, by type.
    starts = {"p": (True, False), "n": (True, False)}
    return {kind.encode(): [shape(kind, one["stream"], fields, first, rule["forms"])
                            for first in starts.get(one["stream"], (kind == "lock",))
                            for fields in one["fields"]] for kind, one in rule["leaves"].items()}

def plain_json(text):  # An object in which no key stands twice.
    def once(pairs):
        require(len(dict(pairs)) == len(pairs))
        return dict(pairs)
    return json.loads(text, object_pairs_hook=once)
def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

@lru_cache(None)
def seconds(text):  # When a date, a week's Monday (2026-W07) or an instant is, since 1970 (UTC).
    if text == "HISTORY": return 0
    if text[4:6] == "-W": text = str(datetime.date.fromisocalendar(int(text[:4]), int(text[6:]), 1))
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)).timestamp()

# The queue: every leaf in order, every rule at its place; what breaks one raises an exception.
class Stream:  # One stream: its entries, the hash of the last one; in a q stream, its order.
    # A rank is one whole number: index << 32, with the place of ties below; None before its draw.
    __slots__ = "letter tip at state line rank since alloc until held reason why been".split()
    def __init__(self, letter):
        self.letter, self.tip, self.at, self.state, self.line = letter, b"", [], "n", ""
        self.rank = self.since = self.alloc = self.until = 0
        self.held, self.reason, self.why, self.been = (), "", "", ()

class Line:  # A line: its orders by rank (also those that left, until a batch closes), and counts.
    closed = locks = history = 0
    def __init__(self): self.orders = {}

class Audit:  # A log read from its first leaf on; `levels` are the hashes of its tree, by level.
    def __init__(self):
        self.size, self.day, self.newest, self.levels = 0, 0, "HISTORY", [bytearray()]
        self.rules, self.keys, self.trusted, self.draws, self.findings = [], [], [], [], []
        self.rule, self.table, self.streams, self.lines, self.pending = {}, {}, {}, {}, {}
        self.launches, self.windows, self.heads, self.recorded, self.tally = {}, {}, {}, {}, {}
        self.waited, self.closed = Counter(), set()
        self.set_times(set())
    def fault(self, index, said, *data, **more):
        head = "|" if index is None else f"第 {index} 条：|entry {index}: "
        both = [one + two(said, *data)[k] for k, one in enumerate(head.split("|"))]
        self.findings.append({"entry": index, "said": both, **more})
    def feed(self, leaves, hashes):  # Takes the next leaves; `hashes` are theirs, joined.
        parts = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
        names = base64.urlsafe_b64encode(b"\0".join(parts))
        for k, leaf in enumerate(leaves):
            start = leaf.rfind(b'"t":"') + 5
            kind = leaf[start : leaf.find(b'"', start)]
            try:
                for match, *known in self.table.get(kind, ()):
                    if m := match(leaf):
                        self.take(m, names[44 * k : 44 * k + 43], *known)
                        break
                else: self.read_rule(leaf)
            except Exception: self.fault(  # Whatever it was that would not do.
                self.size, "这里不能有这样的“{0}”条目|the rule allows no such “{0}” entry here",
                kind[:20].decode("ascii", "replace"))
            self.size += 1
    def take(self, m, tip, kind, letter, first, fields):  # One leaf of a known form.
        f, i = {name: value_of(m[name]) for name in fields}, self.size
        if letter:
            o = self.streams.get(m["s"])
            if o is None: o = self.streams[m["s"]] = Stream(letter)
            wrong = int(m["n"]) != len(o.at) or letter != o.letter or not (first or m["p"] == o.tip)
            o.at.append(i)
            o.tip = tip
            if wrong: raise ValueError
        if kind in CODES and "code" in f: require(f["code"] in self.rule[CODES[kind]])
        if not letter: self.take_free(kind, i, f)
        elif letter == "q" and kind in STATES: self.take_order(kind, i, f, o)
    def read_rule(self, leaf):  # The only leaf that nests; what is no leaf at all ends here too.
        new, known = plain_json(leaf.decode()), self.bracket(self.size)[1]
        figures = [new[name] for name in FIGURES]
        for one in new["exceptions"].values(): figures += one["at_least"], one["per_mille"]
        require({*map(type, figures)} == {int} and min(figures) >= 0 and {*new} == RULE)
        require(canonical(new).encode() == leaf and new["v"] == 1 and new["t"] == "rule")
        table, binds = shapes(new), 0 if new["binds"] == "at_once" else seconds(new["binds"])
        early = self.size and binds - self.rule_at(known)["notice_days"] * DAY < known < NEVER
        self.rules.append((binds, new))
        self.table.update(table)
        self.rule = self.rule_at(seconds(self.newest))
        self.recorded[f"rules/{len(self.rules)}.json"] = sha256(leaf).hexdigest()
        require(new["rule"] == len(self.rules) and bool(self.size) == bool(binds) and not early)
    def rule_at(self, at): return [rule for binds, rule in self.rules if binds <= at][-1]
    def due(self, label):  # By when its batches must have closed: its rule bound when it began.
        return seconds(label) + (7 + self.rule_at(seconds(label))["batch_days_max"]) * DAY
    def take_order(self, kind, i, f, o):  # What an entry does to its order `o`.
        name, code, back = f.get("line", o.line), f.get("code", ""), kind in ("restore", "move")
        line, (before, after) = self.lines[name], STATES[kind]
        if o.state not in before: raise ValueError
        o.state = after or o.state
        if kind == "lock":
            o.line, o.since, o.rank, line.locks = name, i, i << 32, line.locks + 1
            if "ticket" in f:  # It was counted, and not used before.
                launch, ticket = self.launches[f["launch"]], f["ticket"]
                require(0 < ticket <= launch["counted"][-1][0] and ticket not in launch["used"])
                launch["used"].add(ticket)
                o.rank = self.rank_of(launch, ticket)
                if o.rank is None: launch["waiting"].append((o, ticket))
        elif kind == "alloc":
            label, past, o.alloc = f["batch"], f["batch"] == "HISTORY", i
            if past: line.history += 1
            else: self.pending.setdefault((label, name), []).append(o)
            fits = not self.closed if past else seconds(label) - DAY <= self.bracket(i)[1]
            require(fits and name == o.line and o.rank is not None)
            require((label, name) not in self.closed)
        elif kind == "hold": o.held = (*o.held, code)
        elif kind == "release":
            at = o.held.index(code)
            o.held, back = o.held[:at] + o.held[at + 1 :], len(o.held) == 1
        elif kind in ("except", "restore"): o.reason = code if kind == "except" else ""
        elif kind in ("cancel", "deliver"):
            o.held, o.state = (), "x" if kind == "cancel" and o.alloc else o.state
        elif kind == "move" and f["kept"] == "back":  # Takes back the newest that still stands.
            *o.been, (o.line, o.rank) = o.been
            require(o.line == name)
        elif kind == "move":
            o.been, o.line = [*o.been, (o.line, o.rank)], name
            o.rank = {"yes": o.rank, "no": i << 32}[f["kept"]]
        if back:  # Who comes back may still be passed in the next batches, as the rule says.
            o.since, o.until = i, line.closed + self.rule["return_batches"]
            o.why = {"restore": "CAME_BACK", "move": "MOVED_IN"}.get(kind, code)
        if (back or kind == "lock") and o.rank is not None: line.orders[o.rank] = o
    def rank_of(self, launch, ticket):  # By its draw, else by when it was counted; None: not drawn.
        if "window" in launch and ticket <= launch.get("number", ticket):
            return launch["index"] << 32 | launch["places"][ticket] if "places" in launch else None
        return launch["counted"][bisect_left(launch["counted"], (ticket, 0))][1] << 32 | ticket
    def settle(self, launch, i):  # What a window's end or draw decides, its orders have for a rank.
        for o, ticket in launch["waiting"]:
            rank = self.rank_of(launch, ticket)
            o.been = [(line, rank if one is None else one) for line, one in o.been]
            if o.rank is None and rank is not None:
                o.rank, o.since = rank, i
                self.lines[o.line].orders[rank] = o
    def take_free(self, kind, i, f):  # A leaf of no order.
        fresh, window = {"counted": [(0, 0)], "used": set(), "waiting": []}, f.get("window")
        launch = self.windows.get(window)
        if "launch" in f: launch = self.launches.setdefault(f["launch"], fresh)
        if kind == "line": require(self.lines.setdefault(f["line"], line := Line()) is line)
        elif kind == "batch": self.close(i, f["line"], f["batch"], f["count"])
        elif kind == "tickets":
            launch["counted"].append((f["number"], i))
            require(launch["counted"][-2] <= launch["counted"][-1])
        elif kind == "window":
            require(window not in self.windows and "window" not in launch)
            self.windows[window] = launch
            launch.update(f, index=i)
        elif kind == "window.end":
            require("end" not in launch and f["number"] <= launch["counted"][-1][0])
            launch.update(end=i, number=f["number"])
            self.settle(launch, i)
        elif kind == "draw": self.draw(launch, i, f)
        elif kind == "key" and f["use"] == "log": self.keys.append((i, parse_vkey(f["vkey"])))
        elif kind == "heads": self.heads[f["size"]] = i, f["bits"], f["root"]
        elif kind == "anchor": self.recorded["anchors/%d.tsr" % f["size"]] = f["digest"]
    def draw(self, launch, i, f):  # Tickets in the order of SHA-256(value/launch/ticket), or void.
        order, drawn = [*range(1, launch["number"] + 1)], seconds(launch["drawn"])
        again, right = "places" in launch, self.bracket(launch["end"])[1] >= drawn
        if "value" in f:  # Sealed in time it must not be void, as above.
            right = f["source"] == launch["source"] and launch["end"] < f["size"] <= i
            right = right and not drawn <= self.bracket(f["size"] - 1)[1] < NEVER
            text = f"{f['value']}/{launch['launch']}/"
            order.sort(key=lambda ticket: sha256(f"{text}{ticket}".encode()).digest())
            self.draws.append((i, f["source"], f["value"]))
        launch["places"] = {ticket: place for place, ticket in enumerate(order)}
        self.settle(launch, i)
        require(right and not again)
    def close(self, i, name, label, count):  # Who is in it without a reason passed nobody.
        line, key, (after, known) = self.lines[name], (label, name), self.bracket(i)
        mine, right = self.pending.pop(key, ()), key not in self.closed and after <= self.due(label)
        self.closed.add(key)
        tally = self.tally.setdefault(label, Counter())
        self.newest = max(self.newest, label, key=seconds)
        self.rule = self.rule_at(seconds(self.newest))
        line.orders = {rank: o for rank, o in line.orders.items()
                       if o.state == "w" and o.line == name and o.rank == rank}
        ranks = sorted(line.orders)
        for o in mine:
            tally[o.reason], passed = tally[o.reason] + 1, []
            earlier = () if o.reason else ranks[: bisect_left(ranks, o.rank)]
            for one in map(line.orders.get, earlier):
                if one.held: self.waited[one.held[-1]] += 1
                elif one.until > line.closed: self.waited[one.why] += 1
                elif one.since < o.alloc: passed.append(one.at[0])
            if passed: self.fault(
                i, "{0} 队 {1} 批里，第 {2} 条锁的订单没有公开原因就排到了 {3} 个更早的订单前面（{4}）|"
                "in line {0}, batch {1}, the order locked in entry {2} passed {3} earlier ones "
                "without a reason ({4})", name, label, o.at[0], len(passed),
                ", ".join(map(str, passed[:10])), passer=o.at[0], passed=passed)
            o.reason = ""
        line.closed += 1
        require(right and len(mine) == count and known >= seconds(label) - DAY)
    def bracket(self, index):  # Last quorum time without it (or 0), first with it (or NEVER).
        at = bisect_right(self.sizes, index)
        return self.before[at - 1] if at else 0, self.after[at] if at < len(self.sizes) else NEVER
    def set_times(self, times):  # Takes in (size, quorum time) of checkpoints.
        self.times, (self.sizes, at) = times, [*zip(*sorted(times))] or [(), ()]
        self.before, self.after = [*accumulate(at, max)], [*accumulate(at[::-1], min)][::-1]
    def grow(self, hashes):  # Puts leaf hashes into the tree.
        for level, own in enumerate(self.levels):
            own += hashes
            if level + 1 == len(self.levels) and len(own) > 32: self.levels.append(bytearray())
            hashes = up(own[2 * len(self.levels[level + 1]) :]) if len(own) > 32 else b""
    def root_at(self, size):  # The root of the first leaves.
        peaks = [self.levels[level][32 * (size >> level) - 32 : 32 * (size >> level)]
                 for level in range(size.bit_length()) if size >> level & 1]
        return bytes(reduce(lambda right, left: node(left, right), peaks or [tree_root(b"")]))
    def head_map(self, size):  # The files of a map of last entries; none if it was stated wrongly.
        (index, bits, root), known, buckets = self.heads[size], 0, {}
        for sid, at in ((sid, one.at) for sid, one in self.streams.items() if one.at[0] < size):
            known, n = known + 1, bisect_left(at, size) - 1
            buckets.setdefault(bucket_of(sid, bits), []).append(b"%b %d %d\n" % (sid, n, at[n]))
        texts = [b"".join(sorted(buckets.get(k, ()))) for k in range(1 << bits)]
        named = {f"heads/{size}/{k:04x}": text for k, text in enumerate(texts)}
        hashes = named[f"heads/{size}/index"] = leaf_hashes(texts)
        right = (known <= 64 << bits or bits == 16) and (not bits or known > 32 << bits)
        return named if right and size <= index and encode(tree_root(hashes)) == root else {}

def bucket_of(sid, bits):
    return int.from_bytes(base64.urlsafe_b64decode(sid[:4])[:2], "big") >> (16 - bits)

# A published log: its entries make the tree, signatures vouch for it, its files must agree.
def split_notes(data):
    parts = data[:-1].split(b"\n\n")
    require(data[-1:] == b"\n" and len(parts) % 2 == 0)
    return [b"%b\n\n%b\n" % pair for pair in zip(parts[::2], parts[1::2])]
def read_days(files, newest, since):  # Published checkpoints; at an address day by day, backwards.
    days, found, gap = range((newest.time or 0) // DAY + 1, max(since - 2, -1), -1), [], 0
    days = (f"checkpoints/{datetime.date.fromordinal(719163 + day)}" for day in days)
    for name in files.names("checkpoints") or days:
        data = files.get(name)
        notes = parsed(name, split_notes, data) if data is not None else []
        found, gap = found + [(name, one) for one in notes], gap + 1 if data is None else 0
        if gap > 60: break
    return found

def read_log(files, policy, audit, report, old=None):  # What is new since the note `old`.
    start, note, odd, own = audit.size, files.need("checkpoint"), [], files.get("policy")
    require(own in (None, policy.text.encode()), 2, "公布的是另一份 policy|another policy is published")
    newest = parsed("checkpoint", open_checkpoint, note, policy, (), False)
    named = [(STATE, old)] * (old is not None) + read_days(files, newest, audit.day)
    named = {one: name for name, one in [*named, ("checkpoint", note)]}
    seen = {one: parsed(named[one], open_checkpoint, one, policy, (), False) for one in named}
    if old and max(seen[old].size, start) > newest.size:
        report.signed = open_checkpoint(note, policy, audit.trusted)
        raise Finding(1, "记录变短了|the log is shorter than it was")
    points = [(one, point) for one, point in seen.items() if one in (note, old)
              or (point.size <= newest.size and (point.size, point.time) not in audit.times)]
    audit.set_times(audit.times | {(point.size, point.time) for _, point in points if point.time})
    audit.day = max(audit.day, (newest.time or 0) // DAY)
    if len(audit.times) < 2:
        report.doubt("旧摘要太少，没有判断时间。|times: there are too few old checkpoints to judge them.")
    for number in range(start // 256, (newest.size + 255) // 256):
        leaves = files.tile("entries", number, min(256, newest.size - 256 * number))
        hashes, known = leaf_hashes(leaves), bytes(audit.levels[0][8192 * number :])
        odd += [tile_path("entries", number)] * (hashes[: len(known)] != known)
        audit.grow(hashes[len(known) :])
        audit.feed(leaves[len(known) // 32 :], hashes[len(known) :])
    for index, key in audit.keys[len(audit.trusted) :]:  # Each is vouched for by those before it.
        _, first = min((point.size, one) for one, point in points if point.size > index)
        open_checkpoint(first, policy, audit.trusted)
        audit.trusted.append(key)
    notes = [one for one, _ in points]
    if not Ed25519PublicKey and len(notes) > 50:
        notes = [note]
        report.doubt("旧摘要的签名：没有装 cryptography。|signatures of old checkpoints: no cryptography.")
    for one in notes:
        strangers = parsed(named[one], open_checkpoint, one, policy, audit.trusted).strangers
        require(not strangers, 2, "摘要上有策略里没有的签名：{0}|{0} is not in the policy", *strangers[:1])
    report.signed = True
    check_tree(files, audit, start, points, odd)
    return newest

def check_tree(files, audit, start, points, odd):  # Its tiles behind `start`, every checkpoint.
    entries = []
    for tier, level in enumerate(audit.levels[::8]):
        for number in range((start >> 8 * tier) // 256, (len(level) + 8191) // 8192):
            right = level[8192 * number : 8192 * number + 8192]
            tile = files.tile(tier, number, len(right) // 32)
            odd += [tile_path(tier, number)] * (tile != right)
            entries += [256 * number + at // 32 for at in range(0, 8192 * (tile != right), 32)
                        if tier == 0 and tile[at : at + 32] != right[at : at + 32]]
    for _, point in points:
        right = point.root == audit.root_at(point.size)
        same(right, (*entries, f"checkpoint {point.size}")[0])
    same(not odd, odd and odd[0])

def check_files(files, audit, report):  # What lies beside the newest tiles, if it can be listed.
    names, expected, unknown = files.names(""), dict(audit.recorded), {}
    listed = {int(name.split("/")[1]) for name in names if re.match("heads/[0-9]{1,15}/", name)}
    for size in {*listed, *[*audit.heads][-1:]} & {*audit.heads}:
        texts = audit.head_map(size)
        same(texts, f"heads/{size}")
        expected.update((name, sha256(text).hexdigest()) for name, text in texts.items())
    for name in names:
        if re.match(r"\.|checkpoint|(policy|verify\.py)$", name): continue
        tile = re.fullmatch(r"tile/(entries|[0-7])/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?", name)
        digest = name[5:] if re.fullmatch("blob/[0-9a-f]{64}", name) else expected.get(name)
        if tile:
            level = [*audit.levels[8 * int(tile[1].replace("entries", "0")) :], b""][0]
            at, width = 8192 * int(re.sub("[x/]", "", tile[2])), int(tile[3] or 256)
            right = level[at : at + 32 * width] if width <= 256 else b""
            if len(right) == 8192: continue  # A full one was read above, or when it was new.
            if len(right) == 32 * width: digest = sha256(right).hexdigest()
        data = files.get(name)
        if data and tile and tile[1] == "entries": data = leaf_hashes(split_bundle(data))
        if not digest: unknown["/".join(name.split("/")[:2])] = 1
        same(not digest or data is None or sha256(data).hexdigest() == digest, name)
    if unknown: report.doubt("没有记入（或还没有记入）的文件，没有核对：{0}。|files that are not part of the "
                             "record, or not yet: {0}.", ", ".join([*unknown][:9]))
    if audit.heads: report.prove("最新的末条目录没有错，更早的没有重算。|the newest map of last entries is "
                                 "right; older ones were not worked out again.")

def finish(audit, newest, report):  # Late batches, and quotas of labels that have come to an end.
    now, pending = newest.time or 0, {label: o[0].alloc for (label, _), o in audit.pending.items()}
    for label, tally in sorted({**dict.fromkeys(pending, {}), **audit.tally}.items()):
        late, quotas = audit.due(label) < now, audit.rule_at(seconds(label))["exceptions"]
        if late and label in pending:
            audit.fault(pending[label], "批次 {0} 一直没有关|batch {0} is still open", label)
        elif label in pending or not (late or seconds(label) < seconds(audit.newest)): report.doubt(
            "{0} 批用了多少次公开原因，还没有判断。|how often batch {0} used a reason: not judged yet.", label)
        else:
            for code, quota in {**audit.rule["exceptions"], **quotas}.items():
                most = max(quota["at_least"] * 1000, quota["per_mille"] * sum(tally.values()))
                if tally[code] * 1000 > most: audit.fault(
                    None, "{0} 批的“{1}”用了 {2} 次，超过规则|reason {1} was used {2} times in batch {0}, "
                    "over its quota", label, code, tally[code], label=label, code=code)

def conclude(audit, newest, policy, report):  # The verdict over the whole log.
    demand_quorum(newest, policy, report)
    finish(audit, newest, report)
    lines, found, data = audit.lines, audit.findings, report.data
    few = [name for name, one in lines.items() if one.locks < audit.rules[-1][1]["line_orders_min"]]
    orders, past = (sum(getattr(one, which) for one in lines.values())
                    for which in ("locks", "history"))
    report.prove("{0} 条的内容、次序和摘要一致。|{0} entries are as sealed.", audit.size)
    if not found: report.prove(
        "{0} 个订单、{1} 队、{2} 批：没有公开原因的，都按先后排产。|{0} orders, {1} lines, {2} batches: without "
        "a reason, all went in turn.", orders, len(lines), len(audit.closed))
    for count, said, *more in (
            (past, "{} 个订单在记录开始前就排了产，没法判断。|{} orders went before the log."),
            (sum(map(len, audit.pending.values())), "{} 个订单的批次还没有关。|{} orders: batch still open."),
            (len(few), "{} 队订单太少，不按大队判断：{}。|{} lines are too small to be judged: {}.", few[:5]),
            *((count, "越过暂停中或刚回到队里的订单 {} 次：{}。|{} times an order was passed that was "
               "held or had just come back: {}.", why) for why, count in audit.waited.items())):
        if count: report.doubt(said, count, *more)
    for one in audit.draws: report.doubt(
        "第 {0} 条抽签：请到 {1} 核对是不是 {2}。|entry {0}, a draw: ask {1} whether it published {2}.", *one)
    report.doubt("订单是不是真人、原因是不是真的、有没有不经过记录交的车。|that an order is a real person's, that "
                 "a reason is true, that no car went outside the record.")
    data.update(size=audit.size, findings=found[:1000], reasons=audit.tally, waited=audit.waited)
    more = ("，另有 {0} 处|, and {0} more" if found[1:] else "|").format(len(found) - 1).split("|")
    for one in found[:1]: raise Finding(1, "{0}{2}|{1}{3}", *one["said"], *more)
    report.hold("{0} 条记录一条没改，没有人被无故插队|{0} entries, none rewritten, nobody passed without a "
                "public reason", audit.size)

# Single proofs: one entry, two checkpoints, an order's record, one opened entry.
def check_proof(data, leaf, policy, report):  # A C2SP tlog-proof proves this leaf; its number.
    text = data.decode() if isinstance(data, bytes) else data
    found = re.fullmatch(r"c2sp\.org/tlog-proof@v1\n(?:extra ([^\n]+)\n)?index (0|[1-9][0-9]{0,15})"
                         r"\n((?:[^\n]+\n){0,63})\n(.*)", text, re.DOTALL)
    require(found)
    b64(found[1] or "")
    index, path = int(found[2]), [b64(line, 32) for line in found[3].split("\n")[:-1]]
    point = open_checkpoint(found[4], policy)
    root = root_of_path(index, point.size, leaf_hash(leaf), path)
    same(index < point.size and root == point.root, index)
    demand_quorum(point, policy, report)
    real = ("、时间真实", ", and its time is real") if point.time else ("", "")
    report.doubt("只证明记录没改{0}，不证明内容属实。|that what it says is true: it is unchanged{1}.", *real)
    return index

def load_bundle(path):  # bundle.json, by itself or in a zip that holds nothing odd.
    data = Files().need(path)
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = [one.filename for one in packed.infolist()]
            require(not any(name[:1] in "/\\" or ".." in name for name in names))
            require(not any(stat.S_ISLNK(one.external_attr >> 16) for one in packed.infolist()))
            [name] = [name for name in names if name.endswith(".json")]
            with packed.open(name) as file: data = limited(file, name)
    return plain_json(data.decode())

def open_receipt(note, policy, right=None):  # The text of a note that a receipt key signed.
    text, signatures = parse_note(note)
    signed = [signed_at(key, one[2], text) is not None
              for key in policy.receipts for one in signatures if one[:2] == key[:2]]
    require(signed)
    require(all(signed) and right in (None, text), 1, "封签或回执被改过|a seal or receipt was changed")
    return text

def check_seal(bundle, policy, report):  # Nothing was changed since; else the entry is named.
    def hashed(value): return base64.b64encode(sha256(canonical(value).encode()).digest()).decode()
    bare = [{k: v for k, v in one.items() if k != "entries"} for one in bundle["streams"]]
    rest = {**{k: v for k, v in bundle.items() if k != "seal"}, "streams": bare}
    entries = [(one["letter"], entry) for one in bundle["streams"] for entry in one["entries"]]
    right = [f"{letter}{one['n']} {hashed(one)}" for letter, one in entries]
    right = [f"{bundle['origin']}/bundle", *right, f"rest {hashed(rest)}", ""]
    lines = open_receipt(bundle["seal"], policy).split("\n")
    for (_, entry), line, expected in zip(entries, lines[1:], right[1:]):
        same(line == expected or len(lines) != len(right), entry["index"])
    require(lines == right, 1, "条目以外的内容被改过|something outside the entries was changed")
    report.prove("文件发出后一个字也没有改过。|not one character changed since it was handed out.")

def check_entries(entries, sid, key_of, order, proof, policy, report, first=0, before=None):
    places = []  # Each follows the one before and opens rightly, the last is proved; their numbers.
    for n, entry in enumerate(entries, first):
        text, payload = entry["leaf"], entry["payload"]
        try:
            leaf, inside = plain_json(text), plain_json(payload)
            committed = encode(hmac.digest(key_of(n), payload.encode(), "sha256"))
            right = order in (None, inside.get("order", order)) and canonical(leaf) == text
            right = right and canonical(inside) == payload
            right = right and (1, sid, n, n, before, committed) == (
                leaf["v"], leaf["s"], leaf["n"], entry["n"], leaf.get("p"), leaf["c"])
        except (ValueError, KeyError): right = False
        same(right, entry["index"])
        before, places = encode(leaf_hash(text.encode())), [*places, entry["index"]]
    proved = check_proof(proof, text.encode(), policy, report)
    same(proved == places[-1] and places == sorted({*places}), places[-1])
    return places

def check_head(stream, places, policy, report):  # The map of last entries names the last one.
    head, sid, leaf = stream["head"], stream["id"], plain_json(stream["head"]["heads_leaf"])
    index = check_proof(head["heads_proof"], head["heads_leaf"].encode(), policy, Report())
    size, bits, hashed = leaf["size"], leaf["bits"], leaf_hash(head["bucket"].encode())
    path = [b64(one, 32) for one in head["path"]]
    mapped = encode(root_of_path(bucket_of(sid, bits), 1 << bits, hashed, path))
    same(leaf["t"] == "heads" and size <= index and mapped == leaf["root"], index)
    covered = [f"{sid} {n} {at}" for n, at in enumerate(places) if at < size][-1:]
    require([one for one in head["bucket"].split("\n") if one.startswith(sid + " ")] == covered, 1,
            "{0} 列里有一条没有给出来|an entry of stream {0} was not handed out", stream["letter"])
    report.prove("第 {0} 条以前，{1} 列没有别的条目。|before entry {0} stream {1} has no other entry.",
                 size, stream["letter"])

def check_stream(bundle, stream, policy, report):  # All of one stream, and whose; how many entries.
    order, letter, sid = bundle["order"], stream["letter"], stream["id"]
    def derive(label):
        secret = base64.urlsafe_b64decode(bundle["k"] + "=")
        return hmac.digest(secret, f"pl1/{label}".encode(), "sha256")
    require(encode(derive(f"stream/{letter}/{order}")) == sid, 1,
            "{0} 列不是这个订单的|stream {0} is not this order's", letter)
    places = check_entries(stream["entries"], sid, lambda n: derive(f"open/{sid}/{n}"), order,
                           stream["proof"], policy, report)
    if "head" in stream: check_head(stream, places, policy, report)
    else: report.doubt("{0} 列后面还有没有别的条目，不知道。|whether stream {0} has later entries.", letter)
    return len(places)

def check_history(args, report):
    bundle = load_bundle(args.names[0])
    policy = find_policy(args, report, bundle["policy"])
    if "opening" in bundle: return check_notice(bundle, policy, report)
    streams, origin = bundle["streams"], bundle["origin"]
    letters = [one["letter"] for one in streams]
    require(origin in [one.name for one in policy.logs] and len({*letters}) == len(letters))
    if "seal" in bundle: check_seal(bundle, policy, report)
    total = sum(check_stream(bundle, one, policy, report) for one in streams if one["entries"])
    require(total)
    for letter in sorted({*"qpn"} - {*letters}): report.doubt(
        "{0} 列没有给出来，里面有没有条目，不知道。|whether stream {0} has entries: it is not shown.", letter)
    if bundle.get("receipt"):
        [first] = [one["entries"][0] for one in streams if one["letter"] == "q"]
        hashed = base64.b64encode(leaf_hash(first["leaf"].encode())).decode()
        open_receipt(bundle["receipt"], policy, f"{origin}/receipt\n{first['index']}\n{hashed}\n")
    require("seal" in bundle, 2, "没有封签|there is no seal")
    if bundle.get("waiting"):
        report.doubt("最新几条还在等下一份摘要。|the newest entries: they wait for the next checkpoint.")
    report.hold("订单 {0} 的 {1} 条都在公开记录里，之后没有改过|{1} entries of order {0} are in the public "
                "record, unchanged since", bundle["order"], total)

def check_notice(one, policy, report):
    before, key = plain_json(one["leaf"]).get("p"), base64.urlsafe_b64decode(one["k_n"] + "=")
    [index] = check_entries([one], one["stream"], lambda _: key, one.get("order"), one["proof"],
                            policy, report, one["n"], before)
    report.doubt("这一列的其他条目没有给出来。|the other entries of its stream: they are not shown.")
    report.hold("第 {0} 条在公开记录里，内容就是给出来的这些，之后没有改过|entry {0} is in the public record "
                "with just this content, unchanged since", index)

def check_single(args, report):
    (name, leaf), files = args.names, Files()
    policy = find_policy(args, report, files.get(os.path.join(os.path.dirname(name), "policy")))
    leaf = leaf.encode() if leaf[:1] == "{" else files.need(leaf)
    report.hold("这就是公开记录的第 {0} 条，之后没有改过|this is entry {0} of the public record, unchanged "
                "since", check_proof(files.need(name), leaf, policy, report))

def check_consistency(args, report):
    files, tree = Files(args.log or os.path.dirname(os.path.abspath(args.names[1]))), Audit()
    policy = find_policy(args, report, files.get("policy"))
    points = [parsed(one, open_checkpoint, Files().need(one), policy) for one in args.names]
    old, new = sorted(points, key=lambda one: one.size)
    for at in range(0, new.size, 256): tree.grow(files.tile(0, at // 256, min(256, new.size - at)))
    require((old.root, new.root) == (tree.root_at(old.size), tree.root_at(new.size)), 1,
            "后一份摘要不是前一份接着写的|the newer checkpoint does not extend the older")
    demand_quorum(new, policy, report)
    report.hold("前 {0} 条一条没改，后面接着写到 {1} 条|the first {0} entries stand unchanged; the log went on "
                "to {1}", old.size, new.size)

# Commands.
def find_policy(args, report, own):  # The one that was given, else what lies beside: proves less.
    own = own.decode() if isinstance(own, bytes) else own
    given = Files().need(args.policy).decode() if args.policy else own
    require(given, 2, "没有策略（--policy）|there is no policy (--policy)")
    if own and given != own: report.doubt(
        "文件带的是另一份策略，按给的这份判断。|its own policy: it carries another than the one given.")
    policy = parsed("policy", Policy, given)
    keys = ", ".join(f"{one.name} {encode(one.public)}" for one in policy.logs)
    if not args.policy: report.doubt(
        "公钥来自文件自己，请和别处公布的比一比：{0}|that the keys are the right ones: they came with the file; "
        "compare them with those told elsewhere: {0}", keys)
    return policy

class Loader(pickle.Unpickler):  # Nothing but what an audit is made of comes out of a state file.
    def find_class(self, module, name):
        return {"Stream": Stream, "Line": Line, "Key": Key, "Counter": Counter}[name]

def load_audit(path, version, note):  # The audit that was kept with this note, else a fresh one.
    audit = Audit()
    if note is None or not os.path.exists(path): return audit
    with open(path, "rb") as file: *kept_with, kept = Loader(file).load()
    if kept_with == [version, note]:  # Another verifier's, or another note's, is not believed.
        require([*map(type, kept.values())] == [*map(type, vars(audit).values())])
        vars(audit).update(kept)
        for _, rule in audit.rules: audit.table.update(shapes(rule))
    return audit

def check_queue(args, report):  # The whole audit; a watch goes on from what was seen before.
    files, watched, state = Files(args.names[0]), args.command == "watch", args.state
    policy, kept = find_policy(args, report, files.get("policy")), f"{state}.audit"
    note, old = files.need("checkpoint"), Files().get(state) if watched else None
    version = sha256(pathlib.Path(__file__).read_bytes()).digest()
    audit = parsed(STATE, load_audit, kept, version, old)
    start = audit.size
    if start: report.doubt("前 {0} 条是以前读的，文件没有重读。|that the files of the first {0} entries are "
                           "still as they were when they were read.", start)
    try:
        newest = read_log(files, policy, audit, report, old)
        check_files(files, audit, report)
    except Finding as found:
        if found.code == 1 and old and report.signed:
            evidence = pathlib.Path(state).with_suffix(".evidence")
            evidence.write_bytes(old + b"\n" + note)
            report.doubt("两份签过名的摘要存在 {0}。|both signed checkpoints are in {0}.", evidence)
        raise
    if watched:
        whole = version, note, {**vars(audit), "table": {}}
        with open(kept + ".new", "wb") as file: pickle.dump(whole, file, 5)
        pathlib.Path(state + ".new").write_bytes(note)
        for path in (kept, state): os.replace(path + ".new", path)
        report.data["new"] = audit.size - start
    conclude(audit, newest, policy, report)

COMMANDS = {"proof": check_single, "consistency": check_consistency, "history": check_history,
            "notice": check_history, "queue": check_queue, "watch": check_queue}

def main(argv=None):
    parser, report, code = argparse.ArgumentParser(usage=__doc__), Report(), 0
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("names", nargs="+")
    for name in ("policy", "log", "lang"): parser.add_argument(f"--{name}")
    parser.add_argument("--state", default="watch.state")
    parser.add_argument("--json", action="store_true")
    argv = sys.argv[1:] if argv is None else argv
    if argv and argv[0] not in COMMANDS and argv[0][0] != "-":  # A record, or a log.
        log = re.match("https?://", argv[0]) or os.path.isdir(argv[0])
        argv = ["queue" if log else "history", *argv]
    args = parser.parse_args(argv)
    count = 2 if args.command in ("proof", "consistency") else 1
    if len(args.names) != count: parser.error(f"{args.command}: {count}")
    try: parsed(args.names[0], COMMANDS[args.command], args, report)
    except Finding as found: report.verdict, code = found.said, found.code
    english = (args.lang or os.environ.get("LC_ALL") or os.environ.get("LANG", ""))[:2] != "zh"
    def clean(said):
        return re.sub("[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "?", said[english])
    lists = [[*dict.fromkeys(map(clean, some))] for some in (report.proved, report.unproved)]
    if args.json:
        said = {"verdict": clean(report.verdict), "proved": lists[0], "not_proved": lists[1]}
        print(json.dumps({**said, "exit": code, **report.data}, ensure_ascii=False, indent=1))
    else:
        print(clean(report.verdict))
        for one in report.data.get("findings", [])[1:20]: print(" ", clean(one["said"]))
        for title, some in zip((("证明了：", "Proved:"), ("没有证明：", "Not proved:")), lists):
            if some: print(title[english], *some, sep="\n  - ")
    return code

if __name__ == "__main__":
    gc.disable()  # Millions of small objects live to the end; looking for garbage finds none.
    sys.exit(main())
