/* Judges a record: hashes, commitments, chains, proofs, signatures. It asks nobody and touches no
   page, so that a browser and a program run the same lines. What it says are keys of words.

   A file that does not hold is `differs`; what cannot be read or judged ends in another key. */
const BYTES_MAX = 1 << 26;

class Judged extends Error {
  constructor(key, more = {}) { super(key); this.found = { key, ...more }; }
}
const differs = (n) => new Judged("differs", { n: n ?? "?" });
const rest = () => new Judged("differs_rest");
const unread = () => new Judged("broken");

const utf8 = (text) => new TextEncoder().encode(text);
const join = (...parts) => {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
};
const b64 = (bytes) => btoa(String.fromCharCode(...bytes));
const url64 = (bytes) => b64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const bytesOf = (said) => Uint8Array.from(atob(said), (sign) => sign.charCodeAt(0));
const unurl64 = (said) => bytesOf(said.replace(/-/g, "+").replace(/_/g, "/"));
// Standard base64, exactly as it would be written.
const raw = (said) => {
  const bytes = bytesOf(said);
  if (b64(bytes) !== said) throw unread();
  return bytes;
};
const same = (a, b) => a.length === b.length && a.every((byte, n) => byte === b[n]);
const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const hmac = async (key, bytes) => {
  const held = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", held, bytes));
};
const leafHash = (text) => digest(join([0], utf8(text)));
const nodeHash = (left, right) => digest(join([1], left, right));

const signed = async (policy, key, signature, message) => {
  if (signature.length !== 64) return false;
  try {
    const held = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", held, signature, message);
  } catch { return (await import(policy.ed25519)).check(key, signature, message); }
};

// Signed notes, the policy, and the time by which enough witnesses had signed.
const openVkey = async (said) => {
  const [, name, id, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(said), bytes = raw(key);
  const own = (await digest(join(utf8(name + "\n"), bytes))).slice(0, 4);
  if ([...own].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== id) throw unread();
  return { name, id: own, type: bytes[0], key: bytes.slice(1) };
};
const openNote = (note) => {
  const at = note.lastIndexOf("\n\n"), lines = note.slice(at + 2).split("\n");
  if (at < 0 || lines.pop() !== "" || !lines.length) throw unread();
  const signatures = lines.map((line) => {
    const [, name, sig] = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/=]{8,})$/.exec(line) || [];
    if (!name) throw unread();
    return { name, sig: raw(sig) };
  });
  return { text: note.slice(0, at + 1), signatures };
};
// When each of these keys signed (0 where a key tells no time); a bad signature ends it all.
const signers = async (policy, note, verifiers) => {
  const seen = new Map();
  for (const { name, sig } of note.signatures) {
    const key = verifiers.find((one) => one.name === name && same(one.id, sig.slice(0, 4)));
    if (!key) continue;
    const timed = key.type === 4;
    if (timed && sig.length !== 76) throw rest();
    const at = timed ? Number(new DataView(sig.buffer, 4, 8).getBigUint64(0)) : 0;
    const said = timed ? `cosignature/v1\ntime ${at}\n${note.text}` : note.text;
    if (!await signed(policy, key.key, sig.slice(timed ? 12 : 4), utf8(said))) throw rest();
    if (!seen.has(key)) seen.set(key, at);
  }
  return seen;
};
const openPolicy = async (text, ed25519) => {
  const policy = { ed25519, logs: [], receipts: [], members: {}, quorum: "none" };
  for (const line of text.split("\n")) {
    const [word, ...said] = line.trim().split(/\s+/);
    if (line.startsWith("# yinuo receipt ")) policy.receipts.push(await openVkey(said[2]));
    else if (word === "log") policy.logs.push(await openVkey(said[0]));
    else if (word === "witness") policy.members[said[0]] = await openVkey(said[1]);
    else if (word === "group") policy.members[said[0]] = { least: said[1], of: said.slice(2) };
    else if (word === "quorum") policy.quorum = said[0];
  }
  return policy;
};
const timeOf = (policy, name, seen) => {
  const member = policy.members[name];
  if (!member) throw unread();
  if (!member.of) return seen.get(member) ?? Infinity;
  const at = member.of.map((one) => timeOf(policy, one, seen)).sort((a, b) => a - b);
  return at[({ any: 1, all: at.length }[member.least] || Number(member.least)) - 1];
};

// RFC 6962: is this leaf in the tree that the checkpoint names?
const included = async (index, size, hash, path, root) => {
  if (!(index < size)) return false;
  let at = index, last = size - 1, node = hash;
  for (const step of path) {
    if (!last) return false;
    if (at % 2 || at === last) {
      node = await nodeHash(step, node);
      while (!(at % 2) && at) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
    } else node = await nodeHash(node, step);
    at = Math.floor(at / 2); last = Math.floor(last / 2);
  }
  return last === 0 && same(node, root);
};
const PROOF = /^c2sp\.org\/tlog-proof@v1\n(?:extra [^\n]+\n)?index (0|[1-9]\d{0,15})\n((?:[^\n]+\n){0,63})\n([^]*)$/;
const POINT = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n/;
// The number, the size and the time of a checkpoint that counts and holds this leaf.
const prove = async (policy, origin, leaf, said) => {
  const [, number, lines, rested] = PROOF.exec(said) || [];
  if (!number) throw unread();
  const note = openNote(rested), index = Number(number);
  const [, name, size, root] = POINT.exec(note.text) || [];
  const witnesses = Object.values(policy.members).filter((one) => one.key);
  const seen = await signers(policy, note, [...policy.logs, ...witnesses]);
  if (name !== origin || ![...seen.keys()].some((key) => key.type === 1 && key.name === origin)) throw new Judged("unknown_key");
  const path = lines.split("\n").slice(0, -1).map(raw);
  if (!await included(index, Number(size), await leafHash(leaf), path, raw(root))) throw differs(index);
  const at = policy.quorum === "none" ? Infinity : timeOf(policy, policy.quorum, seen);
  // A checkpoint that too few witnesses signed may be another one than others were shown.
  if (policy.quorum !== "none" && at === Infinity) throw new Judged("few_signed");
  return { index, size: Number(size), at };
};
// A key that a proven entry of the log states counts as well: keys are changed from time to time.
const follow = async (policy, { origin, leaf, proof }) => {
  try {
    const { t, use, vkey } = parse(leaf), key = await openVkey(vkey);
    await prove(policy, origin, leaf, proof);
    if (t === "key") policy[use === "log" ? "logs" : "receipts"].push(key);
  } catch { /* What is not proven is nobody's key. */ }
};

// JSON in which no name stands twice: else two readers could read two things.
const parse = (text) => {
  const value = JSON.parse(text), open = [];
  for (const [said, colon] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}]/g)) {
    if (said === "{") open.push(new Set());
    else if (said === "}") open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(said.slice(0, -colon.length)), names = open[open.length - 1];
      if (names.has(name)) throw unread();
      names.add(name);
    }
  }
  return value;
};
const sorted = (value) => {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (!value || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${sorted(value[key])}`).join(",")}}`;
};
const dumped = async (value) => b64(await digest(utf8(sorted(value))));

// One entry: its exact text, its place in its stream, and what was committed to.
const checkEntry = async (entry, id, n, before, key, order) => {
  let right = false;
  try {
    const leaf = parse(entry.leaf), inside = parse(entry.payload);
    const c = url64(await hmac(key, utf8(entry.payload)));
    right = sorted(leaf) === entry.leaf && leaf.v === 1 && leaf.s === id && leaf.n === n && entry.n === n
      && leaf.c === c && (leaf.p ?? "") === before && (inside.order ?? order) === order;
  } catch { /* What cannot be read is not what was recorded. */ }
  if (!right) throw differs(entry.index);
};
// The digest of each entry and of all the rest, as the maker sealed them.
const checkSeal = async (bundle, policy) => {
  const { seal, ...bare } = bundle, note = openNote(seal), lines = note.text.split("\n");
  const keys = await signers(policy, note, policy.receipts);
  const expected = [`${bundle.origin}/bundle`], named = [];
  for (const { letter, entries } of bundle.streams) for (const entry of entries) {
    expected.push(`${letter}${entry.n} ${await dumped(entry)}`);
    named.push(entry);
  }
  bare.streams = bundle.streams.map(({ entries, ...other }) => other);
  expected.push(`rest ${await dumped(bare)}`, "");
  if (!keys.size) throw new Judged("unknown_key");
  const wrong = named.find((entry, n) => lines[n + 1] !== expected[n + 1]);
  if (lines.length !== expected.length) throw new Judged(lines.length > expected.length ? "differs_gone" : "differs_rest");
  if (wrong) throw differs(wrong.index);
  if (lines.some((line, n) => line !== expected[n])) throw rest();
};
const checkReceipt = async (bundle, policy) => {
  const note = openNote(bundle.receipt), first = bundle.streams.find(({ letter }) => letter === "q").entries[0];
  const right = `${bundle.origin}/receipt\n${first.index}\n${b64(await leafHash(first.leaf))}\n`;
  if (!(await signers(policy, note, policy.receipts)).size) throw new Judged("unknown_key");
  if (note.text !== right) throw rest();
};
// The map of last entries, itself an entry: it names the last of these below its size.
const checkHead = async (policy, origin, { letter, id, head, entries }) => {
  const leaf = parse(head.heads_leaf), { bits, size } = leaf, bytes = unurl64(id);
  const { index } = await prove(policy, origin, head.heads_leaf, head.heads_proof);
  const place = ((bytes[0] << 16) + (bytes[1] << 8) + bytes[2]) >>> (24 - bits);
  const mapped = await included(place, 2 ** bits, await leafHash(head.bucket), head.path.map(raw), unurl64(leaf.root));
  if (leaf.t !== "heads" || bits > 24 || size > index || !mapped) throw differs(index);
  const covered = entries.filter((entry) => entry.index < size), last = covered[covered.length - 1];
  const told = head.bucket.split("\n").filter((line) => line.startsWith(`${id} `)).join("\n");
  if (told !== (last ? `${id} ${covered.length - 1} ${last.index}` : "")) throw new Judged("differs_gone", { letter });
};
const checkStream = async (bundle, stream, policy) => {
  const { letter, id, entries } = stream, k = unurl64(bundle.k);
  const right = url64(await hmac(k, utf8(`pl1/stream/${letter}/${bundle.order}`))) === id;
  let before = "", index = -1;
  for (const [n, entry] of entries.entries()) {
    if (!right) throw differs(entry.index);
    await checkEntry(entry, id, n, before, await hmac(k, utf8(`pl1/open/${id}/${n}`)), bundle.order);
    if (!(entry.index > index)) throw differs(entry.index);
    before = url64(await leafHash(entry.leaf)); index = entry.index;
  }
  const proven = await prove(policy, bundle.origin, entries[entries.length - 1].leaf, stream.proof);
  if (proven.index !== index) throw differs(index);
  if (stream.head) await checkHead(policy, bundle.origin, stream);
  return proven;
};
const checkBundle = async (bundle, policy) => {
  const streams = bundle.streams.filter((one) => one.entries.length), letters = bundle.streams.map((one) => one.letter);
  if (!streams.length || new Set(letters).size < letters.length) throw unread();
  if (bundle.seal) await checkSeal(bundle, policy);
  let size = 0, at = 0, n = 0;
  for (const stream of streams) {
    const proven = await checkStream(bundle, stream, policy);
    size = Math.max(size, proven.size); at = Math.max(at, proven.at); n += stream.entries.length;
  }
  if (bundle.receipt) await checkReceipt(bundle, policy);
  if (!bundle.seal) throw new Judged("no_seal");
  const notes = [{ key: streams.every((one) => one.head) ? "complete" : "open_end" }];
  if (bundle.waiting && bundle.waiting.length) notes.unshift({ key: "waiting", n: bundle.waiting.length });
  for (const letter of "qpn") if (!letters.includes(letter)) notes.push({ key: `without_${letter}` });
  return { n, size, at, notes };
};
// One entry, opened for a court or public as it is.
const checkOne = async (one, policy) => {
  if (one.opening) {
    const before = parse(one.leaf).p ?? "";
    await checkEntry(one, one.stream, one.n, before, unurl64(one.k_n), one.order ?? parse(one.payload).order);
  }
  const { index, size, at } = await prove(policy, one.origin, one.leaf, one.proof);
  if (index !== one.index) throw differs(one.index);
  return { n: 1, size, at, notes: [{ key: "one_only" }] };
};

const crc32 = (bytes) => {
  let sum = -1;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
};
// The file `bundle.json` inside a zip.
const unzip = async (bytes) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
  if (end < 0) throw unread();
  let at = view.getUint32(end + 16, true);
  for (let n = view.getUint16(end + 10, true); n; n -= 1) {
    const [name, extra, note] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
    if (new TextDecoder().decode(bytes.slice(at + 46, at + 46 + name)) === "bundle.json") {
      const from = view.getUint32(at + 42, true), size = view.getUint32(at + 20, true);
      const data = from + 30 + view.getUint16(from + 26, true) + view.getUint16(from + 28, true);
      const held = new Blob([bytes.slice(data, data + size)]);
      const plain = view.getUint16(at + 10, true) ? held.stream().pipeThrough(new DecompressionStream("deflate-raw")) : held.stream();
      const found = await limited(plain);
      if (crc32(found) !== view.getUint32(at + 16, true)) throw unread();
      return found;
    }
    at += 46 + name + extra + note;
  }
  throw new Judged("no_bundle");
};
// A small zip may hold a file of any size: it is let go when it grows too large.
const limited = async (stream) => {
  const parts = [], reader = stream.getReader();
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    size += next.value.length;
    if (size > BYTES_MAX) throw new Judged("too_large");
  }
  return join(...parts);
};
const read = async (bytes) => {
  if (!bytes.length) throw new Judged("empty");
  if (bytes.length > BYTES_MAX) throw new Judged("too_large");
  const inside = bytes[0] === 80 && bytes[1] === 75 ? await unzip(bytes) : bytes;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(inside), start = text.replace(/^\uFEFF/, "").trimStart();
  if (start.startsWith("c2sp.org/tlog-proof")) throw new Judged("proof_alone");
  if (!start.startsWith("{")) throw new Judged(inside[0] > 253 && inside[1] > 253 ? "broken" : "other_file");
  new TextDecoder("utf-8", { fatal: true }).decode(inside);
  return parse(text);
};

/** What is to be said of a file: `key` of the words, and what stands in them.

    `how` has the policy by which signatures count, entries that state further keys, and where the
    reckoning of Ed25519 lies for a browser that has none. Never throws. */
export const judge = async (bytes, how) => {
  try {
    if (!globalThis.crypto || !crypto.subtle) throw new Judged("insecure");
    const file = await read(bytes);
    if (!how.policy) throw new Judged("no_policy");
    const policy = await openPolicy(how.policy, how.ed25519);
    for (const one of how.keys || []) await follow(policy, one);
    if (file.bundle !== 1 && file.opening !== 1 && file.entry !== 1) throw new Judged("other_file");
    if (!policy.logs.some((log) => log.name === file.origin)) throw new Judged("other_log", { origin: String(file.origin) });
    const found = await (file.bundle === 1 ? checkBundle : checkOne)(file, policy);
    return { key: found.at < Infinity ? "match" : "match_untimed", ...found };
  } catch (error) {
    return error instanceof Judged ? error.found : { key: "broken" };
  }
};
