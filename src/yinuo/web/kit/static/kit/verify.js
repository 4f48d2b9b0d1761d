/* The page that judges a file in this browser; the file is sent nowhere. What is said are words of
   the page, and whatever is given gets an answer. */
import { judge } from "./record.js";

const words = document.getElementById("words").dataset;
const panel = document.getElementById("local");
const area = document.getElementById("text");
const FILE_MAX = 1 << 26;

const say = (key, more = {}) => Object.entries(more).reduce(
  (text, [name, value]) => text.replaceAll(`{${name}}`, value ?? ""), words[key] || words.broken);
const moment = (at) => {
  const day = new Date((at + 8 * 3600) * 1000), two = (n) => String(n).padStart(2, "0");
  const month = words.months.split(" ")[day.getUTCMonth()];
  return say("moment", { y: day.getUTCFullYear(), m: month, d: day.getUTCDate(), t: `${two(day.getUTCHours())}:${two(day.getUTCMinutes())}` });
};
const show = (found) => {
  const out = document.getElementById("verdict"), holds = found.key.startsWith("match");
  const n = typeof found.n === "number" ? found.n.toLocaleString("en") : found.n;
  out.className = holds ? "hero" : found.key.startsWith("differs") ? "hero bad" : "alert";
  const lines = [say(found.key, { n, at: found.at < Infinity ? moment(found.at) : "", origin: found.origin })];
  if (found.size) lines.push(say("counted", { n, size: found.size.toLocaleString("en") }));
  for (const note of found.notes || []) lines.push(say(note.key, { n: note.n }));
  if (holds) lines.push(found.key === "match" ? words.only : words.only_untimed);
  if (found.key.startsWith("differs")) lines.push(words.then);
  out.replaceChildren(...lines.map((line, at) => Object.assign(document.createElement(at ? "p" : "h2"), { textContent: line })));
  out.hidden = false;
  out.focus();
};
const check = async (bytes) => show(await judge(bytes, {
  policy: words.policy, keys: JSON.parse(words.keys), ed25519: words.ed25519 }));
const checkFile = async (file) => {
  if (!file) return show({ key: "no_file" });
  if (file.size > FILE_MAX) return show({ key: "too_large" });
  let bytes;
  // A folder, or a file that was moved away meanwhile.
  try { bytes = new Uint8Array(await file.arrayBuffer()); } catch { return show({ key: "no_file" }); }
  return check(bytes);
};
const checkText = (text) => text.trim() ? check(new TextEncoder().encode(text)) : show({ key: "no_text" });

// The panel has its place from the first moment, so that nothing jumps when this has come.
for (const one of panel.querySelectorAll("[disabled]")) one.disabled = false;
const chosen = document.getElementById("file");
// The same file may be chosen again after it was mended.
chosen.addEventListener("click", () => { chosen.value = ""; });
chosen.addEventListener("change", () => chosen.files.length && checkFile(chosen.files[0]));
// The button stands below both: whoever chose a file and pasted nothing means the file.
document.getElementById("check").addEventListener("click", () =>
  area.value.trim() || !chosen.files.length ? checkText(area.value) : checkFile(chosen.files[0]));
for (const button of panel.querySelectorAll("[data-sample]")) button.addEventListener("click", async () => {
  let sample;
  try { sample = await (await fetch(button.dataset.sample)).text(); } catch { return show({ key: "no_sample" }); }
  area.value = button.dataset.change ? sample.replace("rule", "rvle") : sample;
  return checkText(area.value);
});
panel.addEventListener("dragover", (event) => event.preventDefault());
panel.addEventListener("drop", (event) => {
  event.preventDefault();
  const text = event.dataTransfer.getData("text");
  return text ? checkText(text) : checkFile(event.dataTransfer.files[0]);
});
