// Drawing a QR code (ISO/IEC 18004) without network: bytes, error correction M, versions 1 to 20.

import { utf8 } from "./bytes.js";
import { alignments, blocksOf, capacity, isFunction, masked, remainder, sizeOf } from "./qrparts.js";

/** The modules of the code for a text, as rows of booleans. Throws `RangeError` when it is too long. */
export function matrixOf(text) {
  const data = utf8(text);
  let version = 1;
  while (version <= 20 && bitsFor(data, version) > capacity(version, "M") * 8) version += 1;
  if (version > 20) throw new RangeError("the text is too long for a code");
  const words = interleaved(packed(data, version), version);
  const drawn = [0, 1, 2, 3, 4, 5, 6, 7].map((mask) => draw(words, version, mask));
  return drawn.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

const lengthBits = (version) => (version < 10 ? 8 : 16);
const bitsFor = (data, version) => 4 + lengthBits(version) + data.length * 8;

function packed(data, version) {
  const bits = [];
  const push = (value, count) => {
    for (let i = count - 1; i >= 0; i -= 1) bits.push((value >> i) & 1);
  };
  push(4, 4);
  push(data.length, lengthBits(version));
  for (const byte of data) push(byte, 8);
  const room = capacity(version, "M") * 8;
  for (let i = 0; i < 4 && bits.length < room; i += 1) bits.push(0);
  while (bits.length % 8) bits.push(0);
  for (let pad = 0xec; bits.length < room; pad ^= 0xfd) push(pad, 8);
  return Array.from({ length: bits.length / 8 }, (_, i) => parseInt(bits.slice(i * 8, i * 8 + 8).join(""), 2));
}

function interleaved(words, version) {
  const { blocks, correction } = blocksOf(version, "M");
  let place = 0;
  const parts = blocks.map((length) => words.slice(place, (place += length)));
  const extra = parts.map((part) => remainder(part, correction));
  const all = [];
  const take = (lists, count) => {
    for (let i = 0; i < count; i += 1) for (const list of lists) if (i < list.length) all.push(list[i]);
  };
  take(parts, Math.max(...blocks));
  take(extra, correction);
  return all;
}

function draw(words, version, mask) {
  const size = sizeOf(version);
  const rows = Array.from({ length: size }, () => Array(size).fill(false));
  drawPatterns(rows, version);
  drawFormat(rows, mask);
  if (version >= 7) drawVersion(rows, version);
  let bit = 0;
  for (const [x, y] of path(size, version)) {
    const value = bit < words.length * 8 && (words[bit >> 3] >> (7 - (bit & 7))) & 1;
    rows[y][x] = Boolean(value) !== masked(mask, x, y);
    bit += 1;
  }
  return rows;
}

/** The modules that carry data, in their order: two columns at a time, up and down, from the right. */
export function* path(size, version) {
  let up = true;
  for (let right = size - 1; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5;
    for (let i = 0; i < size; i += 1) {
      const y = up ? size - 1 - i : i;
      for (const x of [right, right - 1]) if (!isFunction(version, x, y)) yield [x, y];
    }
  }
}

function drawPatterns(rows, version) {
  const size = rows.length;
  const square = (cx, cy, reach, dark) => {
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        if (rows[cy + dy]?.[cx + dx] !== undefined) rows[cy + dy][cx + dx] = dark(Math.max(Math.abs(dx), Math.abs(dy)));
      }
    }
  };
  for (let i = 0; i < size; i += 1) rows[6][i] = rows[i][6] = i % 2 === 0;
  for (const [x, y] of alignments(version)) square(x, y, 2, (ring) => ring !== 1);
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) square(x, y, 4, (ring) => ring !== 2 && ring !== 4);
}

function drawFormat(rows, mask) {
  const size = rows.length;
  // Error correction M is 00.
  const bits = formatOf(mask);
  const bit = (i) => Boolean((bits >> i) & 1);
  for (let i = 0; i < 15; i += 1) {
    const [ax, ay] = formatPlace(i);
    rows[ay][ax] = bit(i);
    if (i < 8) rows[8][size - 1 - i] = bit(i);
    else rows[size - 15 + i][8] = bit(i);
  }
  rows[size - 8][8] = true;
}

/** The 15 bits that say error correction and mask; `data` is five bits. */
export function formatOf(data) {
  let rest = data;
  for (let i = 0; i < 10; i += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  return ((data << 10) | rest) ^ 0x5412;
}

/** Where bit `i` of the format stands beside the finder at the top left. */
export function formatPlace(i) {
  if (i < 6) return [8, i];
  if (i < 8) return [8, i + 1];
  return i === 8 ? [7, 8] : [14 - i, 8];
}

function drawVersion(rows, version) {
  let rest = version;
  for (let i = 0; i < 12; i += 1) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let i = 0; i < 18; i += 1) {
    const far = rows.length - 11 + (i % 3);
    const near = Math.floor(i / 3);
    rows[near][far] = rows[far][near] = Boolean((bits >> i) & 1);
  }
}

/** How hard a mask makes reading: runs, blocks, patterns like a finder, and too much of one colour. */
function penalty(rows) {
  const size = rows.length;
  const columns = rows.map((_, x) => rows.map((row) => row[x]));
  let points = 0;
  for (const line of [...rows, ...columns]) {
    const text = line.map(Number).join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2;
    for (let i = 0; i + 11 <= size; i += 1) {
      const part = text.slice(i, i + 11);
      if (part === "10111010000" || part === "00001011101") points += 40;
    }
  }
  for (let y = 1; y < size; y += 1) {
    for (let x = 1; x < size; x += 1) {
      if (rows[y][x] === rows[y - 1][x] && rows[y][x] === rows[y][x - 1] && rows[y][x] === rows[y - 1][x - 1]) points += 3;
    }
  }
  const dark = rows.flat().filter(Boolean).length / (size * size);
  return points + Math.floor(Math.abs(dark * 100 - 50) / 5) * 10;
}
