/** `auspex profile`: what it prints and writes, and what it refuses. No figure is looked at: those are the machine's. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { StepProfile } from '../../../training/profile/step-profile.ts';
import type { Trace } from '../../../training/profile/trace.ts';
import { checkTrace } from '../../training/profile/check-trace.ts';
import { temporaryFolder, writePhotos } from '../../training/tiny-training.ts';
import { auspex } from './run.ts';

const TINY = ['profile', '--preset', 'tiny', '--set', 'training.batchSize=8', '--steps', '2'];

describe('auspex profile', () => {
  const temporary = temporaryFolder();
  const file = (name: string) => path.join(temporary.path, name);
  const traceIn = (name: string) => JSON.parse(readFileSync(file(name), 'utf8')) as Trace;

  before(() => writePhotos(file('photos'), 12));
  after(() => temporary.remove());

  it('prints a table of kinds and one of units, beside the limit of the machine', () => {
    const { code, stdout, stderr } = auspex(TINY);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(
      stdout,
      /^tiny in (f32|bf16): 8 images a step, \d+ threads?; median of 2 steps on crops that were made up/,
    );
    assert.match(stdout, /this machine's limit +[\d.]+ ms: the step takes [\d.]+ times as long/);
    assert.match(stdout, /peaks +f32 \d+ GFLOP\/s, .*memory [\d.]+ GB\/s/);
    assert.match(stdout, /^convolution 3x3, groups of 16 +forward +\d/m);
    assert.match(stdout, /^s1\.b1 +\d/m);
  });

  it('gives every operation as JSON, and a trace with the loader beside the step', () => {
    const options = ['--data', file('photos'), '--set', 'data.heldOutShare=0', '--trace', file('trace.json'), '--json'];
    const { code, stderr, json } = auspex([...TINY, ...options]);
    assert.deepEqual([code, stderr], [0, '']);
    const profile = json<StepProfile & { steps: number; crops: string }>();
    assert.deepEqual([profile.steps, profile.crops], [2, 'loaded']);
    assert.ok(profile.loaderMilliseconds! > 0);
    assert.equal(profile.communication.length, 0);
    assert.deepEqual(
      profile.operations.map(({ index }) => index),
      [...profile.operations.keys()],
    );
    for (const { milliseconds, limitMilliseconds, unit, label, value } of profile.operations) {
      assert.ok(Number.isFinite(milliseconds) && Number.isFinite(limitMilliseconds));
      assert.ok(unit !== '' && label !== '' && value !== '');
    }
    const tracks = checkTrace(traceIn('trace.json'));
    assert.deepEqual([...tracks.keys()], ['step', 'compute', 'loader']);
    const numOperations = tracks.get('compute')!.filter(({ cat }) => cat !== 'unit').length;
    assert.equal(numOperations, profile.operations.length);
  });

  it('profiles one rank of a world, whose gathers run beside its computation', () => {
    const { code, stderr, json } = auspex([...TINY, '--ranks', '2', '--trace', file('ranks.json'), '--json']);
    assert.deepEqual([code, stderr], [0, '']);
    const { communication, operations } = json<StepProfile>();
    const kinds = new Set(communication.map(({ kind }) => kind));
    assert.deepEqual([...kinds].sort(), ['allGather', 'allReduce', 'reduceScatter']);
    assert.ok(operations.some(({ kind }) => kind === 'await'));
    const tracks = checkTrace(traceIn('ranks.json'));
    assert.deepEqual([...tracks.keys()], ['step', 'compute', 'communication']);
    assert.equal(tracks.get('communication')!.length, communication.length);
    const besides = tracks.get('step')!.map(({ name }) => name);
    assert.deepEqual(besides, ['step', 'copy crops in', 'exchange norms']);
  });

  it('refuses ranks that cannot share the batch, and a trace that could not be written', () => {
    const ranks = auspex([...TINY, '--ranks', '3']);
    assert.equal(ranks.code, 1);
    assert.match(ranks.stderr, /^error BAD_WORLD_SIZE: /);
    const trace = auspex([...TINY, '--trace', file('nowhere/trace.json')]);
    assert.equal(trace.code, 1);
    assert.match(
      trace.stderr,
      /^error CHECKPOINT_WRITE_FAILED: .*trace\.json: cannot be written: its folder does not exist/,
    );
    assert.match(auspex([...TINY, '--steps', '0']).stderr, /^error USAGE: /);
  });
});
