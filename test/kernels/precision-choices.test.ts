/** Choices of precision, made by processes of their own as a processor would that multiplies bf16 without tiles. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Only a processor that multiplies bf16 has something to choose. */
const chooses = readFileSync('/proc/cpuinfo', 'utf8').includes('avx512_bf16');
const script = path.join(import.meta.dirname, 'one-bf16-step.ts');

describe('choices of precision', () => {
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(path.join(os.tmpdir(), 'auspex-precision-'));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  /** @returns the loss of a step. */
  function step(isa: string, meanwhile: readonly string[] = []): { loss: string; stderr: string } {
    const env = { ...process.env, XDG_CACHE_HOME: cache, DNNL_MAX_CPU_ISA: isa };
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script, ...meanwhile], {
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return { loss: stdout.trim(), stderr };
  }
  const folder = () => path.join(cache, 'auspex');
  const file = () => path.join(folder(), readdirSync(folder())[0]!);

  it('are measured once for each shape, and kept', function () {
    if (!chooses) return this.skip();
    const { loss } = step('AVX512_CORE_BF16');
    const choices = JSON.parse(readFileSync(file(), 'utf8')) as Record<string, boolean>;
    const kinds = new Set(Object.keys(choices).map((shape) => shape.split(' ')[0]));
    assert.deepEqual([...kinds].sort(), ['convolution', 'convolutionBackwardData', 'convolutionBackwardWeights']);
    const before = readFileSync(file());
    assert.equal(step('AVX512_CORE_BF16').loss, loss, 'the same bits');
    assert.deepEqual(readFileSync(file()), before);
    // What the file says counts, and not what would be measured.
    const turned = Object.fromEntries(Object.entries(choices).map(([shape, widens]) => [shape, !widens]));
    writeFileSync(file(), JSON.stringify(turned));
    assert.notEqual(step('AVX512_CORE_BF16').loss, loss);
    assert.deepEqual(JSON.parse(readFileSync(file(), 'utf8')), turned);
  });

  it('are those of another process that has kept its own meanwhile', function () {
    if (!chooses) return this.skip();
    step('AVX512_CORE_BF16');
    const place = file();
    const choices = JSON.parse(readFileSync(place, 'utf8')) as Record<string, boolean>;
    const turned = Object.fromEntries(Object.entries(choices).map(([shape, widens]) => [shape, !widens]));
    writeFileSync(place, JSON.stringify(turned));
    const { loss } = step('AVX512_CORE_BF16');
    const others = path.join(cache, 'others.json');
    renameSync(place, others);
    assert.equal(step('AVX512_CORE_BF16', [others, place]).loss, loss);
    const kept = JSON.parse(readFileSync(place, 'utf8')) as Record<string, boolean>;
    assert.deepEqual({ ...kept, ...turned }, kept);
  });

  it('are measured again where their file is damaged', function () {
    if (!chooses) return this.skip();
    step('AVX512_CORE_BF16');
    const count = Object.keys(JSON.parse(readFileSync(file(), 'utf8')) as object).length;
    writeFileSync(file(), '{"half a');
    step('AVX512_CORE_BF16');
    assert.equal(Object.keys(JSON.parse(readFileSync(file(), 'utf8')) as object).length, count);
  });

  it('are not asked for where there is nothing to choose', () => {
    step('AVX2');
    assert.ok(!existsSync(folder()));
  });

  it('that cannot be kept are a warning, and nothing worse', function () {
    if (!chooses) return this.skip();
    writeFileSync(path.join(cache, 'auspex'), 'a file where the folder belongs');
    const { stderr } = step('AVX512_CORE_BF16');
    assert.match(stderr, /AUSPEX_PRECISION_CHOICES.*cannot be written/);
  });
});
