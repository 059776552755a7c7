// Makes a screenshot small: a PNG with a palette of at most 256 colours instead of three bytes for each pixel. Only for what
// Chromium writes: 8 bits a channel, RGB or RGBA, not interlaced (PNG specification, 3rd edition, clauses 7, 9 and 11).
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function* chunks(png) {
  for (let at = signature.length; at < png.length;) {
    const length = png.readUInt32BE(at);
    yield {
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    };
    at += length + 12;
  }
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** Of the three neighbours the one nearest to left + above - corner. */
function paeth(left, above, corner) {
  const guess = left + above - corner;
  const distances = [left, above, corner].map((value) => Math.abs(guess - value));
  if (distances[0] <= distances[1] && distances[0] <= distances[2]) return left;
  return distances[1] <= distances[2] ? above : corner;
}

/** Undoes the filter of each row, in place; answers the rows without their filter bytes. */
function unfilter(raw, stride, depth) {
  const rows = [];
  let above = Buffer.alloc(stride);
  for (let at = 0; at < raw.length; at += stride + 1) {
    const row = raw.subarray(at + 1, at + 1 + stride);
    for (let x = 0; x < stride; x += 1) {
      const left = x < depth ? 0 : row[x - depth];
      const corner = x < depth ? 0 : above[x - depth];
      row[x] += [0, left, above[x], (left + above[x]) >> 1, paeth(left, above[x], corner)][raw[at]];
    }
    rows.push(row);
    above = row;
  }
  return rows;
}

function pixels(png) {
  const all = [...chunks(png)];
  const head = all.find(({ type }) => type === 'IHDR').data;
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const depth = { 2: 3, 6: 4 }[head[9]];
  if (head[8] !== 8 || !depth || head[12] !== 0) throw new Error('another kind of PNG');
  const raw = inflateSync(
    Buffer.concat(all.filter(({ type }) => type === 'IDAT').map(({ data }) => data)),
  );
  const colours = new Uint32Array(width * height);
  unfilter(raw, width * depth, depth).forEach((row, y) => {
    for (let x = 0; x < width; x += 1)
      colours[y * width + x] =
        (row[x * depth] << 16) | (row[x * depth + 1] << 8) | row[x * depth + 2];
  });
  return { width, height, colours };
}

const channels = (colour) => [(colour >> 16) & 255, (colour >> 8) & 255, colour & 255];

function distance(one, other) {
  const [a, b] = [channels(one), channels(other)];
  return a.reduce((sum, value, index) => sum + (value - b[index]) ** 2, 0);
}

/** The most frequent colours, none of them almost the same as another; and where each colour of the picture went. */
function quantise(colours) {
  const counts = new Map();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byCount = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const palette = [];
  for (const colour of byCount) {
    if (palette.length === 256) break;
    if (palette.every((chosen) => distance(chosen, colour) > 48)) palette.push(colour);
  }
  const nearest = (colour) =>
    palette.reduce(
      (best, candidate, index) =>
        distance(candidate, colour) < distance(palette[best], colour) ? index : best,
      0,
    );
  return { palette, places: new Map(byCount.map((colour) => [colour, nearest(colour)])) };
}

/** The same picture, to the eye. */
export function shrink(png) {
  const { width, height, colours } = pixels(png);
  const { palette, places } = quantise(colours);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      rows[y * (width + 1) + 1 + x] = places.get(colours[y * width + x]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('PLTE', Buffer.from(palette.flatMap(channels))),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
