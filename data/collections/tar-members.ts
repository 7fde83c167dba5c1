/**
 * The members of a tar archive, as they come out of a stream: nothing of the archive is kept but the piece that is looked at.
 *
 *     stream ──▶ [header 512][data ...][padding][header 512][data ...] ──▶ member: name, offset of its data, data
 */
import { type ExtractEvents, extract } from 'tar-stream';
import { messageOf } from '../../errors.ts';
import { sniffFormat, sniffLength } from '../sniff.ts';

export interface TarMember {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
  /** Of the data, in the archive. */
  readonly offset: number;
  readonly bytes: number;
  /** The data; at most one of the two is called, before the next member is asked for. */
  read(): Promise<Uint8Array>;
  /** The data where it begins as an image does, else undefined: what is none is not kept in memory. */
  readIfImage(): Promise<Uint8Array | undefined>;
}

type Entry = ExtractEvents['entry'][1];

/** Why an archive could not be read to its end. */
export class TarDamage extends Error {}

/**
 * Members throw the same where their data is cut off.
 * @throws TarDamage where the archive is none, is damaged or ends too early; what the stream throws comes as it is
 */
export async function* tarMembers(stream: AsyncIterable<Uint8Array>): AsyncGenerator<TarMember> {
  const archive = extract();
  let failure: { readonly error: unknown } | undefined;
  const explain = (cause: unknown): unknown => {
    if (failure) return failure.error;
    return new TarDamage(`it is no tar archive, or a damaged one: ${messageOf(cause)}`, { cause });
  };
  const pumped = (async () => {
    try {
      for await (const chunk of stream) {
        if (archive.destroyed) return;
        if (!archive.write(chunk)) await drained(archive);
      }
      archive.end(null);
    } catch (error) {
      failure = { error };
      archive.destroy(new Error('the stream failed'));
    }
  })();
  const entries = archive[Symbol.asyncIterator]();
  try {
    while (true) {
      const next = await entries.next().catch((error: unknown) => {
        throw explain(error);
      });
      if (next.done) return;
      yield memberOf(next.value, explain);
      // What nobody wanted to read has to be gone before the next can come.
      next.value.resume();
    }
  } finally {
    archive.destroy();
    await pumped;
  }
}

/** Waits until more can be written, or nothing ever will. */
function drained(archive: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      archive.off('drain', done).off('close', done);
      resolve();
    };
    archive.on('drain', done).on('close', done);
  });
}

function memberOf(entry: Entry, explain: (cause: unknown) => unknown): TarMember {
  const { name, type, size = 0 } = entry.header;
  const isFile = type === 'file' || type === 'contiguous-file';
  const data = async (wanted: (head: Uint8Array) => boolean) => {
    try {
      return await collect(entry, size, wanted);
    } catch (error) {
      throw explain(error);
    }
  };
  return {
    name,
    kind: isFile ? 'file' : type === 'directory' ? 'folder' : 'other',
    offset: offsetOf(entry.header),
    bytes: size,
    read: async () => (await data(() => true)) ?? new Uint8Array(),
    readIfImage: () => data((head) => sniffFormat(head) !== undefined),
  };
}

/** tar-stream counts the bytes before the data, which its types do not say. */
function offsetOf(header: object): number {
  if ('byteOffset' in header && typeof header.byteOffset === 'number') return header.byteOffset;
  throw new Error('tar-stream no longer tells where the data of a member begins');
}

/** @returns all of the data, or undefined where its beginning is not wanted */
async function collect(
  entry: Entry,
  size: number,
  wanted: (head: Uint8Array) => boolean,
): Promise<Uint8Array | undefined> {
  const head = new Uint8Array(Math.min(size, sniffLength));
  let bytes: Uint8Array | undefined;
  let done = 0;
  for await (const chunk of entry as AsyncIterable<Uint8Array>) {
    const before = done;
    done += chunk.byteLength;
    if (before < head.byteLength) {
      head.set(chunk.subarray(0, head.byteLength - before), before);
      if (done >= head.byteLength && wanted(head)) {
        bytes = new Uint8Array(size);
        bytes.set(head.subarray(0, before));
      }
    }
    bytes?.set(chunk, before);
  }
  return bytes;
}
