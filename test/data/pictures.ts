/** Pictures and broken files for the tests of this folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

/** Runs a test in a folder of its own, which is removed afterwards. */
export async function inTemporaryFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'auspex-data-'));
  try {
    await test(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A picture whose pixels depend on `number`: a gradient under blocks. */
export function picture(width: number, height: number, number = 0): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      data[at] = (x * 255) / width;
      data[at + 1] = (y * 255) / height;
      data[at + 2] = ((x >> 3) * 37 + (y >> 3) * 91 + number * 53) % 256;
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

export async function jpeg(width = 64, height = 48, number = 0): Promise<Buffer> {
  return picture(width, height, number).jpeg({ quality: 90 }).toBuffer();
}

/** A PNG of eight rows. */
export function strip(width: number): Promise<Buffer> {
  return sharp({ create: { width, height: 8, channels: 3, background: '#804020' } })
    .png()
    .toBuffer();
}

/** `count` JPEGs 000.jpg, 001.jpg, ... */
export async function writeJpegs(folder: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await writeFile(path.join(folder, `${String(i).padStart(3, '0')}.jpg`), await jpeg(60 + i, 50, i));
  }
}

/** The bytes of a JPEG whose header claims another size. */
export function withClaimedSize(bytes: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(bytes);
  // The frame header is the marker ff c0 (or c2), its length, the precision, and then height and width.
  const frame = changed.findIndex((byte, i) => byte === 0xff && (changed[i + 1] === 0xc0 || changed[i + 1] === 0xc2));
  changed.writeUInt16BE(height, frame + 5);
  changed.writeUInt16BE(width, frame + 7);
  return changed;
}

/** The bytes of a PNG whose header claims another size, with a checksum that agrees. */
export function pngWithClaimedSize(bytes: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(width, 16);
  changed.writeUInt32BE(height, 20);
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29);
  return changed;
}
