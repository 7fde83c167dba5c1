/** Any number of different JPEGs of any size at little cost: one picture with a comment in it. */
import { jpeg } from './pictures.ts';

const COMMENT = 0xfe;
const LARGEST_SEGMENT = 65_535;

let picture: Buffer | undefined;

/** @param bytes about how many it has at least */
export async function numberedJpeg(number: number, bytes = 0): Promise<Buffer> {
  picture ??= await jpeg(48, 32);
  const parts = [picture.subarray(0, 2), comment(Buffer.from(`image ${number}`))];
  // Numbers that no compression and no chance makes equal.
  for (let left = bytes - picture.byteLength; left > 0; left -= LARGEST_SEGMENT) {
    parts.push(comment(Buffer.alloc(Math.min(left, LARGEST_SEGMENT - 2), `${number} `)));
  }
  return Buffer.concat([...parts, picture.subarray(2)]);
}

function comment(text: Buffer): Buffer {
  const head = Buffer.from([0xff, COMMENT, 0, 0]);
  head.writeUInt16BE(text.byteLength + 2, 2);
  return Buffer.concat([head, text]);
}
