/* Arrays out of the page's data, and searching in them. */

const BASE64_PIECE = 4 << 20; // characters, a multiple of 4

function bytesOfBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** The same data with typed arrays in the place of encoded ones. */
function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== "object") return value;
  if (value.base64 !== undefined) {
    const kinds = { Float32Array, Float64Array, Int32Array };
    return new kinds[value.type](bytesOfBase64(value.base64).buffer);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decoded(inner)]));
}

/** A file out of base64, piece by piece, so that the page answers while a long video is unpacked. */
async function blobOfBase64(text, type) {
  const parts = [];
  for (let start = 0; start < text.length; start += BASE64_PIECE) {
    parts.push(bytesOfBase64(text.slice(start, start + BASE64_PIECE)));
    await new Promise((resume) => setTimeout(resume));
  }
  return new Blob(parts, { type });
}

/** How many of ascending numbers are at most `value`. */
function countUpTo(numbers, value) {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The position of the number nearest to `value` among ascending ones; 0 where there are none. */
function nearest(numbers, value) {
  const after = Math.min(countUpTo(numbers, value), numbers.length - 1);
  if (after <= 0) return 0;
  return value - numbers[after - 1] <= numbers[after] - value ? after - 1 : after;
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
