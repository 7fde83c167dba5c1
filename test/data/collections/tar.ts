/** Tar archives for tests. */
import { pack } from 'tar-stream';

export type Member = readonly [name: string, content: Uint8Array | string];

export async function tarOf(members: readonly Member[]): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of members) archive.entry({ name }, Buffer.from(content));
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** The bytes in pieces of random lengths. */
export async function* inPieces(bytes: Uint8Array, random: () => number, most: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; ) {
    const end = at + 1 + Math.floor(random() * most);
    yield bytes.subarray(at, end);
    at = end;
  }
}
