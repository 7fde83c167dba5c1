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
const { parentPort, workerData: { file, memory, control, slotBytes } } = require('node:worker_threads');
const slots = new Int32Array(control);
const hash = createHash('sha256');
try {
  const descriptor = openSync(file, 'r');
  for (let slot = 0; ; slot = (slot + 1) % slots.length) {
    Atomics.wait(slots, slot, 1);
    const bytes = new Uint8Array(memory, slot * slotBytes, slotBytes);
    const length = readSync(descriptor, bytes, 0, slotBytes, null);
    if (length === 0) break;
    hash.update(bytes.subarray(0, length));
    Atomics.store(slots, slot, 1);
    parentPort.postMessage({ kind: 'chunk', slot, length });
  }
  closeSync(descriptor);
  parentPort.postMessage({ kind: 'end', sha256: hash.digest('hex') });
} catch (error) {
  parentPort.postMessage({ kind: 'failed', message: error.message });
}
`;

type Message =
  | { readonly kind: 'chunk'; readonly slot: number; readonly length: number }
  | { readonly kind: 'end'; readonly sha256: string }
  | { readonly kind: 'failed'; readonly message: string };

/**
 * The file's bytes from its beginning to its end; a chunk is good until the next is asked for.
 * @returns the SHA-256 of what was given, in hexadecimal.
 * @throws CheckpointError CHECKPOINT_DAMAGED where it cannot be read.
 */
export async function* readInThread(file: string): AsyncGenerator<Uint8Array, string> {
  const memory = new SharedArrayBuffer(NUM_SLOTS * SLOT_BYTES);
  const control = new SharedArrayBuffer(NUM_SLOTS * Int32Array.BYTES_PER_ELEMENT);
  const slots = new Int32Array(control);
  const workerData = { file, memory, control, slotBytes: SLOT_BYTES };
  const worker = new Worker(THREAD, { eval: true, execArgv: [], workerData });
  try {
    for await (const [message] of on(worker, 'message', { close: ['exit'] }) as AsyncIterable<[Message]>) {
      if (message.kind === 'end') return message.sha256;
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
