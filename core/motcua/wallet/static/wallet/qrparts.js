// What drawing and reading a QR code share: sizes, blocks, masks, and arithmetic in the field of 256.

// Error correction words per block and number of blocks, versions 1 to 20 (ISO/IEC 18004 table 9).
const CORRECTION = {
  L: [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28],
  M: [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26],
  Q: [13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30],
  H: [17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28],
};
const BLOCKS = {
  L: [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8],
  M: [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16],
  Q: [1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20],
  H: [1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25],
};

export const sizeOf = (version) => version * 4 + 17;

/** All words a version holds, data and correction. */
function wordsOf(version) {
  let modules = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const count = Math.floor(version / 7) + 2;
    modules -= (25 * count - 10) * count - 55;
    if (version >= 7) modules -= 36;
  }
  return Math.floor(modules / 8);
}

/** The lengths of the data blocks in words, and how many words of correction each has. */
export function blocksOf(version, level) {
  const correction = CORRECTION[level][version - 1];
  const count = BLOCKS[level][version - 1];
  const data = wordsOf(version) - correction * count;
  const short = Math.floor(data / count);
  const long = data % count;
  return { correction, blocks: Array.from({ length: count }, (_, i) => (i < count - long ? short : short + 1)) };
}

export const capacity = (version, level) => blocksOf(version, level).blocks.reduce((sum, one) => sum + one, 0);

/** The centres of the alignment patterns, without those under the finders. */
export function alignments(version) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  const last = sizeOf(version) - 7;
  const places = Array.from({ length: count - 1 }, (_, i) => last - i * step).reverse();
  const all = [6, ...places];
  const corner = (x, y) => (x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6);
  return all.flatMap((y) => all.filter((x) => !corner(x, y)).map((x) => [x, y]));
}

/** Say whether a module is part of a pattern and carries no data. */
export function isFunction(version, x, y) {
  const size = sizeOf(version);
  if (x === 6 || y === 6) return true;
  if ((x < 9 && y < 9) || (x < 9 && y >= size - 8) || (x >= size - 8 && y < 9)) return true;
  if (version >= 7 && ((x < 6 && y >= size - 11) || (y < 6 && x >= size - 11))) return true;
  return alignments(version).some(([cx, cy]) => Math.abs(x - cx) <= 2 && Math.abs(y - cy) <= 2);
}

/** Say whether a mask turns a module over. */
export function masked(mask, x, y) {
  const product = x * y;
  return [
    (x + y) % 2,
    y % 2,
    x % 3,
    (x + y) % 3,
    (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
    (product % 2) + (product % 3),
    ((product % 2) + (product % 3)) % 2,
    (((x + y) % 2) + (product % 3)) % 2,
  ][mask] === 0;
}

const POWERS = new Uint8Array(512);
const LOGS = new Uint8Array(256);
for (let i = 0, value = 1; i < 255; i += 1) {
  POWERS[i] = POWERS[i + 255] = value;
  LOGS[value] = i;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}

export const power = (exponent) => POWERS[((exponent % 255) + 255) % 255];
export const times = (a, b) => (a && b ? POWERS[LOGS[a] + LOGS[b]] : 0);
export const inverse = (a) => POWERS[255 - LOGS[a]];

/** The correction words of a block (Reed-Solomon). */
export function remainder(data, count) {
  let generator = [1];
  for (let i = 0; i < count; i += 1) {
    const next = [...generator, 0];
    generator.forEach((factor, place) => {
      next[place + 1] ^= times(factor, power(i));
    });
    generator = next;
  }
  const rest = [...data, ...Array(count).fill(0)];
  for (let i = 0; i < data.length; i += 1) {
    const factor = rest[i];
    if (factor) generator.forEach((part, place) => { rest[i + place] ^= times(part, factor); });
  }
  return rest.slice(data.length);
}
