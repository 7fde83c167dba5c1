/** docs/run-folder.md against what a training tells. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ranksConfig, runRanked } from '../services/ranks/ranks-training.ts';
import { temporaryFolder, writePhotos } from '../training/tiny-training.ts';

const text = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'run-folder.md'), 'utf8');
const table = text.slice(text.indexOf('| Event '));
/** What is said of each event. */
const documented = new Map(
  [...table.matchAll(/^\| `(\w+)` +\| (.*) \|$/gm)].map(([, event, fields]) => [event!, fields!]),
);

describe('docs/run-folder.md', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());

  it('names every field of the events that it does not describe as records', async () => {
    const photos = path.join(temporary.path, 'photos');
    await writePhotos(photos, 20);
    const config = ranksConfig(photos, path.join(temporary.path, 'run'), 'training.iterations=2');
    const { events } = await runRanked(config, { ranks: 2 });
    const seen = new Set<string>();
    for (const { kind, ...fields } of events) {
      if (kind === 'step' || kind === 'quality') continue;
      seen.add(kind);
      for (const field of Object.keys(fields))
        assert.ok(documented.get(kind)?.includes(`\`${field}\``), `${kind}: ${field}`);
    }
    for (const kind of ['start', 'checkpoint', 'world', 'processes']) assert.ok(seen.has(kind), kind);
  });
});
