/* Ed25519 signatures (RFC 8032) with whole numbers, for browsers whose WebCrypto has none. */
const join = (...parts) => {
  const whole = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
};
const sha512 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
const P = 2n ** 255n - 19n, L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a) => ((a % P) + P) % P;
const power = (base, by) => {
  let out = 1n;
  for (base = mod(base); by; by >>= 1n, base = mod(base * base)) if (by & 1n) out = mod(out * base);
  return out;
};
const D = mod(-121665n * power(121666n, P - 2n));
const number = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
const add = ([x, y, z, t], [u, v, w, s]) => {
  const a = mod((y - x) * (v - u)), b = mod((y + x) * (v + u)), c = mod(2n * D * t * s), d = mod(2n * z * w);
  const e = b - a, f = d - c, g = d + c, h = b + a;
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
};
const times = (by, point) => {
  let out = [0n, 1n, 1n, 0n];
  for (; by; by >>= 1n, point = add(point, point)) if (by & 1n) out = add(out, point);
  return out;
};
const point = (bytes) => {
  const whole = number(bytes), sign = whole >> 255n, y = whole & (2n ** 255n - 1n);
  if (y >= P) return null;
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x - square)) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(x * x - square) || (!x && sign)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
};
const BASE = point(join([88], new Uint8Array(31).fill(102)));

/** Whether `signature` of 64 bytes is that of `key` (32 bytes) over `message`. */
export const check = async (key, signature, message) => {
  const a = point(key), r = point(signature.slice(0, 32)), s = number(signature.slice(32));
  if (!a || !r || s >= L) return false;
  const h = number(await sha512(join(signature.slice(0, 32), key, message))) % L;
  const left = times(s, BASE), right = add(r, times(h, a));
  return !mod(left[0] * right[2] - right[0] * left[2]) && !mod(left[1] * right[2] - right[1] * left[2]);
};
