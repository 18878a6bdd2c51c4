// Reading a QR code from a picture, in this browser alone: where the browser has no reader of its own, no picture
// leaves the device all the same. Finds the three corners, straightens, samples and corrects.

import { fromUtf8 } from "./bytes.js";
import { formatOf, formatPlace, path } from "./qr.js";
import { blocksOf, inverse, masked, power, sizeOf, times } from "./qrparts.js";

const LEVELS = ["M", "L", "H", "Q"];

/** Find the text of a QR code in an image `{data, width, height}` of RGBA bytes; null when there is none. */
export function readCode(image) {
  const dark = binarize(image);
  const { width, height } = image;
  const get = (x, y) => x >= 0 && y >= 0 && x < width && y < height && dark[Math.floor(y) * width + Math.floor(x)] === 1;
  for (const corners of triples(finders(dark, width, height))) {
    for (const rows of sampled(get, corners)) {
      const text = decode(rows);
      if (text !== null) return text;
    }
  }
  return null;
}

/** Dark or light, against the mean of the neighbourhood: neither shadows nor single grains matter. */
function binarize({ data, width, height }) {
  const sums = sumsOf(data, width, height);
  const mean = (x, y, reach) => {
    const [left, right] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)];
    const [top, bottom] = [Math.max(0, y - reach) * (width + 1), Math.min(height, y + reach + 1) * (width + 1)];
    const sum = sums[bottom + right] - sums[bottom + left] - sums[top + right] + sums[top + left];
    return (sum * (width + 1)) / ((right - left) * (bottom - top));
  };
  const reach = Math.max(8, Math.round(Math.max(width, height) / 16));
  const dark = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) dark[y * width + x] = mean(x, y, 1) < mean(x, y, reach) * 0.92 ? 1 : 0;
  }
  return dark;
}

/** For each point the sum of all grey above and left of it. */
function sumsOf(data, width, height) {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y += 1) {
    let line = 0;
    for (let x = 0; x < width; x += 1) {
      const at = (y * width + x) * 4;
      line += (data[at] * 3 + data[at + 1] * 6 + data[at + 2]) / 10;
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + line;
    }
  }
  return sums;
}

/** Places where dark and light stand 1:1:3:1:1, along the row and across it: `{x, y, size}` with votes. */
function finders(dark, width, height) {
  const found = [];
  for (let y = 0; y < height; y += 2) {
    const row = (x) => dark[y * width + x];
    scan(row, width, (center, size) => {
      const column = (at) => dark[at * width + Math.round(center)];
      const across = crossing(column, y, height, size);
      if (!across) return;
      const line = (at) => dark[Math.round(across.center) * width + at];
      const along = crossing(line, Math.round(center), width, size);
      if (along) vote(found, along.center, across.center, (along.size + across.size) / 2);
    });
  }
  return found.filter((one) => one.votes > 1).sort((a, b) => b.votes - a.votes).slice(0, 8);
}

function scan(at, length, hit) {
  const runs = [];
  let start = 0;
  for (let i = 1; i <= length; i += 1) {
    if (i < length && at(i) === at(i - 1)) continue;
    runs.push([start, i - start, at(i - 1)]);
    start = i;
  }
  for (let i = 0; i + 5 <= runs.length; i += 1) {
    if (runs[i][2] !== 1) continue;
    const five = runs.slice(i, i + 5).map((run) => run[1]);
    if (isFinder(five)) hit(runs[i + 2][0] + runs[i + 2][1] / 2, five.reduce((a, b) => a + b) / 7);
  }
}

function isFinder(five) {
  const size = five.reduce((a, b) => a + b) / 7;
  return [1, 1, 3, 1, 1].every((want, i) => Math.abs(five[i] - want * size) <= want * size * 0.7);
}

/** The pattern through a dark point, looked at in one direction. */
function crossing(at, start, length, size) {
  if (at(start) !== 1) return null;
  const runs = [0, 0, 1, 0, 0];
  const walk = (step, places) => {
    let i = start + step;
    for (const [place, value] of places) {
      for (; i >= 0 && i < length && at(i) === value && runs[place] < size * 5; i += step) runs[place] += 1;
    }
    return i;
  };
  const end = walk(1, [[2, 1], [3, 0], [4, 1]]);
  walk(-1, [[2, 1], [1, 0], [0, 1]]);
  if (!isFinder(runs)) return null;
  return { center: end - runs[4] - runs[3] - runs[2] / 2, size: runs.reduce((a, b) => a + b) / 7 };
}

function vote(found, x, y, size) {
  const near = found.find((one) => Math.hypot(one.x - x, one.y - y) < one.size * 3);
  if (!near) found.push({ x, y, size, votes: 1 });
  else {
    near.x += (x - near.x) / (near.votes + 1);
    near.y += (y - near.y) / (near.votes + 1);
    near.size += (size - near.size) / (near.votes + 1);
    near.votes += 1;
  }
}

/** Three corners each, `[top left, top right, bottom left]`, the most square first. */
function triples(found) {
  const all = [];
  for (const corner of found) {
    for (const right of found) {
      for (const below of found) {
        if (corner === right || corner === below || right === below) continue;
        const [ax, ay] = [right.x - corner.x, right.y - corner.y];
        const [bx, by] = [below.x - corner.x, below.y - corner.y];
        const [a, b] = [Math.hypot(ax, ay), Math.hypot(bx, by)];
        const turned = ax * by - ay * bx;
        const sizes = [corner.size, right.size, below.size];
        if (turned <= 0 || Math.max(...sizes) > Math.min(...sizes) * 1.8) continue;
        const score = Math.abs((ax * bx + ay * by) / (a * b)) + Math.abs(a - b) / Math.max(a, b);
        if (score < 1) all.push({ score, corners: [corner, right, below] });
      }
    }
  }
  return all.sort((one, other) => one.score - other.score).slice(0, 6).map((one) => one.corners);
}

/** The modules under three corners, for the likely sizes; with the fourth point where it can be found. */
function* sampled(get, [corner, right, below]) {
  const module = (corner.size + right.size + below.size) / 3;
  const across = Math.hypot(right.x - corner.x, right.y - corner.y) / module;
  const down = Math.hypot(below.x - corner.x, below.y - corner.y) / module;
  const guess = Math.round(((across + down) / 2 + 7 - 17) / 4);
  for (const version of [guess, guess - 1, guess + 1]) {
    if (version < 1 || version > 20) continue;
    const size = sizeOf(version);
    const span = size - 7;
    const far = { x: right.x + below.x - corner.x, y: right.y + below.y - corner.y };
    const plain = [[3.5, 3.5, corner], [size - 3.5, 3.5, right], [3.5, size - 3.5, below], [size - 3.5, size - 3.5, far]];
    const inner = version > 1 ? alignment(get, { corner, right, below, span, module }) : null;
    if (inner) yield grid(get, size, [...plain.slice(0, 3), [size - 6.5, size - 6.5, inner]]);
    yield grid(get, size, plain);
  }
}

/** Look for the small square three modules inside the fourth corner. */
function alignment(get, { corner, right, below, span, module }) {
  const part = 1 - 3 / span;
  const [ux, uy] = [(right.x - corner.x) / span, (right.y - corner.y) / span];
  const [vx, vy] = [(below.x - corner.x) / span, (below.y - corner.y) / span];
  const cx = corner.x + (ux + vx) * span * part;
  const cy = corner.y + (uy + vy) * span * part;
  let best = null;
  const reach = module * Math.max(4, span / 6);
  for (let dy = -reach; dy <= reach; dy += module / 3) {
    for (let dx = -reach; dx <= reach; dx += module / 3) {
      const [x, y] = [cx + dx, cy + dy];
      let score = 0;
      for (let j = -2; j <= 2; j += 1) {
        for (let i = -2; i <= 2; i += 1) {
          const want = Math.max(Math.abs(i), Math.abs(j)) !== 1;
          if (get(x + ux * i + vx * j, y + uy * i + vy * j) === want) score += 1;
        }
      }
      const far = Math.hypot(dx, dy) / module / 20;
      if (score >= 21 && (!best || score - far > best.score)) best = { x, y, score: score - far };
    }
  }
  return best;
}

/** Sample all modules through the projection that four known points give. */
function grid(get, size, points) {
  const h = projection(points);
  return Array.from({ length: size }, (_, row) =>
    Array.from({ length: size }, (__, column) => {
      const [x, y] = [column + 0.5, row + 0.5];
      const depth = h[6] * x + h[7] * y + 1;
      return get((h[0] * x + h[1] * y + h[2]) / depth, (h[3] * x + h[4] * y + h[5]) / depth);
    }),
  );
}

/** Solve the eight unknowns of a projective map from four pairs (Gauss). */
function projection(points) {
  const rows = points.flatMap(([x, y, to]) => [
    [x, y, 1, 0, 0, 0, -x * to.x, -y * to.x, to.x],
    [0, 0, 0, x, y, 1, -x * to.y, -y * to.y, to.y],
  ]);
  for (let i = 0; i < 8; i += 1) {
    const best = rows.slice(i).reduce((top, row, n) => (Math.abs(row[i]) > Math.abs(rows[top][i]) ? n + i : top), i);
    [rows[i], rows[best]] = [rows[best], rows[i]];
    for (let j = 0; j < 8; j += 1) {
      const factor = j === i ? 0 : rows[j][i] / rows[i][i];
      if (factor) for (let k = i; k < 9; k += 1) rows[j][k] -= factor * rows[i][k];
    }
  }
  return rows.map((row, i) => row[8] / row[i]);
}

/** The text of sampled modules, or null when they are no code. */
function decode(rows) {
  const size = rows.length;
  const version = (size - 17) / 4;
  const format = readFormat(rows);
  if (!format) return null;
  const bits = [];
  for (const [x, y] of path(size, version)) bits.push(rows[y][x] !== masked(format.mask, x, y) ? 1 : 0);
  const words = Array.from({ length: Math.floor(bits.length / 8) }, (_, i) => parseInt(bits.slice(i * 8, i * 8 + 8).join(""), 2));
  const data = straightened(words, version, format.level);
  return data && spoken(data, version);
}

function readFormat(rows) {
  const size = rows.length;
  const near = Array.from({ length: 15 }, (_, i) => formatPlace(i));
  const far = near.map((_, i) => (i < 8 ? [size - 1 - i, 8] : [8, size - 15 + i]));
  let best = null;
  for (const places of [near, far]) {
    const seen = places.reduce((value, [x, y], i) => value | (rows[y][x] ? 1 << i : 0), 0);
    for (let data = 0; data < 32; data += 1) {
      const wrong = [...(formatOf(data) ^ seen).toString(2)].filter((bit) => bit === "1").length;
      if (wrong <= 3 && (!best || wrong < best.wrong)) best = { wrong, level: LEVELS[data >> 3], mask: data & 7 };
    }
  }
  return best;
}

function straightened(words, version, level) {
  const { blocks, correction } = blocksOf(version, level);
  const parts = blocks.map((length) => ({ length, words: [] }));
  let place = 0;
  for (let i = 0; i < Math.max(...blocks); i += 1) {
    for (const part of parts) if (i < part.length) part.words.push(words[place++]);
  }
  for (let i = 0; i < correction; i += 1) for (const part of parts) part.words.push(words[place++]);
  const mended = parts.map((part) => corrected(part.words, correction)?.slice(0, part.length));
  return mended.every(Boolean) ? mended.flat() : null;
}

/** Correct a block (Berlekamp-Massey, Chien, Forney); null when too much is wrong. */
function corrected(words, count) {
  const evaluate = (poly, x) => poly.reduceRight((sum, factor) => times(sum, x) ^ factor, 0);
  const syndromes = Array.from({ length: count }, (_, i) => words.reduce((sum, word) => times(sum, power(i)) ^ word, 0));
  if (syndromes.every((one) => one === 0)) return words;
  let locator = [1];
  let before = [1];
  let length = 0;
  let gap = 1;
  let last = 1;
  for (let n = 0; n < count; n += 1) {
    let off = syndromes[n];
    for (let i = 1; i <= length; i += 1) off ^= times(locator[i] ?? 0, syndromes[n - i]);
    if (off === 0) {
      gap += 1;
      continue;
    }
    const kept = locator;
    const factor = times(off, inverse(last));
    const shifted = [...Array(gap).fill(0), ...before.map((one) => times(one, factor))];
    locator = Array.from({ length: Math.max(kept.length, shifted.length) }, (_, i) => (kept[i] ?? 0) ^ (shifted[i] ?? 0));
    gap += 1;
    if (2 * length <= n) [length, before, last, gap] = [n + 1 - length, kept, off, 1];
  }
  const evaluator = Array.from({ length: count }, (_, i) =>
    locator.slice(0, i + 1).reduce((sum, factor, j) => sum ^ times(factor, syndromes[i - j]), 0),
  );
  const slope = locator.map((factor, i) => (i % 2 ? factor : 0)).slice(1);
  const mended = [...words];
  let mistakes = 0;
  for (let i = 0; i < words.length; i += 1) {
    const back = power(-(words.length - 1 - i));
    if (evaluate(locator, back) !== 0) continue;
    mistakes += 1;
    const step = times(power(words.length - 1 - i), times(evaluate(evaluator, back), inverse(evaluate(slope, back))));
    mended[i] ^= step;
  }
  return mistakes === length ? mended : null;
}

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** Read the segments: digits, letters, bytes; anything else is not a link. */
function spoken(data, version) {
  let place = 0;
  const take = (count) => {
    let value = 0;
    for (let i = 0; i < count; i += 1, place += 1) value = value * 2 + ((data[place >> 3] >> (7 - (place & 7))) & 1);
    return value;
  };
  const wide = version < 10 ? 0 : 1;
  const bytes = [];
  const say = (text) => bytes.push(...[...text].map((letter) => letter.charCodeAt(0)));
  while (place + 4 <= data.length * 8) {
    const mode = take(4);
    if (mode === 0) break;
    if (mode === 7) take(8);
    else if (mode === 4) for (let left = take([8, 16][wide]); left > 0; left -= 1) bytes.push(take(8));
    else if (mode === 2) {
      let left = take([9, 11][wide]);
      for (; left > 1; left -= 2) {
        const pair = take(11);
        say(LETTERS[Math.floor(pair / 45)] + LETTERS[pair % 45]);
      }
      if (left) say(LETTERS[take(6)]);
    } else if (mode === 1) {
      let left = take([10, 12][wide]);
      for (; left > 2; left -= 3) say(String(take(10)).padStart(3, "0"));
      if (left) say(String(take([0, 4, 7][left])).padStart(left, "0"));
    } else return null;
  }
  try {
    return fromUtf8(Uint8Array.from(bytes));
  } catch {
    return null;
  }
}
