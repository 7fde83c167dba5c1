/** Our side of checkpoint.ts. Arguments: save or load, source, folder. Prints {"seconds"}. */
import { readFile, stat } from 'node:fs/promises';
import type { TensorSource } from '../checkpoints/safetensors.ts';
import { CheckpointStore } from '../checkpoints/store.ts';
import { bytesOf } from '../checkpoints/tensor-map.ts';

/** As large as a convolution of a large network, and one file for each of these shares of the tensors. */
const TENSOR_BYTES = 16 * 2 ** 20;
const FILES = { trunk: 0.375, head: 0.125, optimizer: 0.5 } as const;

const [what, source, folder] = process.argv.slice(2) as ['save' | 'load', string, string];
const seconds = what === 'save' ? await save() : await load();
process.stdout.write(`${JSON.stringify({ seconds })}\n`);

async function save(): Promise<number> {
  const bytes = await readFile(source);
  const tensors = Array.from({ length: bytes.byteLength / TENSOR_BYTES }, (_, i): [string, TensorSource] => {
    const data = bytes.subarray(i * TENSOR_BYTES, (i + 1) * TENSOR_BYTES);
    return [`tensor${i}`, { dtype: 'F32', shape: [TENSOR_BYTES / 4], data }];
  });
  const files = new Map<string, Map<string, TensorSource>>();
  let first = 0;
  for (const [name, share] of Object.entries(FILES)) {
    const end = name === 'optimizer' ? tensors.length : first + Math.round(share * tensors.length);
    files.set(name, new Map(tensors.slice(first, end)));
    first = end;
  }
  const begin = performance.now();
  await new CheckpointStore(folder).save(1, { tensors: files, state: {} });
  return (performance.now() - begin) / 1000;
}

/** Into memory that is there, as a training that is taken up again loads it. */
async function load(): Promise<number> {
  const store = new CheckpointStore(folder);
  const memory = new Uint8Array((await stat(source)).size).fill(1);
  const into = new Map<string, Uint8Array>();
  const begin = performance.now();
  await store.load('latest', {
    receive: ({ map }) => {
      let at = 0;
      for (const [name, tensor] of [...map.values()].flatMap((tensors) => [...tensors])) {
        into.set(name, memory.subarray(at, at + bytesOf(tensor)));
        at += bytesOf(tensor);
      }
      return ({ tensor }) => into.get(tensor)!;
    },
  });
  return (performance.now() - begin) / 1000;
}
