/** `auspex checkpoint export`, `import`, `push` and `pull` from the command line. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openSafetensors } from '../../../checkpoints/safetensors.ts';
import { loadEncoder } from '../../../training/checkpoints/load-encoder.ts';
import { trunkAs, withCounters, write } from '../../checkpoints/interchange/foreign.ts';
import { randomNetwork, saveNetwork } from '../../checkpoints/random-checkpoint.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { auspex } from './run.ts';

const SEED = 71;

describe('auspex checkpoint export, import, push and pull', () => {
  const temporary = temporaryFolder();
  const at = (...parts: string[]) => path.join(temporary.path, ...parts);
  before(async () => {
    await saveNetwork(at('run', 'checkpoints'), 6, randomNetwork(SEED, { architecture: '400mf' }));
    await write(at(), 'theirs', withCounters(trunkAs('torchvision', randomNetwork(SEED))));
  });
  after(() => temporary.remove());

  const succeed = (...args: string[]) => {
    const result = auspex(['checkpoint', ...args]);
    assert.equal(result.code, 0, result.stderr);
    return result;
  };

  it('export says what it wrote, and for which model', () => {
    const out = at('timm.safetensors');
    const { stdout } = succeed('export', at('run'), '--format', 'timm', '--out', out);
    assert.equal(stdout, `step 6 as timm, 15.0 MiB, for timm's regnety_004: ${out}\n`);
    const { metadata, entries } = openSafetensors(out);
    assert.deepEqual([metadata['architecture'], metadata['step'], entries.size], ['"regnety-400mf"', '6', 329]);

    const onnx = [
      '--format',
      'onnx',
      '--out',
      at('a.onnx'),
      '--layer',
      'res5',
      '--batch',
      '2',
      '--external-data',
      '--json',
    ];
    const result = succeed('export', at('run'), ...onnx).json<{
      format: string;
      out: string;
      step: number;
      data: string;
    }>();
    assert.deepEqual([result.format, result.out, result.step], ['onnx', at('a.onnx'), 6]);
    assert.ok(existsSync(result.data));
  });

  it('import says what it found, and the checkpoint can be used', async () => {
    const { stdout } = succeed('import', at('theirs.safetensors'), '--out', at('imported'));
    assert.match(
      stdout,
      /^\d+ tensors from torchvision's names: \{"kind":"regnety".*\}, no head: .*step-00000000\nleft out: \d+ counters of batches\n$/,
    );
    const encoder = await loadEncoder(at('imported'), { size: 32, batchSize: 1 });
    assert.equal(encoder.width, 56);
  });

  it('push and pull say what was sent, and what came', () => {
    const sent = succeed('push', at('run'), at('copy')).stdout;
    const names = readdirSync(at('run', 'checkpoints', 'step-00000006')).filter((name) => name !== 'SHA256SUMS');
    assert.ok(sent.startsWith(`step 6: ${names.length} files, `), sent);
    assert.match(sent, /^step 6: \d+ files, [\d.]+ MiB, of which [\d.]+ MiB were sent: .*copy\n$/);
    const again = succeed('push', at('run'), at('copy'), '--json');
    assert.equal(again.json<{ sentBytes: number }>().sentBytes, 0);
    const events = again.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event?: string; name?: string });
    assert.deepEqual(
      events
        .slice(0, -1)
        .map(({ event, name }) => `${event} ${name}`)
        .sort(),
      names.map((name) => `file ${name}`).sort(),
    );
    assert.equal(events.at(-2)!.name, 'state.json');
    assert.match(
      succeed('pull', at('copy'), '--out', at('back')).stdout,
      /^step 6, [\d.]+ MiB, verified: .*step-00000006\n$/,
    );
    assert.deepEqual(readdirSync(at('back', 'checkpoints')).sort(), ['latest', 'step-00000006']);
  });

  it('what cannot be is one line and an exit code', () => {
    writeFileSync(at('pickle.torch'), 'PK\u0003\u0004 and so on');
    const timm = ['--format', 'timm', '--out', at('refused')];
    const refusals: [args: string[], code: number, error: RegExp][] = [
      [['export', at('run'), '--format', 'tensorflow', '--out', at('x')], 2, /^error USAGE: .*timm, torchvision, onnx/],
      [
        ['export', at('run'), ...timm, '--keep-batch-norm'],
        2,
        /^error USAGE: --keep-batch-norm is for --format onnx only/,
      ],
      [['export', at('nowhere'), ...timm], 1, /^error CHECKPOINT_NOT_FOUND: /],
      [['export', at('run'), '--format', 'timm', '--out', at('nowhere', 'x')], 1, /^error CHECKPOINT_WRITE_FAILED: /],
      [['import', at('nowhere'), '--out', at('refused')], 1, /^error CHECKPOINT_NOT_FOUND: /],
      [['import', at('pickle.torch'), '--out', at('refused')], 1, /^error PICKLE_REFUSED: /],
      [['push', at('run'), 'gs://bucket/x'], 1, /^error DESTINATION_INVALID: .*s3:\/\/BUCKET/],
      [['push', at('nowhere'), at('copy')], 1, /^error CHECKPOINT_NOT_FOUND: /],
      [['pull', at('nothing here'), '--out', at('refused')], 1, /^error CHECKPOINT_NOT_FOUND: .*none was copied/],
      [['pull', at('copy'), '--out', at('refused'), '--step', 'last'], 2, /^error USAGE: .*number/],
    ];
    for (const [args, code, error] of refusals) {
      const refused = auspex(['checkpoint', ...args]);
      assert.match(refused.stderr, error);
      assert.match(refused.stderr, /^[^\n]*\n$/);
      assert.deepEqual([refused.code, refused.stdout], [code, ''], args.join(' '));
    }
  });
});
