/** The examples for programs, in docs/ and in the README, are programs that run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe("README.md's example for programs", () => {
  const temporary = temporaryFolder();
  // Inside the package, whose tsconfig.json says that 'auspex' is index.ts.
  const folder = mkdtempSync(path.join(packageRoot, 'build', 'readme-'));
  after(() => {
    temporary.remove();
    rmSync(folder, { recursive: true });
  });

  it('trains and embeds', async () => {
    const readme = readFileSync(path.join(packageRoot, 'README.md'), 'utf8');
    const [, code] = /```ts\n(.*?)```/s.exec(readme) ?? [];
    assert.ok(code, 'README.md has an example');
    const [photos, run] = ['photos', 'run'].map((name) => path.join(temporary.path, name)) as [string, string];
    await writePhotos(photos, 140);
    const program = path.join(folder, 'example.ts');
    const shortened = code.replace('training.iterations=200', 'training.iterations=2');
    writeFileSync(program, shortened.replaceAll("'photos'", `'${photos}'`).replaceAll("'runs/first'", `'${run}'`));
    const options = { cwd: packageRoot, encoding: 'utf8' } as const;
    const child = spawnSync(process.execPath, ['--import', 'tsx', program], options);
    assert.equal(child.status, 0, child.stderr);
    assert.match(child.stdout, /^1 \d\.\d+\n2 \d\.\d+\n140 images, \d+ numbers each/);
  });
});
