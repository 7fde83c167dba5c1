/**
 * Reads a large file and takes its SHA-256 in a thread of its own, so that several files are verified at once and whoever wants
 * the bytes gets them in the same pass:
 *
 *     thread    read into slot ──▶ hash it while the cache still holds it ──▶ read into the next free slot
 *     caller                                                    └──▶ uses the bytes, frees the slot
 */
import { on } from 'node:events';
import { Worker } from 'node:worker_threads';
import { CheckpointError } from './errors.ts';

/** Bytes that are read and hashed in one piece: about as many as a core's cache holds. */
const SLOT_BYTES = 2 * 2 ** 20;
const NUM_SLOTS = 8;

/** In a file of its own it would need the loader of the sources, or a build: so it is plain JavaScript. A slot is 1 if it is full. */
const THREAD = `
const { openSync, readSync, closeSync } = require('node:fs');
const { createHash } = require('node:crypto');
const { crc32 } = require('node:zlib');
const { parentPort, workerData: { file, memory, control, slotBytes, ends } } = require('node:worker_threads');
const slots = new Int32Array(control);
const hash = createHash('sha256');
const sums = [];
let position = 0, sum = 0;
// As PartSums.
function add(chunk) {
  for (let from = 0; from < chunk.byteLength && sums.length < ends.length; ) {
    const end = ends[sums.length];
    const to = Math.min(chunk.byteLength, from + end - position);
    sum = crc32(chunk.subarray(from, to), sum);
    position += to - from;
    from = to;
    if (position !== end) continue;
    do {
      sums.push(sum);
      sum = 0;
    } while (ends[sums.length] === position);
  }
}
try {
  const descriptor = openSync(file, 'r');
  for (let slot = 0; ; slot = (slot + 1) % slots.length) {
    Atomics.wait(slots, slot, 1);
    const bytes = new Uint8Array(memory, slot * slotBytes, slotBytes);
    const length = readSync(descriptor, bytes, 0, slotBytes, null);
    if (length === 0) break;
    if (ends) add(bytes.subarray(0, length));
    else hash.update(bytes.subarray(0, length));
    Atomics.store(slots, slot, 1);
    parentPort.postMessage({ kind: 'chunk', slot, length });
  }
  closeSync(descriptor);
  parentPort.postMessage({ kind: 'end', sha256: hash.digest('hex'), sums });
} catch (error) {
  parentPort.postMessage({ kind: 'failed', message: error.message });
}
`;

type Message =
  | { readonly kind: 'chunk'; readonly slot: number; readonly length: number }
  | { readonly kind: 'end'; readonly sha256: string; readonly sums: number[] }
  | { readonly kind: 'failed'; readonly message: string };

/** The checksums of a file: of the whole, or of parts where those were asked for. */
export type Sums = { readonly sha256: string } | { readonly parts: readonly number[] };

/**
 * The file's bytes from its beginning to its end; a chunk is good until the next is asked for.
 * @param ends where its parts end, to take their CRC-32 and not the SHA-256 of the whole.
 * @returns the checksums of what was given.
 * @throws CheckpointError CHECKPOINT_DAMAGED where it cannot be read.
 */
export async function* readInThread(file: string, ends?: readonly number[]): AsyncGenerator<Uint8Array, Sums> {
  const memory = new SharedArrayBuffer(NUM_SLOTS * SLOT_BYTES);
  const control = new SharedArrayBuffer(NUM_SLOTS * Int32Array.BYTES_PER_ELEMENT);
  const slots = new Int32Array(control);
  const workerData = { file, memory, control, slotBytes: SLOT_BYTES, ends };
  const worker = new Worker(THREAD, { eval: true, execArgv: [], workerData });
  try {
    for await (const [message] of on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[Message]>) {
      if (message.kind === 'end') return ends ? { parts: message.sums } : { sha256: message.sha256 };
      if (message.kind === 'failed') throw unreadable(file, message.message);
      const { slot, length } = message;
      yield new Uint8Array(memory, slot * SLOT_BYTES, length);
      Atomics.store(slots, slot, 0);
      Atomics.notify(slots, slot);
    }
    throw unreadable(file, 'the thread that reads it has ended');
  } finally {
    await worker.terminate();
  }
}

function unreadable(file: string, reason: string): CheckpointError {
  return new CheckpointError('CHECKPOINT_DAMAGED', `${file}: cannot be read (${reason})`);
}
