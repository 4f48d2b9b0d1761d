/* Checks a record in this browser: hashes, commitments, chains, proofs, signatures. The file is
   sent nowhere. What is said are words of the page. */
"use strict";
(() => {
  const panel = document.getElementById("local");
  if (!panel) return;
  const words = document.getElementById("words").dataset;
  const utf8 = (text) => new TextEncoder().encode(text);
  const text8 = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const join = (...parts) => {
    const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    let at = 0;
    for (const part of parts) { whole.set(part, at); at += part.length; }
    return whole;
  };
  const b64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const url64 = (bytes) => b64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const raw = (said) => Uint8Array.from(atob(said.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const same = (a, b) => a.length === b.length && a.every((byte, n) => byte === b[n]);
  const digest = async (bytes, how = "SHA-256") => new Uint8Array(await crypto.subtle.digest(how, bytes));
  const hmac = async (key, bytes) => {
    const held = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return new Uint8Array(await crypto.subtle.sign("HMAC", held, bytes));
  };
  const leafHash = (bytes) => digest(join([0], bytes));
  const nodeHash = (left, right) => digest(join([1], left, right));

  const signed = async (key, signature, message) => {
    if (signature.length !== 64) return false;
    try {
      const held = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
      return await crypto.subtle.verify("Ed25519", held, signature, message);
    } catch { return (await import(words.ed25519)).check(key, signature, message); }
  };

  // Signed notes, the policy, and the time by which enough witnesses had signed.
  const openVkey = async (said) => {
    const [, name, id, key] = /^(.+)\+([0-9a-f]{8})\+(.+)$/.exec(said), bytes = raw(key);
    const own = (await digest(join(utf8(name + "\n"), bytes))).slice(0, 4);
    if ([...own].map((byte) => byte.toString(16).padStart(2, "0")).join("") !== id) throw Error("vkey");
    return { name, id: own, type: bytes[0], key: bytes.slice(1) };
  };
  const openNote = (note) => {
    const at = note.lastIndexOf("\n\n");
    const lines = note.slice(at + 2).split("\n").filter(Boolean).map((line) => line.split(" "));
    return { text: note.slice(0, at + 1), lines: lines.map(([, name, sig]) => ({ name, sig: raw(sig) })) };
  };
  const signedBy = async (note, verifier) => {
    for (const { name, sig } of note.lines) {
      if (name !== verifier.name || !same(sig.slice(0, 4), verifier.id)) continue;
      if (verifier.type === 1 && await signed(verifier.key, sig.slice(4), utf8(note.text))) return 1;
      if (verifier.type !== 4 || sig.length !== 76) continue;
      const at = Number(new DataView(sig.buffer, 4, 8).getBigUint64(0));
      const said = utf8(`cosignature/v1\ntime ${at}\n${note.text}`);
      if (await signed(verifier.key, sig.slice(12), said)) return at;
    }
    return 0;
  };
  const openPolicy = async (text) => {
    const policy = { logs: [], receipts: [], members: {}, quorum: "none" };
    for (const line of text.split("\n")) {
      const [word, ...rest] = line.trim().split(/\s+/);
      if (line.startsWith("# yinuo receipt ")) policy.receipts.push(await openVkey(rest[2]));
      else if (word === "log") policy.logs.push(await openVkey(rest[0]));
      else if (word === "witness") policy.members[rest[0]] = await openVkey(rest[1]);
      else if (word === "group") policy.members[rest[0]] = { least: rest[1], of: rest.slice(2) };
      else if (word === "quorum") policy.quorum = rest[0];
    }
    return policy;
  };
  const timeOf = async (policy, name, note) => {
    const member = policy.members[name];
    if (!member) throw Error("policy");
    if (!member.of) return (await signedBy(note, member)) || Infinity;
    const at = [];
    for (const one of member.of) at.push(await timeOf(policy, one, note));
    const least = { any: 1, all: at.length }[member.least] || Number(member.least);
    return at.sort((a, b) => a - b)[least - 1];
  };
  const anyOf = async (verifiers, note) => {
    for (const one of verifiers) if (await signedBy(note, one)) return true;
    return false;
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
  const openProof = (said) => {
    const cut = said.indexOf("\n\n"), lines = said.slice(0, cut).split("\n");
    if (lines.shift() !== "c2sp.org/tlog-proof@v1") throw Error("proof");
    if (lines[0].startsWith("extra ")) lines.shift();
    return { index: Number(lines.shift().replace("index ", "")), path: lines.map(raw), note: said.slice(cut + 2) };
  };
  // The size and the time of a checkpoint; throws what is wrong with the proof of this leaf.
  const prove = async (policy, origin, index, leaf, said) => {
    const proof = openProof(said), note = openNote(proof.note);
    const [name, size, root] = note.text.split("\n");
    if (name !== origin || proof.index !== index) throw Error("proof");
    if (!await anyOf(policy.logs, note)) throw Error("proof");
    if (!await included(index, Number(size), await leafHash(utf8(leaf)), proof.path, raw(root))) throw Error("proof");
    const at = policy.quorum === "none" ? Infinity : await timeOf(policy, policy.quorum, note);
    return { size: Number(size), at };
  };

  const sorted = (value) => {
    if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
    if (!value || typeof value !== "object") return JSON.stringify(value);
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${sorted(value[key])}`).join(",")}}`;
  };
  const dumped = async (value) => b64(await digest(utf8(sorted(value))));

  // What is wrong with the entries of one stream, as the number of the first one that differs.
  const wrongEntry = async (k, order, stream) => {
    const id = url64(await hmac(k, utf8(`pl1/stream/${stream.letter}/${order}`)));
    let before = "";
    for (const [n, entry] of stream.entries.entries()) {
      const leaf = JSON.parse(entry.leaf), key = await hmac(k, utf8(`pl1/open/${id}/${n}`));
      const c = url64(await hmac(key, utf8(entry.payload)));
      const right = leaf.s === id && leaf.n === n && entry.n === n && leaf.c === c && (leaf.p || "") === before;
      if (!right || JSON.parse(entry.payload).order !== order) return entry;
      before = url64(await leafHash(utf8(entry.leaf)));
    }
    return null;
  };
  const wrongSeal = async (bundle, policy) => {
    if (!bundle.seal) return "rest";
    const note = openNote(bundle.seal), { seal, streams, ...rest } = bundle, lines = note.text.split("\n");
    const said = new Map(lines.slice(1, -1).map((line) => line.split(" ")));
    let count = 1;
    for (const stream of streams) for (const entry of stream.entries) {
      count += 1;
      if (said.get(stream.letter + entry.n) !== await dumped(entry)) return entry;
    }
    for (const stream of streams) for (const n of [...said.keys()].filter((key) => key[0] === stream.letter && key !== "rest").map((key) => Number(key.slice(1))))
      if (!stream.entries.some((entry) => entry.n === n)) return "gone";
    rest.streams = streams.map(({ entries, ...other }) => other);
    if (count !== said.size || said.get("rest") !== await dumped(rest)) return "rest";
    return lines[0] === `${bundle.origin}/bundle` && await anyOf(policy.receipts, note) ? null : "rest";
  };
  // Whether the head map says that nothing came later: 1 yes, 0 not said, -1 something did.
  const ends = async (policy, origin, stream) => {
    const head = stream.head;
    if (!head) return { last: 0 };
    const leaf = JSON.parse(head.heads_leaf);
    await prove(policy, origin, head.heads_index, head.heads_leaf, head.heads_proof);
    const id = raw(stream.id), bits = leaf.bits, place = bits ? ((id[0] << 8) + id[1]) >> (16 - bits) : 0;
    const right = leaf.t === "heads" && leaf.size === head.size &&
      await included(place, 2 ** bits, await leafHash(utf8(head.bucket)), head.path.map(raw), raw(leaf.root));
    const line = head.bucket.split("\n").map((one) => one.split(" ")).find((one) => one[0] === stream.id);
    if (!right) throw Error("proof");
    const held = stream.entries.filter((entry) => entry.index < head.size);
    return { size: head.size, last: (line ? Number(line[1]) + 1 : 0) > held.length ? -1 : 1 };
  };

  const differs = (entry) => {
    if (entry === "rest") return { key: "differs_rest" };
    return entry === "gone" ? { key: "differs_gone" } : { key: "differs", n: entry.index ?? "?" };
  };
  // A checkpoint that too few witnesses signed may be another one than others were shown.
  const verdict = (policy, at) => at < Infinity ? "match" : policy.quorum === "none" ? "match_untimed" : "few_signed";
  const checkBundle = async (bundle, policy) => {
    let size = 0, at = 0, count = 0, last = 1;
    const notes = [], wrong = await wrongSeal(bundle, policy);
    if (wrong && wrong !== "rest") return differs(wrong);
    for (const stream of bundle.streams) {
      const entry = await wrongEntry(raw(bundle.k), bundle.order, stream);
      if (entry) return differs(entry);
    }
    if (wrong) return differs(wrong);
    for (const stream of bundle.streams) {
      const final = stream.entries[stream.entries.length - 1];
      if (!final) continue;
      const proven = await prove(policy, bundle.origin, final.index, final.leaf, stream.proof);
      const end = await ends(policy, bundle.origin, stream);
      size = Math.max(size, proven.size); at = Math.max(at, proven.at);
      last = Math.min(last, end.last); count += stream.entries.length;
    }
    if (bundle.waiting && bundle.waiting.length) notes.push({ key: "waiting", n: bundle.waiting.length });
    notes.push({ key: last > 0 ? "complete" : last < 0 ? "later" : "open_end" });
    return { key: verdict(policy, at), at, n: count, size, notes };
  };
  // One entry, opened for a court or public as it is.
  const checkOne = async (one, policy) => {
    if (one.opening) {
      const leaf = JSON.parse(one.leaf);
      const c = url64(await hmac(raw(one.k_n), utf8(one.payload)));
      const order = JSON.parse(one.payload).order;
      if (leaf.c !== c || leaf.s !== one.stream || leaf.n !== one.n || (one.order ?? order) !== order) return differs(one);
    }
    try {
      const { at, size } = await prove(policy, one.origin, one.index, one.leaf, one.proof);
      return { key: verdict(policy, at), at, n: 1, size, notes: [{ key: "one_only" }] };
    } catch { return differs(one); }
  };

  // The file `bundle.json` inside a zip, or the text of the file itself.
  const unzip = async (bytes) => {
    if (bytes[0] !== 80 || bytes[1] !== 75) return text8(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    let end = bytes.length - 22;
    while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end -= 1;
    let at = view.getUint32(end + 16, true);
    for (let n = view.getUint16(end + 10, true); n; n -= 1) {
      const [name, extra, note] = [28, 30, 32].map((place) => view.getUint16(at + place, true));
      if (text8(bytes.slice(at + 46, at + 46 + name)) === "bundle.json") {
        const from = view.getUint32(at + 42, true), size = view.getUint32(at + 20, true);
        const data = from + 30 + view.getUint16(from + 26, true) + view.getUint16(from + 28, true);
        const held = new Blob([bytes.slice(data, data + size)]);
        if (!view.getUint16(at + 10, true)) return held.text();
        return new Response(held.stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
      }
      at += 46 + name + extra + note;
    }
    throw Error("zip");
  };

  const say = (key, more = {}) => Object.entries(more).reduce(
    (text, [name, value]) => text.replaceAll(`{${name}}`, value), words[key] || words.unreadable);
  const moment = (at) => {
    const day = new Date((at + 8 * 3600) * 1000), two = (n) => String(n).padStart(2, "0");
    const month = words.months.split(" ")[day.getUTCMonth()];
    return say("moment", { y: day.getUTCFullYear(), m: month, d: day.getUTCDate(), t: `${two(day.getUTCHours())}:${two(day.getUTCMinutes())}` });
  };
  const check = async (bytes) => {
    if (!globalThis.crypto || !crypto.subtle) return { key: "insecure" };
    let file, policy;
    try {
      file = JSON.parse(await unzip(bytes));
      policy = await openPolicy(words.policy);
    } catch { return { key: "unreadable" }; }
    if (!words.policy) return { key: "no_policy" };
    try {
      if (file.origin && !policy.logs.some((log) => log.name === file.origin)) return { key: "other_log", origin: file.origin };
      if (file.bundle === 1) return await checkBundle(file, policy);
      if (file.opening === 1 || file.entry === 1) return await checkOne(file, policy);
      return { key: "unreadable" };
    } catch { return { key: "differs_rest" }; }
  };
  const show = async (bytes) => {
    const out = document.getElementById("verdict"), found = await check(bytes);
    const n = typeof found.n === "number" ? found.n.toLocaleString("en") : found.n;
    out.className = found.key.startsWith("match") ? "hero" : found.key.startsWith("differs") ? "hero bad" : "alert";
    const lines = [say(found.key, { n, at: found.at < Infinity ? moment(found.at) : "", origin: found.origin })];
    if (found.size) lines.push(say("counted", { n, size: found.size.toLocaleString("en") }));
    for (const note of found.notes || []) lines.push(say(note.key, { n: note.n }));
    if (found.key.startsWith("match")) lines.push(words.only);
    out.replaceChildren(...lines.map((line, n) => Object.assign(document.createElement(n ? "p" : "h2"), { textContent: line })));
    out.hidden = false;
    out.focus();
  };

  panel.hidden = false;
  const read = (event) => event.target.files[0] && event.target.files[0].arrayBuffer().then((held) => show(new Uint8Array(held)));
  document.getElementById("file").addEventListener("change", read);
  document.getElementById("check").addEventListener("click", () => show(utf8(document.getElementById("text").value)));
  for (const button of panel.querySelectorAll("[data-sample]")) button.addEventListener("click", async () => {
    const sample = await (await fetch(button.dataset.sample)).text();
    const area = document.getElementById("text");
    area.value = button.dataset.change ? sample.replace("rule", "rvle") : sample;
    await show(utf8(area.value));
  });
  panel.addEventListener("dragover", (event) => event.preventDefault());
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    read({ target: event.dataTransfer });
  });
})();
