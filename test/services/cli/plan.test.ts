/** `auspex plan`: what it prints and writes, and what it refuses. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { DeviceFile } from '../../../program/simulator/device.ts';
import { parseBytes, parseRate } from '../../../services/cli/options/plan-options.ts';
import type { ArchitectureRow } from '../../../training/plan/paper-tables.ts';
import type { PlanSummary } from '../../../training/plan/summary.ts';
import type { SweepPoint } from '../../../training/plan/sweep.ts';
import { temporaryFolder } from '../../training/tiny-training.ts';
import { auspex } from './run.ts';

const SEER = ['plan', '--preset', 'seer-10b', '--world', '496', '--device', 'a100-40', '--batch-per-rank', '16'];
const TINY = ['plan', '--preset', 'tiny', '--world', '8', '--batch-per-rank', '8'];

describe('auspex plan', () => {
  const temporary = temporaryFolder();
  const file = (name: string) => path.join(temporary.path, name);
  const textIn = (name: string) => readFileSync(file(name), 'utf8');
  after(() => temporary.remove());

  it('says of the 10B on 496 GPUs whether it fits, how long it takes and what to change', () => {
    const { code, stdout, stderr } = auspex(SEER);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^seer-10b in bf16 on 496 x a100-40 on 62 hosts, sharded over all; 7,936 images a step/);
    assert.match(stdout, /memory of a rank +[\d.]+ GiB of 35.3 GiB: it fits/);
    assert.match(stdout, /peak +at \w+ of s\d\.b\d+ in the \w+ pass: activations [\d.]+ GiB/);
    assert.match(stdout, /on the wire +[\d.]+ GiB a rank and step/);
    assert.match(stdout, /1.0 G images +126,009 steps, [\d.]+ days, [\d,]+ device-hours/);
    assert.match(stdout, /What to change:\n- /);
  });

  it('gives the same as JSON, with less memory and a slower network', () => {
    const plan = (...more: string[]) => auspex([...SEER, ...more, '--json']).json<PlanSummary>();
    const [roomy, tight] = [plan(), plan('--memory', '18GiB', '--network', '400Gb/s')];
    assert.equal(roomy.memory.checkpoints.length, 0);
    assert.ok(tight.memory.checkpoints.length > 0);
    assert.ok(tight.memory.totalBytes <= tight.memory.budgetBytes);
    assert.equal(tight.memory.budgetBytes + tight.memory.reservedBytes, 18 * 2 ** 30);
    assert.equal(tight.networkBytesPerSecond, 50e9);
    assert.ok(tight.training.days > roomy.training.days);
  });

  it('draws memory and schedule, and writes a trace that can be drawn again', async () => {
    const checkpoints = ['--set', 'training.recomputeGroups=2'];
    const pictures = ['--memory-picture', file('memory.svg'), '--schedule-picture', file('schedule.png')];
    const { code, stderr } = auspex([...TINY, ...checkpoints, ...pictures, '--trace', file('trace.json')]);
    assert.deepEqual([code, stderr], [0, '']);
    const memory = textIn('memory.svg');
    assert.match(memory, /^<svg xmlns/);
    assert.equal([...memory.matchAll(/peak [\d.]+ GiB, \w+ of \S+ \(\w+\)/g)].length, 2);
    assert.doesNotMatch(memory, /NaN|undefined|Infinity/);
    assert.ok((await sharp(file('schedule.png')).metadata()).width! > 1000);

    assert.equal(auspex(['plan', 'draw', file('trace.json'), '--out', file('again.svg')]).code, 0);
    const again = textIn('again.svg');
    assert.match(again, /measured: tiny, rank 0/);
    assert.match(again, /allGather/);
    assert.doesNotMatch(again, /NaN|undefined|Infinity/);
  });

  it('sweeps: the front as a table, all plans as JSON, and a picture', () => {
    const axes = ['--world', '8', '--batch-per-rank', '4,8', '--precision', 'bf16', '--checkpoints', 'none,2'];
    const args = ['plan', 'sweep', '--preset', 'tiny', ...axes, '--images', '1e6', '--picture', file('sweep.svg')];
    const { code, stdout } = auspex(args);
    assert.equal(code, 0);
    assert.match(stdout, /^12 plans, 12 of them possible/);
    const { points } = auspex([...args, '--json']).json<{ points: SweepPoint[] }>();
    assert.equal(points.length, 12);
    assert.ok(points.some(({ onFront }) => onFront));
    assert.doesNotMatch(textIn('sweep.svg'), /NaN|undefined|Infinity/);
    const impossible = auspex(['plan', 'sweep', '--preset', 'tiny', '--world', '9', '--batch-per-rank', '1']);
    assert.match(impossible.stdout, /^None of 3 plans is possible:\n- 9 ranks do not fill hosts of 8: take 8 or 16/);
    assert.match(auspex([...args, '--most', '10']).stderr, /^error USAGE: these lists make 12 plans; --most allows 10/);
  });

  it("prints the paper's tables", () => {
    const { code, json } = auspex(['plan', 'tables', '--world', '8', '--batch-per-rank', '1', '--json']);
    assert.equal(code, 0);
    const tables = json<Record<'table14' | 'table16', ArchitectureRow[]>>();
    assert.deepEqual([tables.table14.length, tables.table16.length], [7, 7]);
  });

  it('measures this machine, and plans with what it measured', () => {
    const environment = { AUSPEX_CACHE: temporary.path };
    const measured = auspex(['plan', 'calibrate', '--steps', '1', '--quick', '--json'], environment);
    assert.deepEqual([measured.code, measured.stderr], [0, '']);
    const { device } = measured.json<{ device: DeviceFile }>();
    assert.equal(device.kind, 'cpu');
    assert.ok(device.samples!.length > 50);
    const listed = auspex(['plan', 'devices', '--json'], environment).json<{ devices: DeviceFile[] }>();
    assert.deepEqual(listed.devices[0], device);
    const plan = auspex(['plan', '--preset', 'tiny', '--device', 'here', '--json'], environment).json<PlanSummary>();
    assert.equal(plan.device, 'here');
    assert.ok(plan.step.seconds > 0 && plan.memory.totalBytes > 0);
  });

  it('refuses what cannot be, and says why', () => {
    const refused = (args: readonly string[]) => {
      const { code, stdout, stderr } = auspex(args);
      assert.equal(stdout, '');
      assert.match(stderr, /^error [A-Z_]+: [^\n]+\n$/);
      return `${code} ${stderr}`;
    };
    const none = refused([...SEER, '--device', 'a100-400']);
    assert.match(none, /^1 error DEVICE_UNKNOWN: no device "a100-400"; .*Known: a100-40, a100-80, h100, v100-32/);
    assert.match(refused(['plan', '--preset', 'seer-10b', '--world', '500']), /^1 error PLAN_WORLD_SIZE: 500 ranks/);
    assert.match(
      refused(['plan', '--preset', 'seer-10b', '--world', '56']),
      /^1 error BAD_WORLD_SIZE: The batch of 7936 images cannot be divided evenly among 56/,
    );
    assert.match(
      refused([...TINY, '--memory', '2.001GiB']),
      /^1 error PLAN_DOES_NOT_FIT: .* at \w+ of \S+ in the \w+ pass. The smallest memory that would do is [\d.]+ GiB/,
    );
    assert.match(refused([...TINY, '--memory', '1GiB']), /^2 error USAGE: --memory is not more than the .*reserved/);
    assert.match(refused([...TINY, '--memory', 'much']), /^2 error USAGE: .*It must be a size such as 40GiB/);
    writeFileSync(file('no-trace.json'), '{}');
    assert.match(
      refused(['plan', 'draw', file('no-trace.json'), '--out', file('x.svg')]),
      /^2 error USAGE: .*no trace/,
    );
  });

  it('reads sizes and rates as they are written', () => {
    assert.deepEqual(['40GiB', '40 GB', '1.5KiB', '7'].map(parseBytes), [40 * 2 ** 30, 40e9, 1536, 7]);
    assert.deepEqual(['25GB/s', '200Gb/s', '100Gbps', '8Mbit/s'].map(parseRate), [25e9, 25e9, 12.5e9, 1e6]);
    for (const wrong of ['', 'GiB', '-1GB', '4XB', '0', '1e']) assert.throws(() => parseBytes(wrong), wrong);
    for (const wrong of ['10', '10GB', '10 GiB/s', '0GB/s', 'fast']) assert.throws(() => parseRate(wrong), wrong);
  });
});
