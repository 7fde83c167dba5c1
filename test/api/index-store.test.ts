/** Indexes that are opened while others take their places. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeSafetensors } from '../../checkpoints/safetensors.ts';
import { features } from '../../evals/features/features.ts';
import { IndexStore } from '../../services/api/search/index-store.ts';

describe('indexes on disk', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'auspex-indexes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Builds an index of two rows. */
  async function build(store: IndexStore, name: string, rows: readonly number[][]): Promise<void> {
    const file = path.join(folder, `${name}.safetensors`);
    const data = new Uint8Array(Float32Array.from(rows.flat()).buffer);
    const names = JSON.stringify(rows.map((_, i) => `${name}-${i}`));
    const metadata = { names, layer: 'pool', size: '32' };
    await writeSafetensors(file, new Map([['features', { dtype: 'F32', shape: [2, 2], data }]]), metadata);
    await store.build(name, file, () => undefined, new AbortController().signal);
  }

  it('are of one build, also where another takes the place while one is opened', async () => {
    const place = path.join(folder, 'indexes');
    const at = (...parts: string[]) => path.join(place, ...parts);
    const store = new IndexStore(place);
    await build(store, 'one', [
      [1, 0],
      [0, 1],
    ]);
    await build(store, 'two', [
      [0, 1],
      [1, 0],
    ]);
    // Whoever opens the first waits for its graph, and the second is put in its place meanwhile.
    const graph = readFileSync(at('one', 'graph.usearch'));
    rmSync(at('one', 'graph.usearch'));
    execFileSync('mkfifo', [at('one', 'graph.usearch')]);
    const searching = store.search('one', features(Float32Array.of(1, 0), 2), 1, false);
    const pipe = await open(at('one', 'graph.usearch'), 'w');
    renameSync(at('one'), at('.tmp-gone'));
    renameSync(at('two'), at('one'));
    await pipe.writeFile(graph);
    await pipe.close();
    const { neighbours, names } = await searching;
    assert.equal(names[neighbours.indices[0]!], 'two-1');
    // And nothing of the first is left.
    const again = await store.search('one', features(Float32Array.of(1, 0), 2), 1, true);
    assert.equal(again.names[again.neighbours.indices[0]!], 'two-1');
  });
});
