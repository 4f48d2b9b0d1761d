// Verifies proof files (C2SP tlog-proof) with nothing but Node's WebCrypto.
//
//	node proof.mjs POLICY LEAF FILE...
//
// One line of JSON for each file: {"holds": true, ...what it says} or {"holds": false, "why": ...}.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

const utf8 = new TextEncoder();
const [policyFile, leafFile, ...files] = process.argv.slice(2);

const require = (holds, otherwise) => {
  if (!holds) throw new Error(otherwise);
};

const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));

const same = (one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)) === 0;

const sha256 = async (...parts) =>
  new Uint8Array(await webcrypto.subtle.digest("SHA-256", joined(...parts)));

const decoded = (text) => {
  const data = Buffer.from(text, "base64");
  require(data.toString("base64") === text, "no base64");
  return new Uint8Array(data);
};

async function readKey(text) {
  const [name, id, ...rest] = text.split("+");
  const material = decoded(rest.join("+"));
  const wanted = await sha256(utf8.encode(`${name}\n`), material);
  require(Buffer.from(wanted.slice(0, 4)).toString("hex") === id, "a key with the id of another");
  const key = await webcrypto.subtle.importKey("raw", material.slice(1), "Ed25519", false, ["verify"]);
  return { name, id: wanted.slice(0, 4), kind: material[0], key };
}

async function readPolicy(text) {
  const policy = { logs: [], witnesses: new Map(), groups: [], quorum: undefined };
  for (const line of text.split("\n")) {
    const [word, ...rest] = line.split(/\s+/);
    if (word === "log") policy.logs.push(await readKey(rest[0]));
    if (word === "witness") policy.witnesses.set(rest[0], await readKey(rest[1]));
    if (word === "group") policy.groups.push([rest[0], rest[1], rest.slice(2)]);
    if (word === "quorum") policy.quorum = rest[0];
  }
  return policy;
}

function readFile(data) {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
  require(![...text].some((sign) => sign < " " && sign !== "\n"), "a control character");
  const [head, body, tail, ...more] = text.split("\n\n");
  require(tail !== undefined && more.length === 0 && tail.endsWith("\n"), "not complete");
  const lines = head.split("\n");
  require(lines.shift() === "c2sp.org/tlog-proof@v1", "no proof file");
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const number = /^index (0|[1-9][0-9]*)$/.exec(lines.shift() ?? "");
  require(number, "no number of an entry");
  const [origin, size, root, ...extensions] = body.split("\n");
  require(/^(0|[1-9][0-9]*)$/.test(size) && extensions.every((line) => line), "no checkpoint");
  return {
    index: BigInt(number[1]), proof: lines.map(decoded), origin, size: BigInt(size),
    root: decoded(root), text: `${body}\n`,
    signatures: tail.slice(0, -1).split("\n").map((line) => {
      const found = /^\u2014 ([^\s+]+) (\S+)$/.exec(line);
      require(found, "no signature");
      return { name: found[1], bytes: decoded(found[2]) };
    }),
  };
}

// RFC 9162, section 2.1.3.2.
async function checkInclusion({ index, size, proof, root }, leaf) {
  require(index < size, "the tree has no such entry");
  let [first, last, node] = [index, size - 1n, await sha256([0], leaf)];
  for (const hashed of proof) {
    require(last > 0n && hashed.length === 32, "too long a proof");
    if (first & 1n || first === last) {
      node = await sha256([1], hashed, node);
      while (!(first & 1n) && first !== 0n) [first, last] = [first >> 1n, last >> 1n];
    } else {
      node = await sha256([1], node, hashed);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  require(last === 0n && same(node, root), "the entry is not in this tree");
}

// The time of each signature of this key: 0 for a log, the Unix second for a witness.
async function times(file, { name, id, kind, key }) {
  const found = [];
  for (const signature of file.signatures) {
    if (signature.name !== name || !same(signature.bytes.slice(0, 4), id)) continue;
    let [bytes, text, at] = [signature.bytes.slice(4), file.text, 0n];
    if (kind === 4) {
      require(bytes.length === 72, "no cosignature");
      at = Buffer.from(bytes).readBigUInt64BE(0);
      [bytes, text] = [bytes.slice(8), `cosignature/v1\ntime ${at}\n${text}`];
    }
    const holds = await webcrypto.subtle.verify("Ed25519", key, bytes, utf8.encode(text));
    require(holds, `the signature of ${name} is wrong`);
    found.push(Number(at));
  }
  return found;
}

async function verified(policy, leaf, data) {
  const file = readFile(data);
  await checkInclusion(file, leaf);
  const logs = policy.logs.filter((log) => log.name === file.origin);
  const signed = await Promise.all(logs.map((log) => times(file, log)));
  require(signed.flat().length > 0, "the log did not sign this");
  const seen = {};
  for (const [name, key] of policy.witnesses) {
    const [at] = await times(file, key);
    if (at !== undefined) seen[name] = at;
  }
  const met = new Set(Object.keys(seen));
  for (const [name, least, members] of policy.groups) {
    const needed = { any: 1, all: members.length }[least] ?? Number(least);
    if (members.filter((member) => met.has(member)).length >= needed) met.add(name);
  }
  require(policy.quorum === "none" || met.has(policy.quorum), "too few witnesses");
  return { index: Number(file.index), size: Number(file.size), origin: file.origin, seen };
}

const policy = await readPolicy(readFileSync(policyFile, "utf8"));
const leaf = readFileSync(leafFile);
for (const name of files) {
  try {
    const said = await verified(policy, leaf, readFileSync(name));
    console.log(JSON.stringify({ holds: true, ...said }));
  } catch (error) {
    console.log(JSON.stringify({ holds: false, why: error.message }));
  }
}
