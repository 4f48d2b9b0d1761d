// Runs the page's script of judging (record.js) without a page.
//
//	node judge.mjs RECORD_JS ED25519_JS < cases
//
// Each line that is read is {"file": base64, "policy": text, "keys": [...], "bare": no WebCrypto
// signatures}; for each a line is printed: what the page would be told to say.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
const [recordFile, ed25519File] = process.argv.slice(2);
// The files are modules for a browser, whatever their names mean to Node.
const moduleOf = (name) =>
  `data:text/javascript;base64,${readFileSync(name).toString("base64")}`;
const { judge } = await import(moduleOf(recordFile));
const ed25519 = moduleOf(ed25519File);
const importKey = crypto.subtle.importKey.bind(crypto.subtle);
let bare = false;
crypto.subtle.importKey = (form, key, how, ...rest) =>
  bare && how === "Ed25519"
    ? Promise.reject(new DOMException("unrecognised", "NotSupportedError"))
    : importKey(form, key, how, ...rest);

for (const line of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const { file, policy, keys, bare: without } = JSON.parse(line);
  bare = Boolean(without);
  const said = await judge(new Uint8Array(Buffer.from(file, "base64")), { policy, keys, ed25519 });
  console.log(JSON.stringify(said));
}
