/** The README's example for programs is a program that runs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../kernels/addon.ts';
import { temporaryFolder, writePhotos } from '../training/tiny-training.ts';

describe('docs/examples/train-and-embed.ts', () => {
  const temporary = temporaryFolder();
  after(() => temporary.remove());

  it('trains, embeds, and names a neighbour of every image', async () => {
    const [photos, run] = ['photos', 'run'].map((name) => path.join(temporary.path, name)) as [string, string];
    await writePhotos(photos, 12);
    const example = path.join('docs', 'examples', 'train-and-embed.ts');
    const set = ['training.iterations=3', 'training.batchSize=8'];
    // From the package's root, whose tsconfig.json says that 'auspex' is index.ts.
    const options = { cwd: packageRoot, encoding: 'utf8' } as const;
    const child = spawnSync(process.execPath, ['--import', 'tsx', example, photos, run, ...set], options);
    assert.equal(child.status, 0, child.stderr);
    const lines = child.stdout.trimEnd().split('\n');
    for (const step of [1, 2, 3]) assert.match(lines.shift()!, new RegExp(`^step ${step}: loss \\d\\.\\d{3}$`));
    const names = readdirSync(photos).sort();
    assert.equal(lines.length, names.length);
    for (const [row, name] of names.entries()) {
      const [, image, neighbour] = /^(\S+) is most like (\S+) \(-?[01]\.\d{3}\)$/.exec(lines[row]!) ?? [];
      assert.equal(image, name);
      assert.ok(names.includes(neighbour!) && neighbour !== name, lines[row]);
    }
  });
});
